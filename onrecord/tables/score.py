"""A table in, the same table with labels out; killed at any moment and started again, it neither loses nor doubles a row.

The input is cut into parts of some thousand rows, in the same places every time. Each part's output is written to OUT.parts, whole or not at
all, so the parts that are there are those that are done. `run.json` there says which input, checkpoint and options they belong to: a run with
others never goes on from them. When all are there they are joined to OUT, which appears whole, and OUT.parts goes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import filelock

from onrecord.classifier import Classifier, Prediction
from onrecord.defaults import PART_ROWS
from onrecord.tables.read import Chunk, Reader, Span, TableError, format_of
from onrecord.tables.write import encoded, join, merged

RUN, FINISHED, JOINED, LOCK = "run.json", "finished.json", "joined", "lock"  # what lies in OUT.parts beside the parts


class ScoreError(Exception):
    """Scoring cannot begin or go on; the message says what to do."""


@dataclass(frozen=True)
class Options:
    """What decides what a row of output looks like."""

    text_column: str = "text"
    prefix: str = ""  # of the names of the columns added
    part_rows: int = PART_ROWS
    max_error: float | None = None  # what the classifier was loaded with: it decides who is abstained
    coverage: float | None = None  # and what the label sets are
    backend: str | None = None  # and the last digits, or with int8 some labels


@dataclass(frozen=True)
class Summary:
    """What a finished run did, over all its starts."""

    written: int  # rows
    bad: int  # rows left out


@dataclass(frozen=True)
class Progress:
    """After each part: where the run is."""

    share: float  # of the input, 0 to 1
    rows: int  # read by now, those of earlier starts included
    fresh: int  # of these, the ones scored since this start
    faults: list[str]  # of this part


@dataclass(frozen=True)
class Part:
    """One part of the output."""

    name: str
    rows: int  # good ones, which it holds
    faults: list[str]  # of the bad ones, which it leaves out
    share: float  # of its file read by now
    content: bytes | None  # None if it was there already


class Scorer:
    """A classifier with the options of a run: makes parts of chunks. The same for every engine."""

    def __init__(self, classifier: Classifier, options: Options) -> None:
        self.classifier = classifier
        self.options = options
        self.kinds = {
            name: type(value) for name, value in self._record(classifier.predict("")).items()
        }  # added columns and their types

    def reader(self, format: str, only: tuple[str, ...] | None = None, unicode: bool = False) -> Reader:
        """How this run reads files of a format; for the rest see Reader."""
        return Reader(format, self.options.text_column, frozenset(self.kinds), only, unicode)

    def parts(
        self,
        reader: Reader,
        file: BinaryIO,
        span: Span,
        stem: str,
        format: str,
        columns: list[str],
        there: Callable[[str], bool],
        on_error: str,
    ) -> Iterator[Part]:
        """The parts of one span of a file, in order; those that are `there` are read for their faults, not scored. Raises ScoreError, TableError."""
        for number, chunk in enumerate(reader.chunks(file, span, self.options.part_rows)):
            if on_error == "fail" and chunk.faults:
                raise ScoreError(
                    f"{chunk.faults[0]}; leave such rows out with --on-error skip, which goes on from here, or mend the input and begin anew"
                )
            name = f"{stem}-{number:06}.{format}"
            content = None if there(name) else self.content(chunk, format, columns)
            yield Part(name, len(chunk.texts), chunk.faults, chunk.position, content)

    def content(self, chunk: Chunk, format: str, columns: list[str]) -> bytes:
        """A part file's bytes."""
        return encoded(
            chunk, [self._record(p) for p in self.classifier.predict(chunk.texts)], format, columns, self.kinds
        )

    def _record(self, prediction: Prediction) -> dict[str, Any]:
        return {self.options.prefix + name: value for name, value in prediction.record().items()}


