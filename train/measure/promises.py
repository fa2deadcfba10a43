"""Do the promises hold on held-out sentences: the error among answered ones, the coverage of label sets?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import binomtest

from onrecord.calibration import Rule
from train.measure.metrics import risk_coverage

FEW_ROWS = 50  # validation sentences below which calibration, abstention and label sets are guesses


def proportion(hits: int, rows: int) -> dict[str, Any]:
    """Share, its exact 95% binomial interval (Clopper and Pearson 1934), and the rows it is a share of."""
    if not rows:
        return {"share": None, "interval": [0.0, 1.0], "rows": 0}
    low, high = binomtest(hits, rows).proportion_ci(0.95, method="exact")
    return {"share": round(hits / rows, 4), "interval": [round(float(low), 4), round(float(high), 4)], "rows": rows}


def abstention(
    rule: Rule, probabilities: np.ndarray, targets: Sequence[int], labels: Sequence[str], promised: float
) -> dict[str, Any]:
    """Error among the answered sentences, how many were answered, whole and by label, and the risk-coverage curve.

    `probabilities` is (N, K) under the rule's prior. `area` is the mean error over all coverages (AURC), `error_at_80`
    the error when the most confident 80% are answered. `excess` is the lower end of the error's interval less the error
    `promised`: above 0, the promise is significantly broken.
    """
    truth = np.asarray(targets)
    wrong, answered = probabilities.argmax(1) != truth, rule.answered(probabilities)
    coverage, risk = risk_coverage(probabilities.max(1), wrong)
    points = np.unique(np.linspace(0, len(truth) - 1, 60).astype(int))
    error = proportion(int(wrong[answered].sum()), int(answered.sum()))
    return {
        "threshold": round(rule.threshold, 4) if np.isfinite(rule.threshold) else None,
        "answered": proportion(int(answered.sum()), len(truth)),
        "error": error,
        "promised_error": promised,
        "excess": round(error["interval"][0] - promised, 4),
        "answered_by_label": {
            label: proportion(int(answered[truth == i].sum()), int((truth == i).sum()))
            for i, label in enumerate(labels)
        },
        "error_at_80": round(float(risk[max(0, round(0.8 * len(truth)) - 1)]), 4),
        "area": round(float(risk.mean()), 4),
        "curve": [[round(float(coverage[i]), 4), round(float(risk[i]), 4)] for i in points],
    }


def label_sets(
    rule: Rule, probabilities: np.ndarray, targets: Sequence[int], labels: Sequence[str], promised: float
) -> dict[str, Any]:
    """How often the true label is in the set, whole and by label, and how large the sets are.

    `shortfall` is the coverage `promised` less the upper end of the interval: above 0, the promise is significantly
    broken.
    """
    truth, sets = np.asarray(targets), rule.sets(probabilities)
    inside = sets[np.arange(len(truth)), truth]
    sizes = sets.sum(1)
    coverage = proportion(int(inside.sum()), len(truth))
    return {
        "coverage": coverage,
        "promised": promised,
        "shortfall": round(promised - coverage["interval"][1], 4),
        "by_label": {
            label: proportion(int(inside[truth == i].sum()), int((truth == i).sum())) for i, label in enumerate(labels)
        },
        "mean_size": round(float(sizes.mean()), 3),
        "sizes": {str(n): int((sizes == n).sum()) for n in range(1, len(labels) + 1)},
    }
