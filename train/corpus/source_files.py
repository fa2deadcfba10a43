"""One file as rows: a table of any format that `onrecord.tables` reads, or the XML of the Szeged Uncertainty Corpus."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import datasets

from onrecord.tables.formats import FORMATS, TableError, format_of
from onrecord.tables.read import rows
from train.config import Stop

Row = dict[str, Any]
Rows = list[tuple[str, Row]]  # (where it stands, row)
KINDS = (*FORMATS, ".xml")  # a text format may be packed: .csv.gz


def is_table(path: str | Path) -> bool:
    """Whether rows are read from files of that name."""
    try:
        return Path(path).suffix.lower() == ".xml" or bool(format_of(str(path)))
    except TableError:
        return False


def read_table(
    path: str,
    wanted: Sequence[str] = (),
    faults: list[str] | None = None,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Rows:
    """(file:line, row) of one file. `columns` are those of a CSV or TSV without a header, `wanted` those that are used.

    Rows that cannot be read are added to `faults`, one line each. Raises Stop for what ails the whole file, and for the
    first such row where there are no `faults`.
    """
    if not is_table(path):
        raise Stop(f"{path}: rows are read from {', '.join(KINDS)} files, by their ending")
    if not Path(path).is_file():
        raise Stop(f"{path}: no such file (paths are taken from {Path.cwd()})")
    read: Rows = []
    try:
        if Path(path).suffix.lower() == ".xml":
            return list(_uncertainty(path))
        options: dict[str, Any] = dict(names=columns, delimiter=delimiter, encoding=encoding)
        for row in rows(path, wanted, **options, on_note=lambda note: print(f"{path}: {note}", file=sys.stderr)):
            where = f"{path}:{row.first}" if row.first else f"{path}: row {row.number}"
            if row.values is not None:
                read.append((where, row.values))
            elif faults is None:
                raise Stop(f"{where}: {row.fault}")
            else:
                faults.append(f"{where}: {row.fault}")
    except TableError as error:
        raise Stop(f"{path}: {error}") from error
    except (ValueError, LookupError, OSError, ElementTree.ParseError) as error:
        raise Stop(f"{path} could not be read: {str(error).strip().splitlines()[-1]}") from error
    return read


def with_class_names(table: datasets.Dataset) -> Iterator[Row]:
    """Rows of a hub dataset with the names of class labels in place of their numbers."""
    classes = {name: kind.names for name, kind in table.features.items() if isinstance(kind, datasets.ClassLabel)}
    for row in table:
        labelled = {name: row[name] for name in classes if row[name] is not None and row[name] >= 0}
        yield row | {name: classes[name][number] for name, number in labelled.items()}


def _uncertainty(path: str) -> Iterator[tuple[str, Row]]:
    """Annotation/DocumentSet/Document/DocumentPart/Sentence, whose text has its cues in `ccue` elements.

    A sentence with a cue is uncertain, one without is certain, as in CoNLL-2010 (Farkas et al. 2010) and Szarvas et al.
    (2012), whose files have this form.
    """
    root = ElementTree.parse(path).getroot()
    if root.find(".//ccue") is None:
        raise ValueError(
            "no <ccue> in it; the only XML read here is that of the Szeged Uncertainty Corpus and of CoNLL-2010"
        )
    for number, document in enumerate((element for element in root.iter() if element.tag.lower() == "document"), 1):
        for sentence in (element for element in document.iter() if element.tag.lower() == "sentence"):
            text, label = "".join(sentence.itertext()), "certain" if sentence.find(".//ccue") is None else "uncertain"
            if text.strip():  # an empty element is no sentence
                row = {"doc": f"{Path(path).stem}-{number}", "text": text, "label": label}
                yield f"{path}: sentence {sentence.get('id')}", row
