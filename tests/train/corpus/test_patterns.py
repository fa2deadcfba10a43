"""A row whose wording settles its label is named when it has another one, and left alone when it has the right one."""

from dataclasses import replace
from pathlib import Path

import pytest

from train import build
from train.config import Stop, load
from train.corpus import audit
from train.corpus.patterns import Pattern, breaches, read_patterns
from train.corpus.rows import Sentence, read_seeds

LABELS = load().corpus.labels
AWARE = """- name: not aware
  regex: '\\bnot aware of\\b'
  labels: [denial]
  exceptions: [a/02]
  why: a denial of one's own knowledge
"""


def row(order: int, label: str, text: str = "The mayor is Not aware of any complaint.") -> Sentence:
    return Sentence("a", order, text, label, {"part": "natural"}, where=f"x.jsonl:{order}")


@pytest.fixture
def patterns(tmp_path: Path) -> list[Pattern]:
    (tmp_path / "patterns.yaml").write_text(AWARE)
    return read_patterns(tmp_path / "patterns.yaml", LABELS)


def test_a_breach_is_red_and_the_same_row_with_the_right_label_green(patterns: list[Pattern]) -> None:
    exception = row(2, "claim")
    [fault] = breaches([row(1, "claim"), exception], patterns)
    for part in ("a/01", "x.jsonl:1", "claim", "Not aware of any complaint", "'not aware'", "denial", "own knowledge"):
        assert part in fault
    assert breaches([row(1, "denial"), exception], patterns) == []


def test_a_row_without_the_wording_may_have_any_label(patterns: list[Pattern]) -> None:
    rows = [row(1, "denial"), row(2, "claim")]
    others = [row(3 + i, label, "He is aware of it.") for i, label in enumerate(LABELS)]
    assert breaches([*rows, *others], patterns) == []


def test_an_exception_that_is_none_is_red(patterns: list[Pattern]) -> None:
    assert breaches([row(1, "denial"), row(2, "denial")], patterns) == [
        "a/02 is no exception to 'not aware': delete it there"
    ]


def test_a_pattern_that_no_row_holds_is_red(patterns: list[Pattern]) -> None:
    patterns = [replace(patterns[0], exceptions=frozenset())]
    assert breaches([row(1, "claim", "Nothing of the kind.")], patterns) == [
        "no row holds 'not aware': mend its regex or delete it"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("labels: [denial]", "labels: [refusal]", "refusal"),
        ("labels: [denial]", "labels: []", "labels"),
        ("labels: [denial]", "labels: denial", "lists"),
        ("not aware of", "(not aware of", "regex"),
        ("  why:", "  because:", "lacks why"),
        ("  exceptions:", "  except:", "unknown keys except"),
        ("- name: not aware", "- name: 7", "texts"),
        (AWARE, AWARE + AWARE, "taken"),
        (AWARE, "- not aware\n", "no mapping"),
        (AWARE, "name: not aware\n", "no list"),
        (AWARE, "- [", "not YAML"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "patterns.yaml"
    path.write_text(AWARE.replace(old, new))
    with pytest.raises(Stop, match=message):
        read_patterns(path, LABELS)


def test_no_file_no_patterns(tmp_path: Path) -> None:
    assert read_patterns(tmp_path / "patterns.yaml", LABELS) == []


def test_the_audit_looks_at_the_patterns_of_the_seeds(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(corpus__seeds=str(seeds), corpus__behaviour_groups=1)
    rows = read_seeds(config.corpus.seeds, config.corpus.labels)
    parts = build.split(rows, config.corpus)
    monkeypatch.setattr(audit, "audit", lambda parts, labels: ({}, []))
    word = rows[0].text.split()[0]
    for labels, red in ((LABELS, False), ([label for label in LABELS if label != rows[0].label], True)):
        entry = f"- {{name: first, regex: '^{word} ', labels: [{', '.join(labels)}], why: it is the first}}\n"
        (seeds / "patterns.yaml").write_text(entry)
        if red:
            with pytest.raises(Stop, match=rows[0].id):
                build.refuse_unsound(parts, config)
        else:
            build.refuse_unsound(parts, config)
