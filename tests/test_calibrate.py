"""The temperature is the best one, is stored, and is what the Classifier applies."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss

from onrecord import Classifier
from onrecord.decision import softmax
from train import calibrate
from train.config import Config, Stop
from train.metrics import calibration_error
from train.splits import rows_of


def overconfident(scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from softmax(logits), logits given `scale` times too large."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(3000, 4)) * 2
    targets = np.array([random.choice(4, p=p) for p in softmax(logits)])
    return logits * scale, targets


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_a_known_scale(scale: float) -> None:
    logits, targets = overconfident(scale)
    found = calibrate.temperature(logits, targets)
    assert found == pytest.approx(scale, rel=0.1)
    assert found == pytest.approx(minimize_scalar(lambda t: log_loss(targets, softmax(logits / t)), bounds=(0.1, 10), method="bounded").x, rel=0.01)
    assert calibration_error(softmax(logits / found), targets) < 0.03


def test_the_classifier_applies_what_is_stored(settings: Config, checkpoint: Path) -> None:
    config = Config.model_validate(settings.model_dump() | {"run": "calibrated"})
    shutil.copytree(checkpoint, config.checkpoint)
    plain = Classifier.load(checkpoint)
    assert plain.calibration is None and calibrate.main(config) == 0
    warm = Classifier.load(config.checkpoint, prior="data")
    stored = json.loads((config.checkpoint / "calibration.json").read_text())
    assert warm.calibration is not None and warm.calibration.temperature == stored["temperature"] != 1
    train = [r["label"] for r in rows_of(config, "train")]
    assert stored["shares"] == pytest.approx({label: train.count(label) / len(train) for label in config.labels}, abs=1e-5)
    assert len(stored["logits"]) == len(stored["targets"]) == len(rows_of(config, "validation"))
    texts = ["First one.", "The second, perhaps.", "Why?"]
    assert [p.label for p in warm.predict(texts)] == [p.label for p in plain.predict(texts)]
    assert np.allclose(warm.probabilities(texts), softmax(plain.logits(texts)[0] / stored["temperature"]))
    assert warm.predict(texts[0]).confidence == pytest.approx(warm.probabilities(texts[:1]).max())
    assert Classifier.load(config.checkpoint).rule.prior == "news"
    assert not list(config.checkpoint.glob("*.new"))


def test_no_checkpoint(settings: Config, tmp_path: Path) -> None:
    with pytest.raises(Stop, match="make train"):
        calibrate.main(Config.model_validate(settings.model_dump() | {"output": str(tmp_path)}))
