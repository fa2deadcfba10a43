"""Offsets index the original text, nothing is lost, clocks do not end sentences."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from onrecord import Classifier, read
from onrecord.article import sentences


@given(st.text(alphabet=st.one_of(st.characters(exclude_categories=("Cs",)), st.sampled_from(" .?!\n\r“”\"’'aA1"))))
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
    assert texts("The talks open at 3 p.m. Monday. They end at 9 a.m. ET on Friday.") == ["The talks open at 3 p.m. Monday.", "They end at 9 a.m. ET on Friday."]
    assert texts("It closed at 5 p.m. Officials left.") == ["It closed at 5 p.m.", "Officials left."]


def test_paragraphs() -> None:
    article = "Title\n\n He left. She stayed.\r\nEnd"
    assert [(p, article[a:b]) for a, b, p in sentences(article)] == [(0, "Title"), (1, "He left."), (1, "She stayed."), (2, "End")]


def test_read(checkpoint: Path) -> None:
    article = "Leaders to meet\n\n“We will go,” he said. She denied it."
    found = read(article, Classifier.load(checkpoint))
    assert [s.text for s in found] == ["Leaders to meet", "“We will go,” he said.", "She denied it."]
    assert all(article[s.start : s.end] == s.text == s.prediction.text for s in found)
    assert read("  \n ", None) == []
