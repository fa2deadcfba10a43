"""Figures from labels and probabilities. Everything is computed from confusion matrices, so that resampling articles is cheap."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score


def macro_f1(targets: Sequence[int], predicted: Sequence[int], labels: int) -> float:
    """Unweighted mean of the F1 of labels 0..labels-1; a label that neither occurs nor is predicted counts 0, as in scikit-learn."""
    return float(f1_score(targets, predicted, labels=range(labels), average="macro", zero_division=0))


def scores(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Accuracy, macro-F1, and precision, recall and F1 per label from confusion matrices (..., K true, K predicted)."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    true, predicted = confusion.sum(-1), confusion.sum(-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = {"precision": hits / predicted, "recall": hits / true, "f1": 2 * hits / (true + predicted)}
    parts = {name: np.nan_to_num(value) for name, value in parts.items()}
    return {"accuracy": hits.sum(-1) / true.sum(-1), "macro_f1": parts["f1"].mean(-1), **parts}


def calibration_error(probabilities: np.ndarray, targets: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error with equal-width bins (Guo et al. 2017): mean |confidence - accuracy|, weighted by bin size.

    `probabilities` is (N, K), `targets` (N,).
    """
    confidence, right = probabilities.max(1), probabilities.argmax(1) == targets
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = [abs(confidence[index == b].sum() - right[index == b].sum()) for b in range(bins)]
    return float(sum(gap) / len(targets))


def measure(targets: Sequence[int], predicted: Sequence[int], labels: Sequence[str], documents: Sequence[str],
            probabilities: np.ndarray | None = None, resamples: int = 2000, seed: int = 0) -> dict:  # fmt: skip
    """All figures of one system on one set of sentences, as JSON-ready numbers.

    Intervals are 95% percentile bootstrap intervals over whole documents (sentences of one article are not independent). Calibration
    is given where `probabilities` (N, K) are.
    """
    k = len(labels)
    names, owner = np.unique(np.asarray(documents), return_inverse=True)
    per_document = np.zeros((len(names), k, k))
    np.add.at(per_document, (owner, np.asarray(targets), np.asarray(predicted)), 1)
    draws = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)  # (resamples, documents)
    point = scores(per_document.sum(0))
    spread = scores(np.einsum("rd,dij->rij", draws.astype(float), per_document))
    low, high = ({name: np.percentile(value, q, axis=0) for name, value in spread.items()} for q in (2.5, 97.5))

    def interval(name: str) -> list[float]:
        return [round(float(low[name]), 4), round(float(high[name]), 4)]

    result = {
        "rows": len(owner),
        "documents": len(names),
        "accuracy": round(float(point["accuracy"]), 4),
        "accuracy_interval": interval("accuracy"),
        "macro_f1": round(float(point["macro_f1"]), 4),
        "macro_f1_interval": interval("macro_f1"),
        "labels": {
            label: {name: round(float(point[name][i]), 4) for name in ("precision", "recall", "f1")}
            | {"f1_interval": [round(float(low["f1"][i]), 4), round(float(high["f1"][i]), 4)], "support": int(per_document.sum(0)[i].sum())}
            for i, label in enumerate(labels)
        },
        "confusion": confusion_matrix(targets, predicted, labels=range(k)).tolist(),
    }
    if probabilities is not None:
        result["calibration_error"] = round(calibration_error(probabilities, np.asarray(targets)), 4)
    return result
