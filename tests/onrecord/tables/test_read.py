"""The one row reader: what is a row, what is a bad one, and where a bad one ends."""

import csv
import gzip
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onrecord.tables import delimited
from onrecord.tables import read as read_module
from onrecord.tables.delimited import CELL, RECORD, Dialect
from onrecord.tables.delimited import rows as delimited_rows
from onrecord.tables.formats import TableError, format_of
from onrecord.tables.read import Reader, rows


def found(path: Path, wanted: tuple[str, ...] = ("text",), **options: object) -> tuple[list[str], list[str]]:
    """(texts of the good rows, faults with their places)."""
    read = list(rows(path, wanted, **options))  # type: ignore[arg-type]
    good = [row.values["text"] for row in read if row.values is not None]
    return good, [f"{row.place}: {row.fault}" for row in read if row.values is None]


def saved(tmp_path: Path, content: str | bytes, name: str = "in.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_what_looks_like_a_missing_value_is_text(tmp_path: Path) -> None:
    texts = ["None", "NA", "null", "nan", "N/A", "", "1", "1.50", "true", "-"]
    path = saved(tmp_path, "id,text\n" + "".join(f"{i},{text}\n" for i, text in enumerate(texts)))
    assert found(path) == (texts, [])


def test_a_cell_that_is_too_long_is_one_bad_row(tmp_path: Path) -> None:
    """Its lines look like rows; none of them is one, and the row behind it is there."""
    long = "\n".join(f'{i},""said"" line' for i in range(CELL // 10))
    for cell in (long, "x" * (CELL + 1), long + "\n" + "y" * 17_000_000):
        path = saved(tmp_path, f'id,text\n1,before\n2,"{cell}"\n3,behind\n')
        good, faults = found(path)
        assert good == ["before", "behind"] and len(faults) == 1
        last = 3 + cell.count("\n")
        place = "row 2 (line 3)" if last == 3 else f"row 2 (lines 3 to {last})"
        assert faults[0].startswith(f"{place}: has ") and ("characters" in faults[0] or "bytes" in faults[0])


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ('2,"a"b,"and\n9,more,lines\n"', "has text behind a closing quotation mark"),
        ('2,"a"b', "has text behind a closing quotation mark"),
        ("2", "has 1 cell, the header 2; it lacks 'text'"),
        ("2,a,b", "has 3 cells, the header 2: ',' in a cell without quotation marks"),
        ("2,a\rb", "has a carriage return outside quotation marks"),
        ('2,"caf\udce9\n9,inside"', "is not UTF-8; perhaps it is cp1252"),
    ],
)
def test_a_bad_row_ends_where_its_quotation_marks_end(tmp_path: Path, row: str, fault: str) -> None:
    content = f'id,text\n1,before\n{row}\n3,behind\n4,"and, last"\n'.encode("utf-8", "surrogateescape")
    good, faults = found(saved(tmp_path, content))
    assert good == ["before", "behind", "and, last"] and len(faults) == 1 and f": {fault}" in faults[0], faults


def test_a_quotation_mark_that_is_never_closed_takes_the_rest_with_it_and_says_so(tmp_path: Path) -> None:
    good, faults = found(saved(tmp_path, 'id,text\n1,before\n2,"open\n3,behind\n'))
    assert good == ["before"] and faults == ["row 2 (lines 3 to 4): has a quotation mark that is never closed"]


class Narrow(io.BytesIO):
    """A file that is never asked for a line however long: one of 6 GB fits into a .gz of 6 MB."""

    def readline(self, size: int | None = -1) -> bytes:
        assert size is not None and 0 <= size <= RECORD
        return super().readline(size)


@pytest.mark.parametrize(
    ("format", "before", "long", "behind"),
    [
        ("jsonl", b'{"text": "before"}\n', b'{"text": "%s"}\n', b'{"text": "behind"}\n'),
        ("csv", b"text\nbefore\n", b"%s\n", b"behind\n"),
        ("csv", b"text\nbefore\n", b'"%s"\n', b"behind\n"),
        ("csv", b"text\rbefore\r", b"%s\r", b"behind\r"),
    ],
)
def test_a_line_that_does_not_fit_into_memory_is_one_bad_row(
    format: str, before: bytes, long: bytes, behind: bytes
) -> None:
    file = Narrow(before + long % (b"x" * (RECORD + 1)) + behind)
    reader = Reader(format, "text", frozenset())
    assert reader.columns(file) == ["text"]
    for size in (10, 1):
        chunks = [chunk for span in reader.spans(file) for chunk in reader.chunks(file, span, size)]
        assert [text for chunk in chunks for text in chunk.texts] == ["before", "behind"]
        (fault,) = [fault for chunk in chunks for fault in chunk.faults]
        assert fault.startswith(("line 2: has more", "row 2 (line 3): has more"))


def test_a_line_of_many_spans_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counted(io.BytesIO):
        read_bytes = 0

        def readline(self, size: int | None = -1) -> bytes:
            line = super().readline(size)
            self.read_bytes += len(line)
            return line

    monkeypatch.setattr(read_module, "SPAN", 100)
    file = Counted(b'{"text": "before"}\n{"text": "%s"}\n{"text": "behind"}\n' % (b"x" * 10_000))
    reader = Reader("jsonl", "text", frozenset())
    reader.columns(file)
    spans, file.read_bytes = list(reader.spans(file)), 0
    texts = [text for span in spans for chunk in reader.chunks(file, span, 10) for text in chunk.texts]
    assert len(spans) > 100 and [text[:6] for text in texts] == ["before", "xxxxxx", "behind"]
    assert file.read_bytes < 3 * len(file.getvalue())


def test_a_long_line_is_read_in_pieces_that_part_no_character(monkeypatch: pytest.MonkeyPatch) -> None:
    for size in range(6, 16):
        monkeypatch.setattr(delimited, "PIECE", size)
        for content in ("text§b\nééé“é”§x\n", 'b§text\n"é§\n"§"ééé“é”"\n'):
            (row,) = delimited_rows(io.BytesIO(content.encode()), Dialect("§"), ["text"])
            assert row.values and row.values["text"] == "ééé“é”", (size, row.fault)


def test_a_line_of_delimiters_alone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "PIECE", 9)
    with pytest.raises(TableError, match="nothing but delimiters and quotation marks in 9 bytes"):
        list(delimited_rows(io.BytesIO(b"a,b\n1,2\n,,,,,,,,,,,,,\n"), Dialect(","), ["a"]))


