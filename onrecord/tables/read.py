"""Tables as rows: CSV, TSV, JSONL, Parquet and Excel, the one reader of scoring, training data and further test files.

`rows` gives the rows of a file one by one. `Reader` gives them to `onrecord score` in chunks, cut in the same places
every time, from open binary files, so that they may lie on a disk or in an object store. Rows that cannot be read are
told as faults, one line each, and never end the reading.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from onrecord.tables import workbook
from onrecord.tables.delimited import RECORD, Dialect, Row, dialect, header, is_unicode
from onrecord.tables.delimited import rows as delimited_rows
from onrecord.tables.formats import DELIMITERS, TableError, arrow, format_of, refuse_repeated
from onrecord.tables.lines import read_line
from onrecord.tables.opening import BOM, opened

if TYPE_CHECKING:
    import pyarrow as pa

SPAN = 8 << 20  # bytes of JSONL that are shared out together: some 40,000 sentences
BATCH = 10_000  # rows of Parquet that are made Python's together
Span = tuple[int, int]  # of bytes (JSONL, CSV) or row groups (Parquet), the end excluded


def rows(
    path: Path | str,
    wanted: Sequence[str] = (),
    *,
    names: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    on_note: Callable[[str], None] = lambda _: None,
) -> Iterator[Row]:
    """The rows of a table, by the end of its name; bad ones have a fault and no values.

    `wanted` are the columns that will be used: a row of CSV may end before others. `names` are those of a CSV or TSV
    without a header. Values of CSV and TSV are text as it stands: nothing is taken for a number or a missing value.
    Those of a Parquet file written by `datasets` are names where they are class labels. `on_note` hears of a
    delimiter that was found, and of sheets that are not read. Raises TableError for what ails the whole file.
    """
    format = format_of(str(path))
    with opened(path, format, encoding) as table:
        if format == "jsonl":
            yield from _json_rows(table.file, (0, _size(table.file)), _half)
        elif format == "parquet":
            yield from _parquet_rows(table.file)
        elif format == "xlsx":
            _, sheets, sheet_rows, errors = workbook.sheet(table.file)
            note_sheets(sheets, errors, on_note)
            yield from sheet_rows
        else:
            form = dialect(table.file, format, wanted, delimiter, names)
            note_delimiter(form, on_note)
            yield from delimited_rows(table.file, form, wanted, names, _said(table.encoding))


def note_delimiter(form: Dialect, on_note: Callable[[str], None]) -> None:
    """Tell of a delimiter that nobody gave."""
    if form.detected:
        shown = {"\t": "a tab"}.get(form.delimiter, form.delimiter)
        on_note(f"the delimiter is {shown}, as the header says; --delimiter gives another (in a config source.csv)")


def note_sheets(sheets: Sequence[str], errors: int, on_note: Callable[[str], None]) -> None:
    """Tell which sheet of several is read, and how many cells of the workbook hold an error."""
    if told := _one_of(sheets):
        on_note(told)
    if errors:
        on_note(f"cells of the workbook that hold an error such as #N/A are read as empty: {errors:,}")


def _one_of(sheets: Sequence[str]) -> str:
    also = ", ".join(map(repr, sheets[1:]))
    return f"read is the sheet {sheets[0]!r} alone; there are also {also}" if also else ""


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows."""

    texts: list[str]  # of the good rows
    rows: list[dict[str, Any]] | pa.Table  # the good rows
    lines: list[str] | None  # the good rows as they stand in a JSONL file
    faults: list[str]  # of the bad rows, each beginning with its number
    position: float  # share of the file read so far, 0 to 1
    short: list[str]  # places of the good rows that were filled up with empty cells


