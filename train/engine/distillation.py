"""Soft labels: a teacher's probabilities beside the label of a row (Hinton, Vinyals and Dean 2015)."""

from collections.abc import Iterable, Sequence

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softmax

from train.config import Engine, Stop


def distillation_loss(logits: torch.Tensor, gold: torch.Tensor, teacher: torch.Tensor, engine: Engine) -> torch.Tensor:
    """Sum over the rows of teacher_share × T² × KL(teacher ‖ model), both softened by T, + the rest × cross entropy.

    `logits` and `teacher` are (rows, labels), `gold` (rows,). A row whose `teacher` is nan counts by its label alone.
    T² keeps the gradients as large as those of the labels, whatever T is.
    """
    share, t = engine.teacher_share, engine.teacher_temperature
    by_label = cross_entropy(logits, gold, reduction="none")  # (rows,)
    taught = teacher.isfinite().all(1)
    known = torch.where(taught[:, None], teacher, torch.ones_like(teacher))  # nan × 0 would be nan in the gradient
    softened = softmax(known.clamp_min(1e-8).log() / t, 1)
    by_teacher = t**2 * kl_div(log_softmax(logits / t, 1), softened, reduction="none").sum(1)
    return torch.where(taught, share * by_teacher + (1 - share) * by_label, by_label).sum()


def teacher_probabilities(rows: Iterable[Sequence[float] | None], labels: int) -> torch.Tensor:
    """(rows, labels) from the column `teacher`; nan where a row has none. Raises Stop for another number of labels."""
    found = [[float("nan")] * labels if row is None else list(row) for row in rows]
    if wrong := next((row for row in found if len(row) != labels), None):
        raise Stop(f"teacher: {wrong} has {len(wrong)} probabilities, there are {labels} labels; build the data again")
    return torch.tensor(found, dtype=torch.float32)
