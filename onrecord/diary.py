"""From typed sentences to a calendar: the dates that lie ahead in the sentences of one label, as iCalendar (RFC 5545)."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from onrecord.dates import Prefer, When, find_dates

__all__ = ["Event", "When", "diary", "find_dates", "to_ics"]
SUMMARY = 80  # characters; calendars cut a title about there
APPROXIMATE = {"weekend", "week", "month", "quarter", "half", "year", "part"}  # kinds that say when something is without naming its day


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: the sentence, one of its dates, and the publication it is taken from."""

    text: str
    when: When
    published: date | datetime


def diary(statements: Iterable[Any], published: date | datetime, zone: str | None = None, *, label: str, prefer: Prefer = "future") -> list[Event]:
    """An event for every date ahead in the sentences with this label, in their order.

    A statement is anything with `.text` and `.prediction.label`; which label makes diary entries is for the caller to say. What lies
    behind publication ("said on Wednesday") makes no event, and neither does a sentence without a date that can be resolved. A sentence
    names its entry, not its fate: that a meeting is called off is for the reader to see. Raises ValueError as `find_dates` does.
    """
    return [Event(s.text, w, published) for s in statements if s.prediction.label == label for w in find_dates(s.text, published, zone, prefer) if not w.past]


def to_ics(events: Iterable[Event]) -> bytes:
    """The events as a calendar, the same bytes for the same events. Needs the extra `diary`; raises ImportError without it.

    A day or longer is a whole-day event, whose DTEND is the day after. A clock time without a zone floats: it is shown as that time
    wherever the calendar is. An instant has no DTEND, for nobody said how long it takes. A UID is made of the sentence and the date, so an
    import done twice makes no doubles; an event given twice is written once.
    """
    try:
        from icalendar import Calendar
        from icalendar import Event as Entry
    except ImportError as error:
        raise ImportError("a calendar needs icalendar: pip install 'onrecord[diary]'") from error
    calendar = Calendar()
    calendar.add("prodid", "-//onrecord//diary//EN")
    calendar.add("version", "2.0")
    seen = set()
    years = []
    for event in events:
        when = event.when
        uid = hashlib.sha256(f"{event.text}\n{when.kind}\n{when.first.isoformat()}\n{when.last.isoformat()}".encode("utf-8", "replace")).hexdigest()[:32] + "@onrecord"
        if uid in seen:
            continue
        seen.add(uid)
        years += [when.first.year, when.last.year]
        text = _printable(event.text)
        entry = Entry()
        entry.add("uid", uid)
        entry.add("dtstamp", _stamp(event.published))
        entry.add("dtstart", when.first)
        if not isinstance(when.last, datetime):
            entry.add("dtend", when.last + timedelta(days=1))
        elif when.last > when.first:  # type: ignore[operator]  # both are datetimes
            entry.add("dtend", when.last)
        entry.add("summary", textwrap.shorten(text, SUMMARY, placeholder="…"))
        entry.add("description", f"{text}\n\nApproximate: {_printable(when.text)}" if when.kind in APPROXIMATE else text)
        calendar.add_component(entry)
    if years:  # zones are described for the events' own years only
        calendar.add_missing_timezones(date(min(years) - 1, 1, 1), date(max(years) + 2, 1, 1))
    return bytes(calendar.to_ical())


def _stamp(published: date | datetime) -> datetime:
    """DTSTAMP in UTC, which RFC 5545 asks for; a day is taken from its midnight, a clock without a zone as UTC."""
    if not isinstance(published, datetime):
        return datetime(published.year, published.month, published.day, tzinfo=UTC)
    return published.astimezone(UTC) if published.tzinfo else published.replace(tzinfo=UTC)


def _printable(text: str) -> str:
    """White space as single blanks, without the control characters that RFC 5545 forbids and the lone surrogates that UTF-8 has no form for."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in text).split()).encode("utf-8", "replace").decode()
