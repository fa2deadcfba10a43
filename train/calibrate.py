"""Temperature scaling: make a checkpoint's probabilities mean what they say.

    python -m train.calibrate [--key value]

One number T, fitted on the validation split so that softmax(logits / T) has the least log loss (Guo et al. 2017). It is
stored in the checkpoint as calibration.json, beside the validation sentences' scores and the label shares of the rows
trained on: from these `onrecord.calibration` works out priors, abstention and label sets when a checkpoint is loaded.
Where a label's F1 is the metric, its threshold is chosen on validation and stored as the prior of that name (f1:LABEL).
Raw logits stay available.
"""

import math
from collections import Counter
from random import Random

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss, precision_recall_curve

from onrecord.calibration import DATA, Calibration, softmax
from onrecord.classifier import CheckpointError, Classifier
from onrecord.inference.backends import WEIGHTS, sha256
from train.config import Config, Stop, parse, read_record, run
from train.corpus.splits import refuse_other_data, rows_of, with_labels
from train.measure.metrics import calibration_error
from train.measure.promises import FEW_ROWS

LIMIT = 10_000  # validation sentences kept in a checkpoint: half a megabyte, and quantiles are exact enough


def temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """The T, 0.05 to 20, for which softmax(logits (N, K) / T) has the least log loss; `targets` (N,) number labels."""
    labels = range(logits.shape[1])
    bounds = np.log(0.05), np.log(20)
    optimum = minimize_scalar(lambda t: log_loss(targets, softmax(logits / np.exp(t)), labels=labels), bounds=bounds)
    return float(np.exp(optimum.x))


def shares_for_f1(scores: np.ndarray, targets: np.ndarray, label: int, shares: np.ndarray) -> np.ndarray:
    """The label shares (K,) under which the most probable label has the best F1 of `label` on these rows.

    `scores` (N, K) are logits / T, `targets` (N,) label numbers, `shares` (K,) those trained on. Only the share of
    `label` moves against the others, which is a threshold on its probability (Lipton, Elkan and Naryanaswamy 2014).
    """
    margin = scores[:, label] - np.delete(scores, label, axis=1).max(axis=1)
    precision, recall, least = precision_recall_curve(targets == label, margin)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    shifts = -np.mean([least, [least[0] - 1, *least[:-1]]], axis=0)  # between a margin that is answered and the next
    unmoved = f1[np.searchsorted(least, 0, side="right")]
    best = min((abs(s), s) for s in shifts[f1[:-1] == f1.max()])[1] if f1.max() > unmoved else 0.0
    moved = shares * np.exp(best * (np.arange(len(shares)) == label))
    return moved / moved.sum()


def main(config: Config) -> int:
    """Fit T, store it with the validation scores, print what they promise under each prior."""
    weights = config.checkpoint / WEIGHTS
    digest = sha256(weights) if weights.is_file() else ""  # of what is read next: a training may replace it meanwhile
    try:
        # the weights themselves, so that a calibration is the same with model.onnx and without
        classifier = Classifier.load(config.checkpoint, backend="torch")
    except CheckpointError as error:
        raise Stop(f"{error}") from error
    config = with_labels(config)
    refuse_other_data(config)
    rows = rows_of(config.corpus, "validation")
    if missing := set(config.corpus.labels) - {r["label"] for r in rows}:
        raise Stop(
            f"the validation rows hold none labelled {', '.join(sorted(missing))}, so nothing can be promised for "
            "that; write more or raise validation_share"
        )
    if len(rows) > LIMIT:
        Random(config.seed).shuffle(rows)
        first = {row["label"]: row for row in reversed(rows)}  # a rare label may not be among the others
        rows = [*first.values(), *(row for row in rows if row is not first[row["label"]])][:LIMIT]
    targets = np.array([config.corpus.labels.index(r["label"]) for r in rows])
    logits, _ = classifier.logits([r["text"] for r in rows])
    t = temperature(logits, targets)
    counts, metric, priors = label_counts(config), config.measure.metric, config.measure.priors
    shares = {label: round(counts[label] / counts.total(), 6) for label in config.corpus.labels}
    if metric.startswith("f1:"):
        trained = np.array(list(shares.values()))
        chosen = shares_for_f1(logits / t, targets, config.corpus.labels.index(metric[3:]), trained)
        priors = priors | {metric: dict(zip(shares, chosen.tolist(), strict=True))}
    calibration = Calibration(
        temperature=round(t, 4),
        shares=shares,
        priors=priors,
        max_error=config.measure.max_error,
        coverage=config.measure.coverage,
        logits=logits,
        targets=targets,
        weights=digest,
    )
    if len(rows) < FEW_ROWS:
        print(
            f"only {len(rows)} validation sentences, fewer than {FEW_ROWS}: the temperature, the threshold of "
            "`abstained` and the limits of label sets are guesses; label more, or raise corpus.validation_share"
        )
    if not 0.06 < t < 16:
        print(
            f"the best temperature lies at the bound ({t:.3g}): the scores of this model say next to nothing about "
            "these labels, or are always right"
        )
    before, after = (calibration_error(softmax(logits / scale), targets) for scale in (1.0, t))
    print(
        f"temperature {t:.3f} from {len(rows)} validation sentences; expected calibration error there {before:.3f} "
        f"before, {after:.3f} after"
    )
    wrong = f"{config.measure.max_error:.0%}"
    for prior in [DATA, *priors]:
        rule = calibration.rule(prior)
        probabilities = rule.probabilities(logits)
        answered = (
            f"answers from confidence {rule.threshold:.3f} on: {rule.answered(probabilities).mean():.1%} of "
            f"validation, so that at most {wrong} are wrong"
            if math.isfinite(rule.threshold)
            else f"no confidence keeps the wrong answers within {wrong}, so each answer has a ?"
        )
        print(
            f"prior {prior:8} {answered}; {rule.sets(probabilities).sum(1).mean():.2f} labels in a set of "
            f"{config.measure.coverage:.0%} coverage"
        )
    calibration.save(config.checkpoint)
    return 0


def label_counts(config: Config) -> Counter[str]:
    """label -> rows that the checkpoint was trained on, by training.json: a run may have had a part of the split."""
    trained = read_record(config.checkpoint / "training.json", dict, f"train again with {config.fit_command}")
    return Counter(trained.get("label_counts") or [row["label"] for row in rows_of(config.corpus, "train")])


def _command() -> int:
    config, _ = parse(prog="train.calibrate")
    return main(config)


if __name__ == "__main__":
    run(_command)
