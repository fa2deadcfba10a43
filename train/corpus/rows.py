"""Read and check what people wrote: seeds/articles/*.jsonl, seeds/contrasts/*.jsonl, seeds/guideline_examples.jsonl.

A file holds two kinds of rows. A row without `order` opens a document: an article (`doc, title, published, domain,
style, english, part, author`) or a contrast group (`doc, rule, author`). A row with `order` is a sentence: `doc, order,
text, label`, and, where there is something to say, `unsure`, `annotators` (the labels given blind, before they were
settled in `label`) and `second` (why the row was labelled again: drawn at `random`, because `all` were, or because it
was `doubtful`).

A row of the guideline examples is an example of the guidelines with its label, sentences that hold it, and its part:
half of them train, half are kept out as a behaviour test.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from train.config import Stop

INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
ARTICLE_FIELDS = ("title", "published", "domain", "style", "english", "part", "author")
GROUP_FIELDS = ("rule", "author")
MAX_CHARACTERS = 1000  # a longer row is two sentences or a paste accident; the longest of real news sentences has 394
EXAMPLES = "guideline_examples.jsonl"
EXAMPLE = {"example": str, "section": str, "label": str, "sentences": list, "part": str}


@dataclass(frozen=True)
class Sentence:
    """One labelled sentence and where it came from."""

    doc: str
    order: int
    text: str
    label: str
    meta: dict[str, str]  # the document's opening row
    unsure: bool = False
    annotators: tuple[str, ...] = field(default=())
    second: str = ""
    where: str = ""  # file:line

    @property
    def id(self) -> str:
        return f"{self.doc}/{self.order:02d}"


def seed_lines(path: Path) -> list[str]:
    """The lines of a file of seeds as they stand, without LF: a CR before it stays, which JSON reads over.

    The one count of lines: what was read from line n is written back to line n. Raises UnicodeDecodeError.
    """
    return path.read_bytes().decode("utf-8").split("\n")


def normalise(text: str) -> str:
    """NFC, no invisible characters, single spaces. Quotation marks and dashes stay as the publication set them."""
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


def key(text: str) -> str:
    """What makes two sentences the same one: letters and digits, case folded, in the plainest form (NFKC)."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def read_seeds(seeds: str, labels: list[str]) -> list[Sentence]:
    """All sentences of the directory `seeds` in file order.

    Raises Stop with the whole list of `file:line: fault` if any row is faulty.
    """
    root = Path(seeds)
    files = sorted([*root.glob("articles/*.jsonl"), *root.glob("contrasts/*.jsonl")])
    if not files:
        raise Stop(
            f"no seeds: {root}/articles/*.jsonl and {root}/contrasts/*.jsonl match nothing; --corpus.seeds names "
            "another directory"
        )
    sentences: list[Sentence] = []
    faults: list[str] = []
    opened: dict[str, str] = {}
    for path in files:
        _read_file(path, labels, sentences, faults, opened)
    if (root / EXAMPLES).is_file():
        _read_examples(root / EXAMPLES, labels, sentences, faults)
    _check_repeats(sentences, faults)
    if faults:
        raise Stop(f"{len(faults)} faulty rows:\n  " + "\n  ".join(faults))
    return sentences


