"""Calendars that two libraries read alike, Superdesk's event JSON, and
JSON-LD, each held against its published form.
"""

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject

from onrecord.article.read import Article, Statement, read
from onrecord.classifier import Prediction
from onrecord.dates.forms import as_before, to_ics, to_jsonld, to_superdesk

LONG = (
    "They meet at 3 p.m. Monday, he said; bring “tea”, \\ and cake, for it will take rather longer than a line of a "
    "calendar holds."
)
TEXTS = {
    LONG: "scheduling",
    "It opens in early June.": "scheduling",
    "The gala may take place on May 17 in Orsk.": "hedge",
    "The auction planned for May 21 has been called off.": "scheduling",
    "The vote due on Tuesday has been postponed.": "scheduling",
    "The trial will begin on May 27 instead of May 20.": "scheduling",
}


class Stub:
    """A model that knows the labels of these sentences."""

    def __init__(self, labels: dict[str, str]) -> None:
        self.labels = labels

    def predict(self, texts: Any) -> list[Prediction]:
        return [
            Prediction(t, label := self.labels.get(t, "none"), 1.0, {label: 1.0}, 1, False, (label,)) for t in texts
        ]


def article(labels: dict[str, str] = TEXTS, published: str = "2024-05-09", **options: Any) -> Article:
    return read("\n\n".join(labels), published, Stub(labels), **{"zone": "Europe/London"} | options)


def test_calendar() -> None:
    data = to_ics(article())
    assert data == to_ics(article())
    assert all(len(line) <= 75 for line in data.split(b"\r\n")) and b"\n" not in data.replace(b"\r\n", b"")
    entries = icalendar.Calendar.from_ical(data).walk("VEVENT")
    clock, part, gala, auction, vote, trial = entries
    assert clock["dtstart"].dt == datetime.fromisoformat("2024-05-13T15:00+01:00") and "dtend" not in clock
    assert str(clock["description"]) == LONG and str(clock["summary"]) == "They meet"
    assert (part["dtstart"].dt, part["dtend"].dt) == (date(2024, 6, 1), date(2024, 6, 11))
    assert "Approximate: early June" in part["description"]
    assert (gala["dtstart"].dt, gala["dtend"].dt) == (date(2024, 5, 17), date(2024, 5, 18))
    assert str(gala["location"]) == "Orsk" and "Not certain." in gala["description"]
    assert [str(e["status"]) for e in entries] == [
        "CONFIRMED",
        "CONFIRMED",
        "TENTATIVE",
        "CANCELLED",
        "CANCELLED",
        "CONFIRMED",
    ]
    assert "Moved from 2024-05-20." in trial["description"] and trial["dtstart"].dt == date(2024, 5, 27)
    assert "Postponed" in vote["description"] and "Postponed" not in auction["description"]
    assert clock["dtstamp"].dt.isoformat() == "2024-05-09T00:00:00+00:00" and len({str(e["uid"]) for e in entries}) == 6
    other = vobject.readOne(data.decode()).vevent_list
    assert [e.description.value for e in other] == [str(e["description"]) for e in entries]
    assert [e.status.value for e in other] == [str(e["status"]) for e in entries]
    assert other[0].dtstart.value == clock["dtstart"].dt and other[1].dtend.value == date(2024, 6, 11)


def test_clock_times_are_in_utc_or_float() -> None:
    data = to_ics(article())
    assert b"DTSTART:20240513T140000Z\r\n" in data and b"VTIMEZONE" not in data and b"TZID" not in data
    assert b"DTSTART:20240513T150000\r\n" in to_ics(article(zone=None))


def test_no_events_make_an_empty_calendar() -> None:
    empty = article({"He left.": "claim"})
    assert (
        icalendar.Calendar.from_ical(to_ics(empty)).walk("VEVENT")
        == []
        == to_superdesk(empty)
        == to_jsonld(empty)["@graph"]
    )


@pytest.mark.parametrize(("day", "ends"), [("31 March", False), ("7 April", True)])
def test_no_event_ends_before_it_begins(day: str, ends: bool) -> None:
    """On 31 March 2024 the clocks of London went from one to two."""
    text = f"The auction will run from 1:30 a.m. to 2 a.m. on Sunday, {day}."
    (entry,) = icalendar.Calendar.from_ical(to_ics(article({text: "scheduling"}, "2024-03-25"))).walk("VEVENT")
    assert ("dtend" in entry) is ends and (not ends or entry["dtend"].dt > entry["dtstart"].dt)


def imported(*calendars: bytes) -> dict[str, tuple[int, Any, str]]:
    """What a reader keeps of calendars fetched one after the other: of each UID
    the entry with the highest SEQUENCE, the later one of two.
    """
    kept: dict[str, tuple[int, Any, str]] = {}
    for calendar in calendars:
        for entry in icalendar.Calendar.from_ical(calendar).walk("VEVENT"):
            uid, sequence = str(entry["uid"]), int(entry["sequence"])
            if sequence >= kept.get(uid, (0,))[0]:
                kept[uid] = (sequence, entry["dtstart"].dt, str(entry["status"]))
    return kept


