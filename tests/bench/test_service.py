"""The bench of the service measures what it says, and sees what is lost."""

import asyncio
import json
from pathlib import Path

import pytest

from bench import service as bench_service
from bench.service import Load, Server, closed_loop, serving
from train.config import Config, Stop, changed


@pytest.mark.slow
def test_every_measure_has_a_figure(exported: Config) -> None:
    assert bench_service.main(exported, seconds=0.5, rounds=1, overload=0.5, soak=1 / 60) == 0
    figures = json.loads((Path(exported.output) / "bench-service.json").read_text())
    assert figures["ratio"] > 0 and figures["batches"]["per_second"] > 0 and figures["model_alone"]["32"] > 0
    assert set(figures["batches"]["statuses"]) == set(figures["single"]["statuses"]) == {"200"} and set(
        figures["overload"]["statuses"]
    ) <= {"200", "429"}
    assert figures["overload"]["arriving_per_second"] == pytest.approx(5 * figures["batches"]["per_second"], abs=1)
    assert min(figures["overload"]["memory_mb"]) > 10
    assert set(figures["steady"]["statuses"]) == {"200"} and figures["steady"]["p99_ms"] > 0
    stopped = figures["sigterm"]
    assert stopped["lost"] == stopped["others_in_the_log"] == 0
    assert stopped["answered"] == stopped["answered_by_the_log"] > 0
    assert figures["killed"]["answers"]["200"] > 0 and figures["soak"]["memory_mb"][0] > 10


def test_what_is_cut_off_counts_as_lost() -> None:
    """A service that is killed, not told to stop, loses what its clients wait for."""

    async def cut() -> Load:
        async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(0.6)
            writer.close()

        async with await asyncio.start_server(slow, "127.0.0.1", 0) as listening:
            server = Server(None, f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", Path())  # type: ignore[arg-type]
            return await closed_loop(server, ["a"], 3, 0.3, lambda: None)

    load = asyncio.run(cut())
    assert load.lost == 3 and not load.answered and load.statuses.total() == 3


def test_a_service_that_does_not_start(exported: Config) -> None:
    empty = changed(exported, run="nothing")
    with pytest.raises(Stop, match="make train"):
        bench_service.main(empty, 1, 1, 0, 0)
    with pytest.raises(Stop, match="did not start"), serving(empty):
        pass
