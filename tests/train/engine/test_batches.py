"""Batches are a pure function of seed and epoch."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from train.engine.batches import pieces, plan


@given(st.lists(st.integers(3, 256), min_size=1, max_size=300), st.integers(1, 40), st.integers(0, 5))
def test_every_row_once(lengths: list[int], size: int, epoch: int) -> None:
    batches = plan(lengths, size, seed=1, epoch=epoch, window=4)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    assert sorted(map(len, batches))[1:] == [size] * (len(batches) - 1)
    assert batches == plan(lengths, size, seed=1, epoch=epoch, window=4)


@given(st.lists(st.integers(3, 256), min_size=1, max_size=60), st.integers(1, 600))
def test_pieces_keep_to_their_budget_and_lose_nothing(lengths: list[int], budget: int) -> None:
    batch = list(range(len(lengths)))[::-1]
    cut = list(pieces(batch, lengths, budget))
    assert [row for piece in cut for row in piece] == batch
    padded = [len(piece) * max(lengths[row] for row in piece) for piece in cut]
    assert all(size <= budget or len(piece) == 1 for size, piece in zip(padded, cut, strict=True))
    for piece, following in pairwise(cut):  # no piece had room for the next row
        assert (len(piece) + 1) * max(lengths[row] for row in [*piece, following[0]]) > budget


def test_grouping_saves_padding_and_epochs_differ() -> None:
    lengths = [5 + (37 * i) % 90 for i in range(2000)]
    batches = plan(lengths, 32, seed=1, epoch=0)
    padded = sum(len(batch) * max(lengths[row] for row in batch) for batch in batches)
    assert padded < 1.05 * sum(lengths)
    assert batches != plan(lengths, 32, seed=1, epoch=1)


def test_another_seed_gives_another_order_and_lengths_do_not_decide_it() -> None:
    lengths = [5 + (37 * i) % 90 for i in range(2000)]
    batches = plan(lengths, 32, seed=1, epoch=0)
    assert batches != plan(lengths, 32, seed=2, epoch=0)
    longest = [max(lengths[row] for row in batch) for batch in batches]
    # of a window's batches, sorted by length, the first would be short
    assert longest != sorted(longest) and max(longest[:30]) > 80
