"""Excel workbooks: the first sheet in, one sheet out.

Needs the extra `xlsx`: python-calamine reads, openpyxl writes.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from onrecord.tables.delimited import Row
from onrecord.tables.formats import TableError, refuse_repeated
from onrecord.tables.opening import fitting

ROWS = 1_048_575  # of a sheet, below the header
COLUMNS = 16_384  # of a sheet
CELL = 32_767  # characters that a cell holds
UNPACKED = 1 << 30  # bytes of a part of a workbook that is read; a full sheet of thirty columns has some
CELLS = 1 << 25  # from the first to the last of a sheet; calamine keeps the empty ones between them too
EXACT = 10**15  # from here on Excel, which keeps fifteen digits, would change a whole number
FIRST_YEAR = 1901  # Excel's calendar has no day before 1900 and a wrong one in it
ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # what a reader would take for the escape of another character
# the column and the row of a cell that has something in it
FILLED = re.compile(rb"""<c\s(?:[^<>]{0,150}\s)?r=["']([A-Z]{1,3})(\d{1,7})["'][^<>/]{0,150}>(?=<[^/]|[^<])""")
# a formula behind which no value stands; a text that was worked out as empty says t="str"
UNSOLVED = re.compile(
    rb"""<c\s(?![^<>]{0,150}t=["']str)[^<>/]{0,150}>\s*<f\b[^<>]{0,150}>[^<>]{0,8192}</f>\s*(?:<v\s*/>|<v></v>|</c>)"""
)
ERROR = re.compile(rb"""<c\s[^<>]{0,150}\bt=["']e["']""")  # a cell that shows #N/A or the like
PREFIX = re.compile(rb"(</?)\w+:")  # of a namespace, which some programs put before each name
# what XML cannot hold, or a carriage return, which it would change
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
INSTALL = "run `pip install 'onrecord[xlsx]'`, or use CSV"


def _escaped(match: re.Match[str]) -> str:
    """As ECMA-376 writes a character that XML cannot hold: _xHHHH_."""
    return f"_x{ord(match[0]):04X}_"


def sheet(file: BinaryIO) -> tuple[list[str], list[str], Iterator[Row], int]:
    """(names of the columns, names of all sheets, rows) of the first sheet that is shown, and the workbook's errors.

    Rows without a value are left out. A number is an int where it is whole, an empty cell None, and so is one with an
    error such as #N/A, which calamine does not tell from it; dates and times are those of datetime. Raises TableError.
    """
    try:
        import python_calamine
    except ModuleNotFoundError:
        raise TableError(f".xlsx needs python-calamine: {INSTALL}") from None
    errors = _refuse_unreadable(file)
    file.seek(0)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(file)
        shown = [
            each.name
            for each in workbook.sheets_metadata
            if each.typ == python_calamine.SheetTypeEnum.WorkSheet
            and each.visible == python_calamine.SheetVisibleEnum.Visible
        ]
        cells = workbook.get_sheet_by_name(shown[0]).to_python(skip_empty_area=False) if shown else []
    except (python_calamine.CalamineError, OSError) as error:
        raise TableError(f"this is no .xlsx workbook that can be read: {error}") from None
    if not cells:
        raise TableError("the workbook is empty; its first sheet begins with a header of column names")
    names = [str(_value(cell) if cell != "" else "").strip() for cell in cells[0]]
    used = [i for i, name in enumerate(names) if name or any(row[i] != "" for row in cells[1:])]
    columns = [names[i] for i in used]
    if "" in columns:
        raise TableError(
            f"{columns.count('')} columns of the sheet {shown[0]!r} have values and no name: name or empty them"
        )
    refuse_repeated(columns)

    def rows() -> Iterator[Row]:
        for number, row in enumerate(cells[1:], 2):
            if any(cell != "" for cell in row):
                values = {name: _value(row[i]) for name, i in zip(columns, used, strict=True)}
                yield Row(values, number, 0, 0, number / len(cells))

    return columns, shown, rows(), errors


def _refuse_unreadable(file: BinaryIO) -> int:
    """Raise TableError for a workbook of which calamine would make something else, or that would not fit into memory.

    One stray cell in the last corner makes seventeen billion; a formula that a program wrote has no value yet. Returns
    how many cells hold an error.
    """
    errors = 0
    try:
        with zipfile.ZipFile(file) as archive:
            for item in archive.infolist():
                if item.file_size > UNPACKED:
                    raise TableError(
                        f"{item.filename} in it has {item.file_size:,} bytes; {UNPACKED:,} are read: "
                        "save the sheet as .csv"
                    )
                if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", item.filename):
                    continue
                rows, columns, rest, more = 0, 0, b"", True
                with archive.open(item) as part:
                    while more:
                        block = PREFIX.sub(rb"\1", rest + (read := part.read(1 << 20)))
                        more, last = bool(read), block.rfind(b"<c ")
                        # the last cell may go on in the next block
                        block, rest = (block[:last], block[last:]) if more and last > 0 else (block, block[-200:])
                        errors += len(ERROR.findall(block))
                        for letters, digits in FILLED.findall(block):
                            rows, columns = max(rows, int(digits)), max(columns, _column(letters))
                        if UNSOLVED.search(block):
                            raise TableError(
                                f"{item.filename} in it has formulas whose values were never worked out, so that rows "
                                "would be missing: open it in a spreadsheet program and save it"
                            )
                if rows * columns > CELLS:
                    raise TableError(
                        f"{item.filename} in it has values {rows:,} rows down and {columns:,} columns to the right, "
                        f"between which are more than {CELLS:,} cells: delete those far off, or save it as .csv"
                    )
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, NotImplementedError, zlib.error, EOFError, RuntimeError):
        pass  # calamine says what ails it
    return errors


