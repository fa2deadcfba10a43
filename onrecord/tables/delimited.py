"""CSV and TSV: rows of cells with a delimiter between them, quoted as RFC 4180 says.

A row that cannot be read is told as a fault and ends where its quotation marks end, so that nothing inside a bad cell
is taken for a row and no row behind it is lost.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, NamedTuple, cast

from onrecord.tables.formats import DELIMITERS, TableError, refuse_repeated
from onrecord.tables.opening import BOM, guess

CELL = 1_000_000  # characters: a quotation mark that is never closed makes no longer one
RECORD = 16 * CELL  # bytes of a row
PIECE = CELL  # bytes of a line that are read at once
ENDS = (b"\n", b"\r")  # of lines
LOOK = 1 << 16  # bytes in which a line end must come for a file to be one of lines that end in LF
CANDIDATES = ",;\t|"  # delimiters that are tried
QUOTED = re.compile(rb'"(?:[^"]|"")*"')  # a whole cell of TSV
INSIDE = re.compile(rb'[^"]*+(?:""[^"]*+)*+')  # what a quoted cell may hold


@dataclass(frozen=True)
class Dialect:
    """How the cells of a file are kept apart."""

    delimiter: str
    bare: bool = False  # whether quotation marks are text
    detected: bool = False  # whether the delimiter is neither given nor that of the format


class Row(NamedTuple):
    """One row of a table; `values` is None for a bad one, whose `fault` says why."""

    values: dict[str, Any] | None
    number: int  # from 1; without header and blank lines in CSV and TSV, the line's in JSONL
    first: int  # line on which it begins, from 1; 0 in formats without lines
    last: int  # line on which it ends
    position: float  # share of the file read by now, 0 to 1
    line: str = ""  # as it stands in JSONL
    fault: str = ""
    short: bool = False  # whether it ended before a column that nobody asked for, which was filled up

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        if not self.first:
            return f"row {self.number}"
        if self.first == self.number:
            return f"line {self.number}"
        lines = f"line {self.first}" if self.last <= self.first else f"lines {self.first} to {self.last}"
        return f"row {self.number} ({lines})"


class _Record(NamedTuple):
    """The lines of one row."""

    text: str | None  # None if it is too long to be kept
    first: int
    last: int
    read: int  # bytes of the file by its end


def dialect(
    file: BinaryIO, format: str, wanted: Sequence[str], delimiter: str | None = None, names: Sequence[str] | None = None
) -> Dialect:
    """How a CSV or TSV file is to be read.

    Where no delimiter is given it is the format's, or the first of the others under which the header has the `wanted`
    columns (or, for a file without a header, the first row as many cells as `names`). Raises TableError for one that
    cannot be.
    """
    usual = DELIMITERS[format] if delimiter is None else delimiter.replace("\\t", "\t")  # as shells hand it on
    if len(usual) != 1 or usual in '"\r\n':
        raise TableError(f"the delimiter must be one character, as , ; | or a tab, and {usual!r} is not")
    chosen, cells = usual, _header(file, usual)
    if delimiter is None and not _fits(cells, wanted, names):
        others = {other: _header(file, other) for other in CANDIDATES if other != usual}
        fitting = [other for other, columns in others.items() if _fits(columns, wanted, names)]
        if not fitting and names is None:  # the message about the column is better with the names apart
            fitting = [max(others, key=lambda other: len(others[other]))]
            fitting = fitting if len(others[fitting[0]]) > len(cells) else []
        chosen = fitting[0] if fitting else usual
    bare = chosen == "\t" and _is_bare(file, wanted, names)
    return Dialect(chosen, bare, chosen != usual)


def _fits(cells: list[str], wanted: Sequence[str], names: Sequence[str] | None) -> bool:
    return len(cells) == len(names) if names is not None else set(wanted) <= set(cells)


def _header(file: BinaryIO, delimiter: str) -> list[str]:
    """The cells of the first row under a delimiter; none if it cannot be read."""
    record = next(_records(file, Dialect(delimiter)), None)
    return [cell.strip() for cell in _cells(record, Dialect(delimiter))[0]] if record else []


def header(file: BinaryIO, form: Dialect) -> list[str]:
    """The names of the columns, without blanks around them.

    Raises TableError if there is no header that can be read.
    """
    record = next(_records(file, form), None)
    cells, fault = _cells(record, form) if record else ([], "")
    if fault:
        raise TableError(f"the header cannot be read: {fault}")
    if not cells:
        raise TableError(
            "the file begins with an empty line or is empty; CSV and TSV begin with a header of column names"
        )
    names = [cell.strip() for cell in cells]
    if not all(map(is_unicode, names)):
        raise TableError(f"the header is not UTF-8{perhaps(file)}")
    if any("\0" in name for name in names):
        raise TableError(
            "the header holds NUL bytes: perhaps it is UTF-16, which --encoding utf-16-le or utf-16-be reads"
        )
    if names[0].lower().startswith("sep="):
        raise TableError(f"its first line, {names[0]!r}, is a hint for Excel and no header: delete that line")
    if names.count("") > 1:
        raise TableError(f"{names.count('')} columns have no name in the header: name or delete them")
    refuse_repeated(names)
    return names


def rows(
    file: BinaryIO, form: Dialect, wanted: Sequence[str], names: Sequence[str] | None = None, encoding: str = "UTF-8"
) -> Iterator[Row]:
    """The rows of a file; `names` are those of the columns where it has no header.

    A row may end before columns that are not `wanted`: these are None then. `encoding` is for the message about a row
    whose bytes it lacks. Raises TableError as `header` does.
    """
    columns = header(file, form) if names is None else list(names)
    perhaps_encoded: str | None = None
    size = max(file.seek(0, 2), 1)
    number = 0
    for i, record in enumerate(_records(file, form)):
        if i == 0 and names is None:
            continue
        cells, fault = _cells(record, form)
        if not cells and not fault:  # a blank line
            continue
        number += 1
        short = not fault and len(cells) < len(columns) and not set(columns[len(cells) :]) & set(wanted)
        if not fault and len(cells) != len(columns) and not short:
            fault = _miscounted(cells, columns, wanted, form)
        elif not fault and not is_unicode("\0".join(cells)):
            if perhaps_encoded is None:
                here = file.tell()
                perhaps_encoded = perhaps(file) if encoding.upper() == "UTF-8" else ""
                file.seek(here)
            fault = f"is not {encoding}{perhaps_encoded}"
        values: dict[str, Any] | None = None
        if not fault:
            values = dict.fromkeys(columns) if short else {}
            values |= zip(columns, cells, strict=False)
        yield Row(values, number, record.first, record.last, record.read / size, fault=fault, short=short)


def perhaps(file: BinaryIO) -> str:
    """The end of a message about text that is not UTF-8: what it may be."""
    encoding = guess(file)
    if not encoding:
        return ""
    option, key = f"--encoding {encoding}", f"source.csv: {{encoding: {encoding}}}"
    return f"; perhaps it is {encoding}: {option}, in a config {key}, reads it"


def is_unicode(text: str) -> bool:
    """Whether no byte was left over when the text was decoded, and no surrogate stands alone in it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _miscounted(cells: list[str], columns: list[str], wanted: Sequence[str], form: Dialect) -> str:
    """What is wrong with a row that has too few or too many cells."""
    have, need = len(cells), len(columns)
    said = f"has {have} cell{'s' * (have != 1)}, the header {need}"
    if have < need:
        return f"{said}; it lacks {', '.join(repr(name) for name in columns[have:] if name in wanted)}"
    unquoted = "" if form.delimiter == "\t" else f"{form.delimiter!r} in a cell without quotation marks"
    joined = need > 2 and (have - 1) % (need - 1) == 0
    if joined:
        count = (have - 1) // (need - 1)
        lost = f"{count} rows joined by a lost line end (at {cells[need - 1]!r:.60})"
        return f"{said}: {lost}{', or ' * bool(unquoted)}{unquoted}"
    return f"{said}: {unquoted or 'a delimiter too many'}"


