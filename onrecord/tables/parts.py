"""OUT.parts: what a run has done so far, each part whole or not there, and whose run it is.

The directory is claimed, so that nothing of anybody else is taken for a part, replaced or deleted. `run.json` says
which input, checkpoint and options the parts belong to, and their names bear its fingerprint.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import filelock

from onrecord.tables.ownership import MARKER, NotOurs, claim_directory

PURPOSE = "onrecord score"
RUN, FINISHED, JOINED, LOCK = "run.json", "finished.json", "joined", "lock"  # what lies there beside the parts
PART = re.compile(r"(\d{6}-[0-9a-f]{8}-\d{6}|empty-[0-9a-f]{8})\.[a-z]+")


class ScoreError(Exception):
    """Scoring cannot begin or go on; the message says what to do."""


class Parts:
    """The directory of the parts of one output, locked for one run."""

    def __init__(self, target: Path) -> None:
        """Claim and lock OUT.parts of the output `target`.

        Raises ScoreError if it is not ours, or of a run that is going on.
        """
        self.path = parts_of(target)
        with writing(self.path):
            try:
                claim_directory(self.path, PURPOSE)
            except NotOurs as error:
                raise ScoreError(str(error)) from None
            self._lock = filelock.FileLock(self.path / LOCK, timeout=0)
            try:
                self._lock.acquire()
            except filelock.Timeout:
                raise ScoreError(
                    f"another run is writing {target}: wait for it, or give another name for the output"
                ) from None

    def release(self) -> None:
        """Let another run have it."""
        self._lock.release()

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return (self.path / name).is_file()

    def read(self, name: str) -> str | None:
        """A file's text, or None if it is not there."""
        return (self.path / name).read_text("utf-8") if self.has(name) else None

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all. Raises ScoreError if the disk does not take it."""
        with writing(self.path):
            _write(self.path / name, content, self.path / unfinished(name))

    def opened(self, names: list[str]) -> Iterator[BinaryIO]:
        """The parts, one after the other."""
        for name in names:
            with open(self.path / name, "rb") as part:
                yield part

    def untouched(self) -> bool:
        """Whether no part was done, so that there is nothing to go on from."""
        return self.path.is_dir() and set(os.listdir(self.path)) <= {LOCK, MARKER, RUN, unfinished(RUN)}

    def empty(self) -> None:
        """Take away what a run wrote, FINISHED last: until then a killed run knows that it was done."""
        names = [name for name in os.listdir(self.path) if PART.fullmatch(name.removeprefix(".").removesuffix(".new"))]
        with writing(self.path):
            for name in (*names, *map(unfinished, (JOINED, RUN, FINISHED)), JOINED, RUN, FINISHED):
                (self.path / name).unlink(missing_ok=True)

    def remove(self) -> list[str]:
        """Take the directory away; what others put there is left, and returned."""
        self.empty()
        if left := sorted(set(os.listdir(self.path)) - {LOCK, MARKER}):
            return left
        with writing(self.path):
            (self.path / LOCK).unlink(missing_ok=True)
            (self.path / MARKER).unlink(missing_ok=True)
        with suppress(OSError):  # another run has just come
            self.path.rmdir()
        return []


def parts_of(target: Path) -> Path:
    """Where the parts of an output lie."""
    return target.with_name(target.name + ".parts")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tells of errors on the disk as of the output's. Raises ScoreError."""
    try:
        yield
    except OSError as error:
        raise ScoreError(
            f"{path} cannot be written: {error.strerror or error}; "
            "the same command goes on from here when that is mended"
        ) from error


def unfinished(name: str) -> str:
    """What a file is called while it is written: nobody keeps a copy under such a name."""
    return f".{name}.new"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and so that it outlives a power cut; two who write the same one never mix."""
    fresh = path.with_name(unfinished(f"{path.name}.{uuid.uuid4().hex}"))
    try:
        _write(path, content, fresh)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _write(path: Path, content: bytes, fresh: Path) -> None:
    with open(fresh, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def refuse_no_file(target: Path) -> None:
    """Raise ScoreError if the output's name is that of a directory, a pipe or a device, which cannot be replaced."""
    if target.exists() and not target.is_file():
        raise ScoreError(f"{target} is {'a directory' if target.is_dir() else 'no file'}: give the name of a file")
