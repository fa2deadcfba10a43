"""`onrecord score`: a table of sentences."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onrecord.cli.command import LEFT_OUT, fail
from onrecord.cli.loading import promising, senseless, shares_of
from onrecord.cli.options import Backend, Coverage, Engine, MaxError, Model, OnError, Prior
from onrecord.defaults import CHECKPOINT, PART_ROWS

if TYPE_CHECKING:
    from onrecord.tables.score import Summary

MOST_ROWS = 1_000_000  # of a part, all of which are in memory at once


def score(
    source: Annotated[str, typer.Argument(metavar="IN", help="table: .csv, .tsv, .jsonl or .parquet")],
    target: Annotated[
        str,
        typer.Argument(
            metavar="OUT",
            help="the same rows and columns with the labels' columns behind them; any of the four formats",
        ),
    ],
    text_column: Annotated[str, typer.Option("--text-column", help="the column with the sentences")] = "text",
    on_error: Annotated[
        OnError,
        typer.Option("--on-error", help="what becomes of a bad row: left out and named on standard error, or the end"),
    ] = OnError.fail,
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
    from onrecord.tables.progress import Meter
    from onrecord.tables.read import TableError
    from onrecord.tables.score import Options, ScoreError
    from onrecord.tables.score import score as score_table

    if engine == Engine.ray and overwrite:
        raise typer.BadParameter("--overwrite is not for --engine ray: give another OUT, or delete the directory")
    options = Options(text_column, prefix, part_rows, max_error, coverage, backend)
    meter = Meter()
    try:
        if engine == Engine.ray:
            from onrecord.tables.ray import score_directory

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
                on_progress=meter,
            )
        else:
            classifier = promising(model, prior, max_error, coverage, backend, device)
            summary = score_table(
                Path(source),
                Path(target),
                classifier,
                model,
                options,
                on_error=on_error,
                overwrite=overwrite,
                on_progress=meter,
            )
    except WishError as error:
        raise senseless(error, max_error, coverage) from None
    except (ScoreError, CheckpointError, ValueError) as error:
        raise fail(str(error)) from None
    except (TableError, OSError) as error:
        raise fail(f"{source}: {error}") from None
    except KeyboardInterrupt:
        raise fail("stopped; the same command goes on from here") from None
    _finish(summary, target)


def _finish(summary: Summary, target: str) -> None:
    left_out = f", {summary.bad:,} bad ones left out" if summary.bad else ""
    print(f"{summary.written:,} rows in {target}{left_out}", file=sys.stderr)
    if summary.bad:
        raise typer.Exit(LEFT_OUT)
