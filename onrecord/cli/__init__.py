"""The `onrecord` command: one module a command, each of which loads what is slow to import when it runs."""

import importlib.metadata
import io
import os
import sys
from typing import Annotated

import typer

from onrecord.cli import explain, info, predict, read, score, serve
from onrecord.cli.command import EXIT_CODES, Command, fail

app = typer.Typer(
    help="What does a news sentence put on record?",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for run in (predict.predict, score.score, explain.explain, read.read, serve.serve, info.info):
    app.command(cls=Command)(run)


def _version(wanted: bool) -> None:
    if wanted:
        print(importlib.metadata.version("onrecord"))
        raise typer.Exit


@app.callback()
def _streams(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version and end")
    ] = False,
) -> None:
    # Pipes are UTF-8, whatever the locale says. Backslashes for the half characters that an argument may hold.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.stderr is None:  # closed: else what is told would go to standard output, or into a file that has its number
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  open until the end
    if sys.stdout is None and context.invoked_subcommand != "score":
        raise fail("standard output is closed, so there is nowhere to answer")
