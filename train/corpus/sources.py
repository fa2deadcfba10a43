"""Rows that users bring: files, a directory of them, or a hub dataset. One text and one label a row.

What is read here goes through the same build as the seeds. Faulty rows are listed together, with file and line.
"""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets

from train.config import SPLITS, Source, Stop
from train.corpus.rows import Sentence, key, normalise
from train.corpus.source_files import KINDS, Rows, is_table, read_table, with_class_names

SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    "test": "test",
}
WHOLE = "all"  # the one part of a source without ready-made splits
SHOWN = 20  # of many faults


def read_source(source: Source, labels: list[str], columns: list[str]) -> tuple[dict[str, list[Sentence]], list[str]]:
    """The source's sentences by ready-made split, or under WHOLE, and the labels: those given, else the data's, sorted.

    `columns` of a row that are there are kept in its `meta`.

    With `on_error: skip`, faulty rows are listed on standard error and left out. Raises Stop with the faults: a missing
    column, an empty text or label, an unknown label or split, several labels in a row; and, unless `repeats` is warn, a
    text with two labels, a group in two ready-made splits.
    """
    faults: list[str] = []
    raw = _parts(source, faults)
    if source.split_column:
        raw = _by_column([pair for rows in raw.values() for pair in rows], source, faults)
    orders: Counter[str] = Counter()
    parts = {split: list(_sentences(rows, split, source, columns, faults, orders)) for split, rows in raw.items()}
    everything = [s for rows in parts.values() for s in rows]
    used = {s.label for s in everything}
    apart = {label: set(map(str.strip, re.split("[|;,]", label))) for label in used if re.search("[|;,]", label)}
    joined = {label for label, pieces in apart.items() if pieces <= used | set(labels)}
    several = "joins several labels (multi-label), but a row here has exactly one: keep one of them"
    faults += [f"{s.where}: label {s.label!r} {several}" for s in everything if s.label in joined]
    if labels:
        hint = (
            f"the labels are {', '.join(labels)}; correct the row, add the label to labels, "
            "or set labels: null for those of the data"
        )
        unknown = [s for s in everything if s.label not in labels and s.label not in joined]
        faults += [f"{s.where}: unknown label {s.label!r}; {hint}" for s in unknown]
    _stop_or_skip(faults, source.on_error)
    good = used - {*joined, *(used - set(labels) if labels else ())}
    parts = {split: [s for s in rows if s.label in good] for split, rows in parts.items()}
    everything = [s for rows in parts.values() for s in rows]
    if not everything:
        raise Stop(f"source: {source.files} has no rows")
    if not labels and (twins := _alike(good)):
        print(f"warning: labels that look alike are two labels: {twins}; label_names makes them one", file=sys.stderr)
    labels = labels or sorted(good)
    if len(labels) < 2:
        raise Stop(
            f"source: every row is labelled {labels[0]!r}; there must be two labels or more, or label_column names "
            "another column"
        )
    _judge(_conflicts(everything), "texts with two labels", source.repeats)
    if source.group_column:
        _judge(_torn(parts), f"groups (group_column: {source.group_column}) in two ready-made splits", source.repeats)
    return parts, labels


def _alike(labels: set[str]) -> str:
    """Those that differ only by case or by the form of their characters."""
    same: dict[str, list[str]] = {}
    for label in sorted(labels):
        same.setdefault(unicodedata.normalize("NFKC", label).casefold(), []).append(label)
    return "; ".join(" and ".join(map(repr, twins)) for twins in same.values() if len(twins) > 1)


def _stop_or_skip(faults: list[str], on_error: str) -> None:
    """Raise Stop with the faulty rows, or print them where they are to be skipped."""
    if on_error == "stop" and len(faults) == 1:
        raise Stop(f"{faults[0]}; source.on_error: skip goes on without the row")
    if on_error == "stop":
        _stop_at(faults, "faulty rows (source.on_error: skip goes on without them)")
    elif faults:
        print(f"warning: faulty rows are left out, {len(faults)} in all:\n  {_listed(faults)}", file=sys.stderr)


def _listed(faults: list[str]) -> str:
    """The first of them, one a line, and how many more there are."""
    rest = f"\n  and {len(faults) - SHOWN} more" * (len(faults) > SHOWN)
    return "\n  ".join(faults[:SHOWN]) + rest