@dataclass(frozen=True)
class Reader:
    """How one table is read."""

    format: str
    text_column: str
    added: frozenset[str]  # names of the columns that will be added
    only: frozenset[str] | None = None  # columns that a row of JSONL may have; None = any
    unicode: bool = False  # whether a row with text that is not Unicode is a bad one: what is written cannot hold it
    delimiter: str | None = None  # of CSV and TSV; None = by the header
    encoding: str = "utf-8"  # that the table had before it was opened, for messages
    sheet: bool = False  # whether what is written is a sheet, whose cells have a limit

    def columns(self, file: BinaryIO) -> list[str]:
        """Names of the columns; those of the first row for JSONL.

        Raises TableError if the text column is not there or an added one is.
        """
        if self.format == "jsonl":
            return next((list(row.values) for row in self._json_rows(file, (0, _size(file))) if row.values), [])
        sheets: list[str] = []
        if self.format == "parquet":
            names = parquet_file(file).schema_arrow.names
            refuse_repeated(names)
        elif self.format == "xlsx":
            names, sheets, *_ = workbook.sheet(file)
        else:
            names = header(file, self.dialect(file))
        if self.text_column not in names:
            raise TableError(
                f"there is no column {self.text_column!r}; there are {', '.join(map(repr, names))}: "
                "name the one with the sentences with --text-column"
                + (f"; {told}" if (told := _one_of(sheets)) else "")
            )
        self._check_added(names)
        return names

    def dialect(self, file: BinaryIO) -> Dialect:
        """How a CSV or TSV file keeps its cells apart."""
        return dialect(file, self.format, [self.text_column], self.delimiter)

    def notes(self, file: BinaryIO) -> list[str]:
        """What was found out about the file and nobody had said."""
        notes: list[str] = []
        if self.format in DELIMITERS:
            note_delimiter(self.dialect(file), notes.append)
        elif self.format == "xlsx":
            _, sheets, _, errors = workbook.sheet(file)
            note_sheets(sheets, errors, notes.append)
        return notes

    def spans(self, file: BinaryIO) -> list[Span]:
        """The parts of a file that can be read by themselves, in order."""
        if self.format == "parquet":
            return [(i, i + 1) for i in range(parquet_file(file).num_row_groups)]
        size = _size(file)
        # Where a row of CSV begins is known only to who has read all before it.
        step = SPAN if self.format == "jsonl" else max(size, 1)
        return [(start, min(start + step, size)) for start in range(0, size, step)]

    def chunks(self, file: BinaryIO, span: Span, size: int) -> Iterator[Chunk]:
        """Chunks of `size` rows, bad ones included; the last one of a span may be shorter.

        Raises TableError for what ails the whole file.
        """
        if self.format == "parquet":
            yield from self._parquet_chunks(file, span, size)
            return
        if self.format == "jsonl":
            incoming = self._json_rows(file, span)
        elif self.format == "xlsx":
            incoming = map(self._with_text, workbook.sheet(file)[2])
        else:
            incoming = delimited_rows(file, self.dialect(file), [self.text_column], encoding=_said(self.encoding))
        incoming = map(self._checked, incoming) if self.sheet else incoming
        while batch := list(islice(incoming, size)):
            good = [row for row in batch if row.values is not None]
            yield Chunk(
                [row.values[self.text_column] for row in good],  # type: ignore[index]
                [row.values for row in good],  # type: ignore[misc]
                [row.line for row in good] if self.format == "jsonl" else None,
                [f"{row.place}: {row.fault}" for row in batch if row.values is None],
                batch[-1].position,
                [row.place for row in good if row.short],
            )

    def nothing(self, file: BinaryIO) -> Chunk:
        """No rows, but the columns of the file: what is written where there is no row."""
        empty = parquet_file(file).schema_arrow.empty_table() if self.format == "parquet" else []
        return Chunk([], empty, None, [], 1.0, [])

    def _with_text(self, row: Row) -> Row:
        """A row of a sheet, whose text may be a number or nothing."""
        assert row.values is not None
        text = row.values[self.text_column]
        return row._replace(values=row.values | {self.text_column: "" if text is None else str(text)})

    def _checked(self, row: Row) -> Row:
        fault = workbook.too_long(row.values.values()) if row.values is not None else ""
        return row._replace(values=None, fault=fault) if fault else row

    def _check_added(self, names: Iterable[str]) -> None:
        if clash := sorted(self.added.intersection(names)):
            raise TableError(
                f"the input has a column {clash[0]!r} already, which would be lost: choose another name for the new "
                "ones, e.g. with --prefix onrecord_"
            )

    def _json_rows(self, file: BinaryIO, span: Span) -> Iterator[Row]:
        return _json_rows(file, span, self._json_fault)

    def _json_fault(self, values: dict[str, Any], line: str) -> str:
        """Why a JSON object cannot be scored, or nothing."""
        if not isinstance(values.get(self.text_column), str):
            was = (
                f"is {json.dumps(values[self.text_column])[:40]}, no string"
                if self.text_column in values
                else f"is not there; there are {', '.join(map(repr, values))}"
            )
            return f"its {self.text_column!r} {was}"
        self._check_added(values)
        if self.only is not None and (other := [name for name in values if name not in self.only]):
            return (
                f"has a column {other[0]!r} that the first row lacks; write .jsonl or .parquet, where rows may differ"
            )
        if self.unicode and (fault := _half(values, line)):
            return f"{fault}, which only .jsonl can"
        return ""

    def _parquet_chunks(self, file: BinaryIO, span: Span, size: int) -> Iterator[Chunk]:
        pa, table = arrow(), parquet_file(file)
        kind = table.schema_arrow.field(self.text_column).type
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain)):
            raise TableError(
                f"column {self.text_column!r} holds {kind}, not text: "
                "name the one with the sentences with --text-column"
            )
        number = sum(table.metadata.row_group(i).num_rows for i in range(span[0]))
        for batch in table.iter_batches(size, row_groups=list(range(*span))):
            texts, faults, good = [], [], []
            foreign = _foreign(batch) if self.unicode else {}
            for i, cell in enumerate(batch.column(self.text_column)):
                number += 1
                try:
                    text, fault = cell.as_py(), f"its {self.text_column!r} is null"
                except UnicodeDecodeError:
                    text, fault = None, f"its {self.text_column!r} is not UTF-8"
                if text is not None and i in foreign:
                    text, fault = None, f"its {foreign[i]!r} is not UTF-8"
                if (
                    text is not None
                    and self.sheet
                    and (long := workbook.too_long(batch.slice(i, 1).to_pylist()[0].values()))
                ):
                    text, fault = None, long
                good.append(text is not None)
                if text is None:
                    faults.append(f"row {number}: {fault}")
                else:
                    texts.append(text)
            rows = pa.Table.from_batches([batch])
            if faults:
                try:
                    rows = rows.filter(pa.array(good, pa.bool_()))
                except pa.ArrowException as error:
                    raise TableError(
                        f"bad rows cannot be left out, for pyarrow cannot filter a column of this file ({error}): "
                        "mend the input"
                    ) from None
            yield Chunk(texts, rows, None, faults, number / table.metadata.num_rows, [])


