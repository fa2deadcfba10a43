"""`onrecord score`: a table of sentences."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from onrecord.cli.command import LEFT_OUT, answering, fail, standard_input
from onrecord.cli.loading import promising, senseless, shares_of
from onrecord.cli.options import Backend, Coverage, Engine, MaxError, Model, OnError, Prior, TableFormat
from onrecord.defaults import CHECKPOINT, PART_ROWS

if TYPE_CHECKING:
    from onrecord.tables.score import Summary

MOST_ROWS = 1_000_000  # of a part, all of which are in memory at once


def score(
    source: Annotated[
        str,
        typer.Argument(
            metavar="IN",
            help="table: .csv, .tsv, .jsonl (also with .gz or .zst behind it), .parquet or .xlsx; - for standard input",
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="OUT",
            help="the same rows and columns with the labels' columns behind them; any of these formats; - for standard output",
        ),
    ],
    text_column: Annotated[str, typer.Option("--text-column", help="the column with the sentences")] = "text",
    on_error: Annotated[
        OnError,
        typer.Option("--on-error", help="what becomes of a bad row: left out and named on standard error, or the end"),
    ] = OnError.fail,
    delimiter: Annotated[
        str | None,
        typer.Option("--delimiter", help="between the cells of CSV and TSV; if not given, the one that the header has"),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option("--encoding", help="of IN, e.g. cp1252; if not given, UTF-8 or what its byte order mark says"),
    ] = None,
    format: Annotated[
        TableFormat | None,
        typer.Option("--format", help="of -, which has no name to say it; default for OUT: that of IN"),
    ] = None,
    safe_csv: Annotated[
        bool,
        typer.Option(
            "--safe-csv", help="an apostrophe before cells that begin with = + - @, which spreadsheets would run"
        ),
    ] = False,
    prefix: Annotated[str, typer.Option("--prefix", help="before the names of the columns added")] = "",
    model: Model = str(CHECKPOINT),
    prior: Prior = None,
    max_error: MaxError = None,
    coverage: Coverage = None,
    backend: Backend = None,
    device: Annotated[str, typer.Option("--device", help="torch device")] = "cpu",
    part_rows: Annotated[
        int, typer.Option("--part-rows", min=1, max=MOST_ROWS, help="rows that are done, or done again, together")
    ] = PART_ROWS,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace OUT if it is there; not with ray")] = False,
    engine: Annotated[
        Engine,
        typer.Option(
            "--engine",
            help="ray: IN is a directory of Parquet or JSONL files, OUT a directory of parts; "
            "both may be URLs (s3://...)",
        ),
    ] = Engine.local,
    actors: Annotated[
        int, typer.Option("--actors", min=1, help="of ray: processes, each with a CPU, and a GPU if --device cuda")
    ] = 2,
    ray_address: Annotated[
        str,
        typer.Option(
            "--ray-address", help="of a ray cluster; auto: the one this machine is part of; local: one for this run"
        ),
    ] = "local",
) -> None:
    """Label a table of sentences. Killed, the same command goes on where it was; OUT appears when all is done."""
    from onrecord.calibration import WishError
    from onrecord.classifier import CheckpointError
    from onrecord.tables.formats import TableError
    from onrecord.tables.parts import ScoreError
    from onrecord.tables.pipe import check_pipe, score_piped
    from onrecord.tables.progress import Meter
    from onrecord.tables.score import Options
    from onrecord.tables.score import score as score_table

    options = Options(
        text_column, prefix, part_rows, max_error, coverage, backend, delimiter, encoding, safe_csv=safe_csv
    )
    try:
        if engine == Engine.ray:
            from onrecord.tables.ray import score_directory

            single = {
                "--overwrite": overwrite,
                "--delimiter": delimiter,
                "--encoding": encoding,
                "--safe-csv": safe_csv,
            }
            if unfit := [name for name, given in single.items() if given] + ["-"] * ("-" in (source, target)):
                raise typer.BadParameter(f"{unfit[0]} is not for --engine ray, whose IN and OUT are directories")
            summary = score_directory(
                source,
                target,
                model,
                options,
                prior=shares_of(prior),
                device=device,
                on_error=on_error,
                actors=actors,
                address=ray_address,
                on_progress=Meter(),
            )
        else:
            check_pipe(source, target, format, overwrite)
            if target == "-" and sys.stdout is None:
                raise fail("standard output is closed, so there is nowhere to answer")
            classifier = promising(model, prior, max_error, coverage, backend, device)

            def score_file(read: Path, written: Path) -> Summary:
                return score_table(
                    read,
                    written,
                    classifier,
                    model,
                    options,
                    on_error=on_error,
                    overwrite=overwrite,
                    on_progress=Meter(),
                    on_note=_note,
                )

            if "-" in (source, target):
                summary = score_piped(source, target, format, score_file, standard_input, _answer)
            else:
                summary = score_file(Path(source), Path(target))
    except WishError as error:
        raise senseless(error, max_error, coverage) from None
    except (ScoreError, CheckpointError, ValueError) as error:
        raise fail(str(error)) from None
    except (TableError, OSError) as error:
        raise fail(f"{source}: {error}") from None
    except KeyboardInterrupt:
        raise fail("stopped; the same command goes on from here") from None
    _finish(summary, target)


def _note(note: str) -> None:
    print(f"note: {note}", file=sys.stderr)


def _answer(file: BinaryIO) -> None:
    with answering():
        shutil.copyfileobj(file, sys.stdout.buffer)


def _finish(summary: Summary, target: str) -> None:
    for note in summary.notes:
        _note(note)
    left_out = f", {summary.bad:,} bad ones left out" if summary.bad else ""
    place = "standard output" if target == "-" else target
    print(f"{summary.written:,} rows in {place}{left_out}", file=sys.stderr)
    if summary.bad:
        raise typer.Exit(LEFT_OUT)
