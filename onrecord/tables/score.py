"""A table in, the same table with labels out; killed at any moment and started again, it loses and doubles no row.

The input is cut into parts of some thousand rows, in the same places every time. Each part's output is written to
OUT.parts, whole or not at all, so the parts that are there are those that are done (onrecord.tables.parts). When all
are there they are joined to OUT, which appears whole, and OUT.parts goes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from onrecord.article.language import foreign
from onrecord.classifier import Classifier, Prediction
from onrecord.tables import workbook
from onrecord.tables.formats import DELIMITERS, TableError, compression_of, format_of
from onrecord.tables.identity import Options, check_identity, file_identity, run_identity
from onrecord.tables.opening import Opened, opened
from onrecord.tables.parts import (
    FINISHED,
    JOINED,
    RUN,
    Parts,
    ScoreError,
    parts_of,
    refuse_no_file,
    unfinished,
    writing,
)
from onrecord.tables.read import Chunk, Reader, Span, parquet_file
from onrecord.tables.write import Form, check_schema, encoded, inferred, join, refuse_unwritable

SPREAD = 100  # rows of a part by which its language is told, spread over it


@dataclass(frozen=True)
class Summary:
    """What a finished run did, over all its starts."""

    written: int  # rows
    bad: int  # rows left out
    short: int = 0  # rows of `written` that ended before the last columns and got empty cells there
    notes: tuple[str, ...] = ()  # what else there is to tell

    def line(self, place: str) -> str:
        """What was done, for people."""
        left_out = f", {self.bad:,} bad ones left out" if self.bad else ""
        return f"{self.written:,} rows in {place}{left_out}"


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
    short: list[str]  # places of the good rows that were filled up with empty cells


class Scorer:
    """A classifier with the options of a run: makes parts of chunks. The same for every engine."""

    def __init__(self, classifier: Classifier, options: Options) -> None:
        self.classifier = classifier
        self.options = options
        # added columns and their types
        self.kinds = {name: type(value) for name, value in self._record(classifier.predict("")).items()}

    def reader(self, format: str) -> Reader:
        """How this run reads files of a format."""
        options = self.options
        return Reader(format, options.text_column, frozenset(self.kinds), delimiter=options.delimiter)

    def parts(
        self,
        reader: Reader,
        file: BinaryIO,
        span: Span,
        stem: str,
        form: Form,
        columns: list[str],
        there: Callable[[str], bool],
        on_error: str,
    ) -> Iterator[Part]:
        """The parts of one span of a file, in order; those that are `there` are read for their faults, not scored.

        Raises ScoreError, TableError.
        """
        for number, chunk in enumerate(reader.chunks(file, span, self.options.part_rows)):
            if on_error == "fail" and chunk.faults:
                raise ScoreError(
                    f"{chunk.faults[0]}; leave such rows out with --on-error skip, which goes on from here, or mend "
                    "the input and begin anew"
                )
            name = f"{stem}-{number:06}.{form.format}"
            content = None if there(name) else self.content(chunk, form, columns)
            yield Part(name, len(chunk.texts), chunk.faults, chunk.position, content, chunk.short)

    def content(self, chunk: Chunk, form: Form, columns: list[str]) -> bytes:
        """A part file's bytes."""
        return encoded(
            chunk, [self._record(p) for p in self.classifier.predict(chunk.texts)], form, columns, self.kinds
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
    on_note: Callable[[str], None] = lambda _: None,
) -> Summary:
    """Score the table `source` into the table `target`, in the formats that the ends of their names say.

    `checkpoint` is the directory that `classifier` was loaded from. `on_error` is "fail", which ends at the first bad
    row, or "skip", which leaves bad rows out; `on_progress` hears of each, `on_note` of what was found out about the
    input and nobody had said. Raises ScoreError, or TableError for a table that cannot be read or written.
    """
    options = options or Options()
    target = Path(os.path.realpath(target))  # where a link leads
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
    refuse_no_file(target)
    if source.exists() and target.exists() and source.samefile(target):
        raise ScoreError(f"{source} would be replaced by its own scores: give another name for the output")
    identity = run_identity(
        classifier, checkpoint, options, {"format": format, "as": written_as, **file_identity(source)}
    )
    directory = parts_of(target)
    # Killed while it cleaned up: OUT may be its own.
    delivered = (directory / FINISHED).exists() and not (directory / JOINED).exists()
    if target.exists() and not overwrite and not delivered:
        raise in_the_way(target)
    parts = Parts(target)
    try:
        if summary := _finished(parts, target, identity, overwrite):
            return summary
        check_identity(parts.read(RUN), identity, f"delete {parts.path} to begin anew")
        run = json.dumps(identity, indent=1)
        parts.write(RUN, run.encode())
        with opened(source, format, options.encoding) as table:
            made = _make_parts(
                parts, table, Scorer(classifier, options), (format, target), run, on_error, on_progress, on_note
            )
        names, form, header, summary = made
        if not file_identity(source).items() <= identity["input"].items():
            raise ScoreError(
                f"{source} was changed while it was being scored, so that the parts may be of both: "
                f"delete {parts.path} and begin anew"
            )
        _join(parts, names, form, header)
        with writing(parts.path):
            finished = {"identity": identity, "summary": asdict(summary), "output": file_identity(parts.path / JOINED)}
        parts.write(FINISHED, json.dumps(finished).encode())
        _deliver(parts, target, overwrite)
        return _cleaned(parts, summary)
    except Exception:
        if parts.untouched():
            parts.remove()
        raise
    finally:
        parts.release()


