"""Files in the form in which people have them, written by pandas, openpyxl and pyarrow: what goes in comes out."""

import csv
import datetime
import gzip
import json
import re
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import python_calamine
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from onrecord.cli import app
from onrecord.tables import workbook
from onrecord.tables.formats import TableError
from onrecord.tables.parts import ScoreError
from onrecord.tables.score import Summary
from onrecord.tables.write import with_formula, without_formula
from tests.conftest import FIXTURES, ROOT
from tests.onrecord.article.test_language import TEXTS
from tests.onrecord.tables.conftest import ADDED, Stub, read_jsonl, read_table, save_jsonl, scored, skipped

FRAME = pd.DataFrame({"ID": [1, 2], "text": ["“Café”, she said; no.", "It’s over."]})
BOM = b"\xef\xbb\xbf"


def test_the_csv_of_a_european_excel(tmp_path: Path) -> None:
    """Semicolons and cp1252 in; semicolons, UTF-8 and a byte order mark out, by which Excel reads it."""
    FRAME.to_csv(tmp_path / "in.csv", sep=";", encoding="cp1252", index=False, lineterminator="\r\n")
    with pytest.raises(ScoreError, match="perhaps it is cp1252: --encoding cp1252"):
        scored(tmp_path / "in.csv", tmp_path / "out.csv")
    told: list[str] = []
    again = dict(encoding="cp1252", on_note=told.append)
    assert scored(tmp_path / "in.csv", tmp_path / "cp.csv", **again) == Summary(2, 0)
    assert told == ["the delimiter is ;, as the header says; --delimiter gives another (in a config source.csv)"]
    content = (tmp_path / "cp.csv").read_bytes()
    assert content.startswith(BOM + b"ID;text;label;")
    assert list(pd.read_csv(tmp_path / "cp.csv", sep=";")["text"]) == list(FRAME["text"])