def test_an_edited_article_updates_its_entry() -> None:
    def version(text: str, published: str) -> Article:
        return article({text: "scheduling"}, published, source="https://a.example/skarra")

    first = to_ics(version("The Skarra summit opens on May 6.", "2024-05-02"))
    moved = to_ics(version("Leaders gather on May 7, a day later than planned.", "2024-05-02"))
    off = to_ics(version("The Skarra summit, which was due to open on May 7, is off.", "2024-05-03"), moved)
    assert len(imported(first)) == 1
    ((sequence, day, status),) = imported(first, moved).values()
    assert (day, status) == (date(2024, 5, 7), "CONFIRMED") and sequence > next(iter(imported(first).values()))[0]
    ((*_, day, _),) = imported(moved, first, moved).values()  # fetched in another order, the newer one holds
    assert day == date(2024, 5, 7)
    assert imported(off).keys() == imported(first).keys()


def test_sequence_goes_on_from_the_calendar_before() -> None:
    def one(text: str, before: bytes | None = None) -> tuple[bytes, int]:
        data = to_ics(article({text: "scheduling"}, "2024-05-02"), before)
        return data, int(icalendar.Calendar.from_ical(data).walk("VEVENT")[0]["sequence"])

    first, number = one("The Skarra summit opens on May 6.")
    same, unchanged = one("The Skarra summit opens on May 6.", first)
    changed, raised = one("The Skarra summit will open on May 6 in Orsk.", same)
    back, again = one("The Skarra summit opens on May 6.", changed)
    assert (same, unchanged) == (first, number) and number < raised < again
    assert one("The Skarra summit opens on May 6.", b"\xef\xbb\xbf" + first)[0] == same and back != first
    for edited in (b"SEQUENCE:x", b"SEQUENCE:1\r\nSEQUENCE:2", b"SEQUENCE:1.5"):
        spoiled = first.replace(b"SEQUENCE:%d" % number, edited)
        assert edited in spoiled and one("The Skarra summit opens on May 6.", spoiled)[0] == first


def test_a_reworded_article_is_known_again_in_the_calendar_before() -> None:
    """By its day or words, of articles with one address; and what is new takes no UID of another."""
    options = {"published": "2024-05-02", "source": "https://a.example/dam"}
    first = article(
        {"Work on the dam begins on May 13.": "scheduling", "The mayor retires on May 20.": "scheduling"}, **options
    )
    edited = article(
        {
            "A choir sings at the dam on May 11.": "scheduling",
            "Ann Roe, the mayor, stays until May 20.": "scheduling",
            "Work on the dam will begin on May 14.": "scheduling",
        },
        **options,
    )
    before = to_ics(first)
    dam, mayor = (event.uid for event in first.events)
    new, *again = (event.uid for event in as_before(edited, before).events)
    assert again == [mayor, dam] and new not in (dam, mayor)
    assert len(imported(before, to_ics(edited, before))) == 3 < len(imported(before, to_ics(edited)))
    elsewhere = article(
        {"Bulldozers start digging on May 13.": "scheduling"}, **options | {"source": "https://b.example/dam"}
    )
    assert as_before(elsewhere, before) == elsewhere


