"""What `onrecord score` writes: the content of part files, and one table of them, in every format that is read."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from onrecord.tables import workbook
from onrecord.tables.formats import DELIMITERS, TableError, arrow
from onrecord.tables.opening import BOM
from onrecord.tables.read import Chunk, parquet_file

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 65_536  # rows of a Parquet row group written
FORMULA = re.compile(r"'*[=+\-@\t\r]")  # what spreadsheets run; behind apostrophes, so that one more can be taken off
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")  # runs nothing


@dataclass(frozen=True)
class Form:
    """How a table is written."""

    format: str
    delimiter: str = ","  # of CSV and TSV
    marked: bool = False  # whether CSV and TSV begin with a byte order mark, by which Excel knows UTF-8
    safe: bool = False  # whether cells of CSV and TSV that a spreadsheet would run get an apostrophe
    schema: pa.Schema | None = None  # the input's columns in Parquet, where its format does not say their types
    compression: str | None = None  # gzip or zstd


def refuse_unwritable(form: Form, columns: Sequence[str], schema: pa.Schema | None) -> None:
    """Raise TableError for what no table of this form can hold, or where the library that writes it is not installed.

    `columns` are those written, `schema` their types where the input is Parquet.
    """
    if form.format == "xlsx":
        workbook.writer()
        if len(columns) > workbook.COLUMNS:
            raise TableError(f"{len(columns):,} columns are more than the {workbook.COLUMNS:,} of a sheet: write .csv")
    elif form.format == "parquet" or form.compression == "zstd":
        arrow("Parquet" if form.format == "parquet" else ".zst")
    if schema and form.format != "parquet" and (field := next((f for f in schema if _has_bytes(f.type)), None)):
        raise TableError(
            f"its column {field.name!r} holds {field.type}, and {form.format.upper()} has no form for bytes: "
            "write .parquet, or leave the column out of the input"
        )


def _has_bytes(kind: pa.DataType) -> bool:
    """Whether a type of Parquet has bytes in it, in whatever depth."""
    types = arrow().types
    if types.is_dictionary(kind):
        return _has_bytes(kind.value_type)
    return (
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
        or any(_has_bytes(kind.field(i).type) for i in range(kind.num_fields))
    )


def encoded(
    chunk: Chunk, records: Sequence[dict[str, Any]], form: Form, columns: Sequence[str], kinds: dict[str, type]
) -> bytes:
    """The good rows of a chunk with their records behind them as the content of a part file, without a CSV header.

    `columns` are the input's, `kinds` the type of each field of a record. Raises TableError for values that the
    format cannot hold.
    """
    if form.format == "parquet":
        return _parquet_part(chunk, records, form, columns, kinds)
    if form.format == "jsonl" and chunk.lines is not None:  # spliced: numbers, escapes and the order of keys stay
        spliced = (
            f"{line[:-1].rstrip()}, {json.dumps(record, ensure_ascii=False)[1:]}\n"
            for line, record in zip(chunk.lines, records, strict=True)
        )
        return "".join(spliced).encode()
    try:
        rows = chunk.rows if isinstance(chunk.rows, list) else chunk.rows.to_pylist()
    except (arrow().ArrowException, ValueError, OverflowError) as error:  # e.g. a date behind the year 9999
        raise TableError(
            f"a column has values that {form.format.upper()} cannot hold ({error}): write .parquet instead"
        ) from None
    if form.format == "jsonl":
        return "".join(_json(row | record) + "\n" for row, record in zip(rows, records, strict=True)).encode()
    table = (
        [row.get(name) for name in columns] + list(record.values()) for row, record in zip(rows, records, strict=True)
    )
    if form.format == "xlsx":
        return workbook.part([_json(cell) if isinstance(cell, list | dict) else cell for cell in row] for row in table)
    return csv_lines(([csv_cell(cell) for cell in row] for row in table), form)


def csv_lines(rows: Iterable[Sequence[str]], form: Form) -> bytes:
    """Rows as CSV or TSV."""
    text = io.StringIO()
    plain, quoted = (
        csv.writer(text, delimiter=form.delimiter, lineterminator="\n", quoting=quoting)
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
    )
    for row in rows:  # Python before 3.13 leaves a lone CR bare, which ends a row for who reads it
        cells = [without_formula(cell) for cell in row] if form.safe else row
        (quoted if any("\r" in cell for cell in cells) else plain).writerow(cells)
    return text.getvalue().encode()


def without_formula(cell: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe stands before = + - @, a tab and a carriage return.

    It does not before a number. `with_formula` takes it off again. (OWASP, CSV injection.)
    """
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.fullmatch(cell) else cell


