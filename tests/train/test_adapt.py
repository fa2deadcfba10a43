"""Adaptation uses what it says it uses, leaves an ordinary run behind, and keeps nothing when it does harm."""

import json
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from onrecord import Classifier
from tests.conftest import CUE, LABELS, changed, weights
from train import adapt, calibrate, compare, evaluate, fit
from train.build import write_splits
from train.config import Config, Stop
from train.corpus.splits import load_split, rows_of
from train.engine.average import MovingAverage


@pytest.fixture(scope="module")
def start(settings: Config) -> Config:
    """A calibrated run that knows the cue words."""
    config = changed(settings, run="start", epochs=15, patience=15, save_every=0)
    assert fit.main(config)["macro_f1"] > 0.9
    calibrate.main(config)
    return config


@pytest.fixture
def text(settings: Config, tmp_path: Path) -> list[str]:
    """Two files: 120 new sentences, two thirds of them claims, one of them twice; a validation and a test sentence; an empty line."""
    random = Random(5)
    sentences = []
    for i in range(120):
        words = ["".join(random.choices("abcdefghiklmnoprstuw", k=6)) for _ in range(8)]
        words.insert(random.randrange(8), CUE["claim" if i % 3 else LABELS[i // 3 % 5]])
        sentences.append(" ".join(words))
    known = [rows_of(settings, name)[0]["text"] for name in ("validation", "test")]
    (tmp_path / "a.txt").write_text("\n".join([*sentences[:60], "", known[0], sentences[0].upper()]), encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(
        "".join(json.dumps({"text": sentence, "other": 1}) + "\n" for sentence in [*sentences[60:], known[1]])
    )
    return [str(tmp_path / "a.txt"), str(tmp_path / "b.jsonl")]


def test_the_adapted_run_is_an_ordinary_one(start: Config, text: list[str]) -> None:
    config = changed(start, run="adapted")
    found = adapt.main(config, text, "start")
    assert (
        (found.read, found.sentences) == (123, 120)
        and found.kept
        and found.agreement is not None
        and found.agreement > 0.8
    )
    assert found.after >= found.before - config.adapt_margin
    own = changed(config, data=str(config.run_dir / "data"))
    before, after = rows_of(start, "train"), rows_of(own, "train")
    assert after[: len(before)] == before, "the labelled rows come first, as they were"
    pseudo = after[len(before) :]
    assert len(pseudo) == found.picked.sum() > 30
    assert {row["author"] for row in pseudo} == {"train.adapt"}
    held_out = {row["text"] for name in ("validation", "test", "behaviour") for row in rows_of(start, name)}
    assert not held_out & {row["text"] for row in pseudo}
    guesses = Classifier.load(start.checkpoint, prior=dict(zip(LABELS, found.estimated + 1e-9, strict=True))).predict(
        [row["text"] for row in pseudo]
    )
    assert [guess.label for guess in guesses] == [row["label"] for row in pseudo]
    for name in ("validation", "test", "behaviour"):
        assert rows_of(own, name) == rows_of(start, name)
    assert not torch.equal(weights(config)["classifier.weight"], weights(start)["classifier.weight"])
    assert json.loads((config.checkpoint / "training.json").read_text())["macro_f1"] == found.after
    assert calibrate.main(own) == 0 and evaluate.main(own, [], None, behaviour=True) == 0
    rows = rows_of(own, "validation")
    assert compare.compare(Classifier.load(start.checkpoint), Classifier.load(own.checkpoint), rows)["rows"] == len(
        rows
    )
    with pytest.raises(Stop, match="is there already"):
        adapt.main(config, text, "start")
    with pytest.raises(
        Stop, match="was trained on other data"
    ):  # without --data the checkpoint would be calibrated under the wrong shares
        calibrate.main(config)


def test_before_is_what_the_start_has_and_after_what_the_loop_finds(start: Config, text: list[str]) -> None:
    """At next to no learning rate nothing changes: both roads to macro-F1 agree, and so do the models."""
    found = adapt.main(changed(start, run="still", adapt_learning_rate=1e-12), text, "start")
    assert found.before == pytest.approx(found.after) and found.agreement == 1.0
    assert found.before == pytest.approx(json.loads((start.checkpoint / "training.json").read_text())["macro_f1"])


def test_the_guard_fires_where_adaptation_harms(
    start: Config, text: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """Pseudo-labels that are all wrong, learned thoroughly: exit code 1, no checkpoint, the start untouched. With the right ones the same command succeeds."""
    before = weights(start)
    arguments = [
        "--text",
        *text,
        "--start",
        "start",
        "--data",
        start.data,
        "--output",
        start.output,
        "--batch_size",
        "8",
        "--adapt_epochs",
        "5",
        "--adapt_keep",
        "1",
    ]
    monkeypatch.setattr(sys, "argv", ["adapt", *arguments, "--adapt_learning_rate", "3e-3", "--run", "harmless"])
    assert adapt._command() == 0
    assert "of the sentences alike" in capsys.readouterr().out and changed(start, run="harmless").checkpoint.exists()
    right = adapt.pick

    def wrong(*given: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows, labels, thresholds = right(*given)
        return np.tile(rows, 5), np.tile((labels + 1) % len(LABELS), 5), thresholds

    monkeypatch.setattr(adapt, "pick", wrong)
    monkeypatch.setattr(
        sys, "argv", ["adapt", *arguments, "--adapt_learning_rate", "3e-3", "--run", "harmed", "--save_every", "5"]
    )
    assert adapt._command() == 1
    out = capsys.readouterr().out
    assert "stopped, and nothing was kept" in out and "120 of them new, " in out
    config = changed(start, run="harmed")
    assert not config.checkpoint.exists() and not (config.run_dir / "state").exists()
    assert all(torch.equal(before[name], value) for name, value in weights(start).items())


def test_a_killed_adaptation_goes_on(start: Config, text: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """--resume makes the same data again and reaches the weights of an adaptation that was not killed."""
    adapt.main(changed(start, run="adapted-whole"), text, "start")
    killed, steps = changed(start, run="adapted-killed", save_every=5), iter(range(7))
    update = MovingAverage.update_parameters
    monkeypatch.setattr(MovingAverage, "update_parameters", lambda self, model: (next(steps), update(self, model)))
    with pytest.raises(StopIteration):
        adapt.main(killed, text, "start")
    monkeypatch.setattr(MovingAverage, "update_parameters", update)
    with pytest.raises(Stop, match="--resume goes on from it"):
        adapt.main(killed, text, "start")
    assert adapt.main(killed, text, "start", resume=True).kept
    assert all(
        torch.equal(value, weights(changed(start, run="adapted-whole"))[name])
        for name, value in weights(killed).items()
    )


def test_shares_are_estimated() -> None:
    """Two bell curves, learned half and half, met four to one: EM finds that, the mean of the probabilities does not."""
    random = np.random.default_rng(0)
    x = np.concatenate([random.normal(0, 1, 8000), random.normal(2, 1, 2000)])
    second = 1 / (1 + np.exp(2 - 2 * x))  # the exact posterior under equal shares
    probabilities = np.column_stack([1 - second, second])
    trained = np.array([0.5, 0.5])
    assert adapt.estimate_shares(probabilities, trained) == pytest.approx([0.8, 0.2], abs=0.02)
    assert abs(probabilities.mean(0)[0] - 0.8) > 0.05


def test_picked_labels_have_the_estimated_shares() -> None:
    scores = np.array(
        [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4], [0.45, 0.55], [0.35, 0.65], [0.2, 0.8], [0.51, 0.49]]
    )
    rows, labels, thresholds = adapt.pick(scores * 3, np.array([0.75, 0.25]), 0.5)  # 3 and 1 of 8 × 0.5
    assert rows.tolist() == [0, 1, 2, 6] and labels.tolist() == [0, 0, 0, 1]
    assert thresholds == pytest.approx([0.7, 0.8])
    rows, labels, thresholds = adapt.pick(scores, np.array([1.0, 0.0]), 1.0)  # more wanted than there are
    assert labels.tolist() == [0] * 5 and np.isnan(thresholds[1])


def test_refusals(
    start: Config, settings: Config, text: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = changed(start, run="refused")
    with pytest.raises(Stop, match="no checkpoint at"):
        adapt.main(config, text, "nowhere")
    uncalibrated = changed(settings, run="uncalibrated", max_steps=1)
    fit.main(uncalibrated)
    with pytest.raises(Stop, match="never calibrated"):
        adapt.main(config, text, "uncalibrated")
    with pytest.raises(Stop, match="give the config it was trained with"):
        adapt.main(changed(config, labels=["a", "b"], priors={}), text, "start")
    write_splits({"train": load_split(start, "validation")}, LABELS, tmp_path / "other")
    with pytest.raises(Stop, match="was trained on other data"):
        adapt.main(changed(config, data=str(tmp_path / "other")), text, "start")
    known = tmp_path / "known.txt"
    known.write_text(rows_of(start, "train")[0]["text"])
    with pytest.raises(Stop, match="of 1 sentences none is new"):
        adapt.main(config, [str(known)], "start")
    (tmp_path / "one.txt").write_text("an entirely new sentence")
    with pytest.raises(Stop, match="too few"):
        adapt.main(changed(config, adapt_keep=0.1), [str(tmp_path / "one.txt")], "start")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    with pytest.raises(Stop, match="is not UTF-8"):
        adapt.main(config, [str(tmp_path / "latin.txt")], "start")
    with pytest.raises(Stop, match="No such file"):
        adapt.main(config, [str(tmp_path / "missing.txt")], "start")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(Stop, match="one process"):
        adapt.main(config, text, "start")
    assert not config.checkpoint.exists()
