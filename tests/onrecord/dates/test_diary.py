"""A calendar that two libraries read alike."""

import subprocess
import sys
from datetime import date, datetime
from types import SimpleNamespace

import icalendar
import pytest
import vobject

from onrecord.dates.diary import Event, diary, entries, to_ics
from onrecord.dates.resolve import find_dates

TEXTS = ["They meet at 3 p.m. Monday, he said; bring “tea”, \\ and cake, for it will take rather longer than a single line of a calendar holds.",
         "It opens in early June.", "She said on Wednesday that it opens Friday.", "Nothing is fixed."]  # fmt: skip


def events(zone: str | None = "Europe/London") -> list[Event]:
    statements = [SimpleNamespace(text=t, prediction=SimpleNamespace(label="a")) for t in TEXTS]
    statements.append(SimpleNamespace(text="It closes Sunday.", prediction=SimpleNamespace(label="b")))
    return diary(statements, date(2024, 5, 9), zone, label="a")


def test_only_what_lies_ahead_under_the_label() -> None:
    assert [(e.text, e.when.text) for e in events()] == [
        (TEXTS[0], "3 p.m. Monday"),
        (TEXTS[1], "early June"),
        (TEXTS[2], "Friday"),
    ]


def test_calendar() -> None:
    data = to_ics(events())
    assert data == to_ics(events() + events())
    assert all(len(line) <= 75 for line in data.split(b"\r\n")) and b"\n" not in data.replace(b"\r\n", b"")
    clock, part, day = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert clock["dtstart"].dt == datetime.fromisoformat("2024-05-13T15:00+01:00") and "dtend" not in clock
    assert (
        str(clock["description"]) == TEXTS[0]
        and str(clock["summary"]).endswith("…")
        and TEXTS[0].startswith(str(clock["summary"])[:-1])
    )
    assert (part["dtstart"].dt, part["dtend"].dt) == (
        date(2024, 6, 1),
        date(2024, 6, 11),
    ) and "Approximate: early June" in part["description"]
    assert (day["dtstart"].dt, day["dtend"].dt) == (date(2024, 5, 10), date(2024, 5, 11)) and str(
        day["description"]
    ) == TEXTS[2]
    assert day["dtstamp"].dt.isoformat() == "2024-05-09T00:00:00+00:00"
    other = vobject.readOne(data.decode()).vevent_list
    assert [e.description.value for e in other] == [str(e["description"]) for e in (clock, part, day)]
    assert other[0].dtstart.value == clock["dtstart"].dt and other[1].dtend.value == date(2024, 6, 11)
    assert len({e.uid.value for e in other}) == 3


def test_clock_times_are_in_utc() -> None:
    data = to_ics(events())
    assert b"DTSTART:20240513T140000Z\r\n" in data and b"VTIMEZONE" not in data and b"TZID" not in data


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("The concert planned for Friday has been called off.", False),
        ("The vote scheduled for Monday was cancelled, he said.", False),
        ("The club has cancelled the match set for Saturday.", False),
        ("The strike set for Friday has not been called off.", True),
        ("The match due on Saturday may be called off.", True),
        ("He denied that the vote due on Monday had been cancelled.", True),
        ("The cancelled match will be played on Saturday.", True),
        ("The strike was called off and talks resume Monday.", True),
        ("Trains are cancelled from Monday.", True),
    ],
)
def test_only_what_is_plainly_called_off_makes_no_entry(text: str, kept: bool) -> None:
    statement = SimpleNamespace(text=text, prediction=SimpleNamespace(label="a"))
    assert not any(w.past for w in find_dates(text, date(2024, 5, 9))) and find_dates(text, date(2024, 5, 9))
    assert bool(diary([statement], date(2024, 5, 9), label="a")) is kept


def test_a_calendar_is_wanted_by_few() -> None:
    heavy = "print([m for m in ('onrecord.dates.resolve', 'onrecord.dates.diary', 'dateutil', 'icalendar') if m in sys.modules])"
    code = f"import sys, onrecord; {heavy}; import onrecord.dates.diary; {heavy}"
    lines = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines == ["[]", "['onrecord.dates.resolve', 'onrecord.dates.diary']"]


def test_a_clock_without_zone_floats_and_no_events_make_an_empty_calendar() -> None:
    assert b"DTSTART:20240513T150000\r\n" in to_ics(events(None))
    assert icalendar.Calendar.from_ical(to_ics([])).walk("VEVENT") == []


@pytest.mark.parametrize(("day", "ends"), [("31 March", False), ("7 April", True)])
def test_no_event_ends_before_it_begins(day: str, ends: bool) -> None:
    """On 31 March 2024 the clocks of London went from one to two."""
    (event,) = entries(
        f"The auction will run from 1:30 a.m. to 2 a.m. on Sunday, {day}.", date(2024, 3, 25), "Europe/London"
    )
    (entry,) = icalendar.Calendar.from_ical(to_ics([event])).walk("VEVENT")
    assert ("dtend" in entry) is ends and (not ends or entry["dtend"].dt > entry["dtstart"].dt)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The vote, due on Tuesday, has been moved to Wednesday.", ["2024-05-08"]),
        ("The vote, due on Tuesday, has been moved to Thursday.", []),  # today's or next week's
        ("The match scheduled for May 20 has been put back to May 27.", ["2024-05-27"]),
        ("The vote, due on Tuesday, has been moved to the town hall.", ["2024-05-07"]),
        ("A public meeting has been called for 6:30 p.m. on Monday.", ["2024-05-06T18:30:00"]),
        ("A vigil has been arranged for 7 p.m. on Saturday.", ["2024-05-04T19:00:00"]),
        ("Nurses would strike on June 3 and 5.", ["2024-06-03", "2024-06-05"]),
        ("Nurses will strike on 3, 5 and 7 June.", ["2024-06-03", "2024-06-05", "2024-06-07"]),
        ("Nurses will strike on June 3, 5 and 7, 2025.", ["2025-06-03", "2025-06-05", "2025-06-07"]),
        ("Nurses will strike on June 3 or 5.", []),
        ("Nurses will strike between June 3 and 5.", ["2024-06-03"]),
        ("Nurses will strike on June 29 and 31.", []),
    ],
)
def test_moved_arranged_and_listed_days(text: str, found: list[str]) -> None:
    assert [e.when.first.isoformat() for e in entries(text, date(2024, 5, 2))] == found
