"""Files of seeds, data, runs and gates that somebody edited or cut: one line that names the file, never a traceback."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import changed
from train import build
from train.calibrate import label_counts
from train.config import Config, Stop
from train.corpus.splits import load_split, refuse_other_data
from train.measure import gate
from train.measure.model_card import read_ceilings, recipe
from train.measure.report import explained_rules

DEEP = "[" * 100_000
NO_OBJECT = ["", "{", "\xff", "[]", "3", "null", DEEP]
NO_LIST = ["{", "\xff", "3", "a: b"]
READERS: dict[str, tuple[Callable[[Config], object], list[str]]] = {
    "data/manifest.json": (
        lambda config: load_split(config.corpus, "train"),
        [*NO_OBJECT, '{"labels": []}', '{"labels": 3, "sha256": {}}', '{"labels": [], "sha256": []}'],
    ),
    "checkpoint/training.json": (refuse_other_data, NO_OBJECT),
    "checkpoint/train_config.yaml": (recipe, [*NO_OBJECT, "engine: 3", "engine: {}", "engine: {model: 3}"]),
    "seeds/splits.tsv": (build.main, ["\xff", "a\n", "a\tb\n"]),
    "seeds/guideline_examples.jsonl": (build.main, ["\xff", "{", DEEP, "3", '{"example": "\\ud800"}']),
    "seeds/introduction.md": (build.main, ["\xff"]),
    "seeds/rules.yaml": (lambda config: explained_rules(Path(config.corpus.seeds)), NO_OBJECT),
    "seeds/third_rater.yaml": (lambda config: read_ceilings(Path(config.corpus.seeds)), NO_LIST),
}


@pytest.mark.parametrize("name", READERS)
def test_a_spoiled_file_is_named_in_one_line(name: str, settings: Config, checkpoint: Path, tmp_path: Path) -> None:
    for part, place in (("data", settings.corpus.data), ("seeds", settings.corpus.seeds), ("checkpoint", checkpoint)):
        shutil.copytree(place, tmp_path / "runs" / "tiny" / part if part == "checkpoint" else tmp_path / part)
    config = changed(
        settings,
        output=str(tmp_path / "runs"),
        corpus__data=str(tmp_path / "data"),
        corpus__seeds=str(tmp_path / "seeds"),
    )
    path = config.run_dir / name if name.startswith("checkpoint") else tmp_path / name
    reader, spoiled = READERS[name]
    for text in spoiled:
        path.write_text(text, encoding="latin-1")
        with pytest.raises(Stop) as stop:
            reader(config)
        assert path.name in str(stop.value) and len(str(stop.value)) < 1000, (text[:80], stop.value)
    if name.endswith("training.json"):
        with pytest.raises(Stop, match=r"training\.json"):
            label_counts(config)


def test_figures_reached_are_written_only_into_a_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules, metrics = tmp_path / "gate.yaml", tmp_path / "metrics.json"
    good = "- {figure: test.macro_f1, reached: [0.5], below: 0.01}\n"
    for gate_text, metrics_text in ((good, "{"), ("- {figure: 3}\n", "{}"), ("[]", "{}"), (good, "{}")):
        rules.write_text(gate_text)
        metrics.write_text(metrics_text)
        monkeypatch.setattr(sys, "argv", ["gate", str(rules), str(metrics)])
        with pytest.raises(Stop):
            gate.main()
        assert rules.read_text() == gate_text
    monkeypatch.setattr(sys, "argv", ["gate", str(rules)])
    with pytest.raises(Stop, match="give a gate file"):
        gate.main()
    metrics.write_text(json.dumps({"test": {"macro_f1": 0.7}}))
    rules.write_text(good)
    monkeypatch.setattr(sys, "argv", ["gate", str(rules), str(metrics)])
    gate.main()
    assert rules.read_text() == good.replace("0.5", "0.7000")
