"""Events: their status, one entry for one event, and one entry for an event of an edited article."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest

from onrecord.dates.diary import Event, diary
from onrecord.dates.identity import Entry, known_again
from onrecord.dates.resolve import When, find_dates
from tests.conftest import FIXTURES

PUBLISHED = date(2024, 5, 2)  # a Thursday


STATUS_RIGHT = 0.95  # of the events of the table, every field that a row gives; reached 65 of 66


@dataclass
class Label:
    label: str


@dataclass
class Sentence:
    text: str
    prediction: Label
    dates: tuple[When, ...]


def labelled(*rows: tuple[str, str], published: date = PUBLISHED, zone: str | None = None) -> list[Sentence]:
    return [
        Sentence(text, Label(label), tuple(find_dates(text, published, zone, scheduling=label == "scheduling")))
        for label, text in rows
    ]


def events(*texts: str, label: str = "scheduling", **options: Any) -> list[Event]:
    return diary(labelled(*((label, text) for text in texts)), PUBLISHED, **options)


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FIXTURES / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def of_version(version: dict[str, Any], source: str | None) -> list[Event]:
    day = date.fromisoformat(version["published"])
    return diary(labelled(*version["sentences"], published=day), day, source=source)


def as_expected(event: Event, expected: dict[str, Any]) -> bool:
    seen = {
        "status": event.status,
        "first": event.when.first.isoformat(),
        "last": event.when.last.isoformat(),
        "previous": event.previous and event.previous.first.isoformat(),
        "place": event.place,
        "postponed": event.postponed,
    }
    return all(seen[name] == value for name, value in ({"postponed": False} | expected).items())


def test_a_dateline_makes_no_event_and_no_title() -> None:
    (event,) = events("KELLWICK, May 2 (Agency) - The council will vote on the bridge on May 14.")
    assert event.when.first == date(2024, 5, 14) and event.title == "Council will vote on the bridge"


def test_status_of_the_table() -> None:
    right = total = 0
    wrong = []
    for row in rows():
        for version in row["versions"]:
            made, expected = of_version(version, row.get("source")), version["events"]
            pairs = list(zip(made, expected, strict=False))
            total += max(len(made), len(expected))
            right += sum(as_expected(*pair) for pair in pairs)
            if len(made) != len(expected) or not all(as_expected(*pair) for pair in pairs):
                wrong.append((row["name"], [(e.status, e.when.first, e.title) for e in made]))
    assert total >= 60 and right / total >= STATUS_RIGHT, wrong


def test_an_edited_article_makes_no_doubles() -> None:
    """With the entries before none, without them where the article keeps the day or tells the old one."""
    edited = [row for row in rows() if "entries" in row]
    assert len(edited) >= 9
    alone = set()
    for row in edited:
        entries: dict[str, Entry] = {}
        fetched: dict[str, Event] = {}
        for version in row["versions"]:
            made = of_version(version, row.get("source"))
            fetched |= {e.uid: e for e in made}
            sentences = [version["sentences"][e.statement][1] for e in made]
            for e, sentence in zip(known_again(made, sentences, list(entries.values())), sentences, strict=True):
                day = date.fromisoformat(e.when.first.isoformat()[:10])
                entries[e.uid] = Entry(e.uid, day, e.title, sentence)
        assert len(entries) == row["entries"], (row["name"], entries)
        if len(fetched) == row["entries"]:
            alone.add(row["name"].removeprefix("edited: "))
    moved = {"reworded and moved", "put off", "another lead, with an address", "a list of days"}
    assert len(alone) == len(edited) - len(moved) and not alone & moved


def test_what_makes_an_event() -> None:
    sentences = labelled(
        ("scheduling", "She said on Wednesday that it opens Friday."),
        ("none", "The fair opens on Saturday."),
        ("claim", "The company will publish its results on May 16."),
        ("claim", "Its shares lost a third on Monday."),
        ("hedge", "The plant may close on May 20."),
    )
    made = diary(sentences, PUBLISHED)
    assert [(e.statement, e.status) for e in made] == [(0, "confirmed"), (4, "tentative")]
    assert [e.statement for e in diary(sentences, PUBLISHED, dated="none", hedged="none")] == [1]


@pytest.mark.parametrize(
    ("status", "texts"),
    [
        (
            "tentative",
            """If the budget passes, the vote is on June 3.
            If the House and the Senate agree, the vote is on June 3.
            Officials said that if the budget passes, the vote is on June 3.
            Unless the union calls it off, the strike begins on June 3.
            The vote is on June 3 provided that the budget passes.
            Should the talks fail, the strike will begin on June 3.
            The strike will begin on June 3 should the talks fail.
            The road, if approved, will open on June 3.
            The road will open on June 3, if approved.
            Weather permitting, the launch is on June 3.
            The strike would begin on June 3.
            If talks fail, the match on June 3 will be called off.
            If it rains, the match will be moved to June 3.""",
        ),
        (
            "confirmed",
            """Even if it rains, the match will be played on June 3.
            Voters will decide on June 3 if the mayor should stay.
            The council will decide on June 3 whether the road would be built.
            Asked if he would run, Boyle said the vote is on June 3.
            If you go: the fair opens on June 3.
            The bill that would ban cars comes to a vote on June 3.
            He said the vote would be on June 3.
            Provided by the city, the tents will open on June 3.
            The minister, speaking on condition of anonymity, said the vote is on June 3.
            If it rains, the fair is off, but the vote is on June 3.
            The pending case will be heard on June 3.""",
        ),
    ],
)
def test_a_condition_makes_an_event_tentative(status: str, texts: str) -> None:
    assert {text: [e.status for e in events(text)] for text in map(str.strip, texts.splitlines())} == {
        text: [status] for text in map(str.strip, texts.splitlines())
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The vote, due on Tuesday, has been moved to Wednesday.", ["moved 2024-05-08"]),
        ("The vote, due on Tuesday, has been moved to Thursday.", ["cancelled 2024-05-07"]),  # today's or next week's
        ("The match scheduled for May 20 has been put back to May 27.", ["moved 2024-05-27"]),
        ("The vote, due on Tuesday, has been moved to the town hall.", ["confirmed 2024-05-07"]),
        ("The launch set for May 6 has been delayed by two days.", ["moved 2024-05-08"]),
        ("The firm aims to launch it on May 9, not May 6.", ["tentative 2024-05-09"]),
        ("The launch may be moved from May 6 to May 9.", ["tentative 2024-05-06"]),
        ("The launch has slipped from May 6 to May 9.", ["moved 2024-05-09"]),
        ("The launch slipped to May 9 from May 6.", ["moved 2024-05-09"]),
        ("They put off the vote, which had been due on May 6, until May 9.", ["moved 2024-05-09"]),
        ("The launch has been delayed a week, from May 14 to May 21.", ["moved 2024-05-21"]),
        ("A public meeting has been called for 6:30 p.m. on Monday.", ["confirmed 2024-05-06T18:30:00"]),
        ("A vigil has been arranged for 7 p.m. on Saturday.", ["confirmed 2024-05-04T19:00:00"]),
        ("Nurses will strike on June 3 and 5.", ["confirmed 2024-06-03", "confirmed 2024-06-05"]),
        ("Nurses will strike on 3, 5 and 7 June.", [f"confirmed 2024-06-0{day}" for day in (3, 5, 7)]),
        ("Nurses will strike on June 3 or 5.", []),
        ("Nurses will strike on Monday or Tuesday.", ["tentative 2024-05-06", "tentative 2024-05-07"]),
        ("Nurses will strike in May or June.", ["tentative 2024-05-01"]),
        ("Nurses will strike on Monday, May 6, or on Tuesday.", ["tentative 2024-05-06", "tentative 2024-05-07"]),
        ("Nurses will strike on Monday or face a cut.", ["confirmed 2024-05-06"]),
        ("Nurses will strike between June 3 and 5.", ["confirmed 2024-06-03"]),
        ("Nurses will strike on June 29 and 31.", []),
    ],
)
def test_moved_arranged_and_listed_days(text: str, found: list[str]) -> None:
    assert [f"{e.status} {e.when.first.isoformat()}" for e in events(text)] == found


@pytest.mark.parametrize(
    ("text", "previous"),
    [
        ("The inquest, which opened on April 29, was adjourned until September 5.", None),
        ("The inquest, planned for April 29, 2024, was adjourned until September 5.", date(2024, 4, 29)),
    ],
)
def test_what_has_begun_was_not_moved_from_that_day(text: str, previous: date | None) -> None:
    (event,) = events(text)
    assert event.status == "moved" and (event.previous and event.previous.first) == previous


def test_a_day_that_tells_which_plan_it_is_makes_an_event_of_what_becomes_of_the_plan() -> None:
    def days(text: str) -> list[str]:
        return [f"{e.when.first} {e.title}" for e in events(text)]

    assert days("Sunday’s run will start at 9 a.m.") == ["2024-05-05 09:00:00 Sunday’s run will start"]
    assert days("The Wednesday hearing will no longer take place.") == ["2024-05-08 Hearing"]
    assert not events(
        "Sunday's result will be challenged.", "After Sunday's defeat the club will open talks.",
        "The Sunday Times will start a new series.", "Palm Sunday's service will be held outside.",
    )  # fmt: skip


def test_two_mentions_are_one_event() -> None:
    (event,) = events(
        "Skarra summit to open on May 6",
        "The Skarra summit opens at 7 p.m. on Monday.",
        "The summit has been called off.",
    )
    assert (event.statement, event.mentions, event.status) == (1, (0, 1, 2), "cancelled")
    assert event.when.first == datetime(2024, 5, 6, 19) and event.title == "Skarra summit to open"
    senate, house = events("The Senate will vote on the bill on Monday.", "The House will vote on the bill on Monday.")
    assert senate.uid != house.uid
    morning, evening = events("The choir sings at 2 p.m. on Monday.", "The choir sings at 8 p.m. on Monday.")
    assert morning.uid != evening.uid


@pytest.mark.parametrize(
    ("texts", "made"),
    [
        ("The race is on May 5. Last year's race was called off.", ["confirmed 2024-05-05"]),
        ("The gala is on May 18. It was cancelled in 2020 and 2021.", ["confirmed 2024-05-18"]),
        ("The gala is on May 18. The 2024 gala has been cancelled.", ["cancelled 2024-05-18"]),
        ("The gala is on May 18. The gala, held since 1901, is off.", ["cancelled 2024-05-18"]),
        ("The gala is on May 18. It was called off for the second time last Friday.", ["cancelled 2024-05-18"]),
        ("The fourth test is on May 18. The third test was abandoned.", ["confirmed 2024-05-18"]),
        ("The first hearing is on May 7. The second hearing is on May 14. The second hearing has been cancelled.",
         ["confirmed 2024-05-07", "cancelled 2024-05-14"]),
        ("The first hearing is on May 7. The second hearing is on May 14. The hearings have been cancelled.",
         ["cancelled 2024-05-07", "cancelled 2024-05-14"]),
        ("The Orsk summit is on June 3. It was originally planned for May 27.", ["moved 2024-06-03"]),
        ("The Orsk summit was originally planned for May 27. It will be on June 3.", ["moved 2024-06-03"]),
        ("The vote is on Monday. It has been put off until Wednesday.", ["moved 2024-05-08"]),
        ("The show ends on May 12. It has been extended until June 3.", ["moved 2024-06-03"]),
        ("The council will vote on the budget on Monday. Monday's vote has been cancelled.", ["cancelled 2024-05-06"]),
        ("The hearing is on Friday. Monday's hearing was called off.", ["confirmed 2024-05-03"]),
        ("The hearing is on Friday. Friday's hearing was called off.", ["cancelled 2024-05-03"]),
        ("The hearing is on May 20. The May 15 hearing has been postponed.",
         ["confirmed 2024-05-20", "cancelled 2024-05-15"]),
        ("Friday's vote in Ely and Ur is off and will be on Monday.", ["cancelled 2024-05-03", "confirmed 2024-05-06"]),
    ],
)  # fmt: skip
def test_what_one_sentence_does_to_the_event_of_another(texts: str, made: list[str]) -> None:
    found = events(*re.findall(r"[^.]+\.", texts))
    assert [f"{e.status} {e.when.first.isoformat()}" for e in found] == made


def test_the_address_tells_articles_apart_and_not_its_tracking() -> None:
    def uid(source: str | None, text: str = "The hearing is on Monday.") -> str:
        return events(text, source=source)[0].uid

    assert uid("https://a.example/one") != uid("https://a.example/two") != uid(None)
    assert uid("http://www.A.example/one/?utm_source=x#top") == uid("https://a.example/one")
    assert uid("https://a.example/?id=1") != uid("https://a.example/?id=2")
    assert uid(None, "The Skarra summit is on Monday.") != uid(None, "The Orsk summit is on Monday.")


def test_a_diary_is_wanted_by_few() -> None:
    modules = ("onrecord.dates.resolve", "onrecord.dates.diary", "dateutil", "icalendar")
    heavy = f"print([m for m in {modules} if m in sys.modules])"
    code = f"import sys, onrecord.article.read; {heavy}; import onrecord.dates.diary; {heavy}"
    lines = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines == ["[]", "['onrecord.dates.resolve', 'onrecord.dates.diary']"]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("The talks will be held June 3-5 as part of a tour.", [("confirmed", "2024-06-03", "2024-06-05")]),
        ("Voting takes place June 6 to 9 across 27 countries.", [("confirmed", "2024-06-06", "2024-06-09")]),
        ("From June 6 to 9 countries will vote.", [("confirmed", "2024-06-06", "2024-06-06")]),
        ("The strike will last Monday-Wednesday.", [("confirmed", "2024-05-06", "2024-05-08")]),
        ("The strike is expected to last Monday through Friday.", [("confirmed", "2024-05-06", "2024-05-10")]),
        ("The vote is on the first Monday after June 10.", []),
        ("The vote is the Monday before May 20.", []),
        ("They meet on the eve of June 3.", []),
        ("The meeting will not be on June 3.", [("cancelled", "2024-06-03", "2024-06-03")]),
        ("The vote will not happen until June 3.", [("confirmed", "2024-06-03", "2024-06-03")]),
        ("The meeting will be no earlier than June 3.", [("tentative", "2024-06-03", "2024-06-03")]),
        ("He will testify from 13 to 24 May, except 17 May.", [("confirmed", "2024-05-13", "2024-05-24")]),
        (
            "A strike is planned for 7-9 and 14 May.",
            [("confirmed", "2024-05-07", "2024-05-09"), ("confirmed", "2024-05-14", "2024-05-14")],
        ),
        ("The bill takes effect on the first of July.", [("confirmed", "2024-07-01", "2024-07-01")]),
        ("The law takes effect on the first of May, 2025.", [("confirmed", "2025-05-01", "2025-05-01")]),
        ("No vote will be held before June 3.", [("tentative", "2024-06-03", "2024-06-03")]),
        ("The council will not vote before June 3.", [("tentative", "2024-06-03", "2024-06-03")]),
        ("The court isn't expected to rule before June 3.", [("tentative", "2024-06-03", "2024-06-03")]),
        (
            "The ferry will not sail on Monday or Tuesday.",
            [("confirmed", "2024-05-06", "2024-05-06"), ("confirmed", "2024-05-07", "2024-05-07")],
        ),
        ("The shop is open 9am-5pm Monday to Saturday.", []),
        ("A lane will shut each day, Monday through Thursday, from May 13.", [("confirmed", *["2024-05-13"] * 2)]),
        ("The shop will be open Tuesday-Sunday, 10am-5pm.", []),
        ("The shop will be open at 10am Monday-Friday.", []),
        ("Accounts are due within two weeks of May 14.", []),
        (
            "No trains will run on Saturday or Sunday.",
            [("confirmed", day, day) for day in ("2024-05-04", "2024-05-05")],
        ),
        ("The rain date is May 19.", [("tentative", "2024-05-19", "2024-05-19")]),
        ("The launch on May 10 has been delayed by two hours.", [("confirmed", "2024-05-10", "2024-05-10")]),
        ("The game at 3 p.m. on May 4 has been put back an hour.", [("moved", *["2024-05-04T16:00:00"] * 2)]),
        ("The parade set for May 11 will now be on May 18.", [("moved", "2024-05-18", "2024-05-18")]),
        ("The hearing was originally scheduled for May 27.", [("cancelled", "2024-05-27", "2024-05-27")]),
        ("Results for the six months to 30 June are due on 8 August.", [("confirmed", "2024-08-08", "2024-08-08")]),
        ("The deadline was extended by three months to 30 June.", [("moved", "2024-06-30", "2024-06-30")]),
        ("Starting Monday, visitors must book.", [("confirmed", "2024-05-06", "2024-05-06")]),
        ("They travel to Orsk for a 7.45pm kick-off on May 7.", [("confirmed", *["2024-05-07T19:45:00"] * 2)]),
        ("The report is due no later than June 3.", [("confirmed", "2024-06-03", "2024-06-03")]),
    ],
)
def test_days_that_were_entered_wrongly(text: str, made: list[tuple[str, str, str]]) -> None:
    assert [(e.status, e.when.first.isoformat(), e.when.last.isoformat()) for e in events(text)] == made
