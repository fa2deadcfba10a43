"""An article as `onrecord read` prints it: a table for a terminal, CSV, JSON, JSON lines, or a page."""

import csv
import dataclasses
import json
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from onrecord.article.html import page
from onrecord.article.read import Article, Statement

COLOURS = (
    "white",
    "yellow",
    "red",
    "green",
    "bright_black",
    "cyan",
    "magenta",
    "blue",
)  # by label number; the label stands there as a word too


def show(article: Article, labels: Sequence[str], name: str, form: str) -> None:
    """Print an article called `name`; `form` is html, csv, jsonl, json, or "" for the table. `labels` are those of the checkpoint, in its order."""
    if form == "html":
        print(page(article, labels, name), end="")
    elif form == "csv":
        rows = csv.writer(sys.stdout, lineterminator="\n")
        speaker = ("speaker", "speaker_name", "speaker_inherited")
        rows.writerow(("paragraph", "start", "end", "label", "confidence", "abstained", *speaker, "dates", "text"))
        for s in article.statements:
            p = s.prediction
            rows.writerow(
                (
                    s.paragraph,
                    s.start,
                    s.end,
                    p.label,
                    f"{p.confidence:.4f}",
                    p.abstained,
                    s.speaker or "",
                    s.speaker_name or "",
                    s.speaker_inherited,
                    " ".join(_iso(s)),
                    s.text,
                )
            )
    elif form == "jsonl":
        for s in article.statements:
            print(json.dumps(dataclasses.asdict(s), ensure_ascii=False, default=str))
    elif form == "json":
        print(
            json.dumps([dataclasses.asdict(s) for s in article.statements], ensure_ascii=False, indent=1, default=str)
        )
    else:
        _table(article, labels)


def _iso(statement: Statement) -> list[str]:
    """The dates of a sentence in ISO 8601, a span as FIRST/LAST."""
    return ["/".join(dict.fromkeys((when.first.isoformat(), when.last.isoformat()))) for when in statement.dates]


def _table(article: Article, labels: Sequence[str]) -> None:
    table = Table("label", "conf.", "sentence", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    colours = dict(zip(labels, COLOURS, strict=False))
    for s in article.statements:
        colour = colours.get(s.prediction.label, "white")
        confidence = f"{s.prediction.confidence:.0%}{'?' if s.prediction.abstained else ''}"
        more = "; ".join(
            [
                *([f"said by {s.speaker_name}"] if s.speaker_name else []),
                *(f"{day}{' (past)' * when.past}" for day, when in zip(_iso(s), s.dates, strict=True)),
            ]
        )
        sentence = Text.assemble((" ".join(s.text.split()), colour), (f"\n  {more}" if more else "", "dim"))
        table.add_row(Text(s.prediction.label, style=f"bold {colour}"), confidence, sentence)
    console = Console()
    with console.capture() as captured:  # its own way with a closed pipe is to end with 1
        console.print(table)
    lines = captured.get()
    print(lines if console.is_terminal else "".join(f"{line.rstrip()}\n" for line in lines.splitlines()), end="")
