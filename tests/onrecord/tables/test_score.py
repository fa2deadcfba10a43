"""Tables in and out, resuming, and what stands in the way."""

import csv
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from onrecord import Classifier, Prediction
from onrecord.cli import app
from onrecord.tables import parts as part_files
from onrecord.tables import read as tables
from onrecord.tables import score
from onrecord.tables.formats import TableError
from onrecord.tables.ownership import MARKER, claim_directory
from onrecord.tables.parts import ScoreError
from onrecord.tables.score import Options, Progress, Summary
from onrecord.tables.write import Form, join
from tests.conftest import ROOT

run = CliRunner().invoke
ADDED = ["label", "confidence", "probability_yes", "probability_no", "abstained", "label_set", "windows"]
KILLS = int(os.environ.get("KILLS", "3"))


class Stub:
    """A classifier whose answer is a function of the text; counts what it was asked."""

    rule = SimpleNamespace(prior="data")

    def __init__(self) -> None:
        self.asked: list[str] = []

    def predict(self, texts: str | Iterable[str]) -> Any:
        if isinstance(texts, str):
            p = hashlib.sha256(texts.encode("utf-8", "replace")).digest()[0] / 255
            return Prediction(
                texts,
                "yes" if p >= 0.5 else "no",
                max(p, 1 - p),
                {"yes": p, "no": 1 - p},
                False,
                p == 0.5,
                ("yes", "no"),
            )
        texts = list(texts)
        self.asked += texts
        return [self.predict(text) for text in texts]


def scored(source: Path, target: Path, rows: int = 4, classifier: Stub | None = None, **options: Any) -> Summary:
    known = ("prefix", "text_column", "delimiter", "encoding", "safe_csv")
    fields = {name: options.pop(name) for name in known if name in options}
    return score.score(source, target, classifier or Stub(), "hub/id", Options(part_rows=rows, **fields), **options)  # type: ignore[arg-type]


def write_jsonl(path: Path, count: int = 21) -> list[dict[str, Any]]:
    rows = [{"id": i, "text": f"Sentence “{i}”, he\nsaid\u2028.", "deep": {"x": [i, None, 0.1]}} for i in range(count)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return rows


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def write_table(path: Path) -> list[dict[str, Any]]:
    """The same 21 rows in any format; the id of what is not typed comes as text."""
    rows = [
        {"id": str(i), "text": f'“{i}”, "he"\tsaid,\nor not.', "other": ["", "é\r\n", "null", "1,0"][i % 4]}
        for i in range(21)
    ]
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=9)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), dialect="excel-tab" if path.suffix == ".tsv" else "excel")
            writer.writeheader()
            writer.writerows(rows)
    return rows


def read_table(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return read_jsonl(path)
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, dialect="excel-tab" if path.suffix == ".tsv" else "excel"))


@pytest.mark.parametrize("suffix_out", [".csv", ".tsv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("suffix_in", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_every_format_in_and_out(tmp_path: Path, suffix_in: str, suffix_out: str) -> None:
    source, target = tmp_path / f"in{suffix_in}", tmp_path / f"out{suffix_out}"
    rows = write_table(source)
    assert scored(source, target) == Summary(21, 0)
    found = read_table(target)
    assert list(found[0]) == [*rows[0], *ADDED]
    assert [{name: row[name] for name in rows[0]} for row in found] == rows
    for row in found:
        p = Stub().predict(row["text"])
        typed = {
            name: json.loads(row[name]) if suffix_out in (".csv", ".tsv") and name not in ("label",) else row[name]
            for name in ADDED
        }
        assert typed == p.record()
        assert typed["label"] == p.label
        assert typed["probability_yes"] == pytest.approx(p.probabilities["yes"], abs=1e-6)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source.name, target.name])


def test_jsonl_keeps_what_json_readers_change(tmp_path: Path) -> None:
    lines = [
        '{"text": "a", "n": 1.10, "big": 123456789012345678901234567890, "e": 1e400}',
        '{"text":"\\ud800 \\u00e9","n":1,"n":2}  ',
        '\ufeff{"text": "no BOM here"}',
        "",
    ]
    (tmp_path / "in.jsonl").write_bytes(("\ufeff" + "\r\n".join(lines)).encode())
    assert scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl", on_error="skip") == Summary(2, 1)
    found = (tmp_path / "out.jsonl").read_text().splitlines()
    assert found[0].startswith(lines[0][:-1] + ', "label": ') and found[1].startswith(
        '{"text":"\\ud800 \\u00e9","n":1,"n":2, "label": '
    )


