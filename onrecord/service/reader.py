"""The process in which the service reads articles: `python -m onrecord.service.reader`, started by Reader.

A page's parser and the rules for speakers and dates may take long on a text made for it, and hold the interpreter
meanwhile. In here that holds up no probe and no sentence. The kernel ends the process when its processor time is over,
whatever library it is in. The model is not in here: sentences go back over the pipe and come back labelled.

A job is a line of JSON. Each line that comes back asks for labels and is answered by one, until the last, which says
how many bytes of the answer follow it.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, BinaryIO

from starlette.exceptions import HTTPException
from starlette.responses import Response

from onrecord.classifier import Prediction
from onrecord.service import limits

LOG = logging.getLogger("onrecord.service")
LINE_BYTES = 1 << 24  # of the longest line: JSON may take six bytes for each of CHARACTERS
FIELDS = [field.name for field in dataclasses.fields(Prediction)]
HOLDING = ("CHARACTERS", "TEXT_CHARACTERS", "SENTENCES")  # the limits that the process looks at


class Reader:
    """The process, as the service has it: one job at a time."""

    def __init__(self, predict: Callable[[list[str]], Awaitable[list[Prediction]]]) -> None:
        self._predict = predict
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> asyncio.subprocess.Process:
        """The process, started if there is none. It takes a second until it listens."""
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # no module out of the directory that the service happens to be started in
                "-m",
                __name__,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LINE_BYTES,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        return self._process

    async def answer(self, path: str, request: dict[str, Any]) -> Response:
        """The answer to a request of this path.

        Raises HTTPException for an article that cannot be read, and 422 for one that takes more than PROCESSOR_SECONDS.
        The process is ended in the middle of its work when this is cancelled or the model fails.
        """
        process = await self.start()
        assert process.stdin and process.stdout
        job: dict[str, Any] = {"path": path, "request": request, "seconds": limits.PROCESSOR_SECONDS}
        line = job | {"limits": {name: getattr(limits, name) for name in HOLDING}}
        try:
            while True:
                process.stdin.write(json.dumps(line).encode() + b"\n")
                await process.stdin.drain()
                reply = json.loads(await process.stdout.readuntil())
                if "texts" not in reply:
                    break
                predictions = await self._predict(reply["texts"])
                line = {"predictions": [[getattr(p, name) for name in FIELDS] for p in predictions]}
            content = await process.stdout.readexactly(reply["length"])
        except (asyncio.IncompleteReadError, ConnectionError):
            if (code := await process.wait()) == -signal.SIGPROF:
                raise HTTPException(422, _too_long()) from None
            raise RuntimeError(f"the reading process ended with {code}") from None
        except BaseException:
            await self.close()
            raise
        if "detail" in reply:
            raise HTTPException(reply["status"], reply["detail"])
        if "failure" in reply:
            LOG.error("in the reading process: %s", reply["failure"])
            raise RuntimeError("the reading process failed")
        return Response(content, reply["status"], reply["headers"])

    async def close(self) -> None:
        """End the process at once."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())


def _too_long() -> str:
    return (
        f"reading this takes more than {limits.PROCESSOR_SECONDS:g} seconds of processor time; send it in parts, or of "
        "a page its text alone"
    )


class _Model:
    """The model at the other end of the pipe."""

    def __init__(self, source: BinaryIO, out: BinaryIO) -> None:
        self._source, self._out = source, out

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        """See Classifier.predict."""
        _send(self._out, {"texts": list(texts)})
        answer = json.loads(self._source.readline())
        fields = (dict(zip(FIELDS, values, strict=True)) for values in answer["predictions"])
        return [Prediction(**field | {"label_set": tuple(field["label_set"])}) for field in fields]


def _send(out: BinaryIO, line: dict[str, Any], content: bytes = b"") -> None:
    out.write(json.dumps(line | {"length": len(content)}).encode() + b"\n" + content)
    out.flush()


def _response(job: dict[str, Any], model: _Model) -> Response:
    from onrecord.service import articles, messages

    if job["path"] == "/v1/calendar":
        return articles.calendar(model, messages.CalendarRequest.model_construct(**job["request"]))
    answer = articles.answer(model, messages.ReadRequest.model_construct(**job["request"]))
    return Response(answer, media_type="application/json")


def main() -> None:
    """Do jobs until the pipe is closed."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # they are for the service, which answers what was accepted first
        signal.signal(ending, signal.SIG_IGN)
    source, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)  # what a library prints is no answer
    from onrecord.service import articles as articles

    with contextlib.suppress(ModuleNotFoundError):  # a page that comes is answered by 501
        import trafilatura as trafilatura
    os.dup2(nowhere, 2)  # from here on a library's words may hold a text, which is not for the log
    model = _Model(source, out)
    for line in source:
        job = json.loads(line)
        for name, value in job["limits"].items():
            setattr(limits, name, value)
        signal.setitimer(signal.ITIMER_PROF, job["seconds"])  # of processor time; SIGPROF then ends the process
        try:
            response = _response(job, model)
            reply, content = {"status": response.status_code, "headers": dict(response.headers)}, bytes(response.body)
        except HTTPException as error:
            reply, content = {"status": error.status_code, "detail": error.detail}, b""
        except Exception as error:  # without its message, which may hold the text
            frames = "".join(traceback.format_tb(error.__traceback__))
            reply, content = {"failure": f"{type(error).__name__} at\n{frames}"}, b""
        signal.setitimer(signal.ITIMER_PROF, 0)
        _send(out, reply, content)


if __name__ == "__main__":
    main()
