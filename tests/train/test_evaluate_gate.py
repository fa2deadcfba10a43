"""The gate of `train.evaluate` goes red on doctored predictions, green on right ones, and keeps what was released."""

import json
from pathlib import Path

import numpy as np
import pytest

from onrecord import Classifier
from tests.conftest import CUE, LABELS
from train import evaluate
from train.config import Config, Stop
from train.measure.shipped import refuse_other_figures


@pytest.fixture
def loose_gate(tmp_path: Path) -> str:
    (tmp_path / "gate.yaml").write_text(
        "- {figure: test.macro_f1, at_least: 0.5}\n- {figure: test.margin_over_baselines, at_least: -0.45}\n"
    )
    return str(tmp_path / "gate.yaml")


def doctored(monkeypatch: pytest.MonkeyPatch, right: bool) -> None:
    """Predictions that are all right, or all `claim`, whatever the model says."""

    def logits(self: Classifier, texts: list[str]) -> tuple[np.ndarray, list[int]]:
        truth = [
            next(i for i, label in enumerate(LABELS) if CUE[label] in text.casefold().strip(".").split())
            for text in texts
        ]
        return 9 * np.eye(5)[truth if right else [0] * len(texts)], [1] * len(texts)

    monkeypatch.setattr(Classifier, "logits", logits)


def test_the_gate_goes_green_on_right_answers(
    settings: Config, checkpoint: Path, loose_gate: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    doctored(monkeypatch, right=True)
    assert evaluate.main(settings, [], loose_gate) == 0
    assert "0 of 2 rules fail, 0 wait for a release, 0 to investigate, 2 pass" in capsys.readouterr().out
    assert json.loads((settings.run_dir / "metrics.json").read_text())["test"]["macro_f1"] == 1


def test_the_gate_goes_red_on_doctored_predictions(
    settings: Config, checkpoint: Path, loose_gate: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    doctored(monkeypatch, right=False)
    assert evaluate.main(settings, [], loose_gate) == 1
    assert "FAIL" in capsys.readouterr().out


@pytest.mark.slow
def test_answers_are_released_only_if_the_gate_holds_and_then_compared_with(
    settings: Config,
    checkpoint: Path,
    loose_gate: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    gate, comparison = tmp_path / "both.yaml", "- {no_regression: released.json, significance: 0.05}\n"
    gate.write_text(Path(loose_gate).read_text() + comparison)
    doctored(monkeypatch, right=False)
    assert evaluate.main(settings, [], str(gate), release=True) == 1 and not (tmp_path / "released.json").exists()
    doctored(monkeypatch, right=True)
    assert evaluate.main(settings, [], str(gate)) == 1  # nothing released: the gate is not switched off
    assert "nothing released yet" in capsys.readouterr().out and not (tmp_path / "released.json").exists()
    assert evaluate.main(settings, [], str(gate), release=True) == 0
    assert evaluate.main(settings, [], str(gate)) == 0 and "+0.0000, p = 1.000" in capsys.readouterr().out
    doctored(monkeypatch, right=False)
    gate.write_text(comparison)
    assert evaluate.main(settings, [], str(gate)) == 1
    verdict = json.loads((settings.run_dir / "metrics.json").read_text())["gate"][0]
    assert verdict["outcome"] == "fail" and "**FAIL**" in (settings.run_dir / "gate.md").read_text()
    other = json.loads((tmp_path / "released.json").read_text()) | {"test": "another"}
    (tmp_path / "released.json").write_text(json.dumps(other))
    assert evaluate.main(settings, [], str(gate)) == 1
    printed = capsys.readouterr().out
    assert "another test split" in printed and "1 wait for a release" in printed and "--release makes" in printed
    doctored(monkeypatch, right=True)
    assert evaluate.main(settings, [], str(gate), release=True) == 0
    assert evaluate.main(settings, [], str(gate)) == 0
    (tmp_path / "released.json").write_text("")
    with pytest.raises(Stop, match="holds no released answers"):
        evaluate.main(settings, [], str(gate))


@pytest.mark.parametrize("rule", [None, "- {figure: test.macro_f1, at_least: 0.5}"])
def test_a_release_needs_a_place(settings: Config, checkpoint: Path, tmp_path: Path, rule: str | None) -> None:
    gate = tmp_path / "gate.yaml"
    gate.write_text(rule or "")
    with pytest.raises(Stop, match="nothing says which file keeps the released answers"):
        evaluate.main(settings, [], str(gate) if rule else None, release=True)


def test_old_verdicts_do_not_stay(settings: Config, checkpoint: Path, loose_gate: str, tmp_path: Path) -> None:
    evaluate.main(settings, [], loose_gate)
    assert (settings.run_dir / "gate.md").is_file()
    (tmp_path / "wrong.yaml").write_text("- {figure: test.nothing, at_least: 0}\n")
    assert evaluate.main(settings, [], str(tmp_path / "wrong.yaml")) == 1
    assert "not measured" in (settings.run_dir / "gate.md").read_text()


@pytest.mark.parametrize("after", ["the gate was not held", "a measurement that was ended"])
def test_figures_that_failed_their_gate_never_pass_for_good_ones(
    settings: Config, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    """Ended meanwhile, a second measurement left the figures of the first without their verdict, to be packed."""
    gate = tmp_path / "gate.yaml"
    gate.write_text("- {figure: test.accuracy, at_least: 2}\n- {figure: test.nothing, at_least: 0}\n")
    if after == "a measurement that was ended":
        assert evaluate.main(settings, [], str(gate)) == 1
    step = {"the gate was not held": "hold_to_gate", "a measurement that was ended": "Baselines"}[after]
    monkeypatch.setattr(evaluate, step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        evaluate.main(settings, [], str(gate))
    with pytest.raises(Stop, match=r"failed its gate in test\.accuracy, test\.nothing"):
        refuse_other_figures(checkpoint, settings.run_dir / "metrics.json")