def _stop_at(faults: list[str], what: str) -> None:
    """Raise Stop with the faults, if there are any: one in one line, many as a list."""
    if len(faults) == 1:
        raise Stop(faults[0])
    if faults:
        raise Stop(f"{len(faults)} {what}:\n  {_listed(faults)}")


def _judge(faults: list[str], what: str, repeats: str) -> None:
    """Raise Stop with the lines, or print how many there are and the first where `repeats` is warn."""
    if repeats == "stop":
        _stop_at([f"{line}; correct or delete one, or set repeats: warn" for line in faults], what)
    elif faults:
        print(f"warning: {len(faults)} {what}; the first: {faults[0]}", file=sys.stderr)


def _conflicts(sentences: list[Sentence]) -> list[str]:
    """A line for every sentence that has another label than an earlier one with the same text, by `key`."""
    first: dict[str, Sentence] = {}
    pairs = [(s, first.setdefault(key(s.text) or s.text, s)) for s in sentences]
    return [
        f"{s.where}: {s.text[:60]!r} is labelled {s.label!r}, but {f.label!r} in {f.where}"
        for s, f in pairs
        if s.label != f.label
    ]


def _torn(parts: dict[str, list[Sentence]]) -> list[str]:
    """A line for every group that has rows in two splits."""
    owners: dict[str, dict[str, str]] = {}
    for split, rows in parts.items():
        for s in rows:
            owners.setdefault(s.doc, {}).setdefault(split, s.where)
    return [
        f"the group {doc!r} is in " + " and in ".join(f"{split} ({where})" for split, where in splits.items())
        for doc, splits in owners.items()
        if len(splits) > 1
    ]


def _parts(source: Source, faults: list[str]) -> dict[str, Rows]:
    """split -> rows. WHOLE where there are no ready-made splits."""
    files = source.files
    if isinstance(files, str) and Path(files).is_dir():
        files = _directory(Path(files), source.split_column)
    if isinstance(files, dict):
        return {split: _rows(listed, source, faults) for split, listed in files.items()}
    assert files is not None
    if isinstance(files, list) or Path(files).is_file() or is_table(files):
        return {WHOLE: _rows(files, source, faults)}
    return _hub(files)


def _directory(root: Path, split_column: str | None) -> dict[str, str | list[str]]:
    """Files by the split that their names speak of; WHOLE if none speaks of any."""
    files = sorted(str(path) for path in root.iterdir() if is_table(path))
    if not files:
        raise Stop(f"source: the directory {root} holds no {', '.join(KINDS)} file")
    words = {file: re.findall(r"[A-Z]?[a-z]+|[A-Z]+", Path(file).stem) for file in files}  # of TestSet.csv two
    suffix = re.compile("(set|data|split|file)s?$")
    said = {file: {suffix.sub("", word.lower()) for word in listed} for file, listed in words.items()}
    spoken = {file: {SPLIT_WORDS[word] for word in SPLIT_WORDS.keys() & said[file]} for file in files}
    if split_column or not any(spoken.values()):
        return {WHOLE: files}
    unclear = [file for file, splits in spoken.items() if len(splits) != 1]
    if unclear or {"train"} not in spoken.values():
        unclear = unclear or files  # test.csv alone would be dealt to train too
        raise Stop(
            f"source: which split is {', '.join(unclear)}? "
            "Name them: source.files: {train: FILES, validation: FILES, test: FILES}"
        )
    return {name: chosen for name in SPLITS if (chosen := [file for file in files if spoken[file] == {name}])}


def _rows(files: str | list[str], source: Source, faults: list[str]) -> Rows:
    listed, form = [files] if isinstance(files, str) else files, source.csv.model_dump()
    return [pair for file in listed for pair in read_table(file, _wanted(source), faults, **form)]


def _wanted(source: Source) -> list[str]:
    """The columns that every row must have."""
    columns = (source.text_column, source.title_column, source.label_column, source.group_column, source.split_column)
    return [name for name in columns if isinstance(name, str)]


