"""The temperature is the best one, is stored, and is what the Classifier applies."""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import save_file
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_recall_curve

from onrecord import Classifier
from onrecord.calibration import softmax
from onrecord.classifier import CheckpointError
from tests.conftest import weights
from train import calibrate
from train.config import Config, Stop, changed
from train.corpus.splits import rows_of
from train.measure.metrics import calibration_error


def overconfident(scale: float, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from softmax(logits), logits given `scale` times too large."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(3000, labels)) * 2
    targets = np.array([random.choice(labels, p=p) for p in softmax(logits)])
    return logits * scale, targets


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("labels", [2, 4])
def test_the_temperature_undoes_a_known_scale(scale: float, labels: int) -> None:
    logits, targets = overconfident(scale, labels)
    temperature = calibrate.temperature(logits, targets)
    assert temperature == pytest.approx(scale, rel=0.15)
    assert calibration_error(softmax(logits / temperature), targets) < 0.03


def test_it_is_the_temperature_of_scikit_learn() -> None:
    logits, targets = overconfident(2.0, 4)
    frozen = FrozenEstimator(LogisticRegression().fit(logits, targets))
    frozen.estimator.coef_, frozen.estimator.intercept_ = np.eye(4), np.zeros(4)  # decision values = logits
    fitted = CalibratedClassifierCV(frozen, method="temperature").fit(logits, targets)
    assert calibrate.temperature(logits, targets) == pytest.approx(
        1 / fitted.calibrated_classifiers_[0].calibrators[0].beta_, rel=0.01
    )


def test_a_labels_threshold_is_the_best_there_is() -> None:
    """The same F1 as the best point of scikit-learn's precision-recall curve; where nothing is gained nothing moves."""
    scores, targets = overconfident(1.0, 2)
    scores[:, 1] -= 2.0  # a model that says the second label too seldom
    shares = np.array([0.6, 0.4])
    moved = calibrate.shares_for_f1(scores, targets, 1, shares)
    answers = (softmax(scores + np.log(moved / shares))).argmax(1)
    precision, recall, _ = precision_recall_curve(targets == 1, softmax(scores)[:, 1])
    best = max(2 * p * r / (p + r) for p, r in zip(precision, recall, strict=True) if p + r)
    assert f1_score(targets, answers) == pytest.approx(best, abs=1e-9)
    assert f1_score(targets, answers) > f1_score(targets, scores.argmax(1)) + 0.05
    right = np.eye(2)[targets] * 9
    assert calibrate.shares_for_f1(right, targets, 1, shares) == pytest.approx(shares)


@pytest.mark.slow
def test_the_metrics_label_has_a_prior_of_its_own(settings: Config, checkpoint: Path, tmp_path: Path) -> None:
    """No labelled sentence of validation is answered worse under it, measured by F1 of that label."""
    shutil.copytree(checkpoint, tmp_path / "mine" / "checkpoint")
    config = changed(settings, output=str(tmp_path), run="mine", measure__metric="f1:denial")
    calibrate.main(config)
    rows = rows_of(config.corpus, "validation")
    gold = [row["label"] == "denial" for row in rows]
    f1 = {
        prior: f1_score(
            gold,
            [
                answer.label == "denial"
                for answer in Classifier.load(config.checkpoint, prior=prior).predict([row["text"] for row in rows])
            ],
            zero_division=0.0,
        )
        for prior in ("data", "f1:denial")
    }
    assert f1["f1:denial"] > f1["data"]  # two random layers hardly ever say denial


def test_a_handful_of_rows_is_enough_not_to_crash() -> None:
    assert 0.05 <= calibrate.temperature(np.array([[2.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), np.array([0, 0, 1])) <= 20


def test_the_classifier_applies_what_is_stored(settings: Config, checkpoint: Path) -> None:
    config = changed(settings, run="calibrated")
    shutil.copytree(checkpoint, config.checkpoint)
    plain = Classifier.load(checkpoint)
    assert plain.calibration is None and calibrate.main(config) == 0
    warm = Classifier.load(config.checkpoint, prior="data")
    stored = json.loads((config.checkpoint / "calibration.json").read_text())
    assert warm.calibration is not None and warm.calibration.temperature == stored["temperature"] != 1
    train = [r["label"] for r in rows_of(config.corpus, "train")]
    assert stored["shares"] == pytest.approx(
        {label: train.count(label) / len(train) for label in config.corpus.labels}, abs=1e-5
    )
    assert len(stored["logits"]) == len(stored["targets"]) == len(rows_of(config.corpus, "validation"))
    texts = ["First one.", "The second, perhaps.", "Why?"]
    assert [p.label for p in warm.predict(texts)] == [p.label for p in plain.predict(texts)]
    assert np.allclose(warm.probabilities(texts), softmax(plain.logits(texts)[0] / stored["temperature"]))
    assert warm.predict(texts[0]).confidence == pytest.approx(warm.probabilities(texts[:1]).max())
    assert Classifier.load(config.checkpoint).rule.prior == "data"
    assert not list(config.checkpoint.glob("*.new"))


def test_shares_are_those_of_the_rows_trained_on(settings: Config, checkpoint: Path) -> None:
    config = changed(settings, run="part")
    shutil.copytree(checkpoint, config.checkpoint)
    path = config.checkpoint / "training.json"
    assert json.loads(path.read_text())["label_counts"] == Counter(r["label"] for r in rows_of(config.corpus, "train"))
    counts = {"claim": 70, "hedge": 10, "denial": 10, "scheduling": 5, "none": 5}  # as after a train_share
    path.write_text(json.dumps(json.loads(path.read_text()) | {"label_counts": counts}))
    calibrate.main(config)
    stored = json.loads((config.checkpoint / "calibration.json").read_text())
    assert stored["shares"] == {label: count / 100 for label, count in counts.items()}


def test_few_validation_rows_make_guesses_and_it_says_so(
    settings: Config, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    rows = rows_of(settings.corpus, "validation")
    every = (rows * 50)[:50]
    for few, guess in ((every[:49], True), (every, False)):
        monkeypatch.setattr(calibrate, "rows_of", lambda _, name, few=few: few)
        assert calibrate.main(settings) == 0
        assert ("are guesses" in capsys.readouterr().out) == guess
    (settings.checkpoint / "calibration.json").unlink()


def test_a_rare_label_stays_where_only_some_rows_are_kept(
    settings: Config, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drawn out by chance, it was said that no validation row has it."""
    shutil.copytree(checkpoint, tmp_path / "mine" / "checkpoint")
    config = changed(settings, output=str(tmp_path), run="mine")
    monkeypatch.setattr(calibrate, "LIMIT", 5)
    for seed in range(5):
        assert calibrate.main(changed(config, seed=seed)) == 0
        known = Classifier.load(config.checkpoint).calibration
        assert known and len(known.targets) == len(set(known.targets.tolist())) == 5


def test_weights_that_a_training_replaces_meanwhile_are_not_taken_for_those_calibrated(
    settings: Config, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = changed(settings, output=str(tmp_path))
    shutil.copytree(checkpoint, config.checkpoint)

    def replaced(logits: np.ndarray, targets: np.ndarray) -> float:
        path = config.checkpoint / "model.safetensors"
        save_file({name: value + 1 for name, value in weights(config).items()}, path, {"format": "pt"})
        return 1.0

    monkeypatch.setattr(calibrate, "temperature", replaced)
    calibrate.main(config)
    with pytest.raises(CheckpointError, match="was made with other weights"):
        Classifier.load(config.checkpoint)


def test_no_checkpoint(settings: Config, tmp_path: Path) -> None:
    with pytest.raises(Stop, match=r"train it first, with `python -m train\.fit`"):
        calibrate.main(changed(settings, output=str(tmp_path)))
