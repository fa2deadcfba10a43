"""`onrecord score`: a table of sentences."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from typing import Annotated, Any, BinaryIO

import typer

from onrecord.cli.command import LEFT_OUT, fail, printing, standard_input
from onrecord.cli.loading import bad_wish, load_and_note, shares_of
from onrecord.cli.options import Backend, Coverage, Engine, MaxError, Model, OnError, Prior, SafeCsv, TableFormat
from onrecord.defaults import PART_ROWS
from onrecord.terminal import escaped

MOST_ROWS = 1_000_000  # of a part, all of which are in memory at once
IN = "table: .csv, .tsv, .jsonl (also with .gz or .zst behind it), .parquet or .xlsx; - for standard input"
OUT = "the same rows and columns with the labels' columns behind them; any of these formats; - for standard output"


def score(
    source: Annotated[str, typer.Argument(metavar="IN", help=IN)],
    target: Annotated[str, typer.Argument(metavar="OUT", help=OUT)],
    text_column: Annotated[str, typer.Option(help="the column with the sentences")] = "text",
    on_error: Annotated[
        OnError, typer.Option(help="what becomes of a bad row: left out and named on standard error, or the end")
    ] = "fail",
    delimiter: Annotated[str | None, typer.Option(help="of CSV and TSV; if not given, the header's")] = None,
    encoding: Annotated[str | None, typer.Option(help="of IN, e.g. cp1252; if not given, UTF-8 or its mark's")] = None,
    format: Annotated[
        TableFormat | None, typer.Option(help="of -, which has no name to say it; default for OUT: that of IN")
    ] = None,
    safe_csv: SafeCsv = False,
    prefix: Annotated[str, typer.Option(help="before the names of the columns added")] = "",
    model: Model = None,
    prior: Prior = None,
    max_error: MaxError = None,
    coverage: Coverage = None,
    backend: Backend = None,
    device: Annotated[str, typer.Option(help="torch device")] = "cpu",
    part_rows: Annotated[
        int, typer.Option(min=1, max=MOST_ROWS, help="rows that are done, or done again, together")
    ] = PART_ROWS,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace OUT if it is there; not with ray")] = False,
    engine: Annotated[
        Engine, typer.Option(help="ray: IN and OUT are directories or URLs (s3://...) of Parquet or JSONL files")
    ] = "local",
    actors: Annotated[
        int, typer.Option(min=1, help="of ray: processes, each with a CPU, and a GPU if --device cuda")
    ] = 2,
    ray_address: Annotated[
        str, typer.Option(help="of a ray cluster; auto: this machine's; local: one for this run")
    ] = "local",
) -> None:
    """Label a table of sentences. Killed, the same command goes on where it was; OUT appears when all is done."""
    from onrecord.calibration import WishError
    from onrecord.classifier import CheckpointError
    from onrecord.tables.formats import TableError
    from onrecord.tables.identity import Options
    from onrecord.tables.parts import ScoreError
    from onrecord.tables.pipe import check_pipe, score_or_pipe
    from onrecord.tables.progress import Meter
    from onrecord.tables.ray import score_directory, unsupported
    from onrecord.tables.score import score as score_table

    options = Options(
        text_column, prefix, part_rows, max_error, coverage, backend, delimiter, encoding, safe_csv=safe_csv
    )
    try:
        if engine == "ray":
            if refused := unsupported(source, target, options, overwrite):
                raise typer.BadParameter(f"{refused} is not for --engine ray, whose IN and OUT are directories")
            chosen: dict[str, Any] = dict(prior=shares_of(prior), device=device, actors=actors, address=ray_address)
            summary = score_directory(source, target, model, options, **chosen, on_error=on_error, on_progress=Meter())
        else:
            check_pipe(source, target, format, overwrite)
            if target == "-" and sys.stdout is None:
                raise fail("standard output is closed, so there is nowhere to answer")
            classifier = load_and_note(model, prior, max_error, coverage, backend, device)
            run = partial(
                score_table,
                classifier=classifier,
                checkpoint=classifier.place.directory,
                options=options,
                on_error=on_error,
                overwrite=overwrite,
                on_progress=Meter(),
                on_note=_note,
            )
            summary = score_or_pipe(source, target, format, overwrite, run, standard_input, _answer)
    except WishError as error:
        raise bad_wish(error, max_error, coverage) from None
    except (ScoreError, CheckpointError, ValueError) as error:
        raise fail(str(error)) from None
    except (TableError, OSError) as error:
        raise fail(f"{source}: {error}") from None
    except KeyboardInterrupt:
        goes_on = "nothing is kept of a pipe" if "-" in (source, target) else "the same command goes on from here"
        raise fail(f"stopped; {goes_on}") from None
    for note in summary.notes:
        _note(note)
    print(escaped(summary.line("standard output" if target == "-" else target)), file=sys.stderr)
    if summary.bad:
        raise typer.Exit(LEFT_OUT)


def _note(note: str) -> None:
    print(f"note: {escaped(note)}", file=sys.stderr)


def _answer(file: BinaryIO) -> None:
    with printing():
        shutil.copyfileobj(file, sys.stdout.buffer)
