"""CSV, TSV, JSONL and Parquet as `onrecord score` reads them: in chunks of rows, cut in the same places every time.

Files are open binary files, so that they may lie on a disk or in an object store. Rows that cannot be read are told as faults, one line each,
and never end the reading.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
DIALECTS = {"csv": "excel", "tsv": "excel-tab"}
SPAN = 8 << 20  # bytes of JSONL that are shared out together: some 40,000 sentences
FIELD = 1_000_000  # characters of a CSV field: a quotation mark that is never closed makes no longer one
BOM = b"\xef\xbb\xbf"
QUOTED = re.compile(rb'"(?:[^"]|"")*"')  # a whole cell of TSV
Span = tuple[int, int]  # of bytes (JSONL, CSV) or row groups (Parquet), the end excluded


class TableError(Exception):
    """A table that cannot be read or written at all; the message says what to do."""


@dataclass(frozen=True)
class Chunk:
    """Consecutive rows."""

    texts: list[str]  # of the good rows
    rows: list[dict[str, Any]] | pa.Table  # the good rows
    lines: list[str] | None  # the good rows as they stand in a JSONL file
    faults: list[str]  # of the bad rows, each beginning with its number
    position: float  # share of the file read so far, 0 to 1


class Row(NamedTuple):
    """One row of a text format; `values` is None for a bad one, whose `fault` says why."""

    values: dict[str, Any] | None
    position: float
    line: str = ""
    fault: str = ""


def format_of(path: str) -> str:
    """csv, tsv, jsonl or parquet, by the end of the name. Raises TableError for another end."""
    suffix = PurePath(path).suffix.lower()
    if suffix not in FORMATS:
        raise TableError(f"{path}: the name says the format, and must end in one of {', '.join(FORMATS)}")
    return FORMATS[suffix]


def arrow() -> Any:
    """The pyarrow module. Raises TableError where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise TableError("Parquet needs pyarrow: run `pip install 'onrecord[parquet]'`, or use CSV or JSONL") from None
    return pyarrow


@dataclass(frozen=True)
class Reader:
    """How one table is read."""

    format: str
    text_column: str
    added: frozenset[str]  # names of the columns that will be added
    only: tuple[str, ...] | None = None  # columns that a row of JSONL may have; None = any
    unicode: bool = False  # whether a row with text that is not Unicode is a bad one: what is written cannot hold it

    def columns(self, file: BinaryIO) -> list[str]:
        """Names of the columns; those of the first row for JSONL. Raises TableError if the text column is not there or an added one is."""
        if self.format == "jsonl":
            rows = self._json_lines(file, (0, _size(file)))
            return next((list(row.values) for row in rows if row.values is not None), [])
        names = (
            parquet_file(file).schema_arrow.names
            if self.format == "parquet"
            else self._header(self._reader(file, _Lines(file)))
        )
        if len(set(names)) < len(names):
            raise TableError(
                f"column {next(name for name in names if names.count(name) > 1)!r} stands twice in the header: rename one"
            )
        if self.text_column not in names:
            raise TableError(
                f"there is no column {self.text_column!r}; there are {', '.join(map(repr, names))}: name the one with the sentences with --text-column"
            )
        self._check_added(names)
        return names

    def spans(self, file: BinaryIO) -> list[Span]:
        """The parts of a file that can be read by themselves, in order."""
        if self.format == "parquet":
            return [(i, i + 1) for i in range(parquet_file(file).num_row_groups)]
        size = _size(file)
        step = (
            SPAN if self.format == "jsonl" else max(size, 1)
        )  # where a row of CSV begins is known only to who has read all before it
        return [(start, min(start + step, size)) for start in range(0, size, step)]

    def chunks(self, file: BinaryIO, span: Span, size: int) -> Iterator[Chunk]:
        """Chunks of `size` rows, bad ones included; the last one of a span may be shorter. Raises TableError for what ails the whole file."""
        if self.format == "parquet":
            yield from self._parquet_chunks(file, span, size)
            return
        rows = iter(self._json_lines(file, span) if self.format == "jsonl" else self._csv_rows(file))
        while some := list(islice(rows, size)):
            good = [row.values for row in some if row.values is not None]
            lines = [row.line for row in some if row.values is not None] if self.format == "jsonl" else None
            yield Chunk(
                [row[self.text_column] for row in good],
                good,
                lines,
                [row.fault for row in some if row.values is None],
                some[-1].position,
            )

    def nothing(self, file: BinaryIO) -> Chunk:
        """No rows, but the columns of the file: what is written where there is no row."""
        return Chunk(
            [], parquet_file(file).schema_arrow.empty_table() if self.format == "parquet" else [], None, [], 1.0
        )

    def _check_added(self, names: Iterable[str]) -> None:
        if clash := sorted(self.added.intersection(names)):
            raise TableError(
                f"the input has a column {clash[0]!r} already, which would be lost: choose another name for the new ones, e.g. with --prefix onrecord_"
            )

    def _reader(self, file: BinaryIO, lines: _Lines) -> Iterator[list[str]]:
        """The cells of each row. Quoted as RFC 4180 says, but for a TSV file with bare quotation marks, which is read as it is."""
        bare = self.format == "tsv" and is_bare(file)
        return csv.reader(
            lines, DIALECTS[self.format], strict=True, quoting=csv.QUOTE_NONE if bare else csv.QUOTE_MINIMAL
        )

    def _header(self, rows: Iterator[list[str]]) -> list[str]:
        csv.field_size_limit(FIELD)
        try:
            names = next(rows, None)
        except csv.Error as error:
            raise TableError(f"the header is no {self.format.upper()}: {error}") from None
        if not names:
            raise TableError(
                f"the file begins with an empty line or is empty; {self.format.upper()} begins with a header that names the columns"
            )
        if not all(map(_is_unicode, names)):
            raise TableError("the header is not UTF-8; convert the file first, e.g. `iconv -f cp1252 -t utf-8`")
        return names

    def _csv_rows(self, file: BinaryIO) -> Iterator[Row]:
        size, lines = _size(file), _Lines(file)
        rows = self._reader(file, lines)
        names = self._header(rows)
        number = 0
        while True:
            first, cells, fault = lines.number + 1, None, ""
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                fault = str(error)
            if cells == []:  # a blank line
                continue
            number += 1
            if cells is not None and len(cells) != len(names):
                fault = f"has {len(cells)} fields, the header {len(names)}"
            elif cells is not None and not _is_unicode("\0".join(cells)):
                fault = "is not UTF-8"
            place = f"line {first}" if lines.number <= first else f"lines {first} to {lines.number}"
            good = None if fault or cells is None else dict(zip(names, cells, strict=True))
            yield Row(good, lines.position / size, fault=f"row {number} ({place}): {fault}")

    def _json_lines(self, file: BinaryIO, span: Span) -> Iterator[Row]:
        size, (position, stop) = _size(file), span
        if position:  # the line that the span begins within belongs to the one before
            file.seek(position - 1)
            position += len(file.readline()) - 1
        before, start = -1, position  # lines before the span: counted when one must be named
        file.seek(position)
        number = 0
        while position < stop and (raw := file.readline()):
            position += len(raw)
            number += 1
            if not (data := raw.removeprefix(BOM) if position == len(raw) else raw).strip():
                continue
            values, line, fault = self._json_row(data)
            if fault:
                if before < 0:
                    before = _newlines(file, start)
                    file.seek(position)
                fault = f"line {before + number}: {fault}"
            yield Row(values, position / size, line, fault)

    def _json_row(self, data: bytes) -> tuple[dict[str, Any] | None, str, str]:
        """A line as (row, text of the line, fault)."""
        try:
            line = data.decode().strip()
            values = json.loads(line)
        except UnicodeDecodeError as error:
            return None, "", f"is not UTF-8 (byte {error.start + 1} is 0x{data[error.start]:02x})"
        except (ValueError, RecursionError) as error:
            return None, "", f"is no JSON ({error})"
        if not isinstance(values, dict):
            return None, "", f"is no JSON object but {type(values).__name__}"
        if not isinstance(values.get(self.text_column), str):
            was = (
                f"is {json.dumps(values[self.text_column])[:40]}, no string"
                if self.text_column in values
                else f"is not there; there are {', '.join(map(repr, values))}"
            )
            return None, "", f"its {self.text_column!r} {was}"
        self._check_added(values)
        if self.only is not None and (other := [name for name in values if name not in self.only]):
            return (
                None,
                "",
                f"has a column {other[0]!r} that the first row lacks; write .jsonl or .parquet, where rows may differ",
            )
        if self.unicode and not _is_unicode(line if "\\u" not in line else json.dumps(values, ensure_ascii=False)):
            return None, "", "holds half of a surrogate pair, which only .jsonl can"
        return values, line, ""

    def _parquet_chunks(self, file: BinaryIO, span: Span, size: int) -> Iterator[Chunk]:
        pa, table = arrow(), parquet_file(file)
        kind = table.schema_arrow.field(self.text_column).type
        plain = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain)):
            raise TableError(
                f"column {self.text_column!r} holds {kind}, not text: name the one with the sentences with --text-column"
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
                        f"bad rows cannot be left out, for pyarrow cannot filter a column of this file ({error}): mend the input"
                    ) from None
            yield Chunk(texts, rows, None, faults, number / table.metadata.num_rows)


