"""The evaluator agrees with the trainer, measures further files, and its gate goes red on doctored predictions."""

import json
from pathlib import Path

import numpy as np
import pytest

from onrecord import Classifier
from tests.conftest import CUE, LABELS
from train import evaluate
from train.baselines import cue_words, predict_baselines
from train.config import Config, Stop
from train.metrics import macro_f1
from train.splits import rows_of


def test_trainer_and_evaluator_agree(settings: Config, checkpoint: Path) -> None:
    """Two roads to one number: validation macro-F1 as early stopping saw it, and from disk through the Classifier."""
    rows = rows_of(settings, "validation")
    predicted = Classifier.load(checkpoint).probabilities([r["text"] for r in rows]).argmax(1)
    from_disk = macro_f1([LABELS.index(r["label"]) for r in rows], predicted.tolist(), 5)
    assert from_disk == pytest.approx(json.loads((checkpoint / "training.json").read_text())["macro_f1"], abs=1e-9)


@pytest.fixture
def loose_gate(tmp_path: Path) -> str:
    (tmp_path / "gate.yaml").write_text("- {figure: test.macro_f1, at_least: 0.5}\n- {figure: test.margin_over_baselines, at_least: -0.45}\n")
    return str(tmp_path / "gate.yaml")


def doctored(monkeypatch: pytest.MonkeyPatch, right: bool) -> None:
    """Predictions that are all right, or all `claim`, whatever the model says."""

    def probabilities(self: Classifier, texts: list[str]) -> np.ndarray:
        truth = [next(i for i, label in enumerate(LABELS) if CUE[label] in text.casefold().strip(".").split()) for text in texts]
        return np.eye(5)[truth if right else [0] * len(texts)]

    monkeypatch.setattr(Classifier, "probabilities", probabilities)


def test_the_gate_goes_green_on_right_answers(
    settings: Config, checkpoint: Path, loose_gate: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    doctored(monkeypatch, right=True)
    assert evaluate.main(settings, [], loose_gate) == 0
    assert "all 2 rules hold" in capsys.readouterr().out
    assert json.loads((settings.run_dir / "metrics.json").read_text())["test"]["macro_f1"] == 1


def test_the_gate_goes_red_on_doctored_predictions(
    settings: Config, checkpoint: Path, loose_gate: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    doctored(monkeypatch, right=False)
    assert evaluate.main(settings, [], loose_gate) == 1
    assert "FAIL" in capsys.readouterr().out


def test_extra_files_are_measured_whole_and_by_sample(settings: Config, checkpoint: Path, tmp_path: Path) -> None:
    rows = [{"id": i, "text": f"Sentence {i}.", "label": LABELS[i % 5], "sample": "natural" if i < 6 else "enriched"} for i in range(20)]
    (tmp_path / "real.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert evaluate.main(settings, [str(tmp_path / "real.jsonl")], None) == 0
    found = json.loads((settings.run_dir / "metrics.json").read_text())["extra"]["real"]
    assert {part: systems["model"]["rows"] for part, systems in found.items()} == {"all": 20, "natural": 6, "enriched": 14}
    assert set(found["all"]) == {"model", "majority", "cue words", "TF-IDF + logistic regression"}


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", ":1: needs"), ('{"text": "a"}', ":1: needs"), ('\n{"text": "a", "label": "clam"}', ":2: label 'clam'"), ("", "no rows"), (None, "No such file")],
)
def test_a_faulty_extra_file_is_named(settings: Config, checkpoint: Path, tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "x.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Stop, match=message):
        evaluate.main(settings, [str(path)], None)


def test_no_checkpoint(settings: Config, tmp_path: Path) -> None:
    with pytest.raises(Stop, match="make train"):
        evaluate.main(Config.model_validate(settings.model_dump() | {"output": str(tmp_path)}), [], None)


def test_baselines() -> None:
    texts = ["Was it over?", "He denied the charge.", "It may rain.", "They will meet on Tuesday.", "They met."]
    assert [LABELS[i] for i in cue_words(texts, LABELS, 0)] == ["none", "denial", "hedge", "scheduling", "claim"]
    found = predict_baselines(["red fish", "red cat", "red dog", "blue fish", "blue cat"], [0, 0, 0, 1, 1], ["red x", "blue x"], ["a", "b"])
    assert found["majority"] == [0, 0] and found["TF-IDF + logistic regression"] == [0, 1]