def with_formula(cell: str) -> str:
    """The cell as it was before `without_formula`."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def inferred(chunks: Iterable[Chunk]) -> pa.Schema:
    """The Parquet types of rows that have none. Raises TableError where a column has values of several."""
    pa = arrow()
    schema, before = pa.schema([]), 0
    for chunk in chunks:
        rows = cast("list[dict[str, Any]]", chunk.rows)
        chunk_schema = _arrays(rows, None).schema
        try:
            schema = pa.unify_schemas([schema, chunk_schema], promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise TableError(
                f"from row {before + 1} on, a column has values of another type than before ({error}); "
                "Parquet columns have one type: write .jsonl instead"
            ) from None
        before += len(rows)
    try:
        pa.parquet.write_table(schema.empty_table(), written := io.BytesIO())
        pa.parquet.ParquetFile(written)
    except (pa.ArrowException, OSError) as error:  # e.g. an object without fields, or fifty lists within each other
        raise TableError(f"a column has values that Parquet cannot hold ({error}): write .jsonl instead") from None
    return schema


def check_schema(chunks: Iterable[Chunk], schema: pa.Schema) -> None:
    """Raise TableError if a value does not go into the type that its column has because of others."""
    for chunk in chunks:
        _arrays(cast("list[dict[str, Any]]", chunk.rows), schema)


def join(parts: Iterable[BinaryIO], form: Form, header: Sequence[str], target: BinaryIO) -> None:
    """One table of part files, in their order. `header` names the columns."""
    if form.format == "parquet":
        _join_parquet(parts, target)
    elif form.format == "xlsx":
        workbook.save(header, parts, target)
    else:
        with _packed(target, form.compression) as file:
            if form.format in DELIMITERS:
                file.write(BOM * form.marked + csv_lines([header], form))
            for part in parts:
                shutil.copyfileobj(part, file)


@contextmanager
def _packed(target: BinaryIO, compression: str | None) -> Iterator[Any]:
    if compression == "gzip":
        with gzip.GzipFile("", "wb", fileobj=target, mtime=0) as file:  # the same rows give the same bytes
            yield file
    elif compression == "zstd":
        # Arrow closes what it was given, so it is given a handle of its own.
        with (
            os.fdopen(os.dup(target.fileno()), "wb") as duplicate,
            arrow(".zst").CompressedOutputStream(duplicate, "zstd") as file,
        ):
            yield file
    else:
        yield target


def _join_parquet(parts: Iterable[BinaryIO], target: BinaryIO) -> None:
    pa = arrow()
    files = iter(parts)
    waiting = [parquet_file(next(files)).read()]
    with pa.parquet.ParquetWriter(target, waiting[0].schema) as writer:
        for part in files:
            waiting.append(parquet_file(part).read())
            if sum(table.num_rows for table in waiting) >= ROW_GROUP:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting))


def _parquet_part(
    chunk: Chunk, records: Sequence[dict[str, Any]], form: Form, columns: Sequence[str], kinds: dict[str, type]
) -> bytes:
    pa = arrow()
    table = chunk.rows
    if isinstance(table, list):
        table = _arrays(table, form.schema or pa.schema([(name, pa.string()) for name in columns]))
    types = {str: pa.string(), bool: pa.bool_(), int: pa.int64(), float: pa.float64(), list: pa.list_(pa.string())}
    for name, kind in kinds.items():
        table = table.append_column(
            pa.field(name, types[kind]), pa.array([record[name] for record in records], types[kind])
        )
    content = io.BytesIO()
    try:
        pa.parquet.write_table(table, content)
    except pa.ArrowException as error:
        raise TableError(f"a column has values that Parquet cannot hold ({error}): write .jsonl instead") from None
    return content.getvalue()


def _arrays(rows: list[dict[str, Any]], schema: pa.Schema | None) -> pa.Table:
    """Rows as a table with the columns of a schema, or with those that they have. Raises TableError."""
    pa = arrow()
    names = list(dict.fromkeys(name for row in rows for name in row)) if schema is None else schema.names
    arrays = {}
    for name in names:
        try:
            arrays[name] = pa.array([row.get(name) for row in rows], schema and schema.field(name).type)
        except (pa.ArrowException, OverflowError) as error:
            raise TableError(
                f"the column {name!r} has values that Parquet cannot hold in one ({error}): write .jsonl instead"
            ) from None
    return pa.table(arrays, schema)


def csv_cell(value: Any) -> str:
    """A value in CSV: null as nothing, lists and objects as JSON, anything else plain."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return _json(value) if isinstance(value, list | dict) else _plain(value)


def _plain(value: Any) -> str:
    """A scalar as text: numbers as JSON has them, days and times as ISO 8601."""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _json(value: Any) -> str:
    """A row as JSON, which knows no NaN and no infinity: they become null."""
    try:
        return json.dumps(value, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, default=_plain)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