def _json_rows(file: BinaryIO, span: Span, fault_of: Callable[[dict[str, Any], str], str]) -> Iterator[Row]:
    """The lines of a span that are not blank.

    `fault_of` an object and its line says why it is a bad row, or nothing.
    """
    size, (position, stop) = _size(file), span
    if position:  # the line that the span begins within belongs to the one before
        file.seek(position - 1)
        position += len(file.readline(stop - position + 1)) - 1  # no further: a line may be longer than many spans
    before, start = -1, position  # lines before the span: counted when one must be named
    file.seek(position)
    number = 0
    while position < stop and (read := read_line(file, RECORD))[1]:
        raw, length = read
        position += length
        number += 1
        if not (data := raw.removeprefix(BOM) if position == length else raw).strip() and length <= RECORD:
            continue
        values, line, fault = _json_object(data) if length <= RECORD else ({}, "", f"has more than {RECORD:,} bytes")
        fault = fault or fault_of(values, line)
        if fault and before < 0:
            before = _newlines(file, start)
            file.seek(position)
        line_number = max(before, 0) + number
        yield Row(None if fault else values, line_number, line_number, line_number, position / size, line, fault)


def _half(values: dict[str, Any], line: str) -> str:
    """The fault of a JSON object that no other format can hold, or nothing."""
    whole = "\\u" not in line or is_unicode(json.dumps(values, ensure_ascii=False))
    return "" if whole else "holds half of a surrogate pair"