def score(
    source: Path,
    target: Path,
    classifier: Classifier,
    checkpoint: str | os.PathLike[str],
    options: Options | None = None,
    *,
    on_error: str = "fail",
    overwrite: bool = False,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Summary:
    """Score the table `source` into the table `target`, both CSV, TSV, JSONL or Parquet by the end of their names.

    `checkpoint` is where `classifier` was loaded from. `on_error` is "fail", which ends at the first bad row, or "skip", which leaves bad rows
    out; `on_progress` hears of each. Raises ScoreError, or TableError for a table that cannot be read or written.
    """
    options = options or Options()
    try:
        format, written_as = format_of(str(source)), format_of(str(target))
    except TableError as error:  # it names the file
        raise ScoreError(str(error)) from None
    if not source.is_file():
        raise ScoreError(
            f"there is no file {source}"
            if not source.exists()
            else f"{source} is no file; of directories --engine ray makes directories"
        )
    if not target.parent.is_dir():
        raise ScoreError(f"there is no directory {target.parent} for {target.name}: make it first")
    if target.is_dir():
        raise ScoreError(f"{target} is a directory: give the name of a file in it")
    if source.resolve() == target.resolve():
        raise ScoreError(f"{source} would be replaced by its own scores: give another name for the output")
    parts = target.with_name(target.name + ".parts")
    identity = run_identity(
        classifier, checkpoint, options, {"format": format, "as": written_as, **file_identity(source)}
    )
    delivered = (parts / FINISHED).exists() and not (
        parts / JOINED
    ).exists()  # killed while it cleaned up: OUT may be its own
    if target.exists() and not overwrite and not delivered:
        raise _in_the_way(target)
    with _writing(parts):
        parts.mkdir(exist_ok=True)
        lock = filelock.FileLock(parts / LOCK, timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise ScoreError(
                f"another run is writing {target}: wait for it, or give another name for the output"
            ) from None
    try:
        return _score(
            source,
            target,
            parts,
            identity,
            Scorer(classifier, options),
            (format, written_as),
            on_error,
            overwrite,
            on_progress,
        )
    except (ScoreError, TableError):
        if parts.is_dir() and set(os.listdir(parts)) <= {
            LOCK,
            RUN,
            f"{RUN}.new",
        }:  # nothing was done, so there is nothing to go on from
            shutil.rmtree(parts, ignore_errors=True)
        raise
    finally:
        lock.release()


def _score(
    source: Path,
    target: Path,
    parts: Path,
    identity: dict[str, Any],
    scorer: Scorer,
    formats: tuple[str, str],
    on_error: str,
    overwrite: bool,
    on_progress: Callable[[Progress], None],
) -> Summary:
    if (parts / FINISHED).exists():  # killed between joining and cleaning up
        finished = json.loads((parts / FINISHED).read_text())
        same = finished["identity"] == identity
        if (parts / JOINED).exists() and (same or not overwrite):
            _deliver(parts, target, overwrite)
        own = (
            target.exists() and file_identity(target) == finished["output"]
        )  # else it was moved away or replaced since
        if same and own:
            _clean(parts)
            return Summary(**finished["summary"])
        if target.exists() and not overwrite:
            _clean(parts)
            raise _in_the_way(target, ", of an earlier run with another input, checkpoint or options" if own else "")
        _empty(parts)
    check_identity(
        (parts / RUN).read_text() if (parts / RUN).exists() else None, identity, f"delete {parts} to begin anew"
    )
    with _writing(parts):
        write_whole(parts / RUN, json.dumps(identity, indent=1).encode())
    format, written_as = formats
    with open(source, "rb") as file:
        columns = scorer.reader(format).columns(file)
        only = tuple(columns) if format == "jsonl" and written_as in ("csv", "tsv") else None
        reader = scorer.reader(format, only, unicode=written_as != format)
        there = set(os.listdir(parts))
        names: list[str] = []
        written = bad = fresh = 0
        schema = None

        def keep(name: str, content: bytes | None) -> None:
            nonlocal schema
            if content is not None:
                with _writing(parts):
                    write_whole(parts / name, content)
            if written_as == "parquet":
                with open(parts / name, "rb") as part:
                    schema = merged(schema, part, f"row {written + bad + 1}")
            names.append(name)

        for i, span in enumerate(reader.spans(file)):
            for part in scorer.parts(reader, file, span, f"{i:06}", written_as, columns, there.__contains__, on_error):
                keep(part.name, part.content)
                written += part.rows
                bad += len(part.faults)
                fresh += part.rows if part.content is not None else 0
                on_progress(Progress(part.share, written + bad, fresh, part.faults))
        if not names:
            keep(f"empty.{written_as}", scorer.content(reader.nothing(file), written_as, columns))
    summary = Summary(written, bad)
    if not file_identity(source).items() <= identity["input"].items():
        raise ScoreError(
            f"{source} was changed while it was being scored, so that the parts may be of both: delete {parts} and begin anew"
        )
    with _writing(parts):
        _join(parts, names, written_as, [*columns, *scorer.kinds], schema)
        finished = {"identity": identity, "summary": asdict(summary), "output": file_identity(parts / JOINED)}
        write_whole(parts / FINISHED, json.dumps(finished).encode())
    _deliver(parts, target, overwrite)
    _clean(parts)
    return summary


def _in_the_way(target: Path, whose: str = "") -> ScoreError:
    return ScoreError(f"{target} is there already{whose}: give another name, or replace it with --overwrite")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tells of errors on the disk as of the output's. Raises ScoreError."""
    try:
        yield
    except OSError as error:
        raise ScoreError(
            f"{path} cannot be written: {error.strerror or error}; the same command goes on from here when that is mended"
        ) from error


def _join(parts: Path, names: list[str], format: str, header: list[str], schema: Any) -> None:
    """All parts as the file JOINED, whole or not at all."""

    def opened() -> Iterator[BinaryIO]:
        for name in names:
            with open(parts / name, "rb") as part:
                yield part

    fresh = parts / f"{JOINED}.new"
    with open(fresh, "wb") as target:
        join(opened(), format, header, schema, target)
        target.flush()
        os.fsync(target.fileno())
    fresh.replace(parts / JOINED)


def _deliver(parts: Path, target: Path, overwrite: bool) -> None:
    """Put the joined file in its place. Raises ScoreError if another file has come there during the run."""
    if target.exists() and not overwrite:
        raise ScoreError(
            f"{target} has come there while its rows were being scored: move it away and run the same command again, or replace it with --overwrite"
        )
    with _writing(target):
        (parts / JOINED).replace(target)


def _empty(parts: Path) -> None:
    """Take away all parts, FINISHED last: until then a killed run knows that it was done."""
    with _writing(parts):
        for name in os.listdir(parts):
            if name not in (FINISHED, LOCK):
                (parts / name).unlink()
        (parts / FINISHED).unlink()


def _clean(parts: Path) -> None:
    """Take OUT.parts away."""
    _empty(parts)
    with _writing(parts):
        shutil.rmtree(parts)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and so that it outlives a power cut."""
    fresh = path.with_name(path.name + ".new")
    with open(fresh, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def run_identity(
    classifier: Classifier, checkpoint: str | os.PathLike[str], options: Options, source: dict[str, Any]
) -> dict[str, Any]:
    """What two runs must share for one to go on where the other stopped."""
    rule = classifier.rule
    prior = rule.prior if rule.prior != "given" else f"given: {', '.join(f'{shift:.6f}' for shift in rule.shift)}"
    return {"input": source, "checkpoint": checkpoint_identity(checkpoint), "prior": prior, "options": asdict(options)}


def file_identity(path: Path) -> dict[str, Any]:
    """Size and time of change, and SHA-256 of the first and the last MiB: the whole of a large file would take minutes."""
    state = path.stat()
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        digest.update(file.read(1 << 20))
        file.seek(max(0, state.st_size - (1 << 20)))
        digest.update(file.read(1 << 20))
    return {"bytes": state.st_size, "changed": state.st_mtime_ns, "sha256 of its ends": digest.hexdigest()}


def checkpoint_identity(checkpoint: str | os.PathLike[str]) -> str:
    """SHA-256 over the files that decide what a checkpoint answers; a hub id stands for itself."""
    directory = Path(checkpoint)
    if not directory.is_dir():
        return os.fspath(checkpoint)
    digest = hashlib.sha256()
    for path in sorted(directory.iterdir()):
        if path.suffix in (".json", ".onnx", ".safetensors"):
            with open(path, "rb") as file:
                digest.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\0".encode())
    return digest.hexdigest()


def check_identity(before: str | None, now: dict[str, Any], way_out: str) -> None:
    """Raises ScoreError if parts of another run lie there, naming what differs."""
    if before is None:
        return
    try:
        found = json.loads(before)
        different = [name for name in now if found.get(name) != now[name]]
    except (ValueError, AttributeError):
        raise ScoreError(f"{RUN} of the parts that lie there cannot be read: {way_out}") from None
    if different:
        what = "; ".join(f"{name} was {json.dumps(found.get(name))}, is {json.dumps(now[name])}" for name in different)
        raise ScoreError(f"parts of another run lie there ({what}): {way_out}, or go on with what they were made with")