def _json(line: str) -> Any:
    """The value of a line. Raises ValueError, also for half a character, which no other file can hold."""
    try:
        row = json.loads(line)
        json.dumps(row, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return row


def _json_lines(path: Path, faults: list[str]) -> Iterator[tuple[str, Any]]:
    """(file:line, value) of the lines that are not blank; what is no JSON in UTF-8 goes to the faults."""
    try:
        lines = seed_lines(path)
    except UnicodeDecodeError as error:
        faults.append(f"{path}: not UTF-8 (byte {error.start})")
        return
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = _json(line)
        except ValueError as error:
            alone = "; lines end in CR here: save the file with LF" if "\r" in line.strip() else ""
            faults.append(f"{path}:{number}: not JSON ({error}){alone}")
            continue
        yield f"{path}:{number}", row


def _read_file(
    path: Path, labels: list[str], sentences: list[Sentence], faults: list[str], opened: dict[str, str]
) -> None:
    documents: dict[str, dict[str, str]] = {}
    for where, row in _json_lines(path, faults):
        if not isinstance(row, dict) or not isinstance(row.get("doc"), str) or not row["doc"]:
            faults.append(f"{where}: a row is a JSON object with a `doc`")
        elif not row["doc"].isprintable():  # a tab or line break would spoil the file of splits
            faults.append(f"{where}: `doc` {row['doc']!r} has characters that cannot be printed")
        elif "order" not in row:
            wanted = GROUP_FIELDS if path.parent.name == "contrasts" else ARTICLE_FIELDS
            missing = [name for name in wanted if not isinstance(row.get(name), str) or not row[name].strip()]
            if missing:
                faults.append(f"{where}: document {row['doc']!r} lacks {', '.join(missing)}")
            if (first := opened.setdefault(row["doc"], where)) != where:
                faults.append(f"{where}: document {row['doc']!r} is opened twice, first by {first}")
            documents[row["doc"]] = {name: str(row.get(name, "")) for name in {*ARTICLE_FIELDS, *GROUP_FIELDS}} | (
                {"part": "contrast"} if wanted is GROUP_FIELDS else {}
            )
        else:
            fault = _fault(row, documents, labels)
            if fault:
                faults.append(f"{where}: {fault}")
                continue
            sentences.append(
                Sentence(row["doc"], row["order"], normalise(row["text"]), row["label"], documents[row["doc"]],
                         row.get("unsure", False), tuple(row.get("annotators", ())), row.get("second", ""), where)
            )  # fmt: skip


def _read_examples(path: Path, labels: list[str], sentences: list[Sentence], faults: list[str]) -> None:
    """Each example is a document; `split` in its meta is what its row says."""
    for where, row in _json_lines(path, faults):
        if not isinstance(row, dict) or any(not isinstance(row.get(name), kind) for name, kind in EXAMPLE.items()):
            faults.append(f"{where}: a row has {', '.join(EXAMPLE)}")
        elif row["part"] not in ("train", "behaviour"):
            faults.append(f"{where}: part {row['part']!r} is neither train nor behaviour")
        else:
            doc = "g-" + hashlib.sha256(f"{row['section']}/{row['example']}".encode()).hexdigest()[:8]
            meta = dict.fromkeys((*ARTICLE_FIELDS, *GROUP_FIELDS), "")
            meta |= {"part": "guidelines", "rule": "guidelines", "title": row["example"], "split": row["part"]}
            for order, text in enumerate(row["sentences"], 1):
                sentence = {"doc": doc, "order": order, "text": text, "label": row["label"]}
                if fault := _fault(sentence, {doc: meta}, labels):
                    faults.append(f"{where}: {fault}")
                else:
                    sentences.append(Sentence(doc, order, normalise(text), row["label"], meta, where=where))


def _fault(row: dict[str, Any], documents: dict[str, dict[str, str]], labels: list[str]) -> str | None:
    if row["doc"] not in documents:
        return f"sentence of {row['doc']!r}, which no row above opens"
    if not isinstance(row["order"], int) or isinstance(row["order"], bool) or not 1 <= row["order"] < 2**31:
        return f"order {row['order']!r} is not a whole number from 1 that has 32 bits"
    if not isinstance(row.get("text"), str) or not normalise(row["text"]):
        return f"empty text {row.get('text')!r}"
    if len(normalise(row["text"])) > MAX_CHARACTERS:
        return f"{len(row['text'])} characters, more than {MAX_CHARACTERS}: {row['text'][:60]!r}..."
    for name, kind in (("unsure", bool), ("annotators", list), ("second", str)):
        if name in row and not isinstance(row[name], kind):
            return f"{name} {row[name]!r} is no {kind.__name__}"
    for label in (row.get("label"), *row.get("annotators", ())):
        if label not in labels:
            return f"unknown label {label!r}; the labels are {', '.join(labels)}"
    unknown = set(row) - {"doc", "order", "text", "label", "unsure", "annotators", "second"}
    return f"unknown fields {sorted(unknown)}" if unknown else None


def _check_repeats(sentences: list[Sentence], faults: list[str]) -> None:
    ids: dict[str, Sentence] = {}
    texts: dict[str, Sentence] = {}
    for s in sentences:
        if (first := ids.setdefault(s.id, s)) is not s:
            faults.append(f"{s.where}: id {s.id} is taken by {first.where}")
        if (first := texts.setdefault(key(s.text) or s.text, s)) is not s:
            verb = "has two labels" if first.label != s.label else "is there twice"
            faults.append(f"{s.where}: {s.text[:60]!r} ({s.label}) {verb}: {first.where} ({first.label})")
