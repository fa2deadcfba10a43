"""The formats of tables, by the end of a file's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

FORMATS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".xlsx": "xlsx"}
DELIMITERS = {"csv": ",", "tsv": "\t"}  # of each delimited format, where no other one is given or found
COMPRESSED = {".gz": "gzip", ".zst": "zstd"}  # behind the end that says the format


class TableError(Exception):
    """A table that cannot be read or written at all; the message says what to do."""


def refuse_repeated(columns: Sequence[str]) -> None:
    """Raise TableError if two columns have one name."""
    if twice := next((name for name, count in Counter(columns).items() if count > 1), None):
        raise TableError(f"column {twice!r} stands twice in the header: rename one")


def format_of(path: str) -> str:
    """csv, tsv, jsonl, parquet or xlsx, by the end of the name. Raises TableError for another end."""
    name = PurePath(path)
    packed = name.suffix.lower() in COMPRESSED
    suffix = PurePath(name.stem).suffix.lower() if packed else name.suffix.lower()
    if suffix not in FORMATS:
        raise TableError(
            f"{path}: the name says the format, and must end in one of {', '.join(FORMATS)}, "
            f"of which the text formats may be packed ({', '.join(COMPRESSED)})"
        )
    if packed and FORMATS[suffix] in ("parquet", "xlsx"):
        raise TableError(f"{path}: {suffix} is compressed in itself; give it without {name.suffix}")
    return FORMATS[suffix]


def compression_of(path: str) -> str | None:
    """gzip or zstd, by the end of the name; None for a file that is not packed."""
    return COMPRESSED.get(PurePath(path).suffix.lower())


def arrow(purpose: str = "Parquet") -> Any:
    """The pyarrow module. Raises TableError where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        raise TableError(
            f"{purpose} needs pyarrow: run `pip install 'onrecord[parquet]'`, or use plain CSV or JSONL"
        ) from None
    return pyarrow
