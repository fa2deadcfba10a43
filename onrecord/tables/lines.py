"""Lines in constant memory: of an endless stream, each as soon as it is there, and of a file; no line is kept whole
that is too long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

READ = 1 << 16  # bytes asked for at once: what a pipe holds
LONGEST = 1_000_000  # bytes of a line; a sentence has some hundred


@dataclass(frozen=True)
class Line:
    """One line, without its end."""

    number: int  # from 1, blank lines counted
    text: str
    fault: str = ""  # why it has no text; empty for a good one


def incoming_lines(stream: BinaryIO) -> Iterator[list[Line]]:
    """The lines that one read brings, together, without blank ones.

    It is one if they are typed, some hundred if they are piped while the caller is busy. A line ends in LF or CR LF.
    Waits only where nothing has come yet.
    """
    number, rest, cut = 0, b"", False  # cut: the line that `rest` belongs to is too long, and its beginning is dropped

    def line(data: bytes) -> Line:
        if cut or len(data) > LONGEST:
            return Line(number, "", f"is longer than {LONGEST:,} bytes, which no sentence is")
        if b"\0" in data:
            return Line(number, "", "holds NUL bytes: perhaps it is UTF-16")
        try:
            return Line(
                number, (data.removeprefix(b"\xef\xbb\xbf") if number == 1 else data).decode().removesuffix("\r")
            )
        except UnicodeDecodeError as error:
            return Line(number, "", f"is not UTF-8 (byte {error.start + 1} is 0x{data[error.start]:02x})")

    while data := stream.read1(READ):  # type: ignore[attr-defined]
        *ended, rest = (rest + data).split(b"\n")
        lines = []
        for each in ended:
            number += 1
            lines.append(line(each))
            cut = False
        if len(rest) > LONGEST:
            rest, cut = b"", True
        if lines := [each for each in lines if each.fault or each.text.strip()]:
            yield lines
    number += 1
    if (rest or cut) and ((last := line(rest)).fault or last.text.strip()):
        yield [last]


def read_line(file: BinaryIO, most: int) -> tuple[bytes, int]:
    """The next line of a file, as far as its first `most` bytes, and how many it has; (b"", 0) at the end."""
    line = piece = file.readline(most)
    size = len(line)
    while len(piece) == most and not piece.endswith(b"\n"):
        piece = file.readline(most)
        size += len(piece)
    return line, size