def _column(letters: bytes) -> int:
    """The number of a column from its letters: A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _value(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT:
        return int(cell)
    return None if cell == "" else cell


def too_long(values: Iterable[Any]) -> str:
    """The fault of a row that has a cell longer than Excel's, or nothing. Lists and objects are written as JSON."""
    texts = (
        json.dumps(each, ensure_ascii=False, default=str) if isinstance(each, list | dict) else each for each in values
    )
    longest = max((len(text) for text in texts if isinstance(text, str)), default=0)
    return f"has a cell of {longest:,} characters; Excel holds {CELL:,}: write .csv" if longest > CELL else ""


def part(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows as they are kept until a workbook can be made of all of them: a line of JSON each."""
    return "".join(json.dumps([_kept(value) for value in row]) + "\n" for row in rows).encode()


def _kept(value: Any) -> Any:
    """What Excel has a type for stays that, other values become text; {"date": ...} is a date, a time or a duration."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() and len(value.as_tuple().digits) <= 15 else str(value)
    if isinstance(value, datetime):
        return (
            {"datetime": value.isoformat()} if value.tzinfo is None and value.year >= FIRST_YEAR else value.isoformat()
        )
    if isinstance(value, date):
        return {"date": value.isoformat()} if value.year >= FIRST_YEAR else value.isoformat()
    if type(value) is timedelta and value >= timedelta():  # below it Excel shows #####; pandas' own has nanoseconds
        return {"duration": value.total_seconds()}
    return {"time": value.isoformat()} if isinstance(value, time) and value.tzinfo is None else str(value)


def writer() -> Any:
    """The openpyxl module. Raises TableError where it is not installed."""
    try:
        import openpyxl
    except ModuleNotFoundError:
        raise TableError(f".xlsx needs openpyxl: {INSTALL}") from None
    return openpyxl


def save(header: Sequence[str], parts: Iterable[BinaryIO], target: BinaryIO) -> None:
    """One sheet of the rows of `parts`. Text stays text: what begins with = is no formula. Raises TableError."""
    openpyxl = writer()
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.writer.excel import ExcelWriter

    made_of: dict[str, Callable[[Any], Any]] = {
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "time": time.fromisoformat,
        "duration": lambda seconds: timedelta(seconds=seconds),
    }
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("onrecord")

    def cell(value: Any) -> Any:
        if isinstance(value, dict):
            ((kind, text),) = value.items()
            return made_of[kind](text)
        if not isinstance(value, str):
            return value
        made = WriteOnlyCell(page, "")
        # by itself it makes formulas of text
        made._value, made.data_type = (CONTROL.sub(_escaped, ESCAPE.sub("_x005F_", value)), "s")
        return made

    with fitting():
        try:
            page.append([cell(name) for name in header])
            for file in parts:
                for line in file:
                    page.append([cell(value) for value in json.loads(line)])
            page.close()
        except Exception as error:
            if str(error).startswith("IO_"):  # lxml, where openpyxl finds it, says so of a disk
                raise OSError(str(error)) from None
            raise
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:  # closed too where the disk is full
        ExcelWriter(book, archive).save()