def test_parquet_keeps_types(tmp_path: Path) -> None:
    schema = pa.schema(
        [
            pa.field("text", pa.dictionary(pa.int32(), pa.string()), metadata={"k": "v"}),
            pa.field("when", pa.timestamp("ns", "Europe/London")),
            pa.field("bytes", pa.binary()),
            pa.field("map", pa.map_(pa.string(), pa.int8())),
        ],
        metadata={"a": "b"},
    )
    table = pa.table(
        [pa.array(["a", "b", "a"]).dictionary_encode(), [1, 2, None], [b"\xff", b"", None], [[("k", 1)], [], None]],
        schema=schema,
    )
    pq.write_table(table, tmp_path / "in.parquet")
    given = pq.read_table(tmp_path / "in.parquet")
    scored(tmp_path / "in.parquet", tmp_path / "out.parquet", rows=2)
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.select(given.column_names).equals(given, check_metadata=True)
    assert [str(kind) for kind in found.schema.types[-7:]] == [
        "string",
        "double",
        "double",
        "double",
        "bool",
        "list<element: string>",
        "bool",
    ]


def test_rows_of_jsonl_may_differ(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": "a", "x": None},
        {"x": 1, "text": "b"},
        {"text": "c", "x": 0.5},
        {"text": "d", "y": [1]},
    ]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    scored(tmp_path / "in.jsonl", tmp_path / "out.parquet", rows=1)
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [(row["text"], row["x"], row["y"]) for row in found] == [
        ("a", None, None),
        ("b", 1.0, None),
        ("c", 0.5, None),
        ("d", None, [1]),
    ]
    with pytest.raises(
        ScoreError, match=r"line 4: has a column 'y' that the first row lacks; write \.jsonl or \.parquet"
    ):
        scored(tmp_path / "in.jsonl", tmp_path / "out.csv", rows=1)
    (tmp_path / "in2.jsonl").write_text('{"text": "a", "x": 1}\n{"text": "b", "x": "one"}\n')
    for size, message in ((1, "from row 2 on"), (2, "in one")):
        with pytest.raises(TableError, match=message):
            scored(tmp_path / "in2.jsonl", tmp_path / f"{size}.parquet", rows=size)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_no_rows_at_all(tmp_path: Path, suffix: str) -> None:
    source = tmp_path / f"in{suffix}"
    if suffix == ".parquet":
        pq.write_table(pa.table({"text": pa.array([], pa.string())}), source)
    else:
        source.write_text("" if suffix == ".jsonl" else "text\n")
    for other in (".csv", ".jsonl", ".parquet"):
        assert scored(source, tmp_path / f"out{other}") == Summary(0, 0)
    names = [] if suffix == ".jsonl" else ["text"]
    assert pq.read_table(tmp_path / "out.parquet").schema.names == [*names, *ADDED]
    assert (tmp_path / "out.csv").read_text() == ",".join([*names, *ADDED]) + "\n"


def bad_csv(path: Path) -> None:
    path.write_bytes(b'id,text\n1,"two\nlines"\n2\n3,caf\xe9\n\n4,good,5\n5,"a"b\n6,\n7,"never closed\n8,swallowed\n')


def bad_jsonl(path: Path) -> None:
    path.write_bytes(
        b'{"text": "good"}\n[1]\n\n{"text": 3}\n{"txt": "x"}\n{"text": "caf\xe9"}\n{"text": \n'
        + b"[" * 100_000
        + b'\n{"text": ""}\n{"text": null}'
    )


