"""Sentences as token ids, made once and kept on disk: memory does not grow with the rows."""

from random import Random

import datasets
from transformers import PreTrainedTokenizerBase

from train.config import Config
from train.measure.edits import augment


def encode(texts: list[str], tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> list[list[int]]:
    """Token ids of every text, special tokens included, cut at max_tokens; not padded."""
    return (
        tokenizer(texts, truncation=True, max_length=max_tokens)["input_ids"] if texts else []
    )  # transformers fails on an empty list


def encoded(
    split: datasets.Dataset, tokenizer: PreTrainedTokenizerBase, config: Config, epoch: int | None = None
) -> datasets.Dataset:
    """The rows as `input_ids` and `length` (in tokens), in their order; an `epoch` gives them the edits that config.augment draws for it.

    The library keeps the result beside the split's own file and finds it again: there is one pass over the text, or one an epoch if it is edited.
    """
    edits = config.augment if epoch is not None else []
    random = Random(f"{config.seed}/{epoch}")  # one for all batches, which come in order

    def tokens(texts: list[str]) -> dict[str, list]:
        ids = encode(augment(texts, edits, config.augment_share, random), tokenizer, config.max_tokens)
        return {"input_ids": ids, "length": [len(row) for row in ids]}

    drawn = f"{edits}/{config.augment_share}/{config.seed}/{epoch}" if edits else "as they are"
    name = datasets.fingerprint.Hasher.hash(
        [split._fingerprint, tokenizer.name_or_path, len(tokenizer), config.max_tokens, drawn]
    )
    return split.map(
        tokens, batched=True, input_columns="text", remove_columns=split.column_names, new_fingerprint=name
    )
