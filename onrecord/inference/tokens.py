"""From texts to rows of token ids and to batches of rows: the same for every backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import tokenizers

OVERLAP = 0.25  # of a window's tokens stand in the next window too, so that no phrase is seen only cut in two
LONGEST = 8192  # tokens of a window where the checkpoint names no limit that means anything
T = TypeVar("T")
R = TypeVar("R")


class Tokens:
    """A checkpoint's tokenizer.json. A text longer than `max_tokens` becomes several windows."""

    def __init__(self, tokenizer: tokenizers.Tokenizer, max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self.max_tokens = max_tokens
        room = max_tokens - tokenizer.num_special_tokens_to_add(False)
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens, stride=int(OVERLAP * room))

    @classmethod
    def read(cls, directory: Path, limits: Sequence[int] = ()) -> Tokens:
        """The tokenizer of a checkpoint that names these limits of a window.

        Raises ValueError if it is missing or broken.
        """
        path = directory / "tokenizer.json"
        if not path.is_file():
            raise ValueError(
                f"{directory} holds no tokenizer.json; write it with "
                "`transformers.AutoTokenizer.from_pretrained(...).save_pretrained(...)`"
            )
        try:
            tokenizer = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the Rust library raises bare Exception
            raise ValueError(f"{path}: {error}") from error
        window = min(*limits, LONGEST)
        if (special := tokenizer.num_special_tokens_to_add(False)) >= window:
            raise ValueError(
                f"{directory}: config.json or tokenizer_config.json leaves windows of {window} tokens, and the "
                f"tokenizer adds {special} of its own"
            )
        return cls(tokenizer, window)

    def encode(self, texts: Sequence[str]) -> list[list[list[int]]]:
        """For each text its windows, one at least: rows of at most `max_tokens` ids, special tokens included."""
        encoded = self._tokenizer.encode_batch([_valid(text) for text in texts])  # in parallel, outside the GIL
        return [[e.ids, *(window.ids for window in e.overflowing)] for e in encoded]


def batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Row numbers in batches of like length, longest first.

    A batch has at most `budget` tokens when padded to its longest row, or one row. Every row stands in exactly one
    batch. Longest first: if memory does not suffice, it fails at once.
    """
    grouped: list[list[int]] = []
    room = 0
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        if not room:
            grouped.append([])
            room = max(1, budget // max(1, lengths[row]))
        grouped[-1].append(row)
        room -= 1
    return grouped


def ahead(work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """work(item) for each item in order, each begun in a thread while the caller is busy with the one before."""
    if len(items) < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(work, items[0])
        for item in items[1:]:
            ready, coming = coming.result(), pool.submit(work, item)
            yield ready
        yield coming.result()


def side_by_side(work: Callable[[T], R], items: Sequence[T], callers: int) -> Iterator[R]:
    """work(item) for each item in order, `callers` of them at once."""
    if min(callers, len(items)) < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(callers) as pool:
        yield from pool.map(work, items)


def _valid(text: str) -> str:
    """The same text with question marks for lone surrogates, which have no UTF-8 form: the tokenizer refuses them."""
    return text.encode("utf-8", "replace").decode("utf-8")
