"""An article as `onrecord read` prints it: a table for a terminal, CSV, JSON, JSON lines, or a page."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from onrecord.article.html import labels_of, page
from onrecord.article.read import Article, Statement
from onrecord.article.record import dumps, record
from onrecord.tables.write import Form, csv_lines
from onrecord.terminal import visible

# by label number; the label stands there as a word too
COLOURS = "white yellow red green bright_black cyan magenta blue".split()
NARROWEST = 40  # characters of a line; rich leaves out what does not fit, and COLUMNS=0 leaves room for nothing
COLUMNS = (
    "paragraph start end label confidence abstained label_set speaker speaker_name speaker_inherited dates text"
).split()


def show(article: Article, labels: Sequence[str], name: str, form: str, safe: bool = False) -> None:
    """Print an article called `name` as html, csv, jsonl, json or, "", a table; `labels` are in the model's order.

    `safe`: see `as_csv`.
    """
    if form == "html":
        print(page(article, labels, name), end="")
    elif form == "csv":
        print(as_csv(article, safe), end="")
    elif form == "jsonl":
        for statement in record(article)["statements"]:
            print(dumps(statement))
    elif form == "json":
        print(dumps(record(article), indent=1))
    else:
        _table(article, labels)


def as_csv(article: Article, safe: bool = False) -> str:
    """The statements as CSV with a header (RFC 4180, lines end with LF); a cell with a line break or CR is quoted.

    `safe`: a cell that a spreadsheet would run gets an apostrophe.
    """
    rows = [COLUMNS]
    for s in article.statements:
        p = s.prediction
        row = [
            str(s.paragraph),
            str(s.start),
            str(s.end),
            p.label,
            f"{p.confidence:.4f}",
            str(p.abstained),
            "/".join(p.label_set),
            s.speaker or "",
            s.speaker_name or "",
            str(s.speaker_inherited),
            " ".join(_iso(s)),
            s.text,
        ]
        rows.append(row)
    return csv_lines(rows, Form("csv", safe=safe)).decode()


def _iso(statement: Statement) -> list[str]:
    """The dates of a sentence in ISO 8601, a span as FIRST/LAST."""
    return ["/".join(dict.fromkeys((when.first.isoformat(), when.last.isoformat()))) for when in statement.dates]


def _table(article: Article, labels: Sequence[str]) -> None:
    table = Table("label", "conf.", "sentence", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    colours = dict(zip(labels, COLOURS, strict=False))
    status = {(event.statement, event.when): event.status for event in article.events}
    for i, s in enumerate(article.statements):
        colour = colours.get(s.prediction.label, "white")
        confidence = f"{s.prediction.confidence:.0%}{'?' if s.prediction.abstained else ''}"
        more = [f"said by {s.speaker_name}"] if s.speaker_name else []
        for day, when in zip(_iso(s), s.dates, strict=True):
            said = status.get((i, when), "past" if when.past else "")
            more.append(f"{day}{f' ({said})' * bool(said)}")
        below = f"\n  {visible('; '.join(more))}" if more else ""
        sentence = Text.assemble((visible(s.text), colour), (below, "dim"))
        table.add_row(Text(visible(labels_of(s.prediction)), style=f"bold {colour}"), confidence, sentence)
    console = Console()
    console.width = max(console.width, NARROWEST)
    with console.capture() as captured:  # its own way with a closed pipe is to end with 1
        console.print(table)
    lines = captured.get()
    print(lines if console.is_terminal else "".join(f"{line.rstrip()}\n" for line in lines.splitlines()), end="")
