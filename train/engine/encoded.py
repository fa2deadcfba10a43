"""Sentences as token ids, made once and kept on disk: memory does not grow with the rows. How many are cut is said."""

from collections.abc import Iterable

import datasets
from transformers import PreTrainedTokenizerBase


def encode(texts: list[str], tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> list[list[int]]:
    """Token ids of every text, special tokens included, cut at max_tokens; not padded."""
    # transformers fails on an empty list
    return tokenizer(texts, truncation=True, max_length=max_tokens)["input_ids"] if texts else []


def encoded(split: datasets.Dataset, tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> datasets.Dataset:
    """The rows as `input_ids` and `length` (in tokens), in their order.

    The library keeps the result beside the split's own file and finds it again, so there is one pass over the text.
    """

    def tokens(texts: list[str]) -> dict[str, list]:
        ids = encode(texts, tokenizer, max_tokens)
        return {"input_ids": ids, "length": [len(row) for row in ids]}

    name = datasets.fingerprint.Hasher.hash([split._fingerprint, tokenizer.name_or_path, len(tokenizer), max_tokens])
    return split.map(
        tokens, batched=True, input_columns="text", remove_columns=split.column_names, new_fingerprint=name
    )


def cut_rows(texts: Iterable[str], lengths: Iterable[int], tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> int:
    """Number of texts with more than `max_tokens` tokens, special ones included; `lengths` are those after the cut.

    Only a text that fills the whole length may have been cut, so only these are tokenised again.
    """
    full = (text for text, length in zip(texts, lengths, strict=True) if length >= max_tokens)
    return sum(len(tokenizer(text, verbose=False)["input_ids"]) > max_tokens for text in full)


def cut_notice(cut: dict[str, int], rows: dict[str, int], max_tokens: int) -> str:
    """A line for people: `cut` of `rows`, by split."""
    shares = ", ".join(f"{n} of {rows[name]} {name} rows ({n / rows[name]:.1%})" for name, n in cut.items())
    return f"longer than max_tokens = {max_tokens} and cut there: {shares}"
