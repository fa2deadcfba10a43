"""The recipe of docs/own-articles.md for other labels: nothing in the chain knows ours but through the config."""

import json
import re
from pathlib import Path

from onrecord import Classifier
from tests.conftest import write_seeds
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
