"""Offsets index the original text, nothing is lost, clocks do not end sentences."""

import json
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord import Classifier, read
from onrecord.article.read import published_date
from onrecord.article.sentences import sentences
from onrecord.article.speakers import named, speaker
from onrecord.article.webpage import is_html
from tests.conftest import FIXTURES


@given(
    st.text(
        alphabet=st.one_of(
            st.characters(),
            st.sampled_from("\ud800\U0001f389\u0301\u200b\u200d\u2028"),
            st.sampled_from(" .?!\n\r“”\"’'aA1"),
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
    assert [p for *_, p in spans] == sorted(p for *_, p in spans)


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


def rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines()]


def test_hard_cases() -> None:
    cases = rows("sentences.jsonl")
    wrong = [(case["sentences"], found) for case in cases if (found := texts(case["text"])) != case["sentences"]]
    assert len(cases) >= 60 and len(wrong) <= KNOWN_FAULTS, wrong


@pytest.mark.parametrize("table", ["speakers.jsonl", "speakers_heldout.jsonl"])
def test_speakers(table: str) -> None:
    cases = rows(table)
    named = [(case["speaker"], found) for case in cases if (found := speaker(case["text"])) is not None]
    right = sum(a == b for a, b in named)
    assert len(cases) >= 60 and right / len(named) >= 0.95, named
    assert right / sum(case["speaker"] is not None for case in cases) >= 0.85


@pytest.mark.parametrize(("first", "floor_precision", "floor_recall"), [(0, 0.98, 0.98), (1, 0.91, 0.87)])
def test_speakers_blind(first: int, floor_precision: float, floor_recall: float) -> None:
    """Written by someone who had not seen the frames. First try on all rows: precision 0.940, recall 0.790 of 100 speakers.

    Rows 1, 3, 5, ... (first try 0.974, 0.725) then guided the frames. The texts of rows 2, 4, 6, ... guided nothing: first try 0.913, 0.857,
    after the mending 0.915, 0.878.
    """
    cases = rows("speakers_blind.jsonl")[first::2]
    named = [(case["speaker"], found) for case in cases if (found := speaker(case["text"])) is not None]
    right = sum(a == b for a, b in named)
    assert len(cases) == 75
    assert (
        right / len(named) >= floor_precision
        and right / sum(case["speaker"] is not None for case in cases) >= floor_recall
    )


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("Economists say the price will fall.", "Economists"),
        ("According to the indictment, Lee told two agents that he had left.", "the indictment"),
        (
            '"We are late," Coastline Ferries chief executive Peter Naylor told reporters.',
            "Coastline Ferries chief executive Peter Naylor",
        ),
        ("“We are late,” said deputy mayor Ann Roe.", "deputy mayor Ann Roe"),
        ("“We are late,” said Ann Roe.", "Ann Roe"),
        ("“We are late,” said Ann Roe Jr.", "Ann Roe Jr."),
        ("The firm recalled 3,000 cars.", None),
        ("The storm claimed the lives of six.", None),
        ("The Senate confirmed the judge.", None),
        ("They argued about money.", None),
        ("You can say that again.", None),
        ("He wouldn’t say on Friday whether it was open.", None),
    ],
)
def test_frames(text: str, who: str | None) -> None:
    assert speaker(text) == who


def test_pronouns_name_nobody() -> None:
    assert (
        speaker("He said it was closed.") == "He"
        and named("He said it was closed.") is named("“We will go,” she said.") is None
    )
    assert named("The operator said it was closed.") == "The operator" and named("“No,” a person said.") == "a person"


def test_read(checkpoint: Path) -> None:
    article = "Leaders to meet\n\n“We will go,” he said. She denied it."
    found = read(article, "2024-05-02", Classifier.load(checkpoint))
    assert [s.text for s in found.statements] == ["Leaders to meet", "“We will go,” he said.", "She denied it."]
    assert [s.speaker for s in found.statements] == [None, None, None]
    assert all(article[s.start : s.end] == s.text == s.prediction.text for s in found.statements)
    assert found.text == article and found.published == date(2024, 5, 2)
    assert read("  \n ").statements == []


def test_published() -> None:
    assert read("", "2024-05-02T18:30+02:00").published == datetime.fromisoformat("2024-05-02T18:30+02:00")
    for wrong in ("2 May 2024", "2024-13-01", 20240502):
        with pytest.raises(ValueError, match=r"published is .*2024-05-02"):
            read("", wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="bytes"):
        read(b"Hello.")  # type: ignore[arg-type]


def test_html(checkpoint: Path) -> None:
    story = "<p>The Senate voted on Monday to pass the budget, after three weeks of talks behind closed doors.</p>"
    story += "<p>“We are done,” Sen. J. D. Roe said. The House votes on Friday.</p>"
    page = f"<!DOCTYPE html><html><body><nav>Home</nav><article><h1>Senate votes</h1>{story}</article><footer>Copyright</footer></body></html>"
    found = read(page, classifier=Classifier.load(checkpoint))
    assert all(found.text[s.start : s.end] == s.text for s in found.statements)
    assert [s.text for s in found.statements][-2:] == [
        "“We are done,” Sen. J. D. Roe said.",
        "The House votes on Friday.",
    ]
    assert (
        not is_html("He wrote <p> and </p>.")
        and not is_html("5 < 6")
        and not is_html("<p> is a tag.")
        and is_html("<p>He left.</p>")
    )
    assert is_html("<!-- a -->\n<!-- b --> <div>He left.</div>") and not is_html("<!-- a --> He left.</div>")


def test_comments_before_a_text_take_no_time() -> None:
    """With two ways to end each comment, thirty of them would take minutes."""
    assert (
        not is_html("<!-- a -->" * 1000 + "Police said")
        and not is_html("<!-- a -->" * 1000 + "<!-- b")
        and is_html("<!-- a -->" * 1000 + "<html>")
    )
    with pytest.raises(ValueError, match="no text"):
        read("<html><body></body></html>")


@pytest.mark.parametrize(
    "sentence",
    [
        "One child in nine goes hungry, according to a report by the U.K. charity Birthline.",
        "Fishing quotas will fall, according to the E.U. commissioner.",
        '"It is over," said St. George parish in the hall.',
    ],
)
def test_a_speaker_is_not_cut_at_an_abbreviation(sentence: str) -> None:
    assert speaker(sentence) is None


def test_a_speaker_at_the_end_of_the_sentence_stays() -> None:
    assert speaker("The talks are over, according to the ministry.") == "the ministry"
    assert speaker('"It is over," said the vicar.') == "the vicar"


def test_publication_at_the_ends_of_the_calendar_is_refused() -> None:
    for year in ("0001-01-02", "9999-12-31"):
        with pytest.raises(ValueError, match="give one from 1000 to 9000"):
            published_date(year)
    assert published_date("2024-05-02") == date(2024, 5, 2)