def test_bad_rows_are_named_and_left_out_or_end_it(tmp_path: Path) -> None:
    told: list[str] = []
    bad_csv(tmp_path / "in.csv")
    assert scored(
        tmp_path / "in.csv", tmp_path / "o.csv", rows=2, on_error="skip", on_progress=lambda p: told.extend(p.faults)
    ) == Summary(2, 5)
    assert [row["id"] for row in read_table(tmp_path / "o.csv")] == ["1", "6"]
    assert [fault.split(":")[0] for fault in told] == [
        "row 2 (line 4)",
        "row 3 (line 5)",
        "row 4 (line 7)",
        "row 5 (line 8)",
        "row 7 (lines 10 to 11)",
    ]
    assert told[0].endswith("has 1 cell, the header 2; it lacks 'text'")
    assert told[1].endswith("is not UTF-8; perhaps it is cp1252, which the encoding cp1252 reads")
    told.clear()
    bad_jsonl(tmp_path / "in.jsonl")
    assert scored(
        tmp_path / "in.jsonl",
        tmp_path / "o.jsonl",
        rows=2,
        on_error="skip",
        on_progress=lambda p: told.extend(p.faults),
    ) == Summary(2, 7)
    assert [fault.split(":")[0] for fault in told] == [f"line {i}" for i in (2, 4, 5, 6, 7, 8, 10)]
    told.clear()
    data = pa.array([b"good", None, b"caf\xe9", b"", None], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": data}), tmp_path / "in.parquet", row_group_size=2)
    assert scored(
        tmp_path / "in.parquet",
        tmp_path / "o.parquet",
        rows=2,
        on_error="skip",
        on_progress=lambda p: told.extend(p.faults),
    ) == Summary(2, 3)
    assert told == ["row 2: its 'text' is null", "row 3: its 'text' is not UTF-8", "row 5: its 'text' is null"]
    with pytest.raises(
        ScoreError,
        match=r"row 2 \(line 4\): has 1 cell, the header 2; it lacks 'text'; leave such rows out with --on-error skip",
    ):
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
    told: list[str] = []
    assert scored(
        tmp_path / "in.jsonl", tmp_path / "out.jsonl", on_error="skip", on_progress=lambda p: told.extend(p.faults)
    ) == Summary(48, 2)
    assert [fault.split(":")[0] for fault in told] == ["line 34", "line 41"]
    assert [row["id"] for row in read_jsonl(tmp_path / "out.jsonl")] == [
        row["id"] for row in rows if row["id"] not in (33, 40)
    ]


@pytest.mark.parametrize("span", [*range(1, 40), 61, 62, 63, 10_000])
def test_spans_neither_lose_nor_double_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, span: int) -> None:
    monkeypatch.setattr(tables, "SPAN", span)
    data = (
        "\ufeff"
        + "".join('{"text": "' + "é" * i + '"}\n' + "\n" * (i % 3 == 0) for i in range(12))
        + '{"text": "no newline"}'
    )
    (tmp_path / "in.jsonl").write_bytes(data.encode())
    scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert [row["text"] for row in read_jsonl(tmp_path / "out.jsonl")] == ["é" * i for i in range(12)] + ["no newline"]


def rows_of_part(path: Path) -> int:
    return pq.read_table(path).num_rows if path.suffix == ".parquet" else len(list(csv.reader(path.open(newline=""))))


