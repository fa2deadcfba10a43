"""A domain left out is nowhere in training or validation, and its sentences stand in the text file."""

import json
from pathlib import Path

import pytest

from tests.conftest import changed
from train import leave_out
from train.build import write_splits
from train.config import Config, Stop
from train.corpus.splits import load_split, rows_of


def test_leave_out(settings: Config, tmp_path: Path) -> None:
    def dealt(row: dict) -> dict:
        return {"domain": ("politics", "sports")[int(row["doc"][1:]) % 2]}

    parts = {name: load_split(settings, name).map(dealt) for name in ("train", "validation")}
    write_splits(parts, settings.labels, tmp_path / "dealt")
    config = changed(settings, data=str(tmp_path / "dealt"))
    leave_out.main(config, "sports", 0.5, str(tmp_path / "out"))
    made = changed(config, data=str(tmp_path / "out" / "data"))
    train, validation, test = (rows_of(made, name) for name in ("train", "validation", "test"))
    assert {row["domain"] for row in train + validation} == {"politics"} and {row["domain"] for row in test} == {
        "sports"
    }
    documents = {row["doc"] for row in rows_of(config, "train") if row["domain"] == "politics"}
    assert len({row["doc"] for row in train}) == round(len(documents) / 2)
    left_out = [row for row in rows_of(config, "train") if row["domain"] == "sports"]
    assert (tmp_path / "out" / "text.txt").read_text().splitlines() == [row["text"] for row in left_out] != []
    yardstick = [json.loads(line) for line in (tmp_path / "out" / "labelled.jsonl").read_text().splitlines()]
    assert yardstick == [{name: row[name] for name in ("text", "label", "doc")} for row in left_out]
    with pytest.raises(Stop, match="there are politics, sports"):
        leave_out.main(config, "war", 0.5, str(tmp_path / "out"))
