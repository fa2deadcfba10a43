"""Rows that users bring: CSV, TSV, JSONL or Parquet files, a directory of them, or a hub dataset. One text and one label a row.

What is read here goes through the same build as the seeds. Faulty rows are listed together, with file and line.
"""

import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets

from train.config import SPLITS, Config, Stop
from train.seeds import Sentence, key, normalise

Row = dict[str, Any]
KINDS = (".csv", ".tsv", ".jsonl", ".parquet")
SPLIT_WORDS = {"train": "train", "training": "train", "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation", "test": "test"}
QUOTED = re.compile(r'"(?:[^"]|"")*"')
WHOLE = "all"  # the one part of a source without ready-made splits


def read_source(config: Config) -> tuple[dict[str, list[Sentence]], list[str]]:
    """The source's sentences by ready-made split, or under WHOLE, and the labels: the config's, or else those of the data, sorted.

    Raises Stop with the whole list of faults: a missing column, an empty text or label, an unknown label, several labels in a row, a text with
    two labels (the last one only printed where `repeats` is warn).
    """
    parts: dict[str, list[Sentence]] = {}
    faults: list[str] = []
    for split, rows in _parts(config).items():
        parts[split] = list(_sentences(rows, split, config, faults))
    everything = [s for rows in parts.values() for s in rows]
    found = {s.label for s in everything}
    joined = sorted(label for label in found if len(pieces := [p.strip() for p in re.split(r"[|;,]", label)]) > 1 and set(pieces) <= found | set(config.labels))
    faults += [f"label {label!r} joins several labels (multi-label), but a row here has exactly one" for label in joined]
    if config.labels:
        hint = f"the labels are {', '.join(config.labels)}; labels: null takes those of the data"
        faults += [f"{s.where}: unknown label {s.label!r}; {hint}" for s in everything if s.label not in config.labels and s.label not in joined]
    if faults:
        raise Stop(f"{len(faults)} faulty rows:\n  " + "\n  ".join(faults[:100]))
    if not everything:
        raise Stop(f"source: {config.source} has no rows")
    labels = config.labels or sorted(found)
    if len(labels) < 2:
        raise Stop(f"source: every row is labelled {labels[0]!r}; there must be two labels or more")
    _judge(conflicts(everything), f"texts have two labels; {HOW}", config)
    return parts, labels


HOW = "correct or delete one, or set repeats: warn"


def _judge(found: list[str], what: str, config: Config) -> None:
    """Raise Stop with the lines, or print them where the config says warn."""
    if found and config.repeats == "stop":
        raise Stop(f"{len(found)} {what}:\n  " + "\n  ".join(found[:100]))
    if found:
        print(f"warning: {len(found)} {what}; the first:\n  " + "\n  ".join(found[:5]), file=sys.stderr)


def conflicts(sentences: list[Sentence]) -> list[str]:
    """A line for every sentence that has another label than an earlier one with the same text (letters and digits, case folded)."""
    first: dict[str, Sentence] = {}
    pairs = [(s, first.setdefault(key(s.text) or s.text, s)) for s in sentences]
    return [f"{s.where}: {s.text[:60]!r} ({s.label}), but {f.where} ({f.label})" for s, f in pairs if s.label != f.label]


def _parts(config: Config) -> dict[str, list[tuple[str, Row]]]:
    """split -> (where, row). WHOLE where there are no ready-made splits."""
    source = config.source
    if isinstance(source, dict):
        return {split: _rows(files, config) for split, files in source.items()}
    if isinstance(source, list):
        return {WHOLE: _rows(source, config)}
    assert source is not None
    if Path(source).is_dir():
        return {split: _rows(files, config) for split, files in _directory(Path(source)).items()}
    if Path(source).is_file() or Path(source).suffix in KINDS:
        return {WHOLE: _rows(source, config)}
    return _hub(source)


def _directory(root: Path) -> dict[str, list[str]]:
    """Files by the split that their names speak of; WHOLE if none speaks of training."""
    files = sorted(str(path) for path in root.iterdir() if path.suffix in KINDS)
    if not files:
        raise Stop(f"source: {root} holds no {', '.join(KINDS)} file")
    spoken = {file: {SPLIT_WORDS[word] for word in re.findall(r"[a-z]+", Path(file).stem.lower()) if word in SPLIT_WORDS} for file in files}
    if not any(splits == {"train"} for splits in spoken.values()):
        return {WHOLE: files}
    if unclear := [file for file, splits in spoken.items() if len(splits) != 1]:
        raise Stop(f"source: which split is {', '.join(unclear)}? Name the files: source: {{train: FILES, validation: FILES, test: FILES}}")
    return {name: own for name in SPLITS if (own := [file for file in files if spoken[file] == {name}])}


def _rows(files: str | list[str], config: Config) -> list[tuple[str, Row]]:
    return [pair for file in ([files] if isinstance(files, str) else files) for pair in read_file(file, config.columns)]