def _json_object(data: bytes) -> tuple[dict[str, Any], str, str]:
    """A line as (object, text of the line, fault)."""
    try:
        line = data.decode().strip()
        values = json.loads(line)
    except UnicodeDecodeError as error:
        return {}, "", f"is not UTF-8 (byte {error.start + 1} is 0x{data[error.start]:02x})"
    except (ValueError, RecursionError) as error:
        return {}, "", f"is no JSON ({error})"
    if not isinstance(values, dict):
        return {}, "", f"is no JSON object but {type(values).__name__}"
    return values, line, ""


def parquet_file(file: BinaryIO) -> Any:
    """The file, opened by pyarrow. Raises TableError where it is none."""
    pa = arrow()
    try:
        return pa.parquet.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(f"this is no Parquet file: {error}") from None


def _parquet_rows(file: BinaryIO) -> Iterator[Row]:
    """Rows with Python's values; class labels of `datasets` by name."""
    table = parquet_file(file)
    classes = _class_names(table.schema_arrow)
    number, total = 0, max(table.metadata.num_rows, 1)
    try:
        for batch in table.iter_batches(BATCH):
            foreign = _foreign(batch)
            for i, values in enumerate(_objects(batch, foreign)):
                number += 1
                if values is None:
                    yield Row(None, number, 0, 0, number / total, fault=f"its {foreign[i]!r} is not UTF-8")
                    continue
                named = {
                    name: known[values[name]]
                    for name, known in classes.items()
                    if isinstance(values.get(name), int) and 0 <= values[name] < len(known)
                }
                yield Row(values | named, number, 0, 0, number / total)
    except (arrow().ArrowException, OSError, ValueError, OverflowError) as error:  # e.g. a date behind the year 9999
        raise TableError(f"row {number + 1} or one behind it cannot be read: {error}") from None


def _objects(batch: pa.RecordBatch, foreign: dict[int, str]) -> list[dict[str, Any] | None]:
    if not foreign:
        return batch.to_pylist()
    return [None if i in foreign else batch.slice(i, 1).to_pylist()[0] for i in range(batch.num_rows)]


def _class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Column -> names of its classes, as `datasets` keeps them in a file's metadata."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {name: each["names"] for name, each in features.items() if each.get("_type") == "ClassLabel"}
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}


def _foreign(batch: pa.RecordBatch) -> dict[int, str]:
    """The rows of a batch that hold text that is not UTF-8, and the column in which."""
    foreign: dict[int, str] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            column.to_pylist()
        except UnicodeDecodeError:
            for i, cell in enumerate(column):
                try:
                    cell.as_py()
                except UnicodeDecodeError:
                    foreign.setdefault(i, name)
        except (ValueError, OverflowError):  # other values that Python lacks: told when they are written
            continue
    return foreign


def _said(encoding: str) -> str:
    return "UTF-8" if encoding == "utf-8" else encoding


def _size(file: BinaryIO) -> int:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


def _newlines(file: BinaryIO, stop: int) -> int:
    """How many there are in the first `stop` bytes."""
    file.seek(0)
    count = 0
    while stop and (block := file.read(min(stop, 1 << 20))):
        count += block.count(b"\n")
        stop -= len(block)
    return count