def parquet_file(file: BinaryIO) -> Any:
    """The file, opened by pyarrow. Raises TableError where it is none."""
    pa = arrow()
    try:
        return pa.parquet.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(f"this is no Parquet file: {error}") from None


def _foreign(batch: pa.RecordBatch) -> dict[int, str]:
    """The rows of a batch that hold text that is not UTF-8, and the column in which."""
    found: dict[int, str] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            column.to_pylist()
        except UnicodeDecodeError:
            for i, cell in enumerate(column):
                try:
                    cell.as_py()
                except UnicodeDecodeError:
                    found.setdefault(i, name)
        except (ValueError, OverflowError):  # other values that Python lacks: told when they are written
            continue
    return found


def is_bare(file: BinaryIO) -> bool:
    """Whether quotation marks in a TSV file are text: one stands bare in a cell, and all lines have as many cells. Leaves the file at its beginning."""
    file.seek(0)
    tabs, bare = -1, False
    for number, raw in enumerate(file):
        if line := (raw if number else raw.removeprefix(BOM)).rstrip(b"\r\n"):
            if tabs not in (-1, line.count(b"\t")):
                bare = False
                break
            tabs = line.count(b"\t")
            bare = bare or (
                b'"' in line and any(b'"' in cell and not QUOTED.fullmatch(cell) for cell in line.split(b"\t"))
            )
    file.seek(0)
    return bare


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _size(file: BinaryIO) -> int:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


def _newlines(file: BinaryIO, stop: int) -> int:
    """How many there are in the first `stop` bytes."""
    file.seek(0)
    found = 0
    while stop and (block := file.read(min(stop, 1 << 20))):
        found += block.count(b"\n")
        stop -= len(block)
    return found


class _Lines:
    """The lines of a file as text, counted. A byte that is not UTF-8 comes as a lone surrogate."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.number = self.position = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if not (raw := self._file.readline()):
            raise StopIteration
        self.number += 1
        self.position += len(raw)
        return (raw.removeprefix(BOM) if self.number == 1 else raw).decode("utf-8", "surrogateescape")
