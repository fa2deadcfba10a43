"""The README's recipe for other labels: nothing in the chain knows ours but through the config."""

import json
from pathlib import Path

import yaml

from onrecord import Classifier
from tests.conftest import write_seeds
from train import build, evaluate, fit
from train.config import load


def test_a_binary_task_runs_through_the_chain(tmp_path: Path) -> None:
    path = write_seeds(tmp_path / "mine", groups=0) / "articles" / "made.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for row in lines:
        if "order" in row:
            row["label"] = "checkable" if row["label"] in ("claim", "denial") else "other"
    path.write_text("\n".join(map(json.dumps, lines)))
    options: dict = {
        "labels": ["other", "checkable"],
        "priors": {},
        "seeds": str(tmp_path / "mine"),
        "data": str(tmp_path / "data"),
        "run": "mine",
        "output": str(tmp_path / "runs"),
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(options | {"model": "tiny", "max_steps": 5}))
    config = load(tmp_path / "mine.yaml")
    build.main(config)
    fit.main(config)
    assert evaluate.main(config, [], None) == 0
    assert Classifier.load(config.checkpoint).predict("A sentence.").label in ("other", "checkable")