def _cells(record: _Record, form: Dialect) -> tuple[list[str], str]:
    """The cells of a row, or why it has none."""
    if record.text is None:
        return [], f"has more than {RECORD:,} bytes: a quotation mark may never be closed"
    if csv.field_size_limit() != CELL:
        csv.field_size_limit(CELL)
    quoting: Literal[0, 3] = csv.QUOTE_NONE if form.bare else csv.QUOTE_MINIMAL
    try:
        # Strict: text behind a closing quotation mark is an error, not part of the cell.
        return next(csv.reader((record.text,), delimiter=form.delimiter, strict=True, quoting=quoting), []), ""
    except csv.Error as error:
        fault = str(error)
    if "unexpected end" in fault:
        return [], "has a quotation mark that is never closed"
    if "field larger" in fault:
        return [], f"has a cell of more than {CELL:,} characters: perhaps a quotation mark is never closed"
    if "new-line" in fault:
        return [], "has a carriage return outside quotation marks"
    return [], f"has text behind a closing quotation mark ({fault}); a quotation mark inside a cell is doubled"


def _records(file: BinaryIO, form: Dialect) -> Iterator[_Record]:
    """The lines of each row together, from the beginning of the file."""
    number = read = 0
    delimiter = form.delimiter.encode()
    for raw in (lines := _lines(file, form.delimiter)):
        line = raw if read else raw.removeprefix(BOM)
        number, read, first = number + 1, read + len(raw), number + 1
        inside = not form.bare and b'"' in line and _inside(line, False, delimiter)
        kept, length, ended = [line], len(line), raw.endswith(ENDS)
        while (inside or not ended) and (raw := next(lines, b"")):
            number, read = number + ended, read + len(raw)
            if inside:
                inside = b'"' not in raw or _inside(raw, True, delimiter)
            else:  # a piece, which begins within a cell
                inside = not form.bare and b'"' in raw and _inside(b" " + raw, False, delimiter)
            length, ended = length + len(raw), raw.endswith(ENDS)
            if length <= RECORD:
                kept.append(raw)
            else:
                kept.clear()
        # decoded as a whole: a piece may end within a character
        text = b"".join(kept).decode("utf-8", "surrogateescape") if length <= RECORD else None
        yield _Record(text, first, number, read)


