"""Twice the text is twice the work: of a page that came as one line, and
of texts made to be slow. Work is counted, not timed.
"""

import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sentencex

from onrecord.article import sentences
from onrecord.article.speakers import speaker
from onrecord.dates import diary as dates_diary
from onrecord.dates import expression, tense, verbs
from onrecord.dates import resolve as dates
from onrecord.dates.resolve import find_dates
from tests.onrecord.dates.test_diary import Sentence, labelled

LINES = {
    "news": "The talks open Monday, officials said. “We will go,” he said in Washington, D.C. (He had said so before.) "
    "She left. ",
    "no sentence ends": "the talks open Monday and the officials said so in May but ",
    "quotations that end in no sentence": "“a. He b ",
    "brackets that end in no sentence": "(a. b ",
    "weekdays": "Monday ",
    "furniture": "He left. By ANN ROE March 3, 2014 Share on Facebook Advertisement The mayor (Photo by Bo Lee/Getty "
    "Images) ",
    "frames": "he left on Monday, he said on Friday, ",
}
READERS: dict[str, Callable[[str], object]] = {
    "sentences": sentences.sentences,
    "speaker": speaker,
    "dates": lambda text: find_dates(text, date(2024, 5, 9)),
}


def calls(function: Callable[[Any], object], text: object) -> int:
    """How many calls (of Python and of C functions, and resumed generators) reading this text takes."""
    count = 0

    def counting(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counting)
    try:
        function(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("line", LINES)
def test_calls(line: str, reader: str) -> None:
    once, twice = (LINES[line] * (n // len(LINES[line])) for n in (12_000, 24_000))
    READERS[reader](once)  # what is imported or compiled on first use
    assert calls(READERS[reader], twice) <= 2.2 * calls(READERS[reader], once) + 50


@pytest.mark.parametrize("second", ["is on", "was called off; the next is on"])
def test_a_diary_of_many_events(second: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dates_diary, "LATEST", 20)
    days = [f"2024-{6 + n % 7:02d}-{1 + n % 28:02d}" for n in range(400)]
    texts = [f"The a{n}x vote {'is on' if n % 2 else second} {day}." for n, day in enumerate(days)]
    statements = labelled(*(("scheduling", text) for text in texts))

    def made(some: list[Sentence]) -> object:
        return dates_diary.diary(some, date(2024, 5, 9))

    made(statements)
    assert calls(made, statements) <= 2.2 * calls(made, statements[:200]) + 50


def test_counting_calls_finds_what_is_quadratic() -> None:
    def quadratic(text: str) -> bool:
        return any(any(True for _ in ()) for i in range(len(text)) for j in range(i))

    assert calls(quadratic, "a" * 200) > 3 * calls(quadratic, "a" * 100)


class Counted:
    """A pattern, or the module sentencex, that counts the characters it is given to scan."""

    def __init__(self, searched: object) -> None:
        self.searched = searched
        self.characters = 0

    def finditer(self, text: str) -> object:
        self.characters += len(text)
        return self.searched.finditer(text)  # type: ignore[attr-defined]

    def get_sentence_boundaries(self, language: str, text: str) -> object:
        self.characters += len(text)
        assert len(text) <= sentences.WINDOW
        return self.searched.get_sentence_boundaries(language, text)  # type: ignore[attr-defined]


@pytest.mark.parametrize("line", LINES)
def test_characters_scanned(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = LINES[line] * (120_000 // len(LINES[line]))
    splitter = Counted(sentencex)
    monkeypatch.setattr(sentences, "sentencex", splitter)
    sentences.sentences(text)
    assert len(text) <= splitter.characters <= 2.2 * len(text)

    # such sentences are left out as tables; here every expression is to be looked at
    monkeypatch.setattr(dates, "MOST", 10**9)
    cues = Counted(verbs._CUES)
    monkeypatch.setattr(verbs, "_CUES", cues)
    found = len(find_dates(text[:24_000], date(2024, 5, 9)))
    assert cues.characters <= 24_000 + 4 * tense.HORIZON * max(
        1, text[:24_000].count("Monday") + text[:24_000].count("Friday")
    ) and (found or "M" not in text)


def test_a_window_ends_no_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    text = LINES["news"] * 50
    whole = sentences.sentences(text)
    monkeypatch.setattr(sentences, "WINDOW", 200)
    assert sentences.sentences(text) == whole


def test_what_stands_beside_an_expression_fits_the_window() -> None:
    """The rules look at CONTEXT characters on either side: a word before and
    one behind decide, wherever in a long line they stand.
    """
    long = "word " * 100
    for text in (
        "The church opens every Sunday.",
        "He read it in the Sunday Times on a train.",
        "The Bears will win the first quarter.",
    ):
        assert find_dates(long + text + long, date(2024, 5, 9)) == []
    (when,) = find_dates(long + "They will meet by the end of June." + long, date(2024, 5, 9))
    assert when.kind == "day" and len(long) > expression.CONTEXT
