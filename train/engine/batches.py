"""Which sentences make up which optimiser step and which forward pass, and that pass's tensors.

The plan is a pure function of seed and epoch, so that a run can be repeated and resumed.
"""

from array import array
from collections.abc import Iterator, Sequence
from random import Random

import torch
from transformers import PreTrainedTokenizerBase


def plan(lengths: Sequence[int], batch_size: int, seed: int, epoch: int, window: int = 50) -> list[array]:
    """Batches of row numbers for one epoch: every row exactly once, rows of like length together, in random order.

    Rows are shuffled, cut into windows of `window` batches and sorted by length within each, which keeps batches random
    from epoch to epoch and nearly free of padding. Only one batch may be smaller. `lengths` are in tokens. Arrays, not
    lists: 8 bytes a row, not 40.
    """
    random = Random(f"{seed}/{epoch}")
    order = array("q", range(len(lengths)))
    random.shuffle(order)
    batches = []
    for start in range(0, len(order), window * batch_size):
        piece = array("q", sorted(order[start : start + window * batch_size], key=lengths.__getitem__))
        batches += [piece[i : i + batch_size] for i in range(0, len(piece), batch_size)]
    random.shuffle(batches)
    return batches


def pieces(batch: Sequence[int], lengths: Sequence[int], tokens: int) -> Iterator[list[int]]:
    """The batch cut, in its order, into what one forward pass takes: at most `tokens` tokens when padded to its longest
    row, or a single longer row."""
    piece: list[int] = []
    longest = 0
    for row in batch:
        longest = max(longest, lengths[row])
        if piece and (len(piece) + 1) * longest > tokens:
            yield piece
            piece, longest = [], lengths[row]
        piece.append(row)
    yield piece


def collate(rows: list[list[int]], tokenizer: PreTrainedTokenizerBase, device: torch.device) -> dict[str, torch.Tensor]:
    """Pad to the longest of these rows: input_ids and attention_mask, (rows, tokens)."""
    padded = tokenizer.pad({"input_ids": rows}, return_tensors="pt")
    return {name: to_device(padded[name], device) for name in ("input_ids", "attention_mask")}


def to_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The tensor on `device`; a GPU takes it from pinned memory, so that the host need not wait for it."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)
