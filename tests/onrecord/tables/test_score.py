"""Bad rows, and what stands in the way of a table's scores."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from onrecord import Classifier
from onrecord.cli import app
from onrecord.tables import read as tables
from onrecord.tables.formats import TableError
from onrecord.tables.parts import ScoreError
from onrecord.tables.score import Summary
from tests.onrecord.tables.conftest import ADDED, Stub, read_table, scored, skipped, write_jsonl, write_table

run = CliRunner().invoke


def bad_csv(path: Path) -> None:
    path.write_bytes(b'id,text\n1,"two\nlines"\n2\n3,caf\xe9\n\n4,good,5\n5,"a"b\n6,\n7,"never closed\n8,swallowed\n')


def bad_jsonl(path: Path) -> None:
    path.write_bytes(
        b'{"text": "good"}\n[1]\n\n{"text": 3}\n{"txt": "x"}\n{"text": "caf\xe9"}\n{"text": \n'
        + b"[" * 100_000
        + b'\n{"text": ""}\n{"text": null}'
    )


def test_bad_rows_are_named_and_left_out_or_end_it(tmp_path: Path) -> None:
    bad_csv(tmp_path / "in.csv")
    summary, told = skipped(tmp_path / "in.csv", tmp_path / "o.csv", rows=2)
    assert summary == Summary(2, 5) and [row["id"] for row in read_table(tmp_path / "o.csv")] == ["1", "6"]
    places = [f"row {row} (line {line})" for row, line in ((2, 4), (3, 5), (4, 7), (5, 8))]
    assert [fault.split(":")[0] for fault in told] == [*places, "row 7 (lines 10 to 11)"]
    assert told[0].endswith("has 1 cell, the header 2; it lacks 'text'")
    assert told[1].endswith("is cp1252: --encoding cp1252, in a config source.csv: {encoding: cp1252}, reads it")
    bad_jsonl(tmp_path / "in.jsonl")
    summary, told = skipped(tmp_path / "in.jsonl", tmp_path / "o.jsonl", rows=2)
    assert summary == Summary(2, 7)
    assert [fault.split(":")[0] for fault in told] == [f"line {i}" for i in (2, 4, 5, 6, 7, 8, 10)]
    data = pa.array([b"good", None, b"caf\xe9", b"", None], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": data}), tmp_path / "in.parquet", row_group_size=2)
    told = ["row 2: its 'text' is null", "row 3: its 'text' is not UTF-8", "row 5: its 'text' is null"]
    assert skipped(tmp_path / "in.parquet", tmp_path / "o.parquet", rows=2) == (Summary(2, 3), told)
    with pytest.raises(ScoreError, match=r"row 2 \(line 4\): has 1 cell.*; leave such rows out with --on-error skip"):
        scored(tmp_path / "in.csv", tmp_path / "o2.csv", rows=1)
    assert not (tmp_path / "o2.csv").exists()
    again = Stub()
    # goes on from there
    assert scored(tmp_path / "in.csv", tmp_path / "o2.csv", rows=1, classifier=again, on_error="skip") == Summary(2, 5)
    assert again.asked == [""] and (tmp_path / "o2.csv").read_bytes() == (tmp_path / "o.csv").read_bytes()


def test_lines_of_later_spans_are_counted_from_the_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SPAN", 100)
    rows = write_jsonl(tmp_path / "in.jsonl", 50)
    lines = (tmp_path / "in.jsonl").read_text().split("\n")
    lines[33] = lines[40] = "{"
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    summary, told = skipped(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert summary == Summary(48, 2) and [fault.split(":")[0] for fault in told] == ["line 34", "line 41"]
    good = [row["id"] for row in rows if row["id"] not in (33, 40)]
    assert [row["id"] for row in read_table(tmp_path / "out.jsonl")] == good


@pytest.mark.parametrize("span", [*range(1, 40), 61, 62, 63, 10_000])
def test_spans_neither_lose_nor_double_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, span: int) -> None:
    monkeypatch.setattr(tables, "SPAN", span)
    lines = ['{"text": "' + "é" * i + '"}\n' + "\n" * (i % 3 == 0) for i in range(12)]
    (tmp_path / "in.jsonl").write_bytes("".join(["\ufeff", *lines, '{"text": "no newline"}']).encode())
    scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert [row["text"] for row in read_table(tmp_path / "out.jsonl")] == ["é" * i for i in range(12)] + ["no newline"]


def test_what_stands_in_the_way_is_said(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    write_table(source)
    (tmp_path / "there.csv").write_text("mine")
    clash = tmp_path / "clash.jsonl"
    clash.write_text('{"text": "a"}\n{"text": "b", "label": "mine"}\n')
    numbers = tmp_path / "numbers.parquet"
    pq.write_table(pa.table({"text": [1, 2]}), numbers)
    for name, content in (
        ("twice.csv", "text,a,a\n"),
        ("nothing.csv", ""),
        ("latin.csv", b"text,caf\xe9\n"),
        ("fake.parquet", "text"),
        ("l.csv", "label,text\n"),
    ):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    for given, out, message in (
        (tmp_path / "none.csv", "o.csv", "there is no file"),
        (tmp_path, "o.csv", "must end in one of"),
        (source, "o.txt", r"must end in one of \.csv"),
        (source, "none/o.csv", "there is no directory"),
        (source, "in.csv", "replaced by its own scores"),
        (source, "there.csv", "there already.*--overwrite"),
        (clash, "o.jsonl", "column 'label' already.*--prefix"),
        (tmp_path / "l.csv", "o.csv", "column 'label' already.*--prefix"),
        (numbers, "o.csv", "holds int64, not text"),
        (tmp_path / "twice.csv", "o.csv", "'a' stands twice"),
        (tmp_path / "nothing.csv", "o.csv", "begin with a header"),
        (tmp_path / "latin.csv", "o.csv", "header is not UTF-8"),
        (tmp_path / "fake.parquet", "o.csv", "no Parquet file"),
    ):
        with pytest.raises((ScoreError, TableError), match=message):
            scored(given, tmp_path / out, on_error="skip")
        for path in tmp_path.glob("*.parts"):
            for part in path.iterdir():
                part.unlink()
    with pytest.raises(TableError, match=r"no column 'sentence'; there are 'id', 'text', 'other'.*--text-column"):
        scored(source, tmp_path / "o3.csv", text_column="sentence")
    assert (tmp_path / "there.csv").read_text() == "mine"
    assert scored(source, tmp_path / "there.csv", overwrite=True).written == 21
    assert len(read_table(tmp_path / "there.csv")) == 21
    assert list(read_table(tmp_path / "there.csv")[0])[-7:] == ADDED
    assert scored(clash, tmp_path / "p.jsonl", prefix="new_").written == 2
    assert read_table(tmp_path / "p.jsonl")[1]["label"] == "mine"


def test_an_output_that_comes_during_the_run_is_not_replaced(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)
    with pytest.raises(ScoreError, match="has come there"):
        scored(source, target, on_progress=lambda p: target.write_text("mine") and None)
    assert target.read_text() == "mine"
    target.unlink()
    again = Stub()
    assert scored(source, target, classifier=again) == Summary(21, 0) and not again.asked


def test_what_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ScoreError, match=r"folder\.csv is a directory"):
        scored(source, tmp_path / "folder.csv", overwrite=True)

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ScoreError, match=r"out\.jsonl\.parts cannot be written: No space left on device"):
            scored(source, target)
    assert scored(source, target) == Summary(21, 0)


def test_the_command(checkpoint: Path, tmp_path: Path) -> None:
    rows = write_jsonl(tmp_path / "in.jsonl")
    model = ["--model", str(checkpoint)]
    found = run(app, ["score", str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl"), *model, "--part-rows", "5"])
    assert found.exit_code == 0 and "21 rows in" in found.stderr and not found.stdout
    answers = Classifier.load(checkpoint).predict(row["text"] for row in rows)
    for row, given, p in zip(read_table(tmp_path / "out.jsonl"), rows, answers, strict=True):
        assert {name: row[name] for name in given} == given
        assert row["label"] == p.label
        assert row["confidence"] == pytest.approx(p.confidence, abs=2e-5)
    bad_jsonl(tmp_path / "bad.jsonl")
    found = run(app, ["score", str(tmp_path / "bad.jsonl"), str(tmp_path / "bad.csv"), *model])
    assert found.exit_code == 1
    assert found.stderr.startswith("error: line 2: is no JSON object")
    assert found.stderr.count("\n") == 1
    found = run(app, ["score", str(tmp_path / "bad.jsonl"), str(tmp_path / "bad.csv"), *model, "--on-error", "skip"])
    assert found.exit_code == 3
    assert found.stderr.count("left out: line ") == 7
    assert "2 rows in" in found.stderr
    assert "7 bad ones left out" in found.stderr
    assert run(app, ["score", str(tmp_path / "in.jsonl"), "x.jsonl", *model, "--on-error", "perhaps"]).exit_code == 2
    assert run(app, ["score", str(tmp_path / "in.jsonl"), "x.jsonl", *model, "--part-rows", "9" * 20]).exit_code == 2
    found = run(app, ["score", str(tmp_path / "in.jsonl"), str(tmp_path / "d.jsonl"), *model, "--device", "abacus"])
    assert found.exit_code == 1 and "device 'abacus'" in found.stderr and found.stderr.count("\n") == 1


def test_ray_does_not_overwrite(tmp_path: Path) -> None:
    found = run(app, ["score", str(tmp_path), str(tmp_path / "out"), "--engine", "ray", "--overwrite"])
    assert found.exit_code == 2 and "--overwrite is not for" in found.stderr