@pytest.mark.parametrize("end", ["csv", "xlsx"])
def test_tables_that_libreoffice_saved(tmp_path: Path, end: str) -> None:
    """CSV with semicolons in Windows-1252, and the sheet that it was made of."""
    options = {"encoding": "cp1252"} if end == "csv" else {}
    source = FIXTURES / f"libreoffice.{end}"
    assert scored(source, tmp_path / "out.jsonl", text_column="Text", **options) == Summary(2, 0)
    first, second = read_jsonl(tmp_path / "out.jsonl")
    assert first["Text"] == "The minister “denied” it; he said no." and str(first["Price"]) == "1.5"
    assert second["Text"] == "The café will open on 3 May – “for good”." and second["Day"][:10] == "2024-05-03"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(b"text\na\n"), r"a gzip file \(\.gz\)"),
        (pa.compress(b"text\na\n", "zstd", asbytes=True), r"a zstd file \(\.zst\)"),
        ((FIXTURES / "libreoffice.xlsx").read_bytes(), r"an Excel workbook \(\.xlsx\)"),
        (b"sep=;\r\nid;text\r\n1;a\r\n", "'sep=', is a hint for Excel and no header: delete that line"),
    ],
)
def test_what_only_its_name_calls_csv(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    with pytest.raises(TableError, match=message):
        scored(tmp_path / "in.csv", tmp_path / "out.csv")


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_table_in_another_language_is_told(tmp_path: Path, language: str) -> None:
    english = (ROOT / "examples" / "article.txt").read_text(encoding="utf-8")
    text = {"en": english, "de": TEXTS["de"]}[language]
    pd.DataFrame({"text": text.split(". ") * 3}).to_csv(tmp_path / "in.csv", index=False)
    told: list[str] = []
    scored(tmp_path / "in.csv", tmp_path / "out.csv", rows=9, on_note=told.append)
    assert told == ["these sentences are not English (they seem de): their labels mean nothing"] * (language == "de")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_kept(tmp_path: Path, encoding: str) -> None:
    FRAME.to_csv(tmp_path / "in.csv", encoding=encoding, index=False)
    for name in ("out.csv", "out.tsv"):
        assert scored(tmp_path / "in.csv", tmp_path / name) == Summary(2, 0)
        assert (tmp_path / name).read_bytes().startswith(BOM) == (encoding != "utf-8")
    assert scored(tmp_path / "in.csv", tmp_path / "out.jsonl") == Summary(2, 0)
    assert [row["text"] for row in read_jsonl(tmp_path / "out.jsonl")] == list(FRAME["text"])


@pytest.mark.parametrize("packed", ["gz", "zst"])
@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_packed_files(tmp_path: Path, packed: str, format: str) -> None:
    source, target = tmp_path / f"in.{format}.{packed}", tmp_path / f"out.{format}.{packed}"
    content = FRAME.to_csv(index=False) if format == "csv" else FRAME.to_json(orient="records", lines=True)
    data = content.encode()
    source.write_bytes(gzip.compress(data) if packed == "gz" else pa.compress(data, "zstd", asbytes=True))
    assert scored(source, target) == Summary(2, 0)
    with pa.input_stream(str(target), compression={"gz": "gzip", "zst": "zstd"}[packed]) as file:
        text = file.read().decode()
    plain = tmp_path / f"plain.{format}"
    scored(source, plain)
    assert text == plain.read_text() and ("“Café”" in text or r"\u201cCaf\u00e9" in text)


TYPED = pa.table(
    {
        "text": ["a", "b"],
        "day": [datetime.date(2024, 5, 1), None],
        "at": pa.array([datetime.datetime(2024, 5, 1, 10, 30), None], pa.timestamp("us")),
        "clock": pa.array([datetime.time(9, 5), None]),
        "price": pa.array([Decimal("1.50"), None]),
        "share": [0.25, None],
        "count": [3, None],
        "seen": [True, None],
        "tags": [["x", "y"], None],
        "kind": pa.array(["k", None]).dictionary_encode(),
        "deep": [{"d": datetime.date(2024, 5, 1)}, None],
    }
)
PLAIN = {
    "day": "2024-05-01", "at": "2024-05-01T10:30:00", "clock": "09:05:00", "price": "1.50", "share": "0.25",
    "count": "3", "seen": "true", "tags": '["x", "y"]', "kind": "k", "deep": '{"d": "2024-05-01"}',
}  # fmt: skip


def test_scalars_are_plain_in_csv_and_lists_and_objects_json(tmp_path: Path) -> None:
    pq.write_table(TYPED, tmp_path / "in.parquet")
    scored(tmp_path / "in.parquet", tmp_path / "out.csv")
    first, second = read_table(tmp_path / "out.csv")
    assert {name: first[name] for name in PLAIN} == PLAIN and not any(second[name] for name in PLAIN)


def write_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.append(["id", "text", "when", "n", "yes", "note", None])
    page.append([1, "=“Café”", datetime.datetime(2024, 5, 1, 10, 30), 1.5, True, None, None])
    page["B2"].data_type = "s"
    page.append([])
    page.append([2, 2024, datetime.date(2024, 5, 2), 3, False, "x", None])
    page.append([3, None, datetime.time(9, 5), None, None, "a\nb", None])
    book.create_sheet("more").append(["nothing"])
    book.save(path)


def first_sheet(path: Path) -> pd.DataFrame:
    """As openpyxl reads it: pandas' own reader asks for a newer one than the oldest that we allow."""
    header, *rows = openpyxl.load_workbook(path).active.values
    return pd.DataFrame(rows, columns=header, dtype=object)


def test_workbooks_in_and_out(tmp_path: Path) -> None:
    write_workbook(tmp_path / "in.xlsx")
    told: list[str] = []
    assert scored(tmp_path / "in.xlsx", tmp_path / "out.xlsx", rows=2, on_note=told.append) == Summary(3, 0)
    assert told == ["read is the sheet 'Sheet' alone; there are also 'more'"]
    with pytest.raises(TableError, match=r"no column 'said'; .*; read is the sheet 'Sheet' alone; there are also 'mo"):
        scored(tmp_path / "in.xlsx", tmp_path / "none.xlsx", text_column="said")
    before, after = (first_sheet(tmp_path / f"{name}.xlsx") for name in ("in", "out"))
    before = before.dropna(how="all").dropna(axis=1, how="all").reset_index(drop=True)
    assert list(after.columns) == [*before.columns, *ADDED]
    for name in ("id", "when", "n", "yes", "note"):
        assert list(after[name].fillna("-")) == list(before[name].fillna("-")), name
    assert list(after["text"].fillna("")) == ["=“Café”", "2024", ""]
    found = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert found["B2"].value == "=“Café”" and found["B2"].data_type == "s", "text is no formula"
    assert isinstance(found["I2"].value, float) and isinstance(found["K2"].value, bool)
    assert list(after["label"]) == [Stub().predict(text).label for text in ("=“Café”", "2024", "")]


def test_durations_stay_durations(tmp_path: Path) -> None:
    """Such as race times in cells of the form [h]:mm:ss."""
    book = openpyxl.Workbook()
    times = [datetime.timedelta(hours=30), datetime.timedelta(seconds=61, milliseconds=500), datetime.timedelta()]
    for row in (["text", "time"], *(["He left.", each] for each in times)):
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    assert scored(tmp_path / "in.xlsx", tmp_path / "out.xlsx") == Summary(3, 0)
    found = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert [cell.value for cell in found["B"]] == ["time", *times]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_workbook_as_another_table(tmp_path: Path, suffix: str) -> None:
    write_workbook(tmp_path / "in.xlsx")
    assert scored(tmp_path / "in.xlsx", tmp_path / f"out{suffix}") == Summary(3, 0)
    row = read_table(tmp_path / f"out{suffix}")[0]
    assert row["when"] == "2024-05-01T10:30:00" and row["text"] == "=“Café”"
    assert (row["id"], row["yes"]) == (("1", "true") if suffix == ".csv" else (1, True))


def test_what_a_workbook_cannot_hold_is_told_before_the_first_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["ok", "x" * 32_768, "\x0b_x0041_\ud83d\ude00", "2" * 20]
    lines = [json.dumps({"text": text, "n": 2**60 + 1}) for text in texts]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    told = ["line 2: has a cell of 32,768 characters; Excel holds 32,767: write .csv"]
    assert skipped(tmp_path / "in.jsonl", tmp_path / "out.xlsx") == (Summary(3, 1), told)
    with open(tmp_path / "out.xlsx", "rb") as file:
        sheet = python_calamine.CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    assert [row[:2] for row in sheet[1:]] == [[json.loads(lines[i])["text"], str(2**60 + 1)] for i in (0, 2, 3)]
    monkeypatch.setattr(workbook, "ROWS", 2)
    with pytest.raises(TableError, match=r"rows are more than the 2 of a sheet: write \.csv"):
        scored(tmp_path / "in.jsonl", tmp_path / "more.xlsx", on_error="skip", classifier=(asked := Stub()))
    assert not asked.asked and not (tmp_path / "more.xlsx.parts").exists()


def test_what_is_no_character_of_xml_does_not_end_a_run(tmp_path: Path) -> None:
    """It ended at the joining of the parts, and at each start again."""
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": "He left\ufffe.\uffff"}))
    assert scored(tmp_path / "in.jsonl", tmp_path / "out.xlsx") == Summary(1, 0)
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").active["A2"].value == "He left_xFFFE_._xFFFF_"


def test_a_list_longer_than_a_cell_of_a_workbook_is_a_bad_row(tmp_path: Path) -> None:
    """It is written as JSON; Excel calls a workbook with such a cell damaged."""
    rows = [{"text": "He left.", "n": list(range(n))} for n in (3, 9000)]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    for name, place in (("in.jsonl", "line 2"), ("in.parquet", "row 2")):
        told = [f"{place}: has a cell of 52,890 characters; Excel holds 32,767: write .csv"]
        assert skipped(tmp_path / name, tmp_path / f"{name}.xlsx") == (Summary(1, 1), told)


def test_a_workbook_that_would_not_fit_into_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One value in the last corner: calamine keeps the seventeen billion empty cells before it, and is killed."""
    book = openpyxl.Workbook()
    book.active.append(["text"])
    book.active.append(["He left."])
    book.active["XFD1048576"].font = openpyxl.styles.Font(bold=True)  # no value
    book.save(tmp_path / "in.xlsx")
    assert scored(tmp_path / "in.xlsx", tmp_path / "out.csv") == Summary(1, 0)
    book.active["XFD1048576"] = "x"
    book.save(tmp_path / "vast.xlsx")
    with pytest.raises(TableError, match=r"sheet1\.xml .*1,048,576 rows down and 16,384 columns .*save it as \.csv"):
        scored(tmp_path / "vast.xlsx", tmp_path / "more.csv")
    monkeypatch.setattr(workbook, "UNPACKED", 500)
    with pytest.raises(TableError, match=r"bytes; 500 are read: save the sheet as \.csv"):
        scored(tmp_path / "in.xlsx", tmp_path / "more.csv")


def test_formulas_without_a_value_lose_no_row(tmp_path: Path) -> None:
    """A program that writes formulas leaves their values to the spreadsheet, and calamine reads an empty cell."""
    book = openpyxl.Workbook()
    for row in (["text"], ['="He "&"left."'], ["She stayed."]):
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    with pytest.raises(TableError, match=r"sheet1\.xml in it has formulas whose values were never worked out"):
        scored(tmp_path / "in.xlsx", tmp_path / "out.csv")

    def edited(name: str, edit: Callable[[bytes], bytes]) -> Path:
        with zipfile.ZipFile(tmp_path / "in.xlsx") as archive, zipfile.ZipFile(tmp_path / name, "w") as saved:
            for part in archive.namelist():
                content = archive.read(part)
                saved.writestr(part, edit(content) if part.endswith("sheet1.xml") else content)
        return tmp_path / name

    prefixed = edited(
        "prefixed.xlsx", lambda xml: re.sub(rb"(</?)(?=[a-z])", rb"\1x:", xml).replace(b"xmlns=", b"xmlns:x=")
    )
    with pytest.raises(TableError, match="never worked out"):  # as ClosedXML writes
        scored(prefixed, tmp_path / "out.csv")
    solved = edited(
        "saved.xlsx", lambda xml: xml.replace(b'"A2">', b'"A2" t="str">').replace(b"<v></v>", b"<v>He.</v>")
    )
    assert scored(solved, tmp_path / "out.csv") == Summary(2, 0)


def test_cells_of_a_workbook_that_hold_an_error_are_told(tmp_path: Path) -> None:
    """Which calamine reads as empty. They stand in more than one block of those that are looked through at once."""
    book = openpyxl.Workbook()
    for row in (["text", "n"], *(["She stayed." * 9, "#N/A"] for _ in range(9000)), ["#REF!", 1]):
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    told: list[str] = []
    assert scored(tmp_path / "in.xlsx", tmp_path / "out.csv", rows=9001, on_note=told.append) == Summary(9001, 0)
    assert told == ["cells of the workbook that hold an error such as #N/A are read as empty: 9,001"]


def test_parquet_types_are_settled_before_the_first_part(tmp_path: Path) -> None:
    """An integer above 2**53 in one part and a fraction in another: told at once, and nothing is scored."""
    for big in (2**53 + 1, 2**60 + 1):
        rows = [{"text": "a", "n": 1}] * 4 + [{"text": "b", "n": big}] + [{"text": "c", "n": 0.5}]
        save_jsonl(tmp_path / "in.jsonl", rows)
        for size in (1, 2, 6):
            with pytest.raises(TableError, match=r"column 'n' has values that Parquet cannot hold .*write \.jsonl"):
                scored(tmp_path / "in.jsonl", tmp_path / "out.parquet", rows=size, classifier=(asked := Stub()))
            assert not asked.asked and not (tmp_path / "out.parquet.parts").exists()
    rows[4]["n"] = 2**53
    save_jsonl(tmp_path / "in.jsonl", rows)
    for size in (1, 6):
        scored(tmp_path / "in.jsonl", tmp_path / f"out{size}.parquet", rows=size)
        assert pq.read_table(tmp_path / f"out{size}.parquet")["n"].to_pylist() == [1.0] * 4 + [2.0**53, 0.5]


def test_cells_that_a_spreadsheet_would_run(tmp_path: Path) -> None:
    texts = ["=1+1", "+a", "-b", "@c", "\td", "\re", "plain", "-5", "+1.5e3", "'=f", "a=b"]
    save_jsonl(tmp_path / "in.jsonl", ({"text": text, "n": -1} for text in texts))
    scored(tmp_path / "in.jsonl", tmp_path / "plain.csv")
    assert [row["text"] for row in read_table(tmp_path / "plain.csv")] == texts
    scored(tmp_path / "in.jsonl", tmp_path / "safe.csv", safe_csv=True)
    found = read_table(tmp_path / "safe.csv")
    safe = ["'=1+1", "'+a", "'-b", "'@c", "'\td", "'\re", "plain", "-5", "+1.5e3", "''=f", "a=b"]
    assert [row["text"] for row in found] == safe and {row["n"] for row in found} == {"-1"}


@given(st.text(st.sampled_from("'=+-@\t\r5.ea"), max_size=6))
def test_the_apostrophe_comes_off_again(cell: str) -> None:
    safe = without_formula(cell)
    assert with_formula(safe) == cell
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r")) or not safe.strip("+-0123456789.eE")


def test_rows_that_end_early_are_filled_up_and_told(tmp_path: Path) -> None:
    (tmp_path / "in.tsv").write_text("id\ttext\tnote\n1\ta\tx\n2\tb\n3\tc\n")
    found = scored(tmp_path / "in.tsv", tmp_path / "out.csv")
    assert (found.written, found.bad, found.short) == (3, 0, 2)
    assert found.notes == ("2 rows end before the last columns and have empty cells there; the first: row 2 (line 3)",)
    assert [row["note"] for row in read_table(tmp_path / "out.csv")] == ["x", "", ""]


def test_the_command_says_what_it_found(checkpoint: Path, tmp_path: Path) -> None:
    FRAME.to_csv(tmp_path / "in.csv", sep=";", encoding="cp1252", index=False)
    command = ["score", str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), "--model", str(checkpoint)]
    found = CliRunner().invoke(app, command)
    assert found.exit_code == 1 and "--encoding cp1252" in found.stderr
    found = CliRunner().invoke(app, [*command[:2], str(tmp_path / "o.csv"), *command[3:], "--encoding", "cp1252"])
    assert found.exit_code == 0 and "note: the delimiter is ;" in found.stderr
    with open(tmp_path / "o.csv", newline="", encoding="utf-8-sig") as file:
        assert next(csv.reader(file, delimiter=";"))[:2] == ["ID", "text"]
    found = CliRunner().invoke(app, [*command[:2], str(tmp_path / "p.csv"), *command[3:], "--delimiter", ";;"])
    assert found.exit_code == 1 and "the delimiter must be one character" in found.stderr
    for option in (["--safe-csv"], ["--delimiter", ";"], ["--encoding", "cp1252"]):
        found = CliRunner().invoke(app, ["score", str(tmp_path), str(tmp_path / "d"), "--engine", "ray", *option])
        assert found.exit_code == 2 and option[0] in found.stderr
