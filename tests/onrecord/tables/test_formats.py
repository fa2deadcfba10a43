"""What a table holds is in its scores, whatever the two formats are."""

import json
import math
import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from onrecord.tables.formats import TableError
from onrecord.tables.parts import ScoreError
from onrecord.tables.score import Summary
from onrecord.tables.write import Form, join
from tests.onrecord.tables.conftest import ADDED, Stub, read_table, save_jsonl, scored, skipped, write_table


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
        as_text = ADDED[1:] if suffix_out in (".csv", ".tsv") else []
        typed = {name: json.loads(row[name]) if name in as_text else row[name] for name in ADDED}
        assert typed == Stub().predict(row["text"]).record()
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
    kinds = "string double double double bool list<element: string> bool"
    assert " ".join(map(str, found.schema.types[-7:])) == kinds


def test_rows_of_jsonl_may_differ(tmp_path: Path) -> None:
    rows = [{"text": "a", "x": None}, {"x": 1, "text": "b"}, {"text": "c", "x": 0.5}, {"text": "d", "y": [1]}]
    save_jsonl(tmp_path / "in.jsonl", rows)
    scored(tmp_path / "in.jsonl", tmp_path / "out.parquet", rows=1)
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    values = [("a", None, None), ("b", 1.0, None), ("c", 0.5, None), ("d", None, [1])]
    assert [(row["text"], row["x"], row["y"]) for row in found] == values
    message = r"line 4: has a column 'y' that the first row lacks; write \.jsonl or \.parquet"
    with pytest.raises(ScoreError, match=message):
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


def test_a_lone_cr_neither_splits_a_row_nor_is_lost(tmp_path: Path) -> None:
    save_jsonl(tmp_path / "in.jsonl", [{"text": "one\rtwo"}, {"text": "\r"}, {"text": "plain"}])
    for suffix in (".csv", ".tsv"):
        scored(tmp_path / "in.jsonl", tmp_path / f"out{suffix}")
        assert [row["text"] for row in read_table(tmp_path / f"out{suffix}")] == ["one\rtwo", "\r", "plain"]
        assert scored(tmp_path / f"out{suffix}", tmp_path / f"again{suffix}.jsonl", prefix="x_") == Summary(3, 0)
        assert b"\nplain" in (tmp_path / f"out{suffix}").read_bytes()  # the others are quoted no more than they must


def test_nan_and_infinity_are_null_in_json(tmp_path: Path) -> None:
    columns = {"text": ["a", "b"], "x": [math.nan, 1.5], "deep": [[{"y": math.inf}], [{"y": 2.0}]]}
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
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
    (tmp_path / "deep.jsonl").write_text(f'{{"text": "a", "x": {"[" * 60}{"]" * 60}}}\n')  # written, and never read
    with pytest.raises(TableError, match=r"Parquet cannot hold.*deeply nested.*write \.jsonl instead"):
        scored(tmp_path / "deep.jsonl", tmp_path / "o.parquet")
    assert not (tmp_path / "o.parquet.parts").exists()
    (tmp_path / "half.jsonl").write_text('{"text": "a", "x": "\\ud800"}\n{"text": "b", "x": ""}\n')
    told = ["line 1: holds half of a surrogate pair, which only .jsonl can"]
    assert skipped(tmp_path / "half.jsonl", tmp_path / "half.parquet") == (Summary(1, 1), told)
    assert [row["text"] for row in read_table(tmp_path / "half.parquet")] == ["b"]


def test_other_columns_that_are_not_utf8(tmp_path: Path) -> None:
    other = pa.array([b"good", b"caf\xe9", None], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": ["a", "b", "c"], "other": other}), tmp_path / "in.parquet")
    for suffix in (".jsonl", ".csv"):
        found = skipped(tmp_path / "in.parquet", tmp_path / f"out{suffix}")
        assert found == (Summary(2, 1), ["row 2: its 'other' is not UTF-8"])
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


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".xlsx"])
def test_bytes_are_not_written_as_python_shows_them(tmp_path: Path, suffix: str) -> None:
    kinds = {
        "b": (pa.binary(), b"\xff"),
        "s": (pa.binary(1), b"x"),
        "v": (pa.binary_view(), b"x"),
        "d": (pa.dictionary(pa.int8(), pa.large_binary()), b"x"),
        "n": (pa.struct([("image", pa.list_(pa.binary()))]), {"image": [b"x"]}),
        "m": (pa.map_(pa.string(), pa.binary()), [("k", b"x")]),
    }
    for name, (kind, value) in kinds.items():
        table = pa.table({"text": ["He left."], name: pa.array([value], kind)})
        pq.write_table(table, tmp_path / f"{name}.parquet")
        asked = Stub()
        with pytest.raises(ScoreError, match=rf"out\{suffix}: its column '{name}' holds .* write \.parquet"):
            scored(tmp_path / f"{name}.parquet", tmp_path / f"out{suffix}", classifier=asked)
        assert not asked.asked and not (tmp_path / f"out{suffix}.parts").exists()
        assert scored(tmp_path / f"{name}.parquet", tmp_path / f"{name}-out.parquet").written == 1
        assert pq.read_table(tmp_path / f"{name}-out.parquet")[name].to_pylist() == [value]


@pytest.mark.parametrize(
    ("name", "library"), [("out.xlsx", "openpyxl"), ("out.parquet", "pyarrow"), ("out.csv.zst", "pyarrow")]
)
def test_a_library_that_is_not_there_is_told_before_anything_is_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, library: str
) -> None:
    (tmp_path / "in.csv").write_text("text\nHe left.\n")
    monkeypatch.setitem(sys.modules, library, None)
    asked = Stub()
    with pytest.raises(ScoreError, match=rf"{name}: .* needs {library}"):
        scored(tmp_path / "in.csv", tmp_path / name, classifier=asked)
    assert not asked.asked and os.listdir(tmp_path) == ["in.csv"]


def test_more_columns_than_a_sheet_has(tmp_path: Path) -> None:
    row = {"text": "He left."} | {f"c{i}": i for i in range(16_384 - len(ADDED))}
    save_jsonl(tmp_path / "in.jsonl", [row])
    with pytest.raises(ScoreError, match=r"out\.xlsx: 16,385 columns are more than the 16,384 of a sheet"):
        scored(tmp_path / "in.jsonl", tmp_path / "out.xlsx")
