"""Priors, abstention and label sets do what they promise, on scores whose true distribution is known."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from crepes import ConformalClassifier
from scipy.stats import beta

from onrecord import Classifier
from onrecord.calibration import Calibration, answer_threshold, error_bound, set_limits, softmax
from onrecord.classifier import CheckpointError
from train import calibrate, fit
from train.config import Config, changed, load

SHARES = {"a": 0.6, "b": 0.3, "c": 0.1}


def drawn(rows: int, shares: list[float], seed: int, noise: float = 1.2) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are right by Bayes' rule for SHARES, of labels drawn with `shares`: three Gaussian clouds."""
    random = np.random.default_rng(seed)
    targets = random.choice(3, size=rows, p=shares)
    points = np.eye(3)[targets] + random.normal(size=(rows, 3)) * noise / 2
    distances = ((points[:, None, :] - np.eye(3)) ** 2).sum(2)
    return np.log(list(SHARES.values())) - distances / (2 * (noise / 2) ** 2), targets


def calibration(rows: int = 4000, seed: int = 0) -> Calibration:
    logits, targets = drawn(rows, list(SHARES.values()), seed)
    return Calibration(1.0, SHARES, {"rare": {"a": 0.9, "b": 0.05, "c": 0.05}}, 0.1, 0.9, logits, targets)


def test_the_right_prior_gives_the_most_right_answers_and_calibrated_ones() -> None:
    logits, targets = drawn(20_000, [0.1, 0.2, 0.7], 5)
    rules = [calibration().rule(p) for p in ("data", "uniform", {"a": 0.1, "b": 0.2, "c": 0.7})]
    right = [(rule.probabilities(logits).argmax(1) == targets).mean() for rule in rules]
    assert right[2] > right[1] + 0.02 and right[2] > right[0] + 0.1
    assert abs(rules[2].probabilities(logits).max(1).mean() - right[2]) < 0.01
    assert np.allclose(rules[0].probabilities(logits), softmax(logits))
    assert calibration().rule().prior == "data"  # the default, whatever else is named


@pytest.mark.parametrize("prior", ["data", "rare", {"a": 0.2, "b": 0.4, "c": 0.4}])
def test_abstention_keeps_its_promise_on_fresh_sentences(prior: str | dict) -> None:
    broken, coverages = 0, []
    for seed in range(20):
        own = calibration(1000, seed)
        rule = own.rule(prior, max_error=0.1)
        logits, targets = drawn(20_000, list(own.shares_of_prior(prior)[1]), 100 + seed)
        probabilities = rule.probabilities(logits)
        answered = rule.answered(probabilities)
        coverages.append(answered.mean())
        broken += (probabilities.argmax(1) != targets)[answered].sum() > 0.1 * answered.sum()
    assert np.median(coverages) > 0.35  # of the sentences: it is no promise kept by silence
    assert broken <= 2  # the promise is for 95 of 100 calibrations


def test_a_wish_that_cannot_be_kept_answers_nothing() -> None:
    rule = calibration(200).rule("data", max_error=0.001)
    assert rule.threshold == np.inf and not rule.answered(np.eye(3)).any()
    assert answer_threshold(np.full(50, 0.9), np.zeros(50), np.ones(50), 0.5) == 0.9
    assert answer_threshold(np.full(50, 0.9), np.ones(50), np.ones(50), 0.5) == np.inf


@pytest.mark.parametrize(("errors", "rows"), [(0, 50), (5, 50), (30, 1000), (50, 50)])
def test_the_bound_is_no_lower_than_the_exact_one(errors: int, rows: int) -> None:
    exact = beta.ppf(0.95, errors + 1, rows - errors) if errors < rows else 1.0
    assert exact - 1e-9 <= error_bound(errors / rows, rows, 0.05) <= exact + 2 / np.sqrt(rows)


@pytest.mark.parametrize("prior", ["data", "uniform"])
def test_label_sets_cover_each_label_whatever_the_shares_met(prior: str) -> None:
    rule = calibration(6000).rule(prior, coverage=0.9)
    for shares in ([0.6, 0.3, 0.1], [0.1, 0.1, 0.8]):
        logits, targets = drawn(20_000, shares, 9)
        sets = rule.sets(rule.probabilities(logits))
        for label in range(3):
            assert sets[targets == label, label].mean() >= 0.87
        assert sets.sum(1).min() >= 1


def test_label_sets_are_those_of_crepes() -> None:
    own = calibration(500)
    probabilities = softmax(own.logits)
    fresh = softmax(drawn(300, [0.4, 0.3, 0.3], 3)[0])
    reference = ConformalClassifier()
    reference.fit(1 - probabilities[np.arange(500), own.targets], bins=own.targets)
    for coverage in (0.83, 0.913, 0.957):
        # none of them a multiple of 1 / (n + 1), where crepes keeps a label whose p-value equals the level
        wish = dict(confidence=coverage, smoothing=False)
        columns = [reference.predict_set(1 - fresh[:, [k]], bins=np.full(300, k), **wish)[:, 0] for k in range(3)]
        expected = np.stack(columns, axis=1).astype(bool)
        assert ((fresh >= set_limits(probabilities, own.targets, coverage)) == expected).all()


