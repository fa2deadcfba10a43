"""Two checkpoints over one file: which sentences changed their label?

    python -m train.compare runs/a/checkpoint runs/b/checkpoint FILE.jsonl [--html OUT.html] [--limit 50]

FILE is a table with `text` and, for counting who is right, `label`; the splits of data/ are Parquet files with the same
columns.
"""

import argparse
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from onrecord.classifier import CheckpointError, Classifier
from onrecord.tables.parts import write_whole
from onrecord.terminal import visible
from train.config import Stop, run
from train.corpus.source_files import read_table
from train.measure.paired import mcnemar

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>compare</title>
<style>:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse }
td, th { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; vertical-align: top }</style>
<h1>{{ figures.first }} and {{ figures.second }}</h1><p>{{ figures.summary }}</p>
<table><tr><th>change</th><th>first</th><th>second</th><th>label</th><th>sentence</th></tr>
{% for c in figures.changes %}<tr><td>{{ "%.2f" | format(c.shift) }}</td>
<td>{{ c.first }} {{ "%.2f" | format(c.first_confidence) }}</td>
<td>{{ c.second }} {{ "%.2f" | format(c.second_confidence) }}</td><td>{{ c.label or "" }}</td><td>{{ c.text }}</td></tr>
{% endfor %}</table></html>
"""


def read_rows(path: str) -> list[dict[str, Any]]:
    """Rows of a table in any format as dicts with `text` and perhaps `label`, by name.

    Raises Stop if there are none to be had.
    """
    table = read_table(path, ["text"])
    if not table or "text" not in table[0][1]:
        columns = f" with {', '.join(table[0][1])}" if table else ""
        raise Stop(f"{path} needs rows with a column text; it has {len(table)} rows{columns}")
    rows: list[dict[str, Any]] = []
    for where, row in table:
        if not isinstance(row.get("text"), str):
            raise Stop(f"{where}: text {row.get('text')!r} is not a string")
        if not isinstance(row.get("label"), str | None):
            raise Stop(f"{where}: label {row['label']!r} is not a string")
        rows.append({"text": row["text"], "label": row.get("label") or None})  # an empty cell is no label
    return rows


def compare(first: Classifier, second: Classifier, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The changed sentences, largest change first; where rows have labels, how many each gets right and McNemar's p.

    The change of a sentence is the total variation distance between the two distributions over labels: 0 = the same, 1
    = certain of something else. Raises Stop if the two know different labels.
    """
    if first.labels != second.labels:
        raise Stop(f"the checkpoints know different labels: {', '.join(first.labels)} and {', '.join(second.labels)}")
    texts = [row["text"] for row in rows]
    a, b = first.predict(texts), second.predict(texts)
    one, other = (np.array([list(p.probabilities.values()) for p in side]) for side in (a, b))
    shifts = 0.5 * np.abs(one - other).sum(1)
    changes = [
        {
            "text": x.text,
            "label": row["label"],
            "first": x.label,
            "first_confidence": x.confidence,
            "second": y.label,
            "second_confidence": y.confidence,
            "shift": float(shift),
        }
        for row, x, y, shift in zip(rows, a, b, shifts, strict=True)
        if x.label != y.label
    ]
    figures: dict[str, Any] = {"rows": len(rows), "changes": sorted(changes, key=lambda c: -c["shift"])}
    labelled = [
        (row["label"], x.label, y.label) for row, x, y in zip(rows, a, b, strict=True) if row["label"] is not None
    ]
    if unknown := {row["label"] for row in rows} - {*first.labels, None}:
        raise Stop(
            f"labels of the file that the checkpoints do not know: {', '.join(sorted(map(repr, unknown)))}; they know "
            f"{', '.join(first.labels)}"
        )
    figures["summary"] = f"{len(changes)} of {len(rows)} sentences changed their label"
    if labelled:
        targets, *sides = zip(*labelled, strict=True)
        figures["right"] = [sum(t == p for t, p in zip(targets, side, strict=True)) for side in sides]
        figures["mcnemar_p"] = mcnemar(targets, *sides)
        figures["summary"] += (
            f"; of {len(labelled)} with a label the first gets {figures['right'][0]} right, the second "
            f"{figures['right'][1]} (McNemar's exact p = {figures['mcnemar_p']:.3g})"
        )
    return figures


def _command() -> int:
    about = "which sentences do two checkpoints label differently?"
    rows = "a table (.csv, .tsv, .jsonl, .parquet, .xlsx) with a column text and perhaps label"
    parser = argparse.ArgumentParser(prog="python -m train.compare", description=about)
    parser.add_argument("first", help="checkpoint directory")
    parser.add_argument("second", help="checkpoint directory")
    parser.add_argument("file", help=rows)
    parser.add_argument("--html", help="write the whole list as a page instead of printing its beginning")
    parser.add_argument("--limit", type=int, default=50, help="changes to print")
    options = parser.parse_args()
    if options.html and Path(options.html).resolve() == Path(options.file).resolve():
        raise Stop(f"--html {options.html} would replace the file that is read: give another name")
    try:
        figures = compare(Classifier.load(options.first), Classifier.load(options.second), read_rows(options.file))
    except CheckpointError as error:
        raise Stop(str(error)) from error
    if options.html:
        template = jinja2.Environment(autoescape=True).from_string(PAGE)
        page = template.render(figures=figures | {"first": options.first, "second": options.second})
        write_whole(Path(options.html), page.encode())
        print(f"{figures['summary']}; all of them in {options.html}")
        return 0
    table = Table("change", "first", "second", "label", "sentence", box=None)
    for c in figures["changes"][: options.limit]:
        cells = (
            f"{c['shift']:.2f}",
            f"{c['first']} {c['first_confidence']:.2f}",
            f"{c['second']} {c['second_confidence']:.2f}",
            c["label"] or "",
            visible(c["text"]),
        )
        table.add_row(*map(Text, cells))  # plain text: a label or a sentence may look like markup
    Console().print(table)
    print(figures["summary"])
    return 0


if __name__ == "__main__":
    run(_command)
