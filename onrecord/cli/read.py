"""`onrecord read`: an article."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

import typer

from onrecord.cli.article_files import article_text, write_events
from onrecord.cli.command import fail, printing
from onrecord.cli.loading import load_and_note
from onrecord.cli.options import Backend, Coverage, MaxError, Model, Prior, SafeCsv
from onrecord.defaults import DATED, HEDGED

NO_DAY = "needs --published: 'Monday' is a date only for who knows when it was written"


def read(
    file: Annotated[
        str, typer.Argument(help="one article: plain text or HTML in UTF-8, .docx, .pdf or .eml; - for standard input")
    ],
    model: Model = None,
    prior: Prior = None,
    max_error: MaxError = None,
    coverage: Coverage = None,
    backend: Backend = None,
    published: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="day of publication, ISO 8601; if not given, the one that a web page names, if it names one",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON: text, statements, events and language, as /v1/read answers")
    ] = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON, a sentence a line")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV with a header")] = False,
    safe_csv: SafeCsv = False,
    as_html: Annotated[bool, typer.Option("--html", help="a self-contained page with coloured sentences")] = False,
    zone: Annotated[
        str | None, typer.Option(help="IANA zone of clock times that name none, e.g. Europe/London")
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="URL", help="address of the article, by which an edit updates its events")
    ] = None,
    dated: Annotated[str, typer.Option(help="the label whose sentences are diary entries")] = DATED,
    hedged: Annotated[str, typer.Option(help="the label of diary entries that are not certain")] = HEDGED,
    ics: Annotated[
        Path | None,
        typer.Option(
            "--ics", help="also write the events as a calendar, a file an article; an earlier one is brought up to date"
        ),
    ] = None,
    superdesk: Annotated[
        Path | None,
        typer.Option("--superdesk", metavar="DIR", help="also write them for Superdesk Planning, a JSON file an event"),
    ] = None,
    jsonld: Annotated[
        Path | None, typer.Option("--jsonld", metavar="FILE", help="also write them as JSON-LD of schema.org's Event")
    ] = None,
) -> None:
    """Label every sentence of an article.

    The text is to be English; one that plainly is not gets a warning.

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
    text = article_text(file)
    files = {"--ics": ics, "--superdesk": superdesk, "--jsonld": jsonld}
    asked = next((option for option, path in files.items() if path), None)
    places = [path.resolve() for path in files.values() if path]
    if len(set(places)) < len(places):
        raise typer.BadParameter(f"{', '.join(files)} cannot share one place: the later would replace the earlier")
    if asked and not published and not is_html(text):
        raise typer.BadParameter(f"{asked} {NO_DAY}")
    classifier = load_and_note(model, prior, max_error, coverage, backend)
    if dated not in classifier.labels and (asked or dated != DATED):
        raise typer.BadParameter(
            f"--dated {dated!r} is no label of {classifier.place.source}; it knows {', '.join(classifier.labels)}"
        )
    try:
        article = read_article(text, published, classifier, zone=zone, source=source, dated=dated, hedged=hedged)
    except (ValueError, ModuleNotFoundError, OSError) as error:
        raise fail(f"{file}: {error}") from None
    if asked and article.published is None:
        raise typer.BadParameter(f"{asked} {NO_DAY}; this page names none")
    if article.language:
        print(
            f"warning: this text is not English (it seems {article.language}); labels, speakers, dates mean nothing",
            file=sys.stderr,
        )
    if article.published and not published:
        print(f"published {article.published}, as the page says; --published gives another day", file=sys.stderr)
    if asked:
        write_events(article, ics, superdesk, jsonld, dated)
    with printing():
        show(
            article,
            classifier.labels,
            "standard input" if file == "-" else Path(file).name,
            "html" * as_html or "csv" * as_csv or "jsonl" * as_jsonl or "json" * as_json,
            safe_csv,
        )
