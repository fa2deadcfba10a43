"""The `onrecord` command. Exit codes: 0 done, 1 something the message explains, 2 wrong usage."""

import csv
import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from onrecord.article import Article, published_date
from onrecord.article import read as read_article
from onrecord.article_page import page
from onrecord.classifier import DEFAULT, CheckpointError, Classifier

# A command's output is its own: no load reports or bars of transformers, which reads these when torch is loaded.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

app = typer.Typer(help="What does a news sentence put on record?", no_args_is_help=True, pretty_exceptions_enable=False)
Model = Annotated[str, typer.Option("--model", help="checkpoint directory or hub id")]
Prior = Annotated[str | None, typer.Option("--prior", help="label shares of the text you type: a name that the checkpoint knows, uniform or data")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]
COLOURS = ("white", "yellow", "red", "green", "bright_black", "cyan", "magenta", "blue")  # by label number; the label stands there as a word too
LARGEST = 20_000_000  # bytes of an article; a long one has 200 thousand


def _fail(message: str) -> typer.Exit:
    print(f"error: {message}", file=sys.stderr)
    return typer.Exit(1)


def _load(model: str, prior: str | None) -> Classifier:
    try:
        return Classifier.load(model, prior=prior)
    except (CheckpointError, ValueError) as error:
        raise _fail(str(error)) from None


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _fail(f"{name} is not UTF-8 (byte {error.start} is 0x{data[error.start]:02x}); convert it first, e.g. `iconv -f cp1252 -t utf-8`") from None


@app.command()
def predict(
    texts: Annotated[list[str], typer.Argument(help="sentences; - reads one a line from standard input")],
    model: Model = str(DEFAULT),
    prior: Prior = None,
    as_json: AsJson = False,
) -> None:
    """Type sentences. A ? behind the confidence: too unsure to be answered within the error promised."""
    given: list[str] = []
    for text in texts:
        given += [line for line in _decode(sys.stdin.buffer.read(), "standard input").splitlines() if line.strip()] if text == "-" else [text]
    classifier = _load(model, prior)
    for p in classifier.predict(given):
        print(
            json.dumps(dataclasses.asdict(p), ensure_ascii=False)
            if as_json
            else f"{p.label:12}{p.confidence:6.1%}{'?' if p.abstained else ' '} {p.text}{'  [end not read: too long]' if p.truncated else ''}"
        )


def _text(file: str) -> str:
    """The article as text; what cannot be one ends the command with a message."""
    name = "standard input" if file == "-" else file
    try:
        with sys.stdin.buffer if file == "-" else open(file, "rb") as source:
            data = source.read(LARGEST + 1)
    except OSError as error:
        raise _fail(f"cannot read {file}: {error.strerror}") from None
    if len(data) > LARGEST:
        raise _fail(f"{name} is larger than {LARGEST // 1_000_000} MB, which no article is; cut it into articles and read them one by one")
    if b"\0" in data[:8192]:
        raise _fail(f"{name} is a binary file, not text (a NUL byte at {data.index(0)}); convert a PDF, Word file or UTF-16 text to UTF-8 text first")
    text = _decode(data, name)
    if not text.strip():
        raise _fail(f"{name} is empty: there is no article to read")
    return text


@app.command()
def read(
    file: Annotated[str, typer.Argument(help="article as plain text or HTML, UTF-8; - for standard input")],
    model: Model = str(DEFAULT),
    prior: Prior = None,
    published: Annotated[str | None, typer.Option("--published", metavar="DATE", help="day of publication, ISO 8601")] = None,
    as_json: AsJson = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON, a sentence a line")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV with a header")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="a self-contained page with coloured sentences")] = False,
    zone: Annotated[str | None, typer.Option("--zone", help="IANA zone of clock times that name none, e.g. Europe/London")] = None,
    dated: Annotated[str, typer.Option("--dated", help="the label whose sentences are diary entries")] = "scheduling",
    ics: Annotated[Path | None, typer.Option("--ics", help="also write what lies ahead as a calendar; needs --published")] = None,
) -> None:
    """Type every sentence of an article. A ? behind the confidence: too unsure to be answered within the error promised."""
    if as_json + as_jsonl + as_csv + as_html > 1:
        raise typer.BadParameter("give one of --json, --jsonl, --csv and --html, or none for a table")
    try:
        published_date(published)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if ics and not published:
        raise typer.BadParameter("--ics needs --published: 'Monday' is a date only for who knows when it was written")
    text = _text(file)
    classifier = _load(model, prior)
    if dated not in classifier.labels and (ics or dated != "scheduling"):
        raise _fail(f"--dated {dated!r} is no label of {model}; it knows {', '.join(classifier.labels)}")
    try:
        article = read_article(text, published, classifier, zone=zone, dated=dated)
    except (ValueError, ModuleNotFoundError) as error:
        raise _fail(f"{file}: {error}") from None
    if ics:
        _write_calendar(article, zone, dated, ics)
    if as_html:
        print(page(article, classifier.labels, "standard input" if file == "-" else Path(file).name), end="")
    elif as_csv:
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow(("paragraph", "start", "end", "label", "confidence", "abstained", "speaker", "text"))
        for s in article.statements:
            p = s.prediction
            rows.writerow((s.paragraph, s.start, s.end, p.label, f"{p.confidence:.4f}", p.abstained, s.speaker or "", s.text))
    elif as_jsonl:
        for s in article.statements:
            print(json.dumps(dataclasses.asdict(s), ensure_ascii=False, default=str))
    elif as_json:
        print(json.dumps([dataclasses.asdict(s) for s in article.statements], ensure_ascii=False, indent=1, default=str))
    else:
        _table(article, classifier)


def _write_calendar(article: Article, zone: str | None, dated: str, path: Path) -> None:
    from onrecord.diary import diary, to_ics  # here: it is slow to import

    assert article.published is not None
    events = diary(article.statements, article.published, zone, label=dated)
    try:
        content = to_ics(events)
        path.write_bytes(content)
    except (ImportError, OSError) as error:
        raise _fail(str(error)) from None
    print(f"{len(events)} calendar entries in {path}", file=sys.stderr)


def _table(article: Article, classifier: Classifier) -> None:
    table = Table("label", "conf.", "sentence", box=None, pad_edge=False, padding=(0, 2, 1, 0))
    colours = dict(zip(classifier.labels, COLOURS, strict=False))
    for s in article.statements:
        colour = colours.get(s.prediction.label, "white")
        confidence = f"{s.prediction.confidence:.0%}{'?' if s.prediction.abstained else ''}"
        table.add_row(Text(s.prediction.label, style=f"bold {colour}"), confidence, Text(" ".join(s.text.split()), style=colour))
    Console().print(table)


if __name__ == "__main__":
    app()
