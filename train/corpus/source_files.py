"""One file as rows, by its ending: CSV, TSV, JSONL, Parquet, or the XML of the Szeged Uncertainty Corpus."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import datasets

from onrecord.tables.read import is_bare
from train.config import Stop

Row = dict[str, Any]
Rows = list[tuple[str, Row]]  # (where it stands, row)
KINDS = (".csv", ".tsv", ".jsonl", ".parquet", ".xml")
FIELD = 100_000  # characters of a cell: a quotation mark that is never closed makes no longer one


def read_table(path: str, columns: list[str] | None = None) -> Rows:
    """(file:line, row) of one file. `columns` names those of a CSV or TSV without a header. Raises Stop if it cannot be read."""
    kind = Path(path).suffix.lower()
    if kind not in KINDS:
        raise Stop(f"{path}: rows are read from {', '.join(KINDS)} files, by their ending")
    if not Path(path).is_file():
        raise Stop(f"{path}: no such file (paths are taken from {Path.cwd()})")
    try:
        if kind == ".parquet":
            return [
                (f"{path}: row {n}", row)
                for n, row in enumerate(named(datasets.Dataset.from_parquet(path, keep_in_memory=True)), 1)
            ]
        if kind == ".xml":
            return list(_uncertainty(path))
        with open(path, encoding="utf-8-sig", newline="") as file:
            content = file.read()
        return list(_json_lines(path, content) if kind == ".jsonl" else _cells(path, content, kind, columns))
    except UnicodeDecodeError as error:
        raise Stop(f"{path} could not be read: byte {error.start} is not UTF-8; save it as UTF-8") from error
    except (
        ValueError,
        LookupError,
        RecursionError,
        csv.Error,
        OSError,
        ElementTree.ParseError,
        datasets.exceptions.DatasetGenerationError,
    ) as error:
        hidden = error.__cause__ if isinstance(error, datasets.exceptions.DatasetGenerationError) else None
        raise Stop(f"{path} could not be read as {kind}: {str(hidden or error).strip().splitlines()[-1]}") from error


def named(table: datasets.Dataset) -> Iterator[Row]:
    """Rows with the names of class labels in place of their numbers."""
    classes = {
        name: feature.names for name, feature in table.features.items() if isinstance(feature, datasets.ClassLabel)
    }
    for row in table:
        yield row | {
            name: names[row[name]] for name, names in classes.items() if row[name] is not None and row[name] >= 0
        }


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


def _cells(path: str, content: str, kind: str, columns: list[str] | None) -> Iterator[tuple[str, Row]]:
    """CSV is quoted as RFC 4180 says, and so are some TSV files. One is read as it is if a bare cell holds a quotation mark and all lines have as many cells."""
    bare = kind == ".tsv" and is_bare(io.BytesIO(content.encode()))
    csv.field_size_limit(FIELD)
    text, delimiter = io.StringIO(content, newline=""), "\t" if kind == ".tsv" else ","
    # Strict: text behind a closing quotation mark is an error, not part of the cell.
    reader = csv.reader(text, delimiter=delimiter, quoting=csv.QUOTE_NONE if bare else csv.QUOTE_MINIMAL, strict=True)
    header, line = columns, 1
    for cells in reader:
        first, line = line, reader.line_num + 1
        if header is None:
            header = [cell.strip() for cell in cells]
            if twice := sorted({name for name in header if header.count(name) > 1}):
                raise ValueError(f"the header names {', '.join(twice)} twice")
        elif cells:
            if len(cells) != len(header):
                raise ValueError(f"line {first} has {len(cells)} cells, not {len(header)} ({', '.join(header)})")
            yield f"{path}:{first}", dict(zip(header, cells, strict=True))


def _uncertainty(path: str) -> Iterator[tuple[str, Row]]:
    """Documents of sentences with their cues marked: Annotation/DocumentSet/Document/DocumentPart/Sentence, with `ccue` elements inside the text.

    A sentence with a cue is uncertain, one without is certain, as in CoNLL-2010 (Farkas et al. 2010) and Szarvas et al. (2012), whose files have this form.
    """
    root = ElementTree.parse(path).getroot()
    if root.find(".//ccue") is None:
        raise ValueError(
            "no <ccue> in it; the only XML read here is that of the Szeged Uncertainty Corpus and of CoNLL-2010"
        )
    for number, document in enumerate((element for element in root.iter() if element.tag.lower() == "document"), 1):
        for sentence in (element for element in document.iter() if element.tag.lower() == "sentence"):
            label, text = (
                "uncertain" if sentence.find(".//ccue") is not None else "certain",
                "".join(sentence.itertext()),
            )
            if text.strip():  # an empty element is no sentence
                yield (
                    f"{path}: sentence {sentence.get('id')}",
                    {"doc": f"{Path(path).stem}-{number}", "text": text, "label": label},
                )
