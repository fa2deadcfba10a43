"""Figures from labels and probabilities. Intervals come from counts by article, so that resampling articles is cheap.

Macro-F1 goes over the labels that occur in the file: the same ones for every system measured on it. An answer with a
label that does not occur is an error as any other, and lowers the F1 of the label it should have been.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score

# documents below which an interval is told to be a guess: percentile bootstrap intervals of small samples are too
# narrow (Hesterberg 2015)
FEW = 30


def macro_f1(targets: Sequence[int], predicted: Sequence[int], labels: int) -> float:
    """Unweighted mean of the F1 of those labels of 0..labels-1 that occur in `targets`."""
    occur = sorted(set(targets) & set(range(labels)))
    return float(f1_score(targets, predicted, labels=occur, average="macro", zero_division=0))


def metric_value(metric: str, targets: Sequence[int], predicted: Sequence[int], labels: Sequence[str]) -> float:
    """The config's `metric` of one system: macro_f1, accuracy or f1:LABEL."""
    if metric == "accuracy":
        return float(np.mean(np.asarray(targets) == np.asarray(predicted)))
    if metric == "macro_f1":
        return macro_f1(targets, predicted, len(labels))
    return float(f1_score(targets, predicted, labels=[labels.index(metric[3:])], average="macro", zero_division=0))


def figure(measured: dict, metric: str) -> tuple[str, float, list[float]]:
    """Name for people, value and 95% interval of the config's `metric`, which occurs among the figures of `measure`."""
    if metric.startswith("f1:"):
        figures = measured["labels"][metric[3:]]
        return f"F1 of {metric[3:]}", figures["f1"], figures["f1_interval"]
    return {"macro_f1": "macro-F1"}.get(metric, metric), measured[metric], measured[f"{metric}_interval"]


def notes(measured: dict, unit: str = "documents") -> list[str]:
    """What a reader of these figures must be told: labels left out, one answer to everything, few documents."""
    lines = []
    answered = [label for label, n in zip(measured["labels"], np.sum(measured["confusion"], 0), strict=True) if n]
    if len(answered) == 1 and len(measured["labels"]) - len(measured["absent"]) > 1:
        lines.append(f"every answer is {answered[0]}: nothing was learned; train on more rows or for more steps")
    if absent := measured["absent"]:
        names = ", ".join(f"{label} (answered {n} times)" if n else label for label, n in absent.items())
        over = ", ".join(label for label in measured["labels"] if label not in absent)
        lines.append(f"absent: {names}; macro-F1 goes over {over}")
    if measured["documents"] < FEW:
        lines.append(
            f"interval from {measured['documents']} {unit}: a bootstrap over so few is a rough guess, and often too "
            "narrow"
        )
    return lines


def scores(hits: np.ndarray, true: np.ndarray, predicted: np.ndarray, occur: np.ndarray) -> dict[str, np.ndarray]:
    """Accuracy, macro-F1 over the labels that `occur` (K,), and precision, recall and F1 per label.

    From the counts of right answers, true labels and answers, each (..., K).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = {"precision": hits / predicted, "recall": hits / true, "f1": 2 * hits / (true + predicted)}
    parts = {name: np.nan_to_num(value) for name, value in parts.items()}
    return {"accuracy": hits.sum(-1) / true.sum(-1), "macro_f1": parts["f1"][..., occur].mean(-1), **parts}


def per_document(targets: Sequence[int], predicted: Sequence[int], labels: int, documents: Sequence[str]) -> np.ndarray:
    """(3, documents, labels): right answers, true labels and answers, documents in the order of their names.

    All that `scores` needs, in a K-th of what confusion matrices take.
    """
    names, owner = np.unique(np.asarray(documents), return_inverse=True)
    true, answered = np.asarray(targets), np.asarray(predicted)
    counts = np.zeros((3, len(names), labels))
    np.add.at(counts[0], (owner[true == answered], true[true == answered]), 1)
    np.add.at(counts[1], (owner, true), 1)
    np.add.at(counts[2], (owner, answered), 1)
    return counts


def reliability(probabilities: np.ndarray, targets: np.ndarray, bins: int = 15) -> list[dict[str, float]]:
    """Rows, mean confidence and accuracy of each equal-width bin of confidence that has rows, for a diagram."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == targets
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        {
            "rows": int(inside.sum()),
            "confidence": float(confidence[inside].mean()),
            "accuracy": float(right[inside].mean()),
        }
        for b in range(bins)
        if (inside := index == b).any()
    ]


