"""Requests that wait together are answered together, in turn, and none suffers for another."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord import Classifier, Prediction
from onrecord.service import limits as service_limits
from onrecord.service.batching import RequestBatches


class Model:
    """Answers with the text itself, notes what it was given, and can be held before its first batch."""

    def __init__(self, held: bool = True, bad: str = "bad") -> None:
        self.calls: list[list[str]] = []
        self.go, self.bad = threading.Event(), bad
        if not held:
            self.go.set()

    def __call__(self, texts: list[str]) -> list[Prediction]:
        assert threading.current_thread().name.startswith("model") and self.go.wait(15)
        self.calls.append(texts)
        if self.bad in texts:
            raise RuntimeError("bad")
        return [Prediction(text, "claim", 1.0, {"claim": 1.0}, 1, False, ("claim",)) for text in texts]


def answered(
    model: Model, scenario: Callable[[RequestBatches], Awaitable[object]], characters: int = 4000
) -> list[tuple[int, int]]:
    """Requests and texts of each batch in a scenario that must end."""
    sizes: list[tuple[int, int]] = []

    async def run() -> None:
        batches = RequestBatches(model, lambda requests, texts: sizes.append((requests, texts)), characters)
        try:
            await asyncio.wait_for(scenario(batches), 30)
        finally:
            model.go.set()
            batches.close()

    asyncio.run(run())
    return sizes


async def begun(batches: RequestBatches, *requests: list[str], **options: float) -> list[asyncio.Task]:
    """Requests that are in line, each behind the one before."""
    tasks = []
    for texts in requests:
        tasks.append(asyncio.create_task(batches.predict(texts, **options)))
        await asyncio.sleep(0.01)
    return tasks


def test_what_waits_is_answered_together() -> None:
    model = Model()

    async def scenario(batches: RequestBatches) -> None:
        tasks = await begun(batches, ["a"], ["b", "cc", "b"], ["d"], [])
        model.go.set()
        assert [[p.text for p in await task] for task in tasks] == [["a"], ["b", "cc", "b"], ["d"], []]

    assert answered(model, scenario) == [(1, 1), (2, 4)] and sorted(model.calls[1]) == ["b", "b", "cc", "d"]


def test_empty_texts_are_work_too() -> None:
    """Each counts for eight characters: a batch of 80 takes a quarter of it, then all, from one request."""
    model = Model()

    async def scenario(batches: RequestBatches) -> None:
        tasks = await begun(batches, ["first"], [""] * 100)
        model.go.set()
        await asyncio.gather(*tasks)

    assert max(len(call) for call in model.calls) <= 12 if answered(model, scenario, 80) else False


def test_one_text_at_a_time_without_characters() -> None:
    model = Model()

    async def scenario(batches: RequestBatches) -> None:
        tasks = await begun(batches, ["a"], ["b", "c"], ["d"])
        model.go.set()
        await asyncio.gather(*tasks)

    assert answered(model, scenario, 0) == [(1, 1)] * 4 and [call[0] for call in model.calls] == ["a", "c", "d", "b"]


def test_a_long_request_does_not_hold_up_short_ones() -> None:
    model = Model()

    async def scenario(batches: RequestBatches) -> None:
        long, *short = await begun(batches, ["x" * 100] * 1000, *([f"{i}"] for i in range(5)))
        model.go.set()
        assert [[p.text for p in await task] for task in short] == [[f"{i}"] for i in range(5)]
        assert not long.done() and len(model.calls) <= 3
        assert len(await long) == 1000

    sizes = answered(model, scenario)
    assert all(sum(map(len, call)) <= 4000 * 1.25 for call in model.calls) and sum(texts for _, texts in sizes) == 1005


def test_texts_of_like_length_go_together() -> None:
    model = Model(held=False)

    async def scenario(batches: RequestBatches) -> None:
        texts = ["y" * (1 + 900 * (i % 2)) for i in range(40)]
        assert [p.text for p in await batches.predict(texts)] == texts

    answered(model, scenario)
    assert len({len(text) for text in model.calls[0]}) == 1


def test_a_failure_is_that_of_one_request() -> None:
    model = Model()

    async def scenario(batches: RequestBatches) -> None:
        tasks = await begun(batches, ["first"], ["a"], ["bad"], ["b", "c"])
        model.go.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(found[2], RuntimeError) and [
            [p.text for p in own] for own in (found[0], found[1], found[3])
        ] == [["first"], ["a"], ["b", "c"]]
        with pytest.raises(RuntimeError):
            await batches.predict(["bad"])
        assert len(await batches.predict(["again"])) == 1

    answered(model, scenario)
    assert model.calls.count(["bad"]) == 2  # by itself after the batch, and the second time not once more


def test_a_long_request_fails_at_its_first_bad_piece() -> None:
    model = Model(held=False, bad="b" * 900)

    async def scenario(batches: RequestBatches) -> None:
        with pytest.raises(RuntimeError):
            await batches.predict(["a" * 800] * 50 + ["b" * 900])

    answered(model, scenario)
    assert len(model.calls) == 1


def test_patience_ends_only_for_what_is_not_begun() -> None:
    model = Model()

    async def scenario(batches: RequestBatches) -> None:
        running, late = await begun(batches, ["running"], ["late"], patience=0.05)
        with pytest.raises(TimeoutError):
            await late
        model.go.set()
        assert (await running)[0].text == "running" and (await batches.predict(["next"]))[0].text == "next"

    answered(model, scenario)
    assert model.calls == [["running"], ["next"]]


def test_who_has_gone_is_not_answered() -> None:
    model = Model()

    async def scenario(batches: RequestBatches) -> None:
        first, gone, stays = await begun(batches, ["first"], ["gone"], ["stays"])
        gone.cancel()
        await asyncio.sleep(0.01)
        model.go.set()
        await asyncio.gather(first, stays)

    answered(model, scenario)
    assert model.calls == [["first"], ["stays"]]


def test_a_batch_waits_a_moment_for_those_just_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_limits, "GATHER_SECONDS", 0.2)
    model = Model()

    async def scenario(batches: RequestBatches) -> None:
        async def twice(text: str) -> None:
            await batches.predict([text])
            await asyncio.sleep(0.02 * len(text))  # those who were answered come again at different times
            await batches.predict([text])

        first = await begun(batches, ["first"])
        tasks = [asyncio.create_task(twice("a" * i)) for i in range(1, 4)]
        await asyncio.sleep(0.01)
        model.go.set()
        await asyncio.gather(*first, *tasks)

    sizes = answered(model, scenario)
    assert sizes[:2] == [(1, 1), (3, 3)] and sum(requests for requests, _ in sizes) == 7


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.text(max_size=60), max_size=12), max_size=8), st.sampled_from([0, 30, 400]))
def test_every_text_is_answered_once_in_its_place(requests: list[list[str]], characters: int) -> None:
    model = Model(held=False, bad="\0never\0")

    async def scenario(batches: RequestBatches) -> None:
        found = await asyncio.gather(*(batches.predict(texts) for texts in requests))
        assert [[p.text for p in own] for own in found] == requests

    answered(model, scenario, characters)
    assert sorted(text for call in model.calls for text in call) == sorted(text for texts in requests for text in texts)


def test_an_answer_does_not_depend_on_the_batch(checkpoint: Path) -> None:
    classifier = Classifier.load(checkpoint)
    texts = [f"The {'very ' * i}old mayor said it would happen tomorrow." for i in range(40)]
    alone = [classifier.predict(text) for text in texts]
    found: list[Prediction] = []

    async def run() -> None:
        batches = RequestBatches(classifier.predict, lambda requests, texts: None, 2000)
        for own in await asyncio.gather(*(batches.predict([text]) for text in texts)):
            found.extend(own)
        batches.close()

    asyncio.run(run())
    for own, together in zip(alone, found, strict=True):
        assert own.text == together.text and own.label == together.label and own.label_set == together.label_set
        np.testing.assert_allclose(list(own.probabilities.values()), list(together.probabilities.values()), atol=1e-6)