def _hub(source: str) -> dict[str, Rows]:
    """A hub dataset, `owner/name` or `owner/name:configuration`. Splits that are none of ours are left out, told."""
    name, _, configuration = source.partition(":")
    try:
        loaded = datasets.load_dataset(name, configuration or None)
    except Exception as error:  # the library and its network stack raise in many ways
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise Stop(
            f"source: {source!r} is no file or directory here, and as a hub dataset it could not be loaded: {reason}"
        ) from error
    parts: dict[str, Rows] = {}
    for split, table in loaded.items():
        if (ours := SPLIT_WORDS.get(split)) is None:
            print(f"source: the split {split} of {source} is left out", file=sys.stderr)
            continue
        named = [(f"{source} {split}: row {n}", row) for n, row in enumerate(with_class_names(table), 1)]
        parts[ours] = parts.get(ours, []) + named  # valid and dev may both be there
    if "train" not in parts:
        raise Stop(
            f"source: {source} has the splits {', '.join(loaded)}, none of them train; save the rows you want as files "
            "and name those"
        )
    return {WHOLE: parts["train"]} if set(parts) == {"train"} else parts


def _by_column(rows: Rows, source: Source, faults: list[str]) -> dict[str, Rows]:
    """Rows by what their split_column says; a fault for each word that is no split."""
    _require([str(source.split_column)], rows)
    parts: dict[str, Rows] = {}
    for where, row in rows:
        word = row.get(str(source.split_column))
        if (split := SPLIT_WORDS.get(str(word).strip().lower())) is None:
            faults.append(
                f"{where}: unknown split {word!r} in column {source.split_column}; it may say {', '.join(SPLIT_WORDS)}"
            )
        else:
            parts.setdefault(split, []).append((where, row))
    if "train" not in parts and not faults:
        raise Stop(f"split_column: {source.split_column} says {', '.join(parts)}, but no row is train")
    return {name: parts[name] for name in SPLITS if name in parts}


def _require(wanted: list[str], rows: Rows) -> None:
    """Raise Stop if the first row lacks a column."""
    if rows and (missing := [name for name in wanted if name not in rows[0][1]]):
        raise Stop(
            f"{rows[0][0]}: no column {', '.join(missing)}; there are {', '.join(rows[0][1])}: name yours as "
            "text_column, label_column, split_column, group_column"
        )


def _sentences(
    rows: Rows, split: str, source: Source, columns: list[str], faults: list[str], orders: Counter[str]
) -> Iterator[Sentence]:
    """The good rows. `orders` counts those of each document over all splits, so that no two have one id."""
    _require(_wanted(source), rows)
    names = {normalise(name): normalise(other) for name, other in source.label_names.items()}
    prefix = "" if split == WHOLE else f"{split}-"
    for number, (where, row) in enumerate(rows, 1):
        raw, label = row.get(str(source.text_column)), row.get(str(source.label_column))
        title = row.get(source.title_column) if source.title_column else None
        group = row.get(source.group_column) if source.group_column else None
        name = "" if label is None else normalise(str(label))
        if isinstance(label, list | dict) or (name.startswith("[") and name.endswith("]")):
            faults.append(f"{where}: label {name} is a list (multi-label), but a row here has exactly one label")
        elif isinstance(raw, list | dict):
            faults.append(
                f"{where}: text {str(raw)[:60]} is a list; one text is read, not pairs: text_column names a column "
                "with one text"
            )
        elif odd := [v for v in (label, raw, title, group) if isinstance(v, bytes | list | dict) or v != v]:
            faults.append(
                f"{where}: {odd[0]!r:.40} is no text (bytes, a list, or not a number); convert the column to strings"
            )
        elif raw is None or not normalise(str(raw)):
            faults.append(f"{where}: empty text in column {source.text_column}; fill or delete the row")
        elif not name:
            faults.append(f"{where}: empty label in column {source.label_column}; fill or delete the row")
        elif source.group_column and (group is None or not normalise(str(group))):
            faults.append(f"{where}: empty group in column {source.group_column}; fill it, or set group_column: null")
        else:
            text = normalise(" ".join(str(piece) for piece in (title, raw) if piece is not None))
            doc = f"{prefix}{number:07d}" if group is None else _group(group)
            orders[doc] += 1
            meta = {"part": ""} | {
                column: "" if row[column] is None else str(row[column]) for column in columns if column in row
            }
            yield Sentence(doc, orders[doc], text, names.get(name, name), meta, where=where)


def _group(value: Any) -> str:
    """The name of a group; those that differ by case, the form of characters or as 7 and 7.0 do are one."""
    whole = isinstance(value, float) and value.is_integer()
    return normalise(unicodedata.normalize("NFKC", str(int(value) if whole else value)).casefold())