def _hub(source: str) -> dict[str, list[tuple[str, Row]]]:
    """A hub dataset, `owner/name` or `owner/name:configuration`. Splits that are none of ours in name are left out, and named."""
    name, _, configuration = source.partition(":")
    try:
        loaded = datasets.load_dataset(name, configuration or None)
    except Exception as error:  # the library and its network stack raise in many ways
        raise Stop(f"source: {source!r} is no file or directory here and could not be loaded as a hub dataset: {str(error).strip().splitlines()[0]}") from error
    parts: dict[str, list[tuple[str, Row]]] = {}
    for split, table in loaded.items():
        if (own := SPLIT_WORDS.get(split)) is None:
            print(f"source: the split {split} of {source} is left out", file=sys.stderr)
            continue
        parts[own] = [(f"{source} {split}: row {n}", row) for n, row in enumerate(_named(table), 1)]
    if "train" not in parts:
        raise Stop(f"source: {source} has the splits {', '.join(loaded)}, none of them train")
    return parts


def _named(table: datasets.Dataset) -> Iterator[Row]:
    """Rows with the names of class labels in place of their numbers."""
    classes = {name: feature.names for name, feature in table.features.items() if isinstance(feature, datasets.ClassLabel)}
    for row in table:
        yield row | {name: names[row[name]] for name, names in classes.items() if row[name] is not None and row[name] >= 0}


def read_file(path: str, columns: list[str] | None = None) -> list[tuple[str, Row]]:
    """(file:line, row) of one file, by its ending. `columns` names those of a CSV or TSV without a header. Raises Stop if it cannot be read."""
    kind = Path(path).suffix
    if kind not in KINDS or not Path(path).is_file():
        endings = " ".join(KINDS)
        raise Stop(f"{path}: {'no such file' if kind in KINDS else f'needs a {endings} file'}")
    try:
        if kind == ".parquet":
            return [(f"{path}: row {n}", row) for n, row in enumerate(_named(datasets.Dataset.from_parquet(path, keep_in_memory=True)), 1)]
        with open(path, encoding="utf-8-sig", newline="") as file:
            return list(_json_lines(path, file.read()) if kind == ".jsonl" else _table(path, file.read(), kind, columns))
    except (ValueError, csv.Error, OSError, datasets.exceptions.DatasetGenerationError) as error:
        raise Stop(f"{path} could not be read: {str(error).strip().splitlines()[-1]}") from error


def _json_lines(path: str, content: str) -> Iterator[tuple[str, Row]]:
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ValueError(f"line {number} is not JSON ({error})") from error
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is not a JSON object")
            yield f"{path}:{number}", row


def _table(path: str, content: str, kind: str, columns: list[str] | None) -> Iterator[tuple[str, Row]]:
    """CSV is quoted as RFC 4180 says. Many TSV files are not quoted at all: one with a quotation mark inside a bare cell cannot be, and is read as it is."""
    quoting = csv.QUOTE_MINIMAL
    if kind == ".tsv" and any('"' in cell and not QUOTED.fullmatch(cell) for line in content.splitlines() for cell in line.split("\t")):
        quoting = csv.QUOTE_NONE
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(content.splitlines(keepends=True), delimiter="\t" if kind == ".tsv" else ",", quoting=quoting)
    header, line = columns, 1
    for cells in reader:
        where, line = f"{path}:{line}", reader.line_num + 1
        if header is None:
            header = [cell.strip() for cell in cells]
        elif cells:
            if len(cells) != len(header):
                raise ValueError(f"line {where.rsplit(':', 1)[1]} has {len(cells)} cells, not {len(header)} ({', '.join(header)})")
            yield where, dict(zip(header, cells, strict=True))


def _sentences(rows: list[tuple[str, Row]], split: str, config: Config, faults: list[str]) -> Iterator[Sentence]:
    wanted = [name for name in (config.text_column, config.title_column, config.label_column, config.group_column) if isinstance(name, str)]
    if rows and (missing := [name for name in wanted if name not in rows[0][1]]):
        raise Stop(f"{rows[0][0]}: no column {', '.join(missing)}; there are {', '.join(rows[0][1])}. text_column, label_column and group_column name them")
    orders: Counter[str] = Counter()
    prefix = "" if split == WHOLE else f"{split}-"
    for number, (where, row) in enumerate(rows, 1):
        given, label = row.get(str(config.text_column)), row.get(str(config.label_column))
        if isinstance(label, (list, dict)) or (isinstance(label, str) and label.startswith("[") and label.endswith("]")):
            faults.append(f"{where}: label {label!r} is a list (multi-label), but a row here has exactly one label")
            continue
        if isinstance(given, (list, dict)):
            faults.append(f"{where}: text {str(given)[:60]!r} is not one text; text pairs are not read")
            continue
        title = row.get(config.title_column) if config.title_column else None
        text = normalise(" ".join(str(piece) for piece in (title, given) if piece is not None))
        name = "" if label is None else str(label).strip()
        if given is None or not normalise(str(given)) or not name:
            faults.append(f"{where}: empty {'label' if given is not None and normalise(str(given)) else 'text'}")
            continue
        group = row.get(config.group_column) if config.group_column else None
        if config.group_column and (group is None or not str(group).strip()):
            faults.append(f"{where}: empty {config.group_column}, the group_column")
            continue
        doc = f"{prefix}{number:07d}" if group is None else str(group)
        orders[doc] += 1
        meta = {"part": ""} | {column: str(row.get(column) or "") for column in config.slices if column in row}
        yield Sentence(doc, orders[doc], text, config.label_names.get(name, name), meta, where=where)
