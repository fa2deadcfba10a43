"""From raw scores to what a user can act on: probabilities under the label shares to be met, abstention, label sets.

Everything is worked out from the validation sentences' logits, which `train.calibrate` stores in the checkpoint as
calibration.json, so a user may ask for other shares, another error or another coverage when loading, without the data
or a training.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from onrecord.inference.files import read_object
from onrecord.tables.parts import write_whole

FILE = "calibration.json"
UNIFORM = "uniform"  # the name of the prior that has every label as often
DATA = "data"  # the name of the prior that changes nothing: the label shares of the training data
CONFIDENCE = 0.95  # of the promise about the error among answered sentences


class WishError(ValueError):
    """A prior, an error or a coverage that makes no sense for this checkpoint; the message says what does."""


@dataclass(frozen=True)
class Calibration:
    """What a checkpoint knows about its own scores: N validation sentences, K labels."""

    temperature: float  # probabilities are softmax(logits / temperature)
    shares: dict[str, float]  # label -> share in the training data, which the scores assume
    priors: dict[str, dict[str, float]]  # name -> label -> share to be met in use
    max_error: float  # default for the error among answered sentences
    coverage: float  # default for the coverage of label sets
    logits: np.ndarray  # (N, K)
    targets: np.ndarray  # (N,) label numbers
    weights: str = ""  # SHA-256 of the weights that gave the logits

    def save(self, directory: Path) -> None:
        """Write calibration.json whole or not at all."""
        content = vars(self) | {"logits": self.logits.round(4).tolist(), "targets": self.targets.tolist()}
        write_whole(directory / FILE, f"{json.dumps(content)}\n".encode())

    @classmethod
    def read(cls, directory: Path) -> Calibration | None:
        """The stored one, or None if the checkpoint was never calibrated.

        Raises ValueError if the file is not what `save` writes.
        """
        path = directory / FILE
        if not path.is_file():
            return None
        try:
            content = read_object(path)
            for name, shares in (("shares", content["shares"]), *content["priors"].items()):
                if not isinstance(shares, dict) or not all(type(share) in (int, float) for share in shares.values()):
                    raise ValueError(f"{name} are no shares of labels")
            logits, targets = np.array(content["logits"], dtype=float), np.array(content["targets"], dtype=int)
            stored = cls(**content | {"logits": logits, "targets": targets})
            if not isinstance(stored.weights, str):
                raise ValueError(f"weights {stored.weights!r}")
            if not (stored.temperature > 0 and np.isfinite(stored.temperature)):
                raise ValueError(f"temperature {stored.temperature!r}")
            rows, labels = len(targets), len(stored.shares)
            if logits.shape != (rows, labels) or not np.isfinite(logits).all():
                raise ValueError(f"logits {logits.shape} for {rows} targets and {labels} labels")
            if rows and not (targets.min() >= 0 and targets.max() < labels):
                raise ValueError("targets out of range")
            for name in (None, *stored.priors):
                stored.rule(name)
            return stored
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(
                f"{path} is not a calibration that train.calibrate wrote ({error!r}); "
                "delete it and run `python -m train.calibrate`"
            ) from error

    def shares_of_prior(self, prior: str | Mapping[str, float] | None) -> tuple[str, np.ndarray]:
        """Name and shares (K,) of a prior: a stored name, "data", "uniform", a mapping label -> share; None is "data".

        Raises WishError for an unknown name, a label left out or made up, and shares that are not positive.
        """
        labels = list(self.shares)
        prior = DATA if prior is None else prior
        if isinstance(prior, str):
            # a stored prior never takes the place of these
            known = self.priors | {DATA: self.shares, UNIFORM: dict.fromkeys(labels, 1.0)}
            if prior not in known:
                raise WishError(
                    f"prior {prior!r} is unknown; there are {', '.join(known)}, or give shares as {{label: share}}"
                )
            name, shares = prior, known[prior]
        else:
            name, shares = "given", dict(prior)
        if set(shares) != set(labels):
            raise WishError(
                f"{'the prior' if name == 'given' else f'prior {name!r}'} must name each of {', '.join(labels)} once; "
                f"it names {', '.join(shares)}"
            )
        values = np.array([shares[label] for label in labels], dtype=float)
        if not (np.isfinite(values).all() and (values > 0).all()):
            raise WishError(f"prior {name!r}: every share must be a positive number, got {shares}")
        return name, values / values.sum()

    def rule(
        self,
        prior: str | Mapping[str, float] | None = None,
        max_error: float | None = None,
        coverage: float | None = None,
    ) -> Rule:
        """The decision rule for these wishes. Raises WishError for those that make no sense."""
        max_error = self.max_error if max_error is None else max_error
        coverage = self.coverage if coverage is None else coverage
        for name, value in (("max_error", max_error), ("coverage", coverage)):
            if not 0 < value < 1:
                raise WishError(f"{name} = {value!r} must lie between 0 and 1")
        name, met = self.shares_of_prior(prior)
        _, trained = self.shares_of_prior(DATA)
        shift = np.log(met / trained)
        probabilities = softmax(self.logits / self.temperature + shift)
        counts = np.bincount(self.targets, minlength=len(met))  # of validation
        # The sentences to be met are the validation sentences weighed by label: the assumption of label shift.
        weights = (
            np.ones(len(self.targets))
            if name == DATA
            else (met / np.maximum(counts / counts.sum(), 1e-12))[self.targets]
        )
        wrong = probabilities.argmax(1) != self.targets
        # nothing is known of a label without rows
        threshold = answer_threshold(probabilities.max(1), wrong, weights, max_error) if counts.all() else math.inf
        return Rule(name, self.temperature, shift, threshold, set_limits(probabilities, self.targets, coverage))


@dataclass(frozen=True)
class Rule:
    """A calibration made ready for one prior, one error and one coverage."""

    prior: str
    temperature: float
    shift: np.ndarray  # (K,) added to logits / temperature: log of the shares to be met over those trained on
    threshold: float  # a sentence whose confidence lies below is not answered; inf if no threshold keeps the error
    limits: np.ndarray  # (K,) a label is in the set if its probability reaches this

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """(N, K) rows that add up to 1. Bayes' rule with new label shares (Saerens, Latinne and Decaestecker 2002)."""
        return softmax(logits / self.temperature + self.shift)

    def answered(self, probabilities: np.ndarray) -> np.ndarray:
        """(N,) whether the most probable label is sure enough."""
        return probabilities.max(1) >= self.threshold

    def sets(self, probabilities: np.ndarray) -> np.ndarray:
        """(N, K) whether the label is in the set; the most probable label always is."""
        chosen = probabilities >= self.limits
        chosen[np.arange(len(probabilities)), probabilities.argmax(1)] = True
        return chosen


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (N, K) of scores (N, K)."""
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)


def error_bound(error: float, rows: float, delta: float) -> float:
    """Upper bound on the true error rate when `error` was seen on `rows` independent sentences.

    It holds with probability 1 - delta. The Chernoff-Hoeffding bound in its Kullback-Leibler form: the largest p with
    KL(error || p) <= ln(1 / delta) / rows. `rows` need not be whole.
    """

    def divergence(p: float) -> float:
        return sum(a * math.log(a / b) for a, b in ((error, p), (1 - error, 1 - p)) if a > 0)

    low, high = error, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle < 1 and divergence(middle) <= math.log(1 / delta) / rows else (low, middle)
    return high


def answer_threshold(confidence: np.ndarray, wrong: np.ndarray, weights: np.ndarray, max_error: float) -> float:
    """The lowest confidence from which sentences may be answered: at most `max_error` of the answers are wrong.

    That holds with probability 0.95. Selective guaranteed risk control (Geifman and El-Yaniv 2017, algorithm 1): a
    binary search over the thresholds, each step's bound at delta / steps. All arguments are (N,); weighted rows count
    as Kish's effective number, sum(w)^2 / sum(w^2). inf if nothing keeps the promise.
    """
    order = np.argsort(-confidence, kind="stable")
    confidence, wrong, weights = confidence[order], wrong[order].astype(float), weights[order]
    mass, squares, errors = weights.cumsum(), (weights**2).cumsum(), (weights * wrong).cumsum()
    steps = math.floor(math.log2(max(1, len(confidence)))) + 1  # as many as a binary search can take
    low, high, best = 0, len(confidence) - 1, math.inf
    while low <= high:
        middle = (low + high) // 2
        # rows of equal confidence are answered together
        last = int(np.searchsorted(-confidence, -confidence[middle], side="right")) - 1
        error, rows = min(1.0, errors[last] / mass[last]), mass[last] ** 2 / squares[last]
        bound = error_bound(error, rows, (1 - CONFIDENCE) / steps)
        if bound <= max_error:
            best, low = float(confidence[last]), last + 1
        else:
            high = middle - 1
    return best


def set_limits(probabilities: np.ndarray, targets: np.ndarray, coverage: float) -> np.ndarray:
    """(K,) the probability from which a label joins the set.

    Of the sentences of each label at least `coverage` have it in theirs. Class-conditional (Mondrian) split conformal
    prediction, score 1 - p (Vovk 2012; Sadinle, Lei and Wasserman 2019). A label with too few sentences for the
    promise is always in the set.
    """
    limits = np.zeros(probabilities.shape[1])
    for label in range(len(limits)):
        scores = np.sort(probabilities[targets == label, label])
        # the rank-th smallest; 0 = no finite-sample promise possible
        rank = math.floor((len(scores) + 1) * (1 - coverage) + 1e-9)
        limits[label] = scores[rank - 1] if rank else 0.0
    return limits
