"""Who is said to have said it: floors on invented sentences, and kinds that were once wrong."""

import pytest

from onrecord.article.sentences import sentences
from onrecord.article.speakers import Speaker, speaker, speakers
from tests.conftest import fixture


@pytest.mark.parametrize("table", ["speakers.jsonl", "speakers_heldout.jsonl"])
def test_speakers(table: str) -> None:
    cases = fixture(table)
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
    cases = fixture("speakers_blind.jsonl")[first::2]
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
    for text, words, name in (
        ("He said it was closed.", "He", None),
        ("“We will go,” she said.", "she", None),
        ("The operator said it was closed.", "The operator", "The operator"),
        ("“No,” a person said.", "a person", "a person"),
    ):
        assert speaker(text) == words and speakers(text, sentences(text)) == [Speaker(words, name)]


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