CELLS = st.text(st.sampled_from('a"\n\r,;\té'), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=8), st.sampled_from([",", ";", "\t"]))
@settings(max_examples=200, deadline=None)
def test_every_csv_that_python_writes_is_read(table: list[list[str]], delimiter: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["id", "text"], *table])
    file = io.BytesIO(text.getvalue().encode())
    read = list(delimited_rows(file, Dialect(delimiter), ["text"]))
    assert [list(row.values.values()) for row in read if row.values is not None] == table


@given(st.lists(st.text(st.sampled_from('a",\n'), max_size=12), max_size=8))
@settings(max_examples=300, deadline=None)
def test_rows_read_alone_and_together_are_the_same_where_they_end_the_same(lines: list[str]) -> None:
    """Whatever stands in a file, no row is lost behind a bad one: the lines of the rows leave no gap."""
    content = "id,text\n" + "\n".join(lines)
    read = list(delimited_rows(io.BytesIO(content.encode()), Dialect(","), ["text"]))
    ends = 1
    blank = {number for number, line in enumerate(content.split("\n"), 1) if not line}
    for row in read:
        assert set(range(ends + 1, row.first)) <= blank and row.last >= row.first
        ends = row.last


def test_a_row_may_end_before_columns_that_nobody_asked_for(tmp_path: Path) -> None:
    path = saved(tmp_path, "id,text,label,note\n1,a,x,n\n2,b,y\n3,c\n4\n5,e,z,n,more\n")
    read = list(rows(path, ("text", "label")))
    assert [row.values for row in read[:2]] == [
        {"id": "1", "text": "a", "label": "x", "note": "n"},
        {"id": "2", "text": "b", "label": "y", "note": None},
    ]
    assert [row.short for row in read[:2]] == [False, True]
    assert [row.fault for row in read[2:]] == [
        "has 2 cells, the header 4; it lacks 'label'",
        "has 1 cell, the header 4; it lacks 'text', 'label'",
        "has 5 cells, the header 4: ',' in a cell without quotation marks",
    ]
    assert len([row for row in rows(path, ("text",)) if row.values]) == 3