class Killed(BaseException):
    """Stands for SIGKILL."""


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_killed_before_any_step_on_the_disk_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    source = tmp_path / f"in{suffix}"
    write_table(source)
    scored(source, tmp_path / f"whole{suffix}")
    steps = {name: getattr(os, name) for name in ("replace", "fsync", "unlink", "rmdir", "mkdir")}
    left = 10**9

    def step(name: str) -> Any:
        def taken(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if left == 0:
                if name == "fsync":  # killed while it was writing
                    os.ftruncate(arguments[0], os.fstat(arguments[0]).st_size // 2)
                raise Killed
            left -= 1
            return steps[name](*arguments, **options)

        return taken

    for name in steps:
        monkeypatch.setattr(os, name, step(name))
    kills, resumed, target = 0, 0, tmp_path / f"out{suffix}"
    for kills in range(1000):
        left = kills
        try:
            scored(source, target)
            break
        except Killed:
            left = 10**9
            parts = target.with_name(target.name + ".parts")
            done = sum(rows_of_part(path) for path in parts.glob(f"0*{suffix}"))
            # whole or not at all
            assert not target.exists() or target.read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()
            finished, again = (parts / part_files.FINISHED).exists(), Stub()
            if finished or not target.exists():  # else all was done but the last tidying
                assert scored(source, target, classifier=again).written == 21
                assert len(again.asked) == (0 if finished else 21 - done)  # nothing is scored twice
                resumed += 0 < done < 21
            assert target.read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()
            target.unlink()
            for rest in (parts / part_files.LOCK, parts / MARKER, parts):
                if rest.exists():
                    rest.unlink() if rest.is_file() else rest.rmdir()
    assert kills > 25 and resumed > 10


def test_parts_of_another_run_are_not_mixed_in(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)

    def stop(progress: Progress) -> None:
        if progress.rows >= 8:
            raise Killed

    with pytest.raises(Killed):
        scored(source, target, on_progress=stop)
    for options, what in (({"rows": 5}, "options was"), ({"prefix": "x_"}, "options was")):
        with pytest.raises(ScoreError, match=f"{what}.*delete .*out.jsonl.parts to begin anew"):
            scored(source, target, **options)
    other = Stub()
    other.rule = SimpleNamespace(prior="news")
    with pytest.raises(ScoreError, match='prior was "data", is "news"'):
        scored(source, target, classifier=other)
    kept, state = source.read_bytes(), source.stat()
    source.write_bytes(kept.replace(b"Sentence", b"Sentense"))
    with pytest.raises(ScoreError, match="input was"):
        scored(source, target)
    source.write_bytes(kept)
    os.utime(source, ns=(state.st_atime_ns, state.st_mtime_ns))
    again = Stub()
    assert scored(source, target, classifier=again).written == 21 and len(again.asked) == 13
    claim_directory(tmp_path / "new.jsonl.parts", part_files.PURPOSE)
    (tmp_path / "new.jsonl.parts" / "run.json").write_text("{")
    with pytest.raises(ScoreError, match="cannot be read: delete"):
        scored(source, tmp_path / "new.jsonl")


def test_a_changed_checkpoint_is_another_one(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    before = score.checkpoint_identity(tmp_path)
    (tmp_path / "README.md").write_text("a card")
    assert score.checkpoint_identity(tmp_path) == before
    (tmp_path / "calibration.json").write_text("{}")
    assert score.checkpoint_identity(tmp_path) != before and score.checkpoint_identity("some/hub-id") == "some/hub-id"


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
    assert read_jsonl(tmp_path / "p.jsonl")[1]["label"] == "mine"


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl")

    def second(_: Progress) -> None:
        with pytest.raises(ScoreError, match="another run is writing"):
            scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl")

    assert scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl", on_progress=second).written == 21


def test_a_lone_cr_neither_splits_a_row_nor_is_lost(tmp_path: Path) -> None:
    rows = [{"text": "one\rtwo"}, {"text": "\r"}, {"text": "plain"}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for suffix in (".csv", ".tsv"):
        scored(tmp_path / "in.jsonl", tmp_path / f"out{suffix}")
        assert [row["text"] for row in read_table(tmp_path / f"out{suffix}")] == ["one\rtwo", "\r", "plain"]
        assert scored(tmp_path / f"out{suffix}", tmp_path / f"again{suffix}.jsonl", prefix="x_") == Summary(3, 0)
        assert b"\nplain" in (tmp_path / f"out{suffix}").read_bytes()  # the others are quoted no more than they must


def test_bare_quotation_marks_of_tsv_are_text(tmp_path: Path) -> None:
    texts = ['"It is over', 'they said"', "b", '"whole"', 'a "b" c']
    (tmp_path / "in.tsv").write_text("label_\ttext\r\n" + "".join(f"{i}\t{text}\n" for i, text in enumerate(texts)))
    assert scored(tmp_path / "in.tsv", tmp_path / "out.jsonl") == Summary(5, 0)
    assert [row["text"] for row in read_jsonl(tmp_path / "out.jsonl")] == texts
    (tmp_path / "quoted.tsv").write_text('\ufeff"a"\ttext\n1\t"he ""said"""\n')
    assert scored(tmp_path / "quoted.tsv", tmp_path / "quoted.jsonl") == Summary(1, 0)
    assert read_jsonl(tmp_path / "quoted.jsonl")[0]["text"] == 'he "said"'
    assert "a" in read_jsonl(tmp_path / "quoted.jsonl")[0]


def test_nan_and_infinity_are_null_in_json(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"text": ["a", "b"], "x": [float("nan"), 1.5], "deep": [[{"y": float("inf")}], [{"y": 2.0}]]}),
        tmp_path / "in.parquet",
    )
    scored(tmp_path / "in.parquet", tmp_path / "out.jsonl")

    def refused(constant: str) -> None:
        raise AssertionError(constant)

    found = [json.loads(line, parse_constant=refused) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(row["x"], row["deep"]) for row in found] == [(None, [{"y": None}]), (1.5, [{"y": 2.0}])]


def test_a_null_is_an_empty_cell(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"a": null, "text": "x", "b": 0}\n')
    scored(tmp_path / "in.jsonl", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().split("\n")[1].startswith(",x,0,")


def test_what_parquet_cannot_hold_is_said_or_left_out(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text('{"text": "a", "x": {}}\n')
    with pytest.raises(TableError, match=r"Parquet cannot hold.*write \.jsonl instead"):
        scored(tmp_path / "empty.jsonl", tmp_path / "o.parquet")
    (tmp_path / "half.jsonl").write_text('{"text": "a", "x": "\\ud800"}\n{"text": "b", "x": ""}\n')
    told: list[str] = []
    assert scored(
        tmp_path / "half.jsonl", tmp_path / "half.parquet", on_error="skip", on_progress=lambda p: told.extend(p.faults)
    ) == Summary(1, 1)
    assert told == ["line 1: holds half of a surrogate pair, which only .jsonl can"]
    assert [row["text"] for row in read_table(tmp_path / "half.parquet")] == ["b"]


def test_other_columns_that_are_not_utf8(tmp_path: Path) -> None:
    other = pa.array([b"good", b"caf\xe9", None], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": ["a", "b", "c"], "other": other}), tmp_path / "in.parquet")
    for suffix in (".jsonl", ".csv"):
        told: list[str] = []
        assert scored(
            tmp_path / "in.parquet",
            tmp_path / f"out{suffix}",
            on_error="skip",
            on_progress=lambda p, told=told: told.extend(p.faults),
        ) == Summary(2, 1)
        assert told == ["row 2: its 'other' is not UTF-8"]
    assert scored(tmp_path / "in.parquet", tmp_path / "out.parquet") == Summary(3, 0)  # bytes stay what they were


def test_columns_that_pyarrow_cannot_filter(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array(["a", None], pa.string_view())})
    pq.write_table(table, tmp_path / "in.parquet")
    try:
        table.filter(pa.array([True, False]))
    except pa.ArrowNotImplementedError:
        with pytest.raises(TableError, match="cannot filter"):
            scored(tmp_path / "in.parquet", tmp_path / "out.jsonl", on_error="skip")
    else:
        assert scored(tmp_path / "in.parquet", tmp_path / "out.jsonl", on_error="skip") == Summary(1, 1)


def test_parquet_of_more_than_one_row_group(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.parquet" for i in range(3)]
    for i, path in enumerate(paths):
        pq.write_table(pa.table({"n": range(i * 40_000, (i + 1) * 40_000)}), path)
    with open(tmp_path / "joined", "wb") as target:
        join((path.open("rb") for path in paths), Form("parquet"), [], target)
    assert pq.read_table(tmp_path / "joined")["n"].to_pylist() == list(range(120_000))
    assert pq.read_metadata(tmp_path / "joined").num_row_groups > 1


def test_an_input_rewritten_meanwhile_is_told(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)
    with pytest.raises(ScoreError, match=r"was changed while it was being scored.*delete"):
        scored(
            source,
            target,
            on_progress=lambda p: source.write_bytes(source.read_bytes().replace(b"said", b"sang")) and None,
        )
    assert not target.exists()


def test_the_same_bytes_with_another_time_of_change_are_another_input(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)

    def stop(progress: Progress) -> None:
        raise Killed

    with pytest.raises(Killed):
        scored(source, target, on_progress=stop)
    state = source.stat()
    os.utime(source, ns=(state.st_atime_ns, state.st_mtime_ns + 10**9))
    with pytest.raises(ScoreError, match="input was"):
        scored(source, target)


def killed_in(monkeypatch: pytest.MonkeyPatch, step: str, source: Path, target: Path) -> None:
    """A run that is killed when it begins that step."""

    def killed(*given: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(score, step, killed)
        with pytest.raises(Killed):
            scored(source, target)


@pytest.mark.parametrize("step", ["_deliver", "_cleaned"])
def test_another_file_in_the_place_of_the_output_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)
    killed_in(monkeypatch, step, source, target)
    target.unlink(missing_ok=True)
    target.write_text("mine")
    with pytest.raises(ScoreError, match=r"there already: .*--overwrite"):
        scored(source, target)
    assert target.read_text() == "mine"
    assert scored(source, target, overwrite=True) == Summary(21, 0) and len(read_jsonl(target)) == 21


def test_an_output_that_was_moved_away_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)
    killed_in(monkeypatch, "_cleaned", source, target)
    target.unlink()
    assert scored(source, target) == Summary(21, 0) and len(read_jsonl(target)) == 21


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
    for row, given, p in zip(read_jsonl(tmp_path / "out.jsonl"), rows, answers, strict=True):
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


@pytest.mark.slow
def test_random_kills_neither_lose_nor_double_a_row(checkpoint: Path, tmp_path: Path) -> None:
    """SIGKILL at random moments, as the operating system does it.

    `KILLS=20 pytest tests/test_score.py -k random` does more of them.
    """
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    moments = random.Random(KILLS)
    rows = write_jsonl(source, 3000)
    command = [
        sys.executable,
        "-m",
        "onrecord",
        "score",
        str(source),
        str(target),
        "--model",
        str(checkpoint),
        "--part-rows",
        "10",
    ]
    parts = tmp_path / "out.jsonl.parts"
    kills = finished = 0
    seen: set[int] = set()
    while kills < KILLS:
        done = len(list(parts.glob("0*.jsonl"))) if parts.exists() else 0
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
            try:
                while process.poll() is None and (len(list(parts.glob("0*.jsonl"))) if parts.exists() else 0) <= min(
                    done, 299
                ):
                    time.sleep(0.002)
                time.sleep(moments.uniform(0, 2 / KILLS))
            finally:
                process.send_signal(signal.SIGKILL)
            assert process.wait() in (0, -signal.SIGKILL), process.stderr and process.stderr.read()
        if process.returncode:
            kills += 1
            seen.add(len(list(parts.glob("0*.jsonl"))) if parts.exists() else 0)
            assert not target.exists() or len(read_jsonl(target)) == 3000
        if target.exists() and not parts.exists():
            assert [row["id"] for row in read_jsonl(target)] == [row["id"] for row in rows]
            finished += 1
            target.unlink()
    if parts.exists():
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        finished += 1
        found = read_jsonl(target)
        assert [{name: row[name] for name in rows[0]} for row in found] == rows
        expected = Classifier.load(checkpoint).predict(row["text"] for row in rows[::100])
        assert [row["label"] for row in found[::100]] == [p.label for p in expected]
    assert finished and len(seen) > 1  # and not always at the same place


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl"])
def test_a_run_that_is_refused_before_its_first_part_leaves_nothing(tmp_path: Path, name: str) -> None:
    write_table(tmp_path / name)
    with pytest.raises((ScoreError, TableError), match="'sentence'"):
        scored(tmp_path / name, tmp_path / "out.csv", text_column="sentence")
    assert os.listdir(tmp_path) == [name]
    assert scored(tmp_path / name, tmp_path / "out.csv").written == 21


def test_a_run_that_ends_at_a_bad_row_keeps_what_was_done(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl")
    with open(tmp_path / "in.jsonl", "a") as file:
        file.write("{}\n")
    with pytest.raises(ScoreError, match="line 22"):
        scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert len(list((tmp_path / "out.jsonl.parts").glob("000000-*-000000.jsonl"))) == 1


def test_other_promises_are_another_run(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl")
    with open(tmp_path / "in.jsonl", "a") as file:
        file.write("{}\n")
    with pytest.raises(ScoreError, match="its 'text'"):
        scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    with pytest.raises(ScoreError, match="max_error"):
        score.score(
            tmp_path / "in.jsonl",
            tmp_path / "out.jsonl",
            Stub(),
            "hub/id",
            Options(part_rows=4, max_error=0.05),
            on_error="skip",
        )  # type: ignore[arg-type]


def test_ray_does_not_overwrite(tmp_path: Path) -> None:
    found = run(app, ["score", str(tmp_path), str(tmp_path / "out"), "--engine", "ray", "--overwrite"])
    assert found.exit_code == 2 and "--overwrite is not for" in found.stderr