def _inside(line: bytes, inside: bool, delimiter: bytes) -> bool:
    """Whether a quoted cell is open at the end of a line; `inside` says so of its beginning."""
    position = 0
    while True:
        if inside:
            position = cast(re.Match[bytes], INSIDE.match(line, position)).end()  # it matches nothing, too
            if position == len(line):
                return True
        elif line.startswith(b'"', position):
            inside, position = True, position + 1
            continue
        if (end := line.find(delimiter, position)) < 0:
            return False
        inside, position = False, end + len(delimiter)


def _lines(file: BinaryIO, delimiter: str) -> Iterator[bytes]:
    """Lines with their ends: LF or CR LF, or CR alone in a file whose beginning has no LF.

    One of more than PIECE bytes comes in pieces, each but the first beginning within a cell. Raises TableError for
    one that cannot be cut so.
    """
    file.seek(0)
    beginning = file.read(LOOK)
    file.seek(0)
    marks = b'"\r' + delimiter.encode()
    rest = b""
    if b"\n" in beginning or b"\r" not in beginning:
        while raw := file.readline(PIECE):
            line, rest = _cut(rest + raw, marks) if len(raw) == PIECE and raw[-1:] != b"\n" else (rest + raw, b"")
            yield line
    else:
        while block := file.read(LOOK):
            *ended, rest = (rest + block).split(b"\r")
            yield from (line + b"\r" for line in ended)
            if len(rest) > PIECE:
                line, rest = _cut(rest, marks)
                yield line
    if rest:
        yield rest


def _cut(line: bytes, marks: bytes) -> tuple[bytes, bytes]:
    """A line as far as the last byte that is none of `marks`, and the rest of it."""
    if not (piece := line.rstrip(marks)):
        raise TableError(f"a line has nothing but delimiters and quotation marks in {PIECE:,} bytes: this is no table")
    return piece, line[len(piece) :]


def _is_bare(file: BinaryIO, wanted: Sequence[str], names: Sequence[str] | None) -> bool:
    """Whether quotation marks in a TSV file are text.

    One stands bare in a cell, and all lines have as many cells, or fewer are faulty so.
    """
    counts: set[int] = set()
    bare = False
    for number, raw in enumerate(_lines(file, "\t")):
        if line := (raw if number else raw.removeprefix(BOM)).rstrip(b"\r\n"):
            counts.add(line.count(b"\t"))
            bare = bare or (
                b'"' in line and any(b'"' in cell and not QUOTED.fullmatch(cell) for cell in line.split(b"\t"))
            )
        if bare and len(counts) > 1:
            break
    if not bare or len(counts) < 2:
        return bare
    faulty = {form.bare: _faulty(file, form, wanted, names) for form in (Dialect("\t"), Dialect("\t", bare=True))}
    return faulty[True] < faulty[False]


def _faulty(file: BinaryIO, form: Dialect, wanted: Sequence[str], names: Sequence[str] | None) -> float:
    """Rows that cannot be read so."""
    try:
        return sum(row.values is None for row in rows(file, form, wanted, names, encoding=""))
    except TableError:
        return float("inf")
