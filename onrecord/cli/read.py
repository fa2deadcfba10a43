"""`onrecord read`: an article."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

import typer

from onrecord.cli.calendar_file import write_calendar
from onrecord.cli.command import answering, fail, standard_input
from onrecord.cli.loading import promising
from onrecord.cli.options import AsJson, Backend, Coverage, MaxError, Model, Prior
from onrecord.defaults import CHECKPOINT, DATED

NO_DAY = "--ics needs --published: 'Monday' is a date only for who knows when it was written"
LARGEST = 20_000_000  # bytes of an article; a long one has 200 thousand


def read(
    file: Annotated[str, typer.Argument(help="article as plain text or HTML, UTF-8; - for standard input")],
    model: Model = str(CHECKPOINT),
    prior: Prior = None,
    max_error: MaxError = None,
    coverage: Coverage = None,
    backend: Backend = None,
    published: Annotated[
        str | None,
        typer.Option(
            "--published",
            metavar="DATE",
            help="day of publication, ISO 8601; if not given, the one that a web page names, if it names one",
        ),
    ] = None,
    as_json: AsJson = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON, a sentence a line")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV with a header")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="a self-contained page with coloured sentences")] = False,
    zone: Annotated[
        str | None, typer.Option("--zone", help="IANA zone of clock times that name none, e.g. Europe/London")
    ] = None,
    dated: Annotated[str, typer.Option("--dated", help="the label whose sentences are diary entries")] = DATED,
    ics: Annotated[
        Path | None,
        typer.Option("--ics", help="also write what lies ahead as a calendar; needs the day of publication"),
    ] = None,
) -> None:
    """Label every sentence of an article.

    A ? behind the confidence: too unsure to be answered within the error promised.
    """
    from onrecord.article.read import published_date
    from onrecord.article.read import read as read_article
    from onrecord.article.show import show
    from onrecord.article.webpage import is_html

    if as_json + as_jsonl + as_csv + as_html > 1:
        raise typer.BadParameter("give one of --json, --jsonl, --csv and --html, or none for a table")
    try:
        published_date(published)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if zone is not None and zone not in available_timezones():
        raise typer.BadParameter(f"--zone {zone!r} is unknown; give an IANA name such as Europe/London")
    text = _text(file)
    if ics and not published and not is_html(text):
        raise typer.BadParameter(NO_DAY)
    classifier = promising(model, prior, max_error, coverage, backend)
    if dated not in classifier.labels and (ics or dated != DATED):
        raise typer.BadParameter(f"--dated {dated!r} is no label of {model}; it knows {', '.join(classifier.labels)}")
    try:
        article = read_article(text, published, classifier, zone=zone, dated=dated)
    except (ValueError, ModuleNotFoundError) as error:
        raise fail(f"{file}: {error}") from None
    if ics and article.published is None:
        raise typer.BadParameter(f"{NO_DAY}; this page names none")
    if article.published and not published:
        print(f"published {article.published}, as the page says; --published gives another day", file=sys.stderr)
    if ics:
        write_calendar(article, zone, dated, ics)
    with answering():
        show(
            article,
            classifier.labels,
            "standard input" if file == "-" else Path(file).name,
            "html" * as_html or "csv" * as_csv or "jsonl" * as_jsonl or "json" * as_json,
        )


def _text(file: str) -> str:
    """The article as text; what cannot be one ends the command with a message."""
    name = "standard input" if file == "-" else file
    try:
        with standard_input() if file == "-" else open(file, "rb") as source:
            data = source.read(LARGEST + 1)
    except OSError as error:
        raise fail(f"cannot read {file}: {error.strerror}") from None
    if len(data) > LARGEST:
        raise fail(
            f"{name} is larger than {LARGEST // 1_000_000} MB, which no article is; cut it into articles and read "
            "them one by one"
        )
    if b"\0" in data[:8192]:
        raise fail(
            f"{name} is a binary file, not text (a NUL byte at {data.index(0)}); convert a PDF, Word file or UTF-16 "
            "text to UTF-8 text first"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fail(
            f"{name} is not UTF-8 (byte {error.start} is 0x{data[error.start]:02x}); convert it first, e.g. "
            "`iconv -f cp1252 -t utf-8`"
        ) from None
    if not text.strip():
        raise fail(f"{name} is empty: there is no article to read")
    return text