def test_rows_joined_by_a_lost_line_end_are_recognised(tmp_path: Path) -> None:
    path = saved(tmp_path, "id\ttext\tlabel\n1\ta\tNo2\tb\tYes\n3\tc\tNo4\td\tNo5\te\tYes\n6\tf\tNo\n", "in.tsv")
    good, faults = found(path, ("text", "label"))
    assert good == ["f"]
    assert faults == [
        "row 1 (line 2): has 5 cells, the header 3: 2 rows joined by a lost line end (at 'No2')",
        "row 2 (line 3): has 7 cells, the header 3: 3 rows joined by a lost line end (at 'No4')",
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["in.csv", "in.tsv"])
def test_the_delimiter_is_found_by_the_header_and_told(tmp_path: Path, delimiter: str, name: str) -> None:
    content = delimiter.join(["ID", "text", "a, b; c | d" if delimiter == "\t" else "rest"]) + "\n"
    content += delimiter.join(["1", '"He said: 1,5; 2|3"', "x"]) + "\n"
    told: list[str] = []
    usual = {"in.csv": ",", "in.tsv": "\t"}[name]
    assert found(saved(tmp_path, content, name), on_note=told.append) == (["He said: 1,5; 2|3"], [])
    assert len(told) == (delimiter != usual) and all("the delimiter is" in note for note in told)
    assert found(tmp_path / name, delimiter=delimiter, on_note=told.append)[1] == []
    assert len(told) == (delimiter != usual), "what was given is not told"


def test_a_delimiter_that_was_given_is_kept_and_a_senseless_one_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, "id;text\n1;a\n")
    with pytest.raises(KeyError):
        found(path, delimiter=",")
    for wrong in ("", ";;", "\n", '"'):
        with pytest.raises(TableError, match="the delimiter must be one character"):
            found(path, delimiter=wrong)


def test_a_file_without_a_header(tmp_path: Path) -> None:
    path = saved(tmp_path, '1;World;"a; b"\n2;Sports;c\n')
    assert found(path, names=["class", "title", "text"]) == (["a; b", "c"], [])


