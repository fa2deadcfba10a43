"""Is one system better than another on the same sentences? Two tests, both paired."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest

from train.measure.metrics import per_document, scores

ROUNDS = 5000  # of the randomisation: its p is at least 1 / (ROUNDS + 1)


def mcnemar(
    targets: Sequence[str] | Sequence[int], first: Sequence[str] | Sequence[int], second: Sequence[str] | Sequence[int]
) -> float:
    """Exact two-sided p (McNemar 1947): of the sentences that only one of the two gets right, are as many the first's
    as the second's?
    """
    only_first = sum(a == t != b for t, a, b in zip(targets, first, second, strict=True))
    only_second = sum(b == t != a for t, a, b in zip(targets, first, second, strict=True))
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant).pvalue) if discordant else 1.0


def randomisation(
    targets: Sequence[int],
    first: Sequence[int],
    second: Sequence[int],
    labels: int,
    documents: Sequence[str],
    rounds: int = ROUNDS,
    seed: int = 0,
) -> tuple[float, float]:
    """Macro-F1 of `second` minus that of `first`, and its two-sided p by approximate randomisation (Noreen 1989; Yeh
    2000).

    In each round every document's two sets of answers change places with probability 1/2: sentences of one article are
    not independent.
    """
    a, b = (per_document(targets, answers, labels, documents) for answers in (first, second))
    occur = np.bincount(np.asarray(targets), minlength=labels) > 0

    def macro_f1(counts: np.ndarray) -> np.ndarray:
        return scores(counts[0], counts[1], counts[2], occur)["macro_f1"]

    difference = float(macro_f1(b.sum(1)) - macro_f1(a.sum(1)))
    swap = np.random.default_rng(seed).integers(0, 2, (rounds, a.shape[1])).astype(float)
    moved = swap @ (b - a)  # (3, rounds, labels)
    differences = macro_f1(b.sum(1)[:, None] - moved) - macro_f1(a.sum(1)[:, None] + moved)
    return difference, float((np.sum(np.abs(differences) >= abs(difference) - 1e-12) + 1) / (rounds + 1))
