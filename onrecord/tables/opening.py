"""A table's bytes as a reader wants them: unpacked, in UTF-8, in a file that can be read from any place.

A plain UTF-8 file is read where it lies. Another one is first written to a file without a name beside it in the
temporary directory, which takes as much room there as its text.
"""

from __future__ import annotations

import codecs
import gzip
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from onrecord.tables.formats import TableError, arrow, compression_of

BOM = codecs.BOM_UTF8
MARKS = {  # beginnings that say the encoding; that of UTF-16 is also the first half of one of UTF-32
    BOM: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
BLOCK = 1 << 20
GUESSED = ("cp1252", "mac_roman")  # in what English text is kept that is not UTF-8
SIGNATURES = {  # first bytes of what is often given the name of a text format
    b"\x1f\x8b": "a gzip file (.gz)",
    b"\x28\xb5\x2f\xfd": "a zstd file (.zst)",
    b"PK\3\4": "an Excel workbook (.xlsx) or another archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"PAR1\x15": "a Parquet file (.parquet)",
}
WIDE = ("utf_16_le", "utf_16_be")  # and where it has NUL bytes
SAMPLE = 100  # lines that a guess is made from


class Opened(NamedTuple):
    """An open table."""

    file: BinaryIO  # in UTF-8, whatever the table is in
    encoding: str  # of the table itself
    marked: bool  # whether it begins with a byte order mark, or is not in UTF-8: then a CSV made of it has one too


@contextmanager
def opened(path: Path | str, format: str, encoding: str | None = None) -> Iterator[Opened]:
    """Open a table of a format; `encoding` is that of its text, None for what its first bytes say, or else UTF-8.

    A byte that the encoding lacks stays as it is, which is no UTF-8, so that its row is told by the reader. Raises
    TableError.
    """
    if encoding is not None:
        _check_encoding(encoding, format)
    with open(path, "rb") as raw:
        if format in ("parquet", "xlsx"):
            yield Opened(raw, "utf-8", False)
            return
        packed = compression_of(str(path))
        blocks = _blocks(raw, packed)
        first = next(blocks, b"")
        if kind := next((kind for start, kind in SIGNATURES.items() if first.startswith(start)), None):
            raise TableError(
                f"it begins as {kind} does, not as text: let its name say so, unpack it or save it as .csv"
            )
        mark = next((mark for mark in MARKS if first.startswith(mark)), b"")
        encoding = encoding or MARKS.get(mark, "utf-8")
        foreign = codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig")
        if not packed and not foreign:
            raw.seek(0)
            yield Opened(raw, "utf-8", bool(mark))
            return
        with _temporary() as plain:
            decoder = codecs.getincrementaldecoder(encoding)("surrogateescape") if foreign else None
            try:
                while first:
                    text = decoder.decode(first).encode("utf-8", "surrogateescape") if decoder else first
                    with fitting():
                        plain.write(text)
                    first = next(blocks, b"")
                text = decoder.decode(b"", final=True).encode("utf-8", "surrogateescape") if decoder else b""
            except UnicodeError as error:
                raise TableError(f"this is not {encoding}: {error}") from None
            with fitting():
                plain.write(text)
                plain.seek(0)
            yield Opened(plain, encoding, bool(mark) or foreign)


@contextmanager
def _temporary() -> Iterator[BinaryIO]:
    """A file without a name, closed even where what it was given did not fit."""
    file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  closed below
    try:
        yield file
    finally:
        with suppress(OSError):
            file.close()


@contextmanager
def fitting() -> Iterator[None]:
    """Tells of a full disk as the temporary directory's. Raises TableError."""
    try:
        yield
    except OSError as error:
        raise TableError(
            f"this does not fit into the temporary directory {tempfile.gettempdir()} ({error.strerror or error}): "
            "make room, or name another one by the environment variable TMPDIR"
        ) from None


def _check_encoding(encoding: str, format: str) -> None:
    if format in ("parquet", "xlsx"):
        raise TableError(f"{format} files say their own encoding: leave out the encoding {encoding}")
    try:
        known = codecs.lookup(encoding)._is_text_encoding
    except LookupError:
        known = False
    if not known:
        raise TableError(f"there is no encoding {encoding!r}; there are e.g. utf-8, cp1252, mac_roman, utf-16")


def _blocks(raw: BinaryIO, packed: str | None) -> Iterator[bytes]:
    """The bytes of a file, unpacked. Raises TableError where that cannot be."""
    unpacking: dict[str | None, Callable[[BinaryIO], Any]] = {
        None: nullcontext,
        "gzip": gzip.open,
        "zstd": lambda file: arrow(".zst").CompressedInputStream(file, "zstd"),
    }
    try:
        with unpacking[packed](raw) as source:
            yield from iter(lambda: source.read(BLOCK), b"")
    except (EOFError, zlib.error, OSError) as error:
        if packed is None:
            raise
        raise TableError(f"this is no whole {packed} file ({error}): unpack it yourself, or fetch it again") from None


def guess(file: BinaryIO) -> str | None:
    """What encoding the lines look like that are not UTF-8; None where nobody can say.

    Leaves the file at its beginning.
    """
    try:
        import charset_normalizer
    except ModuleNotFoundError:
        return None
    file.seek(0)
    odd: list[bytes] = []
    while line := file.readline(BLOCK):
        try:
            line.decode()
        except UnicodeDecodeError:
            odd.append(line)
        if len(odd) == SAMPLE:
            break
    file.seek(0)
    text = b"".join(odd)
    likely = WIDE if b"\0" in text else GUESSED
    best = charset_normalizer.from_bytes(text, cp_isolation=list(likely)).best() if odd else None
    return best.encoding if best else None
