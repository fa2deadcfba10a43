"""Offsets index the original text, nothing is lost, clocks do not end sentences."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.article.sentences import sentences
from tests.conftest import fixture


@given(
    st.text(
        alphabet=st.one_of(
            st.characters(),
            st.sampled_from("\ud800\U0001f389\u0301\u200b\u200d\u2028"),
            st.sampled_from(" .?!\n\r“”\"’'‘`()aA1"),
        )
    )
)
def test_offsets(article: str) -> None:
    end = 0
    for start, stop, _ in (spans := sentences(article)):
        assert not article[end:start].strip() and start >= end
        assert article[start:stop] == article[start:stop].strip() != ""
        end = stop
    assert not article[end:].strip()
    numbers = [p for *_, p in spans]
    assert numbers == sorted(numbers)
    # a mark alone is a sentence only where its paragraph has no word
    assert all(re.search(r"\w", article[a:b]) or numbers.count(p) == 1 for a, b, p in spans)


def texts(article: str) -> list[str]:
    return [article[a:b] for a, b, _ in sentences(article)]


def test_clocks() -> None:
    assert texts("The talks open at 3 p.m. Monday. They end at 9 a.m. ET on Friday.") == [
        "The talks open at 3 p.m. Monday.",
        "They end at 9 a.m. ET on Friday.",
    ]
    assert texts("It closed at 5 p.m. Officials left.") == ["It closed at 5 p.m.", "Officials left."]


def test_paragraphs() -> None:
    article = "Title\n\n He left. She stayed.\r\nEnd"
    assert [(p, article[a:b]) for a, b, p in sentences(article)] == [
        (0, "Title"),
        (1, "He left."),
        (1, "She stayed."),
        (2, "End"),
    ]


KNOWN_FAULTS = 1  # of the table: "etc." before a noun


def test_hard_cases() -> None:
    cases = fixture("sentences.jsonl")
    wrong = [(case["sentences"], found) for case in cases if (found := texts(case["text"])) != case["sentences"]]
    assert len(cases) >= 60 and len(wrong) <= KNOWN_FAULTS, wrong


@pytest.mark.parametrize(
    "cut",
    [
        ["“I left a note,” she adds.", "“I posted it back, too, in pieces."],
        ["NORWICK, Wash. — Two hikers walked in, police said."],
        ["“At this stage?” Cllr Roe asked The Evening Ledger.", "“What stage?”"],
        ["Eng. Salim Rawahi said it was done."],
    ],
)
def test_quotations_left_open_datelines_and_questions(cut: list[str]) -> None:
    text = " ".join(cut)
    assert [text[start:end] for start, end, _ in sentences(text)] == cut
