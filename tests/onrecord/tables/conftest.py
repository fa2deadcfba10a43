"""What the tests of tables share: a classifier without a model, and tables small enough to look at."""

import csv
import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from onrecord import Prediction
from onrecord.tables import score
from onrecord.tables.identity import Options
from onrecord.tables.score import Summary

MODEL = Path(__file__).parent  # a directory that is the same in every run, in the place of a checkpoint
ADDED = ["label", "confidence", "probability_yes", "probability_no", "abstained", "label_set", "windows"]


class Stub:
    """A classifier whose answer is a function of the text; counts what it was asked."""

    rule = SimpleNamespace(prior="data")
    backend = SimpleNamespace(name="int8")

    def __init__(self) -> None:
        self.asked: list[str] = []

    def predict(self, texts: str | Iterable[str]) -> Any:
        if isinstance(texts, str):
            p = hashlib.sha256(texts.encode("utf-8", "replace")).digest()[0] / 255
            label, both = "yes" if p >= 0.5 else "no", {"yes": p, "no": 1 - p}
            return Prediction(texts, label, max(p, 1 - p), both, False, p == 0.5, ("yes", "no"))
        texts = list(texts)
        self.asked += texts
        return [self.predict(text) for text in texts]


def scored(source: Path, target: Path, rows: int = 4, classifier: Stub | None = None, **options: Any) -> Summary:
    known = ("prefix", "text_column", "delimiter", "encoding", "safe_csv", "max_error")
    fields = {name: options.pop(name) for name in known if name in options}
    return score.score(source, target, classifier or Stub(), MODEL, Options(part_rows=rows, **fields), **options)  # type: ignore[arg-type]


def skipped(source: Path, target: Path, **options: Any) -> tuple[Summary, list[str]]:
    """A run that leaves bad rows out, and what it told of each."""
    told: list[str] = []
    summary = scored(source, target, on_error="skip", on_progress=lambda p: told.extend(p.faults), **options)
    return summary, told


def score_command(source: Path, target: Path, checkpoint: Path, part_rows: int, *options: str) -> list[str]:
    """`onrecord score` in a process of its own."""
    command = [sys.executable, "-m", "onrecord", "score", str(source), str(target), *options]
    return [*command, "--model", str(checkpoint), "--part-rows", str(part_rows)]


def save_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_jsonl(path: Path, count: int = 21) -> list[dict[str, Any]]:
    rows = [{"id": i, "text": f"Sentence “{i}”, he\nsaid\u2028.", "deep": {"x": [i, None, 0.1]}} for i in range(count)]
    save_jsonl(path, rows)
    return rows


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def write_table(path: Path) -> list[dict[str, Any]]:
    """The same 21 rows in any format; the id of what is not typed comes as text."""
    rows = [
        {"id": str(i), "text": f'“{i}”, "he"\tsaid,\nor not.', "other": ["", "é\r\n", "null", "1,0"][i % 4]}
        for i in range(21)
    ]
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=9)
    elif path.suffix == ".jsonl":
        save_jsonl(path, rows)
    else:
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), dialect="excel-tab" if path.suffix == ".tsv" else "excel")
            writer.writeheader()
            writer.writerows(rows)
    return rows


def read_table(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return read_jsonl(path)
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, dialect="excel-tab" if path.suffix == ".tsv" else "excel"))


class Killed(BaseException):
    """Stands for SIGKILL."""
