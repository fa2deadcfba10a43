"""Matrix products: how many operations a model cannot do without, and how many this machine does in a second."""

from collections import Counter
from collections.abc import Callable, Iterable

import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import PreTrainedModel

from train.engine.first_token import read_first_token

SIZE = 2048


def needed_operations(model: PreTrainedModel, lengths: Iterable[int], training: bool = False) -> int:
    """Floating-point operations of the matrix products for rows of these numbers of tokens, as torch counts them.

    No padding, and of the last layer the first token: the others are read by nobody. Backward too if `training`.
    Counted on one row of each length. The model is changed in place.
    """
    read_first_token(model)
    model.set_attn_implementation("eager")  # the counter does not know the fused one
    total = 0
    for length, count in Counter(lengths).items():
        ids = torch.full((1, length), 5)  # any token but padding
        with FlopCounterMode(display=False) as counter, torch.set_grad_enabled(training):
            logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
            if training:
                logits.sum().backward()
        total += count * counter.get_total_flops()
    return total


def matrix_rate(clock: Callable[[], float]) -> float:
    """Floating-point operations per second of the clock of a product of two large matrices in fp32, the best of ten."""
    left, right = torch.rand(SIZE, SIZE), torch.rand(SIZE, SIZE)

    def seconds() -> float:
        started = clock()
        torch.mm(left, right)
        return clock() - started

    return 2 * SIZE**3 / min(seconds() for _ in range(10))
