"""Titles and places of events, in the words of the sentence."""

import pytest

from tests.onrecord.dates.test_diary import events


@pytest.mark.parametrize(
    ("text", "title", "place"),
    [
        ("NORWICK (AP) — The Senate will vote on the tax on Tuesday, he said.", "Senate will vote on the tax", None),
        ("According to them, the bridge in Skarra will reopen on May 12.", "Bridge in Skarra will reopen", "Skarra"),
        ("The vote, due on Monday, has been moved to Wednesday.", "Vote", None),
        ("The concert planned for May 14 in Orsk has been called off.", "Concert planned in Orsk", "Orsk"),
        ("The fair runs until June 3 at the town hall.", "Fair runs until June 3 at the town hall", "the town hall"),
        ("She said on Wednesday that the fair opens Friday.", "Fair opens", None),
        ("The judge set Friday as the deadline for appeals.", "Deadline for appeals", None),
        ("The court set a deadline of May 10 for appeals.", "Deadline for appeals", None),
        ("The council set a Friday deadline for bids.", "Deadline for bids", None),
        ("The vote is at 10 a.m. in Beijing on Friday.", "Vote", "Beijing"),
        ("The vote had been set for Monday but will now be on Tuesday.", "Vote", None),
        ("Leaders meet in Orsk on Monday and in Skarra on Tuesday.", "Leaders meet in Orsk and in Skarra", None),
    ],
)  # fmt: skip
def test_title_and_place(text: str, title: str, place: str | None) -> None:
    event = events(text)[0]
    assert (event.title, event.place) == (title, place)


def test_a_long_title_is_cut_at_a_word() -> None:
    text = (
        "The committee on fisheries, forests, parks, rivers, lakes and all other waters of the north meets on Monday."
    )
    title = events(text)[0].title
    assert len(title) <= 80 and title.endswith("…") and text.startswith(f"The c{title[1:-1]}")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("The premier may miss Friday's summit.", "Premier may miss summit"),
        ("She will lead the delegation at Saturday's funeral.", "She will lead the delegation at funeral"),
    ],
)
def test_titles_without_a_possessive_day(text: str, title: str) -> None:
    assert [e.title for e in events(text)] == [title]


def test_the_title_is_of_the_clause_of_the_day() -> None:
    events_of = events("The minister, who resigned last week, will give evidence on Friday.")
    assert [e.title for e in events_of] == ["Minister will give evidence"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Talks will be held in St. Louis on Friday.", "St. Louis"),
        ("The match will be played at St. James' Park on Friday.", "St. James' Park"),
    ],
)
def test_places_of_saints(text: str, place: str) -> None:
    assert [e.place for e in events(text)] == [place]
