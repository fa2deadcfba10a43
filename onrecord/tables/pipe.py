"""Scoring from or to a pipe: `-` is kept on disk until it is whole, as what is killed cannot go on.

A table from standard input is read to its end first, one to standard output is written when all is done, so that
nobody gets half of one.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from onrecord.tables.formats import format_of
from onrecord.tables.parts import ScoreError, refuse_no_file
from onrecord.tables.score import Summary, in_the_way

PIPE = "-"
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # the second: not Windows


def check_pipe(source: str, target: str, format: str | None, overwrite: bool) -> None:
    """Raise ValueError where `-` and the format do not go together, ScoreError where the output cannot be."""
    if source == PIPE and format is None:
        raise ValueError("IN is -, so --format must say what it is: csv, tsv, jsonl, parquet or xlsx")
    if PIPE not in (source, target) and format is not None:
        raise ValueError("--format is for -; the end of a file's name says its format")
    if source == PIPE != target:
        place = Path(os.path.realpath(target))
        if not place.parent.is_dir():
            raise ScoreError(f"there is no directory {place.parent} for {place.name}: make it first")
        refuse_no_file(place)
        if place.exists() and not overwrite:
            raise in_the_way(place)


def score_or_pipe(
    source: str,
    target: str,
    format: str | None,
    overwrite: bool,
    score: Callable[[Path, Path], Summary],
    stdin: Callable[[], BinaryIO],
    answer: Callable[[BinaryIO], None],
) -> Summary:
    """Call `score` with the two names, and with files in the place of those that are "-".

    `stdin` gives the bytes of the input, `answer` takes the output when all is done. `format` is that of "-"; None
    for the format of `source`. Raises what `score` raises, and ScoreError if the output has come there meanwhile.
    """
    if PIPE not in (source, target):
        return score(Path(source), Path(target))
    form = format or format_of(source)
    place = None if target == PIPE else Path(os.path.realpath(target))  # a link may lead to another disk
    with _interrupted(), tempfile.TemporaryDirectory(prefix=".onrecord-", dir=place and place.parent) as scratch:
        read = Path(source)
        if source == PIPE:
            read = Path(scratch) / f"in.{form}"
            with open(read, "wb") as file:
                shutil.copyfileobj(stdin(), file)
        written = Path(scratch) / (Path(target).name if place else f"out.{form}")
        summary = score(read, written)
        if place:
            _deliver(written, place, overwrite)
        else:
            with open(written, "rb") as file:
                answer(file)
        return summary


@contextmanager
def _interrupted() -> Iterator[None]:
    """A signal that ends the process, as `timeout` or a closed terminal sends it, is an interrupt, which cleans up.

    One that is ignored, as under nohup, stays so.
    """
    before = {name: signal.getsignal(name) for name in ENDING}
    for name, handler in before.items():
        if handler == signal.SIG_DFL:
            signal.signal(name, signal.default_int_handler)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _deliver(written: Path, target: Path, overwrite: bool) -> None:
    """Put the scores in their place. What has come there meanwhile stays, and so do they, under another name."""
    if target.exists() and not overwrite:
        kept = target.with_name(f"{written.parent.name.removeprefix('.')}-{target.name}")
        os.replace(written, kept)
        raise ScoreError(f"{target} has come there while its rows were being scored: the scores are in {kept}")
    os.replace(written, target)
