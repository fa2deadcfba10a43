"""Texts of different requests, answered together: one thread runs the model, what waits meanwhile is the next batch.

Requests take turns at giving texts to a batch, so that one of a thousand texts, or an article, holds up a single
sentence by a batch or two.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from onrecord.classifier import Prediction
from onrecord.service import limits

EMPTY = 8  # characters that a text counts for beyond its own: the model reads a mark at either end of each


class Waiting:
    """The texts of one request on their way through the model."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        # taken from the end, the longest first: texts of like length go together
        self.left = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        self.answers: dict[int, Prediction] = {}
        self.begun = asyncio.Event()
        self.done: asyncio.Future[list[Prediction]] = asyncio.get_running_loop().create_future()

    def settle(self, taken: Sequence[int], answers: Sequence[Prediction]) -> None:
        """Note the answers for some of the texts. Whoever waits is told when there is one for each."""
        self.answers.update(zip(taken, answers, strict=True))
        if len(self.answers) == len(self.texts) and not self.done.done():
            self.done.set_result([self.answers[i] for i in range(len(self.texts))])

    def fail(self, error: Exception) -> None:
        """Let whoever waits know; what is left of the texts is not for the model any more."""
        self.left.clear()
        if not self.done.done():
            self.done.set_exception(error)


class RequestBatches:
    """Answers texts by calls of `predict` in one thread.

    Each has texts of several requests that have about `characters` together, one text at least. `observe` is told the
    number of requests and of texts of each call.
    """

    def __init__(
        self, predict: Callable[[list[str]], list[Prediction]], observe: Callable[[int, int], None], characters: int
    ) -> None:
        self._predict, self._observe, self._characters = predict, observe, characters
        self._pool = ThreadPoolExecutor(1, "model")
        self._line: deque[Waiting] = deque()
        self._task: asyncio.Task[None] | None = None

    async def predict(self, texts: Sequence[str], patience: float | None = None) -> list[Prediction]:
        """Predictions in the order of the texts.

        Raises TimeoutError if none was begun within `patience` seconds, and what the call for them raises.
        """
        if not texts:
            return []
        waiting = Waiting(texts)
        self._line.append(waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            async with asyncio.timeout(patience):
                await waiting.begun.wait()
            return await waiting.done
        finally:  # answered, too late, or the caller has gone
            waiting.left.clear()
            waiting.done.cancel()

    async def _run(self) -> None:
        """Batch after batch until nobody waits."""
        before = 1
        while self._line:
            if before > len(self._line):  # those who have just been answered may be about to ask again
                await asyncio.sleep(limits.GATHER_SECONDS)
            pieces = self._pieces()
            before = len(pieces)
            try:
                if pieces:  # none if all who waited have gone
                    await self._answer(pieces)
            except Exception as error:
                await self._answer_one_by_one(pieces, error)

    async def _answer_one_by_one(self, pieces: dict[Waiting, list[int]], error: Exception) -> None:
        """After a batch that failed: those requests fail whose own texts cannot be answered."""
        for waiting, taken in pieces.items():
            try:
                if len(pieces) == 1:
                    raise error
                await self._answer({waiting: taken})
            except Exception as failure:
                waiting.fail(failure)

    def _pieces(self) -> dict[Waiting, list[int]]:
        """Texts of the next batch.

        A request gives one, and others while they fit into a quarter of it; then it goes to the end of the line.
        """
        pieces: dict[Waiting, list[int]] = {}
        room = self._characters
        while self._line and (room > 0 or not pieces):
            waiting = self._line.popleft()
            share = self._characters // 4
            while waiting.left and (share > 0 or waiting not in pieces):
                pieces.setdefault(waiting, []).append(waiting.left.pop())
                share -= len(waiting.texts[pieces[waiting][-1]]) + EMPTY
            room -= self._characters // 4 - share
            if waiting.left:
                self._line.append(waiting)
        return pieces

    async def _answer(self, pieces: dict[Waiting, list[int]]) -> None:
        """Call the model for a batch. Raises what the call raises."""
        for waiting in pieces:
            waiting.begun.set()
        texts = [waiting.texts[i] for waiting, taken in pieces.items() for i in taken]
        self._observe(len(pieces), len(texts))
        answers = iter(await asyncio.get_running_loop().run_in_executor(self._pool, self._predict, texts))
        for waiting, taken in pieces.items():
            waiting.settle(taken, [next(answers) for _ in taken])

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()
