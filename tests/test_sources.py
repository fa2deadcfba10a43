"""Users' files go through the whole chain; faults are named with file and line."""

import json
from pathlib import Path

import pytest

from train import build, calibrate, evaluate, fit, sweep
from train.config import Config, Stop, load
from train.sources import read_file, read_source


def own(tmp_path: Path, **changes: object) -> Config:
    base: dict = dict(labels=None, priors={}, data=str(tmp_path / "data"), output=str(tmp_path / "runs"), run="own", model="tiny", max_steps=4, epochs=2)
    return load(**(base | changes))


def csv_file(tmp_path: Path) -> Path:
    lines = [f"item {i * 7919} {chr(97 + i % 26) * 9} {i * i * 31},{'up' if i % 2 else 'down'}" for i in range(60)]
    (tmp_path / "mine.csv").write_text("text,label\n" + "\n".join(lines) + "\n")
    return tmp_path / "mine.csv"


def test_a_csv_runs_through_every_stage_and_a_sweep(tmp_path: Path) -> None:
    config = own(tmp_path, source=str(csv_file(tmp_path)), metric="f1:up")
    build.main(config)
    assert build.main(config, check=True) == 0
    assert json.loads((tmp_path / "data" / "manifest.json").read_text())["labels"] == ["down", "up"]
    assert "f1:up" in fit.main(config)
    assert calibrate.main(config) == 0 and evaluate.main(config, [], None) == 0
    (tmp_path / "space.yaml").write_text("{trials: 2, seeds: [1], space: {learning_rate: {low: 1.0e-4, high: 1.0e-3, log: true}, class_weighting: [none, balanced]}}")
    sweep.main(config, str(tmp_path / "space.yaml"))
    best = sweep.main(config, str(tmp_path / "space.yaml"), trials=3)
    assert load(tmp_path / "runs" / "own-sweep" / "best.yaml").learning_rate == best["learning_rate"]
    with pytest.raises(Stop, match="another space or config"):
        sweep.main(Config.model_validate(config.model_dump() | {"epochs": 3}), str(tmp_path / "space.yaml"))


@pytest.mark.parametrize(
    ("content", "message"),
    [("text,label\n,a\n", "mine.csv:2: empty text"), ("text,label\nx,\n", "mine.csv:2: empty label"), ("text,label\nx,a\nX!,b\n", "two labels"),
     ("text,label\nx,a\ny,b\nz,a|b\n", "joins several labels"), ('text,label\nx,"[1, 2]"\n', "is a list"), ("a,b\nx,y\n", "no column text, label"),
     ("text,label\nx\n", "line 2 has 1 cells"), ("text,label\nx,a\n", "two labels or more")],
)  # fmt: skip
def test_faults_are_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "mine.csv").write_text(content)
    with pytest.raises(Stop) as stop:
        read_source(own(tmp_path, source=str(tmp_path / "mine.csv")))
    assert message in str(stop.value)


def test_pairs_and_label_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="text pairs"):
        own(tmp_path, source="x.csv", text_column=["a", "b"])
    with pytest.raises(ValueError, match="multi-label"):
        own(tmp_path, source="x.csv", label_column=["a", "b"])


def test_quotation_marks_of_tsv_files(tmp_path: Path) -> None:
    (tmp_path / "bare.tsv").write_text('text\tlabel\n"Go," he said\ta\n"Whole."\tb\n')
    assert [row["text"] for _, row in read_file(str(tmp_path / "bare.tsv"))] == ['"Go," he said', '"Whole."']
    (tmp_path / "quoted.tsv").write_text('text\tlabel\n"""Go,"" he said"\ta\n')
    assert read_file(str(tmp_path / "quoted.tsv"))[0][1]["text"] == '"Go," he said'


FORMATS = {
    "checkthat2024-task1-en": ("tsv", "Sentence_id\tText\tclass_label\n", "{i}\t{text}\t{label}\n", ["Yes", "No"]),
    "checkthat2025-task1-en": ("tsv", "sentence_id\tsentence\tlabel\n", "{i}\t{text}\t{label}\n", ["SUBJ", "OBJ"]),
    "ag-news": ("csv", "", '"{label}","Title {i}","{text}"\n', ["1", "2", "3", "4"]),
}


@pytest.mark.parametrize("name", FORMATS)
def test_benchmark_formats(tmp_path: Path, name: str) -> None:
    ending, head, line, labels = FORMATS[name]
    config = load(Path("configs/benchmarks") / f"{name}.yaml")
    files = {}
    for split in ("train", "validation", "test"):
        files[split] = str(tmp_path / f"{split}.{ending}")
        Path(files[split]).write_text(head + "".join(line.format(i=i, text=f"{split} {i * 7919} words", label=labels[i % len(labels)]) for i in range(8)))
    parts, found = read_source(Config.model_validate(config.model_dump() | {"source": files}))
    assert {name: len(rows) for name, rows in parts.items()} == dict.fromkeys(files, 8)
    assert found == config.labels and {s.label for s in parts["test"]} == set(config.labels)
