"""Changed labels are listed, largest change first; both sides are counted."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from onrecord import Classifier
from train import compare
from train.config import Config, Stop
from train.corpus.splits import rows_of


@pytest.fixture(scope="module")
def other(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model, made to prefer label 1."""
    target = tmp_path_factory.mktemp("other") / "checkpoint"
    shutil.copytree(checkpoint, target)
    weights = load_file(target / "model.safetensors")
    weights["classifier.bias"] = weights["classifier.bias"] + torch.tensor([0.0, 8.0, 0.0, 0.0, 0.0])
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    return target


def test_changes(settings: Config, checkpoint: Path, other: Path) -> None:
    first, second, rows = Classifier.load(checkpoint), Classifier.load(other), rows_of(settings.corpus, "test")
    figures = compare.compare(first, second, rows)
    a, b = first.predict([r["text"] for r in rows]), second.predict([r["text"] for r in rows])
    assert (
        {c["text"] for c in figures["changes"]}
        == {x.text for x, y in zip(a, b, strict=True) if x.label != y.label}
        != set()
    )
    shifts = [c["shift"] for c in figures["changes"]]
    assert shifts == sorted(shifts, reverse=True) and shifts[-1] > 0 and shifts[0] <= 1
    assert figures["right"] == [sum(p.label == r["label"] for p, r in zip(side, rows, strict=True)) for side in (a, b)]
    assert compare.compare(first, first, rows)["changes"] == []


def test_command_and_page(
    settings: Config,
    checkpoint: Path,
    other: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(
        "".join(
            json.dumps({"text": r["text"] + " <b>", "label": r["label"]}) + "\n"
            for r in rows_of(settings.corpus, "test")
        )
    )
    monkeypatch.setattr(
        sys, "argv", ["compare", str(checkpoint), str(other), str(file), "--html", str(tmp_path / "out.html")]
    )
    assert compare._command() == 0 and "changed their label" in capsys.readouterr().out
    assert "&lt;b&gt;" in (tmp_path / "out.html").read_text() and "<b>" not in (tmp_path / "out.html").read_text()
    monkeypatch.setattr(sys, "argv", ["compare", str(checkpoint), str(other), f"{settings.corpus.data}/test.parquet"])
    assert compare._command() == 0 and "McNemar" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["compare", str(checkpoint), str(other), str(file), "--html", str(file)])
    with pytest.raises(Stop, match="would replace the file that is read"):
        compare._command()
    monkeypatch.setattr(sys, "argv", ["compare", str(checkpoint), str(tmp_path / "none"), str(file)])
    with pytest.raises(Stop, match=r"train it first, with `python -m train\.fit`"):
        compare._command()


def test_a_label_may_look_like_markup(
    settings: Config,
    checkpoint: Path,
    other: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    odd = []
    for name, source in (("a", checkpoint), ("b", other)):
        odd.append(shutil.copytree(source, tmp_path / name))
        labels = ["[/b]", "[bold]x", "c", "d", "e"]
        config = json.loads((odd[-1] / "config.json").read_text()) | {
            "id2label": dict(enumerate(labels)),
            "label2id": {label: i for i, label in enumerate(labels)},
        }
        (odd[-1] / "config.json").write_text(json.dumps(config))
        for file in ("calibration.json", "model.onnx"):
            (odd[-1] / file).unlink(missing_ok=True)
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps({"text": r["text"]}) + "\n" for r in rows_of(settings.corpus, "test")))
    monkeypatch.setattr(sys, "argv", ["compare", *map(str, odd), str(file)])
    assert compare._command() == 0 and "[bold]x" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "x", "rows are read from .csv, .tsv"),
        ("a.jsonl", None, "no such file"),
        ("a.jsonl", "{", r"a\.jsonl:1: is no JSON"),
        ("a.csv", "a,b\n1,2\n", "column text"),
        ("a.jsonl", '{"text": "One.", "label": ["claim"]}', r"a\.jsonl:1: label \['claim'\] is not a string"),
        ("a.jsonl", '{"text": "One.", "label": 0}', "label 0 is not a string"),
    ],
)
def test_a_file_that_cannot_be_compared_over(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(Stop, match=message):
        compare.read_rows(str(tmp_path / name))


def test_labels_the_checkpoints_do_not_know_are_refused(checkpoint: Path) -> None:
    model = Classifier.load(checkpoint)
    with pytest.raises(Stop, match="'CLAIM'"):
        compare.compare(model, model, [{"text": "One.", "label": "CLAIM"}])


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.tsv", "\t"), ("b.csv", ";")])
def test_labels_that_look_like_missing_values_stay_text(tmp_path: Path, name: str, delimiter: str) -> None:
    labels = ["None", "NA", "null", "nan", "", "1"]
    lines = [f"Text {i}{delimiter}{label}" for i, label in enumerate(labels)]
    (tmp_path / name).write_text("\n".join([f"text{delimiter}label", *lines]))
    assert [row["label"] for row in compare.read_rows(str(tmp_path / name))] == ["None", "NA", "null", "nan", None, "1"]
