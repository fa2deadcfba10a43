"""Temperature scaling: make a checkpoint's probabilities mean what they say.

    python -m train.calibrate [--key value]

One number T, fitted on the validation split so that softmax(logits / T) has the least log loss (Guo et al. 2017), by scikit-learn. It is
stored in the checkpoint as calibration.json and applied by `Classifier`; labels do not change, raw logits stay available.
"""

import json
import os

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from onrecord.classifier import CheckpointError, Classifier, softmax
from train.config import Config, Stop, parse, run
from train.metrics import calibration_error
from train.splits import rows_of


class _Logits(ClassifierMixin, BaseEstimator):
    """A classifier whose input is already its decision values (N, K), for scikit-learn to calibrate."""

    def __init__(self, labels: int) -> None:
        self.labels = labels
        self.classes_ = np.arange(labels)

    def fit(self, x: np.ndarray, y: np.ndarray) -> "_Logits":
        return self

    def decision_function(self, x: np.ndarray) -> np.ndarray:
        return x

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.classes_[x.argmax(1)]


def temperature(logits: np.ndarray, targets: np.ndarray) -> float:
    """The T > 0 for which softmax(logits / T) fits `targets` best; `logits` is (N, K), `targets` (N,) label numbers."""
    fitted = CalibratedClassifierCV(FrozenEstimator(_Logits(logits.shape[1]).fit(logits, targets)), method="temperature").fit(logits, targets)
    return float(1 / fitted.calibrated_classifiers_[0].calibrators[0].beta_)


def main(config: Config) -> int:
    """Fit T, store it, print the calibration error before and after."""
    try:
        classifier = Classifier.load(config.checkpoint)
    except CheckpointError as error:
        raise Stop(str(error)) from error
    rows = rows_of(config, "validation")
    targets = np.array([config.labels.index(r["label"]) for r in rows])
    logits, _ = classifier.logits([r["text"] for r in rows])
    t = temperature(logits, targets)
    before, after = (calibration_error(softmax(logits / scale), targets) for scale in (1.0, t))
    path = config.checkpoint / "calibration.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"temperature": round(t, 4), "rows": len(rows)}) + "\n")
    os.replace(fresh, path)
    print(f"temperature {t:.3f} from {len(rows)} validation sentences; expected calibration error there {before:.3f} before, {after:.3f} after")
    return 0


def _command() -> int:
    config, _ = parse(prog="train.calibrate")
    return main(config)


if __name__ == "__main__":
    run(_command)
