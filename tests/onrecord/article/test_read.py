"""An article is read as typed sentences, with the day that it is from."""

from datetime import date, datetime
from pathlib import Path

import pytest

from onrecord import Classifier, read
from onrecord.article.read import published_date


def test_read(checkpoint: Path) -> None:
    article = "Leaders to meet\n\n“We will go,” he said. She denied it."
    found = read(article, "2024-05-02", Classifier.load(checkpoint))
    assert [s.text for s in found.statements] == ["Leaders to meet", "“We will go,” he said.", "She denied it."]
    assert [(s.speaker, s.speaker_name) for s in found.statements] == [(None, None), ("he", None), ("She", None)]
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


def test_publication_at_the_ends_of_the_calendar_is_refused() -> None:
    for year in ("0001-01-02", "9999-12-31"):
        with pytest.raises(ValueError, match="give one from 1000 to 9000"):
            published_date(year)
    assert published_date("2024-05-02") == date(2024, 5, 2)
