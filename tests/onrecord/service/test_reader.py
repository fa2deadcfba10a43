"""The process that reads articles: it is ended when it takes too long or its client leaves, and others lose nothing."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from onrecord import Classifier, Prediction
from onrecord.service import limits
from onrecord.service.app import application
from onrecord.service.reader import Reader
from tests.onrecord.service.conftest import SECRET, refused

SHORT = {"text": "He left. She stayed.", "published": "2024-05-02"}
LONG = "The vote is set for Monday, he said. " * 5_000  # takes a second of processor time, here and on faster machines
JOB = {"text": SHORT["text"], "html": None, "published": None, "zone": None, "source": None}


async def predict(texts: list[str]) -> list[Prediction]:
    return [Prediction(text, "claim", 1.0, {"claim": 1.0}, 1, False, ("claim",)) for text in texts]


def with_reader(scenario: Callable[[Reader], Awaitable[None]]) -> None:
    async def run() -> None:
        reader = Reader(predict)
        try:
            await asyncio.wait_for(scenario(reader), 600)
        finally:
            await reader.close()

    asyncio.run(run())


@pytest.mark.slow
def test_an_article_that_takes_too_long_is_given_up_and_the_next_one_is_read(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TestClient(application(classifier)) as client:
        for path in ("/v1/read", "/v1/calendar"):
            monkeypatch.setattr(limits, "PROCESSOR_SECONDS", 0.05)
            refused(client.post(path, json=SHORT | {"text": LONG}), 422, "0.05 seconds of processor time", "in parts")
            assert client.post("/v1/predict", json={"texts": ["He left."]}).status_code == 200
            monkeypatch.undo()
            assert len(client.post("/v1/read", json=SHORT).json()["statements"]) == 2
        assert client.get("/v1/model").json()["limits"]["processor_seconds"] == limits.PROCESSOR_SECONDS


def seconds(process: asyncio.subprocess.Process) -> float:
    """Its processor time so far, by the kernel."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells it there")
def test_each_article_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the ones before took does not count."""

    async def scenario(reader: Reader) -> None:
        process, job = await reader.start(), JOB | {"text": LONG[: len(LONG) // 8]}
        await reader.answer("/v1/read", job)  # what is loaded on first use
        before = seconds(process)
        await reader.answer("/v1/read", job)
        limit = 3 * (seconds(process) - before)
        monkeypatch.setattr(limits, "PROCESSOR_SECONDS", limit)
        answered = 0
        while seconds(process) - before <= 2 * limit and answered < 100:
            assert (await reader.answer("/v1/read", job)).status_code == 200
            answered += 1
        assert await reader.start() is process and seconds(process) - before > limit > 0

    with_reader(scenario)


def test_the_process_is_ended_when_nobody_waits_for_its_answer() -> None:
    async def scenario(reader: Reader) -> None:
        asked = asyncio.Event()

        async def never(texts: list[str]) -> list[Prediction]:
            asked.set()
            await asyncio.sleep(600)
            raise AssertionError

        reader._predict = never
        process = await reader.start()
        answering = asyncio.create_task(reader.answer("/v1/read", JOB))
        await asked.wait()
        answering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answering
        assert process.returncode == -signal.SIGKILL
        reader._predict = predict
        answer = await reader.answer("/v1/read", JOB)
        assert answer.status_code == 200 and (await reader.start()).pid != process.pid

    with_reader(scenario)


def test_the_process_outlives_sigterm_and_tells_no_text_of_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """SIGTERM is for the service, which answers first what was accepted; systemd sends it to every process."""

    async def scenario(reader: Reader) -> None:
        process = await reader.start()
        await reader.answer("/v1/read", JOB)
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(process.pid, number)
        with pytest.raises(RuntimeError, match=r"^the reading process failed$"):
            await reader.answer("/v1/read", JOB | {"text": [SECRET]})  # no request that is let in is a list
        assert "TypeError at" in caplog.text and "articles.py" in caplog.text and SECRET not in caplog.text
        assert (await reader.answer("/v1/read", JOB)).status_code == 200 and await reader.start() is process
        assert process.stdin
        process.stdin.close()
        assert await process.wait() == 0  # it does not outlive the service

    with_reader(scenario)
