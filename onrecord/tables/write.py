"""What `onrecord score` writes: the content of part files, and one table of them. CSV, TSV, JSONL and Parquet."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from onrecord.tables.read import DIALECTS, Chunk, TableError, arrow, parquet_file

if TYPE_CHECKING:
    import pyarrow as pa

GROUP = 65_536  # rows of a Parquet row group written


def encoded(
    chunk: Chunk, records: Sequence[dict[str, Any]], format: str, columns: Sequence[str], kinds: dict[str, type]
) -> bytes:
    """The good rows of a chunk with their records behind them as the content of a part file, without a CSV header.

    `columns` are the input's, `kinds` the type of each field of a record. Raises TableError for values that the format cannot hold.
    """
    if format == "parquet":
        return _parquet_part(chunk, records, columns, kinds)
    if (
        format == "jsonl" and chunk.lines is not None
    ):  # spliced: numbers, escapes and the order of keys stay what they were
        spliced = (
            f"{line[:-1].rstrip()}, {json.dumps(record, ensure_ascii=False)[1:]}\n"
            for line, record in zip(chunk.lines, records, strict=True)
        )
        return "".join(spliced).encode()
    try:
        rows = chunk.rows if isinstance(chunk.rows, list) else chunk.rows.to_pylist()
    except (arrow().ArrowException, ValueError, OverflowError) as error:  # e.g. a date behind the year 9999
        raise TableError(
            f"a column has values that {format.upper()} cannot hold ({error}): write .parquet instead"
        ) from None
    if format == "jsonl":
        return "".join(_json(row | record) + "\n" for row, record in zip(rows, records, strict=True)).encode()
    return csv_lines(
        (
            [_cell(row.get(name)) for name in columns] + [_cell(value) for value in record.values()]
            for row, record in zip(rows, records, strict=True)
        ),
        format,
    )


def csv_lines(rows: Iterable[Sequence[str]], format: str) -> bytes:
    """Rows as CSV or TSV."""
    text = io.StringIO()
    plain, quoted = (
        csv.writer(text, DIALECTS[format], lineterminator="\n", quoting=quoting)
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
    )
    for row in rows:  # Python before 3.13 leaves a lone CR bare, which ends a row for who reads it
        (quoted if any("\r" in cell for cell in row) else plain).writerow(row)
    return text.getvalue().encode()


def merged(schema: pa.Schema | None, part: BinaryIO, name: str) -> pa.Schema:
    """The schema that holds the parts seen before and this one. Raises TableError if there is none."""
    pa, own = arrow(), parquet_file(part).schema_arrow
    try:
        return (
            own
            if schema is None or own.equals(schema)
            else pa.unify_schemas([schema, own], promote_options="permissive")
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise TableError(
            f"from {name} on, a column has values of another type than before ({error}); Parquet columns have one type: write .jsonl instead"
        ) from None


def join(
    parts: Iterable[BinaryIO], format: str, header: Sequence[str], schema: pa.Schema | None, target: BinaryIO
) -> None:
    """One table of part files, in their order. `header` is for CSV and TSV, `schema` for Parquet."""
    if format == "parquet":
        assert schema is not None
        _join_parquet(parts, schema, target)
        return
    if format in DIALECTS:
        target.write(csv_lines([header], format))
    for part in parts:
        shutil.copyfileobj(part, target)


def _join_parquet(parts: Iterable[BinaryIO], schema: pa.Schema, target: BinaryIO) -> None:
    pa = arrow()
    with pa.parquet.ParquetWriter(target, schema) as writer:
        waiting: list[Any] = []  # tables
        for part in parts:
            waiting.append(
                pa.concat_tables([schema.empty_table(), parquet_file(part).read()], promote_options="permissive")
            )
            if sum(table.num_rows for table in waiting) >= GROUP:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting))


def _parquet_part(
    chunk: Chunk, records: Sequence[dict[str, Any]], columns: Sequence[str], kinds: dict[str, type]
) -> bytes:
    pa = arrow()
    table = chunk.rows
    if isinstance(table, list):
        names = columns if chunk.lines is None else list(dict.fromkeys(name for row in table for name in row))
        try:
            arrays = {
                name: pa.array([row.get(name) for row in table], pa.string() if chunk.lines is None else None)
                for name in names
            }
        except (pa.ArrowException, OverflowError) as error:
            raise TableError(
                f"a column has values that Parquet cannot hold in one ({error}): write .jsonl instead"
            ) from None
        table = pa.table(arrays)
    types = {str: pa.string(), bool: pa.bool_(), int: pa.int64(), float: pa.float64(), list: pa.list_(pa.string())}
    for name, kind in kinds.items():
        table = table.append_column(
            pa.field(name, types[kind]), pa.array([record[name] for record in records], types[kind])
        )
    content = io.BytesIO()
    try:
        pa.parquet.write_table(table, content)
    except pa.ArrowException as error:  # e.g. an object without fields
        raise TableError(f"a column has values that Parquet cannot hold ({error}): write .jsonl instead") from None
    return content.getvalue()


def _cell(value: Any) -> str:
    """A value in CSV: a string as it is, null as nothing, anything else as JSON."""
    return (
        value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    )


def _json(value: Any) -> str:
    """A row as JSON, which knows no NaN and no infinity: they become null."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, default=str)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
