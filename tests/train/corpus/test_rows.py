"""Faulty rows are listed together, with file and line."""

import json
from pathlib import Path

import pytest

from tests.conftest import LABELS
from train.config import Stop
from train.corpus.rows import key, normalise, read_seeds

HEAD = {
    "doc": "x",
    "title": "T",
    "published": "2020-01-01",
    "domain": "politics",
    "style": "wire",
    "english": "British",
    "part": "natural",
    "author": "a",
}
GOOD = {"doc": "x", "order": 1, "text": "The talks will resume on Monday.", "label": "scheduling"}


def read(root: Path, *rows: dict | str) -> list:
    (root / "articles").mkdir(exist_ok=True)
    (root / "articles" / "a.jsonl").write_text(
        "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    )
    return read_seeds(str(root), LABELS)


def test_good_rows_are_read(tmp_path: Path) -> None:
    (sentence,) = read(tmp_path, HEAD, GOOD | {"unsure": True, "annotators": ["scheduling", "claim"]})
    assert (sentence.id, sentence.unsure, sentence.annotators, sentence.meta["style"]) == (
        "x/01",
        True,
        ("scheduling", "claim"),
        "wire",
    )


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([HEAD, GOOD | {"label": "clam"}], "a.jsonl:2: unknown label 'clam'; the labels are claim, hedge"),
        ([HEAD, GOOD | {"annotators": ["clam"]}], "unknown label 'clam'"),
        ([HEAD, GOOD | {"text": " \u200b "}], "empty text"),
        ([HEAD, GOOD | {"text": None}], "empty text"),
        ([HEAD, GOOD | {"text": "x" * 1001}], "1001 characters, more than 1000"),
        ([HEAD, GOOD, GOOD | {"text": "Another."}], "a.jsonl:3: id x/01 is taken by"),
        ([HEAD, GOOD, GOOD | {"order": 2, "label": "claim"}], "has two labels"),
        ([HEAD, GOOD, GOOD | {"order": 2, "text": "the talks  will resume on monday"}], "is there twice"),
        ([GOOD], "which no row above opens"),
        ([HEAD, HEAD, GOOD], "opened twice"),
        ([{**HEAD, "style": ""}, GOOD], "lacks style"),
        ([HEAD, GOOD | {"order": "1"}], "order '1'"),
        ([HEAD, GOOD | {"lable": "x"}], "unknown fields ['lable']"),
        ([HEAD, "{"], "not JSON"),
        ([HEAD, "[]"], "a row is a JSON object"),
        ([HEAD, GOOD | {"order": 2**31}], "a.jsonl:2: order 2147483648 is not"),
        ([HEAD, GOOD | {"text": "The talks \ud800 resume."}], "a.jsonl:2: not JSON ("),
        ([HEAD | {"title": "\ud800"}, GOOD], "surrogates not allowed"),
        ([HEAD, '{"doc": ' + "[" * 100_000], "a.jsonl:2: not JSON (nested too deep)"),
        *(([HEAD | {"doc": doc}], f"`doc` {doc!r} has characters") for doc in ("a\tb", "a\nb", "a\u2028b")),
    ],
)  # fmt: skip
def test_faults_are_named(tmp_path: Path, rows: list, fault: str) -> None:
    with pytest.raises(Stop) as stop:
        read(tmp_path, *rows)
    assert fault in str(stop.value)


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="3 faulty rows"):
        read(tmp_path, HEAD, GOOD | {"label": "a"}, GOOD | {"order": 2, "label": "b"}, "{")


def test_no_seeds(tmp_path: Path) -> None:
    with pytest.raises(Stop, match=r"--corpus\.seeds names another directory"):
        read_seeds(str(tmp_path), LABELS)


def test_normalise_keeps_what_the_publication_set() -> None:
    assert normalise("  “Cafe\u0301”\u00a0— it’s\u200b\tso ") == "“Café” — it’s so"


def test_texts_in_another_form_of_unicode_are_the_same() -> None:
    bold = "".join(chr(0x1D41A + ord(c) - ord("a")) if c.islower() else c for c in "Talks will resume at 8.")
    assert len({key(text) for text in ("Talks will resume at 8.", bold, "\uff34alks will \u202fRESUME at \uff18")}) == 1


def test_a_document_in_two_files_and_wrong_types_are_faults(seeds: Path) -> None:
    path = seeds / "articles" / "made.jsonl"
    head, row = path.read_text().splitlines()[:2]
    (seeds / "articles" / "second.jsonl").write_text(
        head + "\n" + row.replace('"order": 1', '"order": true').replace("}", ', "unsure": "no"}') + "\n"
    )
    (seeds / "articles" / "third.jsonl").write_bytes(b"caf\xe9")
    with pytest.raises(Stop, match="opened twice, first by") as stop:
        read_seeds(str(seeds), LABELS)
    assert "order True" in str(stop.value) and "third.jsonl: not UTF-8" in str(stop.value)