def _finished(parts: Parts, target: Path, identity: dict[str, Any], overwrite: bool) -> Summary | None:
    """What a run did that was killed between joining and cleaning up, after doing that.

    None if there is one to be done.
    """
    if not (text := parts.read(FINISHED)):
        return None
    finished = json.loads(text)
    same = finished["identity"] == identity
    if parts.has(JOINED) and (same or not overwrite):
        _deliver(parts, target, overwrite)
    unchanged = (
        target.exists() and file_identity(target) == finished["output"]
    )  # else it was moved away or replaced since
    if same and unchanged:
        return _cleaned(parts, Summary(**finished["summary"] | {"notes": tuple(finished["summary"]["notes"])}))
    if target.exists() and not overwrite:
        parts.remove()
        raise in_the_way(target, ", of an earlier run with another input, checkpoint or options" if unchanged else "")
    parts.empty()
    return None


def _make_parts(
    parts: Parts,
    table: Opened,
    scorer: Scorer,
    formats: tuple[str, Path],
    run: str,
    on_error: str,
    on_progress: Callable[[Progress], None],
    on_note: Callable[[str], None],
) -> tuple[list[str], Form, list[str], Summary]:
    """Make all parts that are not there: (their names, how they are written, the header, what was done)."""
    reader, form, columns = _plan(table, scorer, *formats)
    for note in reader.notes(table.file):
        on_note(note)
    if language := _language(reader, table.file, scorer.options.part_rows):
        on_note(f"these sentences are not English (they seem {language}): their labels mean nothing")
    mark = hashlib.sha256(run.encode()).hexdigest()[:8]  # in the names: no file of another run is taken for a part
    names: list[str] = []
    written = bad = fresh = 0
    short: list[str] = []
    for i, span in enumerate(reader.spans(table.file)):
        for part in scorer.parts(reader, table.file, span, f"{i:06}-{mark}", form, columns, parts.has, on_error):
            if part.content is not None:
                parts.write(part.name, part.content)
                fresh += part.rows
            names.append(part.name)
            written += part.rows
            bad += len(part.faults)
            short += part.short
            on_progress(Progress(part.share, written + bad, fresh, part.faults))
    if not names:
        names.append(f"empty-{mark}.{form.format}")
        parts.write(names[0], scorer.content(reader.nothing(table.file), form, columns))
    notes = (
        (f"{len(short):,} rows end before the last columns and have empty cells there; the first: {short[0]}",)
        if short
        else ()
    )
    return names, form, [*columns, *scorer.kinds], Summary(written, bad, len(short), notes)