def risk_coverage(confidence: np.ndarray, wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coverage and error (N,) when the 1, 2, ..., N most confident sentences are answered.

    The mean of the error is the area under the curve.
    """
    order = np.argsort(-confidence, kind="stable")
    answered = np.arange(1, len(confidence) + 1)
    return answered / len(confidence), wrong[order].cumsum() / answered


def calibration_error(probabilities: np.ndarray, targets: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error (Guo et al. 2017): mean |confidence - accuracy| of equal-width bins, weighted by rows.

    `probabilities` is (N, K), `targets` (N,).
    """
    found = reliability(probabilities, targets, bins)
    return sum(b["rows"] * abs(b["confidence"] - b["accuracy"]) for b in found) / len(targets)


def measure(targets: Sequence[int], predicted: Sequence[int], labels: Sequence[str], documents: Sequence[str],
            probabilities: np.ndarray | None = None, resamples: int = 2000, seed: int = 0) -> dict:  # fmt: skip
    """All figures of one system on one set of sentences, as JSON-ready numbers.

    Intervals are 95% percentile bootstrap intervals over whole documents (sentences of one article are not
    independent). A label that does not occur has None for its figures and is named under "absent"; macro-F1 leaves it
    out, in every draw. Calibration is given where `probabilities` (N, K) are.
    """
    k = len(labels)
    counts = per_document(targets, predicted, k, documents)  # (3, documents, labels): hits, true, predicted
    n = counts.shape[1]
    occur = counts[1].sum(0) > 0  # (labels,)
    hits, true, answered = counts.sum(1)
    point = scores(hits, true, answered, occur)
    # in pieces: all draws at once would be gigabytes for 100,000 documents
    random, piece = (np.random.default_rng(seed), max(1, 20_000_000 // n))
    sizes = [min(piece, resamples - start) for start in range(0, resamples, piece)]
    # (3, resamples, labels)
    drawn = [random.multinomial(n, np.full(n, 1 / n), size=size).astype(float) @ counts for size in sizes]
    hits, true, answered = np.concatenate(drawn, axis=1)
    spread = scores(hits, true, answered, occur)
    low, high = ({name: np.percentile(value, q, axis=0) for name, value in spread.items()} for q in (2.5, 97.5))

    def interval(name: str, *label: int) -> list[float]:
        return [round(float(bound[name][label]), 4) for bound in (low, high)]

    names = ("precision", "recall", "f1")
    result = {
        "rows": len(targets),
        "documents": n,
        "accuracy": round(float(point["accuracy"]), 4),
        "accuracy_interval": interval("accuracy"),
        "macro_f1": round(float(point["macro_f1"]), 4),
        "macro_f1_interval": interval("macro_f1"),
        "labels": {
            label: {
                **{name: round(float(point[name][i]), 4) if occur[i] else None for name in names},
                "f1_interval": interval("f1", i) if occur[i] else None,
                "support": int(counts[1, :, i].sum()),
            }
            for i, label in enumerate(labels)
        },
        # label -> how often it was answered all the same
        "absent": {label: int(counts[2, :, i].sum()) for i, label in enumerate(labels) if not occur[i]},
        "confusion": confusion_matrix(targets, predicted, labels=range(k)).tolist(),
    }
    if probabilities is not None:
        bins = reliability(probabilities, np.asarray(targets))
        result["calibration_error"] = round(calibration_error(probabilities, np.asarray(targets)), 4)
        result["reliability"] = [{name: round(value, 4) for name, value in b.items()} for b in bins]
    return result