@pytest.mark.parametrize("spoiled", [b"no calendar", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a", b"\xff", b"END:X"])
def test_a_calendar_before_that_cannot_be_read_is_told(spoiled: bytes) -> None:
    """Without a word each event that had moved would be another one to who imports the new calendar."""
    vote = article({"The vote is on May 7.": "scheduling"}, "2024-05-02", source="https://a.example/vote")
    for take in (as_before, to_ics):
        with pytest.raises(ValueError, match="cannot be read"):
            take(vote, spoiled)


SUPERDESK = Path(__file__).parents[2] / "fixtures" / "superdesk_event_fields.json"


@pytest.mark.parametrize(
    "damaged",
    [
        b"DTSTART;VALUE=DATE:x",
        b"DTSTART;VALUE=TIME:100000",
        b"DTSTART:20240507\r\nDTSTART:20240508",
        b"UID:two\r\nDTSTART:20240507",
    ],
)
def test_an_entry_before_whose_day_is_damaged_is_none(damaged: bytes) -> None:
    vote = article({"The vote is on May 7.": "scheduling"}, "2024-05-02", source="https://a.example/vote")
    before = re.sub(rb"DTSTART\S+", damaged, to_ics(vote))
    assert damaged in before and to_ics(vote, before) == to_ics(vote)


def test_superdesk() -> None:
    """Field names, types and vocabulary as in superdesk-planning:
    server/planning/types/event.py, event_dates.py, data_updates' eventoccurstatus.
    """
    published = json.loads(SUPERDESK.read_text())
    records = json.loads(json.dumps(to_superdesk(article(source="https://news.example/a"))))
    assert len(records) == 6
    for record in records:
        assert record["type"] == "event" and record["guid"] and record["event_contact_info"] == []  # its parser's terms
        for names, value in ((published["event"], record), (published["dates"], record["dates"])):
            assert value.keys() <= names.keys()
            assert all(type(value[name]).__name__ in names[name] for name in value), record
        assert all(place.keys() <= published["location"].keys() for place in record["location"])
        assert record["occur_status"]["name"] == published["eventoccurstatus"][record["occur_status"]["qcode"]]
        for name in ("start", "end"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000", record["dates"][name])
    assert [r["occur_status"]["qcode"][-4:] for r in records] == ["eos5", "eos5", "eos3", "eos6", "eos6", "eos5"]
    clock, part, gala, *_ = records
    at = "2024-05-13T14:00:00+0000"
    assert clock["dates"] == {"start": at, "end": at, "tz": "Europe/London", "all_day": False, "no_end_time": True}
    dates = part["dates"]
    assert (dates["start"], dates["end"]) == ("2024-06-01T00:00:00+0000", "2024-06-10T23:59:59+0000")
    assert dates["all_day"]
    assert gala["location"] == [{"name": "Orsk", "qcode": ""}] and gala["links"] == ["https://news.example/a"]
    floating = to_superdesk(article(zone=None))[0]
    assert floating["_time_to_be_confirmed"] and floating["dates"]["all_day"] and not clock["_time_to_be_confirmed"]


EVENT = {
    *("@type", "identifier", "name", "description", "startDate", "endDate", "eventStatus", "previousStartDate"),
    *("location", "keywords", "subjectOf"),
}
STATUSES = {
    f"https://schema.org/Event{name}" for name in ("Scheduled", "Rescheduled", "Cancelled", "Postponed", "MovedOnline")
}


def test_jsonld() -> None:
    """Properties of https://schema.org/Event, members of https://schema.org/EventStatusType."""
    graph = json.loads(json.dumps(to_jsonld(article(source="https://news.example/a"))))
    assert graph.keys() == {"@context", "@graph"} and graph["@context"] == "https://schema.org"
    for record in graph["@graph"]:
        assert record.keys() <= EVENT and record["@type"] == "Event"
        assert record.get("eventStatus", "https://schema.org/EventScheduled") in STATUSES
        for name in ("startDate", "endDate", "previousStartDate"):
            assert name not in record or datetime.fromisoformat(record[name])
        assert record["subjectOf"] == {
            "@type": "NewsArticle",
            "datePublished": "2024-05-09",
            "url": "https://news.example/a",
        }
    clock, part, gala, auction, vote, trial = graph["@graph"]
    statuses = ["Scheduled", "Scheduled", "", "Cancelled", "Postponed", "Rescheduled"]
    assert [r.get("eventStatus", "")[24:] for r in graph["@graph"]] == statuses
    assert clock["startDate"] == "2024-05-13T15:00:00+01:00"
    assert "endDate" not in clock
    assert part["endDate"] == "2024-06-10"
    assert gala["keywords"] == "tentative" and gala["location"] == {"@type": "Place", "name": "Orsk"}
    assert (trial["startDate"], trial["previousStartDate"]) == ("2024-05-27", "2024-05-20")
    assert vote["previousStartDate"] == vote["startDate"] and "previousStartDate" not in auction


def test_what_no_form_can_hold_is_left_out() -> None:
    text = "The gala\x00 \x1b[31mopens\u2028 on \ud800May 17."
    hostile = Article(
        text, [Statement(text, 0, len(text), 0, Stub({text: "scheduling"}).predict([text])[0])], date(2024, 5, 9)
    )
    hostile = read(text, "2024-05-09", Stub({text: "scheduling"}), source="javascript:alert(1)")
    for data in (to_ics(hostile), json.dumps(to_superdesk(hostile)).encode(), json.dumps(to_jsonld(hostile)).encode()):
        assert b"\x00" not in data and b"\x1b" not in data and b"javascript" not in data


@pytest.mark.parametrize(
    "source", ["https://a.example/\r\nEND:VCALENDAR", "https://a b", "https://a/\ud800", "https://a/\x00", "http://[a"]
)
def test_a_source_that_is_no_address_spoils_no_calendar(source: str) -> None:
    made = article(source=source)
    entries = icalendar.Calendar.from_ical(to_ics(made)).walk("VEVENT")
    assert len(entries) == len(made.events) == 6
    assert ("url" in entries[0]) == (source == "http://[a")
    assert len(to_jsonld(made)["@graph"]) == len(to_superdesk(made)) == 6
