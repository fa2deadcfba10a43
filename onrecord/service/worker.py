"""Where the service's work is done: the model's thread, and a second one for all else that takes long.

A bounded number of requests waits for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from starlette.exceptions import HTTPException

from onrecord.classifier import Classifier, Prediction
from onrecord.service import limits as limits
from onrecord.service.batching import RequestBatches
from onrecord.service.metrics import Metrics

T = TypeVar("T")
LATER = {"Retry-After": str(limits.RETRY_SECONDS)}


class Worker:
    """Runs the model and the jobs of requests, neither in the event loop.

    Raises HTTPException 429 if too many requests wait, 503 for one that waited too long.
    """

    def __init__(self, classifier: Classifier, metrics: Metrics) -> None:
        self._classifier, self._metrics = classifier, metrics
        self._batches = RequestBatches(self._type, metrics.batch, limits.BATCH_CHARACTERS)
        self._jobs = ThreadPoolExecutor(1, "jobs")
        self._turn = asyncio.Lock()  # of the jobs, in their order
        self._requests = self._characters = 0  # in work or waiting
        metrics.waiting(lambda: self._requests)

    @property
    def full(self) -> bool:
        """Whether the next request would be refused."""
        return self._requests > limits.WAITING or self._characters >= limits.WAITING_CHARACTERS

    async def predict(self, texts: list[str]) -> list[Prediction]:
        """Predictions for the texts of a request. Raises what the class says."""
        with self._place(sum(map(len, texts))):
            try:
                return await self._batches.predict(texts, limits.WAITING_SECONDS)
            except TimeoutError:
                raise _too_late() from None

    async def run(self, job: Callable[[], T], characters: int = limits.CHARACTERS) -> T:
        """What a job returns, or raises, that has about so many characters to work on. Raises what the class says."""
        with self._place(characters):
            try:
                async with asyncio.timeout(limits.WAITING_SECONDS):
                    await self._turn.acquire()
            except TimeoutError:
                raise _too_late() from None
            try:
                return await asyncio.get_running_loop().run_in_executor(self._jobs, job)
            finally:
                self._turn.release()

    def shared(self) -> SharedModel:
        """The model for a job's own use."""
        return SharedModel(self._batches, asyncio.get_running_loop())

    async def close(self) -> None:
        """End the threads."""
        await asyncio.to_thread(self._jobs.shutdown)  # a job may still wait for the model, whose batches the loop makes
        self._batches.close()

    def _type(self, texts: list[str]) -> list[Prediction]:
        found = self._classifier.predict(texts)
        self._metrics.typed(found)
        return found

    @contextmanager
    def _place(self, characters: int) -> Iterator[None]:
        """A place among those that wait."""
        if self.full:
            raise HTTPException(429, f"{self._requests} requests are being answered or wait; come again", LATER)
        self._requests += 1
        self._characters += characters
        try:
            yield
        finally:
            self._requests -= 1
            self._characters -= characters


class SharedModel:
    """The model as a job has it, in its thread: its texts go into the batches with those of other requests."""

    def __init__(self, batches: RequestBatches, loop: asyncio.AbstractEventLoop) -> None:
        self._batches, self._loop = batches, loop

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        """See Classifier.predict."""
        return asyncio.run_coroutine_threadsafe(self._batches.predict(list(texts)), self._loop).result()


def _too_late() -> HTTPException:
    return HTTPException(
        503,
        f"nothing was done for this request in {limits.WAITING_SECONDS:g} seconds, so it was given up; come again",
        LATER,
    )