def test_a_label_with_too_few_sentences_is_always_in_the_set() -> None:
    probabilities = np.array([[0.9, 0.1]] * 30 + [[0.2, 0.8]] * 5)
    assert set_limits(probabilities, np.array([0] * 30 + [1] * 5), 0.9).tolist() == [0.9, 0.0]


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        (dict(prior="nws"), "'nws' is unknown; there are rare, data, uniform"),
        (dict(prior={"a": 1.0, "b": 1.0}), "must name each of a, b, c"),
        (dict(prior={"a": 1.0, "b": 0.0, "c": 1.0}), "positive"),
        (dict(prior={"a": 1.0, "b": float("nan"), "c": 1.0}), "positive"),
        (dict(max_error=0.0), "max_error = 0.0 must lie between 0 and 1"),
        (dict(coverage=1.0), "coverage = 1.0 must lie between 0 and 1"),
    ],
)
def test_wishes_that_make_no_sense(wish: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calibration(100).rule(**wish)


@pytest.fixture(scope="module")
def calibrated(settings: Config) -> Path:
    """A model that has learned something: one that guesses may answer nothing, with 24 validation sentences."""
    config = changed(settings, run="decides", engine__epochs=12, engine__patience=12)
    fit.main(config)
    calibrate.main(config)
    return config.checkpoint


def test_the_classifier_takes_wishes(calibrated: Path) -> None:
    # one cue word, as in training: surer than the least sure validation sentence
    texts = [f"Sentence {i} perhaps." for i in range(20)]
    strict, lax = (
        Classifier.load(calibrated, prior="uniform", max_error=e, coverage=c).predict(texts)
        for e, c in ((0.01, 0.99), (0.99, 0.2))
    )
    assert all(p.abstained for p in strict) and not any(p.abstained for p in lax)
    assert all(set(a.label_set) >= {a.label, *b.label_set} for a, b in zip(strict, lax, strict=True))
    assert all(p.label == max(p.probabilities, key=lambda label: p.probabilities[label]) for p in strict)


def test_an_uncalibrated_checkpoint_promises_nothing(checkpoint: Path) -> None:
    p = Classifier.load(checkpoint).predict("One said.")
    assert not p.abstained and p.label_set == tuple(p.probabilities)
    with pytest.raises(CheckpointError, match="never calibrated"):
        Classifier.load(checkpoint, prior="uniform")


def test_a_calibration_for_other_labels_is_refused(calibrated: Path, tmp_path: Path) -> None:
    shutil.copytree(calibrated, tmp_path / "c")
    content = json.loads((tmp_path / "c" / "calibration.json").read_text())
    content["shares"] = {label.upper(): share for label, share in content["shares"].items()}
    content["priors"] = {}
    (tmp_path / "c" / "calibration.json").write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=r"delete it and run `python -m train\.calibrate`"):
        Classifier.load(tmp_path / "c")


def test_a_label_without_validation_sentences_voids_the_promise() -> None:
    own = calibration(400)
    some = own.targets != 2
    few = dataclasses.replace(own, logits=own.logits[some], targets=own.targets[some])
    assert few.rule({"a": 0.05, "b": 0.05, "c": 0.9}).threshold == np.inf
    assert few.rule("data", max_error=0.6).threshold == np.inf  # nor where the rows at hand would keep it


@pytest.mark.parametrize("name", ["data", "uniform"])
def test_a_stored_prior_does_not_take_the_place_of_a_known_one(name: str) -> None:
    rare = {"a": 0.9, "b": 0.05, "c": 0.05}
    doctored, own = dataclasses.replace(calibration(), priors={"rare": rare, name: rare}), calibration()
    for prior in ("rare", "data", "uniform"):
        assert np.array_equal(doctored.rule(prior).shift, own.rule(prior).shift)
    with pytest.raises(ValueError, match=f"{name} is a name that every checkpoint knows"):
        load(corpus__labels=list(rare), measure__priors={name: rare})


def test_the_threshold_by_hand() -> None:
    # 100 sentences, the 60 most confident right, then every other one wrong: 7 steps, so ln(7 / 0.05) / n bounds the
    # divergence
    confidence = np.linspace(1, 0.5, 100)
    wrong = np.array([False] * 60 + [True, False] * 20)
    found = answer_threshold(confidence, wrong, np.ones(100), 0.1)
    kept = int((confidence >= found).sum())
    bounds = [error_bound(wrong[:n].mean(), n, 0.05 / 7) for n in range(1, 101)]
    assert bounds[kept - 1] <= 0.1 < bounds[kept]
    # the same mass in fewer effective rows: less can be promised
    doubled = answer_threshold(confidence, wrong, np.tile([1.9, 0.1], 50), 0.1)
    assert doubled > found


def test_the_most_probable_label_is_always_in_its_set() -> None:
    rule = dataclasses.replace(calibration(100).rule("data"), limits=np.full(3, 2.0))
    found = rule.sets(np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]))
    assert found.tolist() == [[True, False, False], [False, False, True]]