def test_line_ends_of_three_kinds(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        content = f'id,text{end}1,a{end}{end}2,"b{end}c"{end}3,d'
        good, faults = found(saved(tmp_path, content))
        assert good == ["a", f"b{end}c", "d"] and not faults
    path = saved(tmp_path, '{"text": "a"}\r\n\r\n{"text": \r\n{"text": "b"}\r\r\n{"text": "c"}', "in.jsonl")
    good, faults = found(path)
    assert good == ["a", "b", "c"] and [fault[:8] for fault in faults] == ["line 3: "]


ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32", "utf-16-le", "mac_roman"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
def test_encodings_and_packed_files(tmp_path: Path, encoding: str, packed: str) -> None:
    text = 'id,text\r\n1,“Café”\r\n2,"naïve\nÜber"\r\n'.encode(encoding)
    content = {"": text, ".gz": gzip.compress(text), ".zst": pa.compress(text, "zstd", asbytes=True)}[packed]
    path = saved(tmp_path, content, f"in.csv{packed}")
    assert format_of(str(path)) == "csv"
    named = encoding not in ("utf-8", "utf-8-sig", "utf-16", "utf-32")  # the others say so by their first bytes
    assert found(path, encoding=encoding if named else None) == (["“Café”", "naïve\nÜber"], [])


def test_what_the_encoding_lacks_is_one_bad_row(tmp_path: Path) -> None:
    path = saved(tmp_path, b"id,text\n1,caf\xe9\n2,\x81\n3,c\n")
    good, faults = found(path, encoding="cp1252")
    assert good == ["café", "c"] and faults == ["row 2 (line 3): is not cp1252"]
    with pytest.raises(TableError, match="there is no encoding 'latin-99'"):
        found(path, encoding="latin-99")
    with pytest.raises(TableError, match="there is no encoding 'hex'"):
        found(path, encoding="hex")
    with pytest.raises(TableError, match="this is not utf-16"):
        found(saved(tmp_path, b"\xff\xfei\x00d\x00,"), encoding="utf-16")


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
def test_the_encoding_is_guessed_in_the_message_alone(tmp_path: Path, encoding: str) -> None:
    path = saved(tmp_path, "id,text\n1,“Beyoncé” said.\n2,It’s “over”.\n".encode(encoding))
    good, faults = found(path)
    assert not good and all(f"perhaps it is {encoding}: --encoding {encoding}" in fault for fault in faults)
    with pytest.raises(TableError, match=r"header is not UTF-8; perhaps it is cp1252"):
        found(saved(tmp_path, "id,text,caf\xe9\n".encode("cp1252")))
    with pytest.raises(TableError, match="NUL bytes: perhaps it is UTF-16"):
        found(saved(tmp_path, "id,text\n1,a\n".encode("utf-16-le")))


@pytest.mark.parametrize("packed", [".gz", ".zst"])
def test_a_packed_file_that_is_cut_off_is_told(tmp_path: Path, packed: str) -> None:
    text = b"id,text\n" + b"".join(b"%d,some text\n" % i for i in range(5000))
    content = gzip.compress(text) if packed == ".gz" else pa.compress(text, "zstd", asbytes=True)
    for wrong in (content[:-9], b"no such thing"):
        with pytest.raises(TableError, match="this is no whole"):
            found(saved(tmp_path, wrong, f"in.csv{packed}"))
    many = gzip.compress(b"id,text\n1,a\n") + gzip.compress(b"2,b\n")
    if packed == ".zst":
        many = pa.compress(b"id,text\n1,a\n", "zstd", asbytes=True) + pa.compress(b"2,b\n", "zstd", asbytes=True)
    assert found(saved(tmp_path, many, f"in.csv{packed}")) == (["a", "b"], []), (
        "several in one, as pigz and pzstd write"
    )


def test_names_that_no_table_has() -> None:
    for name in ("a.txt", "a.gz", "a.csv.bz2", "a"):
        with pytest.raises(TableError, match="must end in one of"):
            format_of(name)
    with pytest.raises(TableError, match=r"\.parquet is compressed in itself"):
        format_of("a.parquet.gz")


def test_class_labels_of_datasets_are_names_and_other_numbers_stay(tmp_path: Path) -> None:
    features = {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}, "n": {"dtype": "int64", "_type": "Value"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    table = pa.table({"text": ["a", "b", "c"], "label": [1, 0, None], "n": [1, 0, 1]}).replace_schema_metadata(metadata)
    pq.write_table(table, tmp_path / "in.parquet")
    read = [row.values for row in rows(tmp_path / "in.parquet") if row.values]
    assert [(row["label"], row["n"]) for row in read] == [("yes", 1), ("no", 0), (None, 1)]


def test_a_bad_cell_of_parquet_is_one_bad_row(tmp_path: Path) -> None:
    texts = pa.array([b"good", b"caf\xe9", None], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": texts}), tmp_path / "in.parquet")
    good, faults = found(tmp_path / "in.parquet")
    assert good == ["good", None] and faults == ["row 2: its 'text' is not UTF-8"]


def test_tsv_with_bare_quotation_marks_and_rows_that_end_early(tmp_path: Path) -> None:
    """As CheckThat! 2025: a quotation mark that opens a bare cell, and a last column that half of the rows lack."""
    path = saved(tmp_path, 'id\ttext\tlabel\tmore\n1\t"He said\ta\tx\n2\tb" c\ta\n3\t"d" e\tb\n', "in.tsv")
    assert found(path, ("text", "label")) == (['"He said', 'b" c', '"d" e'], [])
    path = saved(tmp_path, 'id\ttext\tlabel\tmore\n1\t"He\nsaid ""x"""\ta\tx\n2\t"d"\tb\n', "in.tsv")
    assert found(path, ("text", "label")) == (['He\nsaid "x"', "d"], [])
    path = saved(tmp_path, '\ufeff"a"\ttext\n1\t"he ""said"""\n', "in.tsv")
    assert found(path, ("a", "text")) == (['he "said"'], [])


def test_half_a_character_is_one_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n{"text": "b", "note": ["\\ud800"]}\n{"text": "\\ud83d\\ude42"}\n')
    assert [(row.values and row.values["text"], row.fault) for row in rows(path)] == [
        ("a", ""),
        (None, "holds half of a surrogate pair"),
        ("🙂", ""),
    ]


PIECES = st.text(st.sampled_from('ab"\n,;é'), max_size=9).map(lambda text: text + "a")


@given(st.lists(PIECES, max_size=12), st.booleans(), st.sampled_from([",", "é"]))
@settings(max_examples=300, deadline=None)
def test_in_what_pieces_a_line_is_read_does_not_matter(pieces: list[str], bare: bool, delimiter: str) -> None:
    content = ("a\n" + "".join(pieces)).encode()

    def found() -> list[tuple[object, str, str, float]]:
        table = delimited_rows(io.BytesIO(content), Dialect(delimiter, bare), ["a"])
        return [(row.values, row.place, row.fault, row.position) for row in table]

    whole = found()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delimited, "PIECE", 16)
        assert found() == whole
