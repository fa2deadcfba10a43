"""The paired tests find a difference that is there, and only at their level one that is not."""

import numpy as np
import pytest

from train.measure.metrics import macro_f1
from train.measure.paired import mcnemar, randomisation

DOCUMENTS = [f"d{i // 10}" for i in range(600)]


def answers(random: np.random.Generator, targets: np.ndarray, right: float) -> list[int]:
    return np.where(random.random(len(targets)) < right, targets, (targets + 1) % 3).tolist()


def test_mcnemar_by_hand() -> None:
    targets = [0] * 10
    first, second = [0] * 8 + [1] * 2, [0] * 1 + [1] * 7 + [0] * 2
    assert mcnemar(targets, first, second) == pytest.approx(0.1796875)  # 7 against 2: 2 * P(X <= 2 of 9)
    assert mcnemar(targets, first, first) == 1


def test_randomisation_finds_a_difference_and_its_sign() -> None:
    random = np.random.default_rng(0)
    targets = random.integers(0, 3, 600)
    weak, strong = answers(random, targets, 0.7), answers(random, targets, 0.85)
    difference, p = randomisation(targets.tolist(), weak, strong, 3, DOCUMENTS)
    assert difference == pytest.approx(macro_f1(targets.tolist(), strong, 3) - macro_f1(targets.tolist(), weak, 3))
    assert difference > 0.1
    assert p == pytest.approx(1 / 5001)  # none of the rounds is as far off, and the data as they are count for one
    back, _ = randomisation(targets.tolist(), strong, weak, 3, DOCUMENTS)
    assert back == pytest.approx(-difference)
    assert randomisation(targets.tolist(), weak, weak, 3, DOCUMENTS) == (0.0, 1.0)


def test_randomisation_keeps_its_level() -> None:
    significant = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        targets = random.integers(0, 3, 600)
        significant += (
            randomisation(
                targets.tolist(), answers(random, targets, 0.8), answers(random, targets, 0.8), 3, DOCUMENTS, rounds=300
            )[1]
            < 0.05
        )
    assert significant <= 8  # 3 expected of 60


def test_randomisation_by_hand() -> None:
    # three documents, the second system right where the first is wrong: all eight swaps count, |difference| is largest
    # in two of them
    targets, first, second = [0, 1, 0, 1, 0, 1], [1, 0, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1]
    difference, p = randomisation(targets, first, second, 2, ["a", "a", "b", "b", "c", "c"], rounds=20_000)
    assert difference == 1 and p == pytest.approx(0.25, abs=0.02)
