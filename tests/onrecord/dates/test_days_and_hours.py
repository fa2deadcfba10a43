"""Lists of days, days and hours in words, and days counted from another one of the sentence."""

from datetime import date

import pytest

from onrecord.dates.resolve import find_dates

WEDNESDAY = date(2024, 4, 24)


def ahead(text: str) -> list[str]:
    """What lies ahead of a scheduling sentence, each as "first" or "first..last"."""
    found = [w for w in find_dates(text, WEDNESDAY, scheduling=True) if not w.past]
    return ["..".join(dict.fromkeys((w.first.isoformat(), w.last.isoformat()))) for w in found]


SPAN = "2024-05-07..2024-05-09"


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("May 7, 9, 10", ["2024-05-07", "2024-05-09", "2024-05-10"]),
        ("7, 9, 10 May", ["2024-05-07", "2024-05-09", "2024-05-10"]),
        ("May 7, 9 and 10", ["2024-05-07", "2024-05-09", "2024-05-10"]),
        ("May 7th, 9th and 10th, 2025", ["2025-05-07", "2025-05-09", "2025-05-10"]),
        ("May 7, 8, 9", [SPAN]),
        ("7-9 and 14 May", [SPAN, "2024-05-14"]),
        ("7 to 9 and 14 May", [SPAN, "2024-05-14"]),
        ("May 7-9 and 14", [SPAN, "2024-05-14"]),
        ("May 7–9 & 14–16", [SPAN, "2024-05-14..2024-05-16"]),
        ("7-9, 14 and 21 May", [SPAN, "2024-05-14", "2024-05-21"]),
        # near misses
        ("7-9 or 14 May", []),
        ("14, 9 and 7 May", []),
        ("9-7 and 14 May", []),
        ("May 7 and 9", ["2024-05-07", "2024-05-09"]),
        ("May 7-9", [SPAN]),
    ],
)
def test_lists_of_days(words: str, days: list[str]) -> None:
    assert ahead(f"Hearings will be held on {words}.") == days


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("May 7, 9 people will be tried", "2024-05-07"),
        ("May 7, 9 and 14 people will be tried", "2024-05-07"),
        ("May 7-9 and 14 trains will stop", SPAN),
    ],
)
def test_a_number_behind_a_list_may_count_something(words: str, day: str) -> None:
    assert ahead(f"On {words}.") == [day]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("The fair will open on the seventh of May.", ["2024-05-07"]),
        ("The fair will open on the twenty-first of May, 2025.", ["2025-05-21"]),
        ("The fair will open on May the seventh.", ["2024-05-07"]),
        ("The fair will open on Friday, the third of May.", ["2024-05-03"]),
        ("The first of May is a holiday.", ["2024-05-01"]),
        ("The first of May parade will start at noon.", ["2024-05-01T12:00:00"]),
        ("The fair will open on the Fourth of July.", ["2024-07-04"]),
        # near misses
        ("The fair will open on Friday, the fourth of May.", []),  # a Saturday
        ("The strike, the second of May, will begin on Friday.", ["2024-04-26"]),
        ("The first of May's fairs will open on Friday.", ["2024-04-26"]),
        ("In May the first trains will run.", ["2024-05-01..2024-05-31"]),
        ("The fair will open on the thirty-first of June.", []),
    ],
)
def test_days_in_words(text: str, days: list[str]) -> None:
    assert ahead(text) == days


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It starts on the first of June at eight in the evening.", "2024-06-01T20:00:00"),
        ("It starts at half past seven p.m. on June 1.", "2024-06-01T19:30:00"),
        ("It starts on June 1 at half past seven in the evening.", "2024-06-01T19:30:00"),
        ("It starts on June 1 at 8:30 in the evening.", "2024-06-01T20:30:00"),
        ("It starts on June 1 at nine o'clock in the morning Eastern time.", "2024-06-01T09:00:00-04:00"),
        ("It starts on Friday evening at 7:30.", "2024-04-26T19:30:00"),
        ("It starts at half past seven on Friday evening.", "2024-04-26T19:30:00"),
        ("It starts at eight on Friday night.", "2024-04-26T20:00:00"),
        ("It starts at eight p.m. on Friday.", "2024-04-26T20:00:00"),
        ("It starts on Friday afternoon at 12:15.", "2024-04-26T12:15:00"),
        ("It starts on Friday evening at 20:15.", "2024-04-26T20:15:00"),
        # near misses: the hour is left out
        ("It starts at eight on Friday.", "2024-04-26"),
        ("It starts at eight o'clock on Friday.", "2024-04-26"),
        ("It starts on Friday night at 1 a.m.", "2024-04-26"),
        ("It starts on Friday evening at two.", "2024-04-26"),
        ("It starts on Friday evening at nine schools.", "2024-04-26"),
        ("It starts at twelve at night on Friday.", "2024-04-26"),
        ("It starts on Friday morning at 3:16.", "2024-04-26T03:16:00"),
    ],
)
def test_the_part_of_the_day_tells_which_half_an_hour_is_of(text: str, found: str) -> None:
    assert ahead(text) == [found]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("The court sits on May 7 and will rule a day later.", ["2024-05-07", "2024-05-08"]),
        ("The court sits at 10 a.m. on May 7 and will rule two days after.", ["2024-05-07T10:00:00", "2024-05-09"]),
        ("The court sits on May 7 and will rule the day after.", ["2024-05-07", "2024-05-08"]),
        ("The court sits on May 7 and will rule the following day.", ["2024-05-07", "2024-05-08"]),
        ("The court sits on May 7 and will rule a week later.", ["2024-05-07", "2024-05-14"]),
        ("The court sits on May 7, hears a plea a day later and rules two days later.",
         ["2024-05-07", "2024-05-08", "2024-05-10"]),
        ("The court sits on May 7 and will rule a fortnight later.", ["2024-05-07", "2024-05-21"]),
        ("The court sits on May 7 and in Leeds the following morning.", ["2024-05-07", "2024-05-08"]),
        ("The court sits on May 7 and will rule the following week.", ["2024-05-07", "2024-05-13..2024-05-19"]),
        # near misses
        ("A day later the court will rule.", []),
        ("The court sits on May 7, a day later than planned.", ["2024-05-07"]),
        ("The court sits on May 7, a day later.", ["2024-05-07"]),
        ("The court sits on May 7 and will rule at least two days later.", ["2024-05-07"]),
        ("The court sits on May 7 and will rule a couple of days later.", ["2024-05-07"]),
        ("The court sits on May 7 and will rule the day after he testifies.", ["2024-05-07"]),
        ("The court sits on May 7, after a vote on May 3, and will rule a day later.", ["2024-05-07", "2024-05-03"]),
        ("The court sits from May 7 to 9 and will rule a day later.", [SPAN]),
        ("The court sits on May 7 and, two days later, on May 9.", ["2024-05-07", "2024-05-09"]),
        ("The court met on Monday and ruled a day later.", []),
        ("The club meets each July 4 and dines a day later.", []),
        ("The court will rule two days after the vote.", []),
    ],
)  # fmt: skip
def test_days_counted_from_one_before(text: str, days: list[str]) -> None:
    assert ahead(text) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Drivers will strike on Friday and Saturday next week.", ["2024-05-03", "2024-05-04"]),
        ("The play runs from Wednesday to Saturday next week.", ["2024-05-01..2024-05-04"]),
        ("The court sits on Monday, Tuesday and Friday of next week.", ["2024-04-29", "2024-04-30", "2024-05-03"]),
        ("Drivers will strike on Friday and on Saturday next week.", ["2024-04-26", "2024-05-04"]),
        ("Meals will be served on the 14th and 21st.", ["2024-05-14", "2024-05-21"]),
        ("Meals will be served on the 14th, 21st and the 28th.", ["2024-05-14", "2024-05-21", "2024-05-28"]),
        ("Meals will be served on the 14th and 21st floors.", ["2024-05-14"]),
        ("The house will debate it on Friday at about 7 p.m.", ["2024-04-26T19:00:00"]),
        (
            "Staff will stop work from 7 p.m. on May 17 to 8 a.m. on May 19.",
            ["2024-05-17T19:00:00..2024-05-19T08:00:00"],
        ),
        ("The organ will be heard on All Saints' Day.", ["2024-11-01"]),
        # no past verbs
        ("Carols, led by a choir, start in the square at 4pm on Sunday.", ["2024-04-28T16:00:00"]),
        ("He will set out cost cuts in Leeds on May 7.", ["2024-05-07"]),
    ],
)
def test_several_days_and_hours_in_one_phrase(text: str, days: list[str]) -> None:
    assert ahead(text) == days


def test_days_on_both_sides_of_a_slash() -> None:
    assert ahead("The ministers will meet on 24/25 October in Luxembourg.") == ["2024-10-24..2024-10-25"]
