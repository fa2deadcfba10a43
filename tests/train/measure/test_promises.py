"""Abstention and label sets are measured as they are defined."""

import numpy as np
import pytest

from onrecord.calibration import Rule
from train.measure.promises import abstention, label_sets, proportion

PROBABILITIES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.45, 0.55]])
TARGETS = [0, 1, 1, 1]
RULE = Rule("data", 1.0, np.zeros(2), 0.6, np.array([0.5, 0.4]))


def test_abstention() -> None:
    figures = abstention(RULE, PROBABILITIES, TARGETS, ["a", "b"], 0.1)
    assert figures["answered"]["share"] == 0.75
    assert figures["error"]["share"] == pytest.approx(1 / 3, abs=1e-4)
    assert figures["error"]["rows"] == 3
    assert figures["answered_by_label"]["b"]["share"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures["promised_error"] == 0.1 and figures["excess"] == round(figures["error"]["interval"][0] - 0.1, 4)
    assert figures["curve"] == [[0.25, 0.0], [0.5, 0.0], [0.75, 0.3333], [1.0, 0.25]]
    assert figures["area"] == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4, abs=1e-4) and figures[
        "error_at_80"
    ] == pytest.approx(1 / 3, abs=1e-4)


def test_label_sets() -> None:
    figures = label_sets(RULE, PROBABILITIES, TARGETS, ["a", "b"], 0.9)
    assert figures["coverage"]["share"] == 1.0 and figures["sizes"] == {"1": 3, "2": 1} and figures["mean_size"] == 1.25
    assert figures["shortfall"] == round(0.9 - figures["coverage"]["interval"][1], 4)


def test_proportion() -> None:
    assert proportion(0, 0) == {"share": None, "interval": [0.0, 1.0], "rows": 0}
    assert proportion(9, 10)["interval"] == pytest.approx([0.555, 0.9975], abs=1e-3)  # Clopper and Pearson's table


def test_error_at_80_and_shares_by_label() -> None:
    confidence = np.linspace(0.99, 0.6, 10)
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    targets = [0] * 7 + [1] * 3  # the three least confident are wrong
    rule = Rule("data", 1.0, np.zeros(2), 0.0, np.array([0.0, 0.35]))
    assert abstention(rule, probabilities, targets, ["a", "b"], 0.1)["error_at_80"] == pytest.approx(1 / 8, abs=1e-4)
    figures = label_sets(rule, probabilities, targets, ["a", "b"], 0.9)
    inside = [bool(1 - c >= 0.35) for c in confidence[7:]]
    assert figures["by_label"]["b"]["share"] == pytest.approx(np.mean(inside), abs=1e-4)
    assert figures["by_label"]["a"]["share"] == 1
