"""The recipe of docs/own-articles.md for other labels: nothing in the chain knows ours but through the config."""

import json
import re
from pathlib import Path

import pytest

from onrecord import Classifier
from tests.conftest import write_seeds
from tests.train.corpus.conftest import config_of, rows, save
from train import build, calibrate, evaluate, fit
from train.config import DEFAULTS, load


def test_a_binary_task_runs_through_the_chain(tmp_path: Path) -> None:
    path = write_seeds(tmp_path / "mine", groups=0) / "articles" / "made.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for row in lines:
        if "order" in row:
            row["label"] = "checkable" if row["label"] in ("claim", "denial") else "other"
    path.write_text("\n".join(map(json.dumps, lines)))
    page = (DEFAULTS.parent.parent / "docs" / "own-articles.md").read_text()
    recipe = next(
        block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "labels: [other, checkable]" in block
    )
    (tmp_path / "mine.yaml").write_text(recipe)
    config = load(
        tmp_path / "mine.yaml",
        output=str(tmp_path / "runs"),
        corpus__seeds=str(tmp_path / "mine"),
        corpus__data=str(tmp_path / "data"),
        engine__model="tiny",
        engine__max_steps=5,
    )
    build.main(config)
    fit.main(config)
    assert calibrate.main(config) == 0
    assert evaluate.main(config, [], None) == 0
    page = (config.run_dir / "report.html").read_text()
    assert not re.search("annotators|ceiling|behaviour test|>rule<", page), "it speaks of what was not measured"
    card = (config.checkpoint / "README.md").read_text()
    assert "What the labels mean" not in card, "the definitions are of other labels"
    prediction = Classifier.load(config.checkpoint).predict("A sentence.")
    assert prediction.label in prediction.label_set and set(prediction.probabilities) == {"other", "checkable"}
    card = (tmp_path / "data" / "README.md").read_text()
    assert "cc-by" not in card and "language models" not in card, (
        "who wrote the data and its licence are for its authors to say"
    )


@pytest.mark.slow
def test_many_labels_one_of_them_not_in_the_ready_made_test_split(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    labels = tuple(f"kind {n:02d}" for n in range(15))
    files = {
        "train": save(tmp_path / "a.csv", rows(300, labels)),
        "test": save(tmp_path / "b.csv", rows(28, labels[:14], seed=2)),
    }
    config = config_of(tmp_path, source__files=files, engine__model="tiny", engine__max_steps=2)
    assert build.main(config) == 0
    assert "warning: test has no row labelled kind 14, so nothing" in capsys.readouterr().err
    fit.main(config)
    assert calibrate.main(config) == 0 and evaluate.main(config, [], config.measure.gate) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) < 200, "fifteen columns would be wider"
    assert set(Classifier.load(config.checkpoint).predict("Any text.").probabilities) == set(labels)