def _plan(table: Opened, scorer: Scorer, format: str, target: Path) -> tuple[Reader, Form, list[str]]:
    """How the input is read and the output written, and the input's columns: all that the first part needs.

    Raises TableError where the output could not hold the input, before anything is scored.
    """
    written_as, file = format_of(str(target)), table.file
    reader = scorer.reader(format)
    columns = reader.columns(file)
    fixed = format == "jsonl" and written_as in ("csv", "tsv", "xlsx")
    reader = replace(
        reader,
        only=frozenset(columns) if fixed else None,
        unicode=written_as != format,
        encoding=table.encoding,
        sheet=written_as == "xlsx",
    )
    delimiter = reader.dialect(file).delimiter if format == written_as and format in DELIMITERS else None
    form = Form(
        written_as,
        delimiter or DELIMITERS.get(written_as, ","),
        marked=table.marked,
        safe=scorer.options.safe_csv,
        compression=compression_of(str(target)),
    )

    schema = parquet_file(file).schema_arrow if format == "parquet" else None
    try:
        refuse_unwritable(form, [*columns, *scorer.kinds], schema)
    except TableError as error:
        raise ScoreError(f"{target}: {error}") from None

    def chunks() -> Iterator[Chunk]:
        for span in reader.spans(file):
            yield from reader.chunks(file, span, scorer.options.part_rows)

    if written_as == "xlsx" and (count := sum(len(chunk.texts) for chunk in chunks())) > workbook.ROWS:
        raise TableError(f"{count:,} rows are more than the {workbook.ROWS:,} of a sheet: write .csv or .parquet")
    if written_as == "parquet" and format in ("jsonl", "xlsx"):
        schema = inferred(chunks())
        check_schema(chunks(), schema)
        form = replace(form, schema=schema)
    return reader, form, columns


def _language(reader: Reader, file: BinaryIO, size: int) -> str | None:
    """What language the first part plainly is in that is not English; see `foreign`."""
    chunks = (chunk for span in reader.spans(file)[:1] for chunk in reader.chunks(file, span, size))
    texts = next((chunk.texts for chunk in chunks), [])
    return foreign(" ".join(texts[:: max(1, len(texts) // SPREAD)]))


def in_the_way(target: Path, whose: str = "") -> ScoreError:
    """The error about an output that is there already."""
    return ScoreError(f"{target} is there already{whose}: give another name, or replace it with --overwrite")


def _join(parts: Parts, names: list[str], form: Form, header: list[str]) -> None:
    """All parts as the file JOINED, whole or not at all."""
    fresh = parts.path / unfinished(JOINED)
    with writing(parts.path):
        with open(fresh, "wb") as target:
            join(parts.opened(names), form, header, target)
            target.flush()
            os.fsync(target.fileno())
        fresh.replace(parts.path / JOINED)


def _deliver(parts: Parts, target: Path, overwrite: bool) -> None:
    """Put the joined file in its place. Raises ScoreError if another file has come there during the run."""
    if target.exists() and not overwrite:
        raise ScoreError(
            f"{target} has come there while its rows were being scored: move it away and run the same command again, "
            "or replace it with --overwrite"
        )
    with writing(target):
        (parts.path / JOINED).replace(target)


def _cleaned(parts: Parts, summary: Summary) -> Summary:
    """The summary, after OUT.parts was taken away; it says so if something of others lies there."""
    if left := parts.remove():
        note = f"{parts.path} is left, as it holds {', '.join(left[:3])}, which no run put there"
        return replace(summary, notes=(*summary.notes, note))
    return summary
