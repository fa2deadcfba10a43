"""Where the service's work is done: the model in a thread, articles in a process of their own.

A bounded number of requests waits for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.exceptions import HTTPException
from starlette.responses import Response

from onrecord.classifier import Classifier, Prediction
from onrecord.service import limits
from onrecord.service.batching import RequestBatches
from onrecord.service.error_responses import COME_AGAIN
from onrecord.service.messages import ReadRequest
from onrecord.service.metrics import Metrics
from onrecord.service.reader import Reader


class Worker:
    """Runs the model and reads articles, neither in the event loop.

    Raises HTTPException 429 if too many requests wait, 503 for one that waited too long.
    """

    def __init__(self, classifier: Classifier, metrics: Metrics) -> None:
        self._classifier, self._metrics = classifier, metrics
        self._batches = RequestBatches(self._label, metrics.batch, limits.BATCH_CHARACTERS)
        self._reader = Reader(self._batches.predict)
        self._turn = asyncio.Lock()  # of the reader's jobs, in their order
        self._requests = self._characters = 0  # in work or waiting
        metrics.waiting(lambda: self._requests)

    @property
    def full(self) -> bool:
        """Whether the next request would be refused."""
        return self._requests > limits.WAITING or self._characters >= limits.WAITING_CHARACTERS

    async def predict(self, texts: list[str]) -> list[Prediction]:
        """Predictions for the texts of a request. Raises what the class says."""
        with self._queued(sum(map(len, texts))):
            try:
                return await self._batches.predict(texts, limits.WAITING_SECONDS)
            except TimeoutError:
                raise _too_late() from None

    async def start(self) -> None:
        """Start the reading process, which takes a second to listen, and let the model answer once."""
        await self._reader.start()
        await asyncio.to_thread(self._classifier.predict, ["Ready?"])  # in no figure: no client asked

    async def read(self, path: str, request: ReadRequest) -> Response:
        """The answer to a request that has an article. Raises what the class and the reader say."""
        with self._queued(min(len(request.text or request.html or ""), limits.CHARACTERS)):
            try:
                async with asyncio.timeout(limits.WAITING_SECONDS):
                    await self._turn.acquire()
            except TimeoutError:
                raise _too_late() from None
            try:
                return await self._reader.answer(path, request.model_dump())
            finally:
                self._turn.release()

    async def close(self) -> None:
        """End the reading process and the model's thread."""
        await self._reader.close()
        self._batches.close()

    def _label(self, texts: list[str]) -> list[Prediction]:
        predictions = self._classifier.predict(texts)
        self._metrics.labelled(predictions)
        return predictions

    @contextmanager
    def _queued(self, characters: int) -> Iterator[None]:
        """A place among those that wait."""
        if self.full:
            raise HTTPException(429, f"{self._requests} requests are being answered or wait; come again", COME_AGAIN)
        self._requests += 1
        self._characters += characters
        try:
            yield
        finally:
            self._requests -= 1
            self._characters -= characters


def _too_late() -> HTTPException:
    return HTTPException(
        503,
        f"nothing was done for this request in {limits.WAITING_SECONDS:g} seconds, so it was given up; come again",
        COME_AGAIN,
    )
