"""From typed sentences to a calendar: the dates that lie ahead in the sentences of one label, as iCalendar (RFC 5545)."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from onrecord.dates.calendar_arithmetic import MONTH, MONTHS, WEEKDAY
from onrecord.dates.resolve import Prefer, When, find_dates
from onrecord.dates.tense import ENDURED, HORIZON, MOVED

__all__ = ["Event", "When", "diary", "entries", "find_dates", "to_ics"]
SUMMARY = 80  # characters; calendars cut a title about there
APPROXIMATE = {
    "weekend",
    "week",
    "month",
    "quarter",
    "half",
    "year",
    "part",
}  # kinds that say when something is without naming its day
_CLAUSE = re.compile(r"[,;:]\s|\s[—–]\s|\b(?:and|but|so|while|although|though)\b")
_CANCELLED = re.compile(  # as a finite verb of the past: "the cancelled match will be played" is no cancellation
    r"""\b(?:is|are|was|were|been|has|have|had)\ (?:\w+ly\ |now\ |also\ )?(?:cancell?ed|called\ off)\b
     |\b(?:cancell?ed|called\ off)\ (?:the|its|his|her|their|a|an|all)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_DOUBTFUL = re.compile(  # denied, conditional, feared, or followed by a new date
    r"""\b(?:not|never|no|nor|neither|if|unless|whether|would|could|may|might|should|almost|nearly|den(?:y|ies|ied)|false|untrue|rumou?rs?|feared|fears
         |reschedul\w+|postpon\w+|moved|instead|until|will)\b|n['’]t\b""",
    re.VERBOSE | re.IGNORECASE,
)
_SUPERSEDED = re.compile(  # what follows the first date of "due on Tuesday, has been moved to Thursday"
    rf""",?\s+(?:(?:has|have)\s+(?:now\s+|also\s+)?been|was|were|is|are|will\s+be)\s+(?!{ENDURED}){MOVED}\w*(?:\s+\w+){{0,4}}?\s+(?:to|until|till)\s+
     (?:\d\S*\s?[ap]\.?m\.?\s+(?:on\s+)?)?(?:the\s+|early\s+|late\s+)?
     (?:{WEEKDAY}|next|tomorrow|\d\d?(?:st|nd|rd|th)?\s+{MONTH}|(?:{"|".join(m[:3] for m in MONTHS)})[a-z]*\.?\s+\d)""",
    re.VERBOSE,
)
_FROM = re.compile(
    r"\b(?:from|after|starting|beginning|as\ of|since)\s+(?:the\s+)?$", re.IGNORECASE
)  # trains are cancelled from Monday


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: the sentence, one of its dates, and the publication it is taken from."""

    text: str
    when: When
    published: date | datetime


def diary(
    statements: Iterable[Any],
    published: date | datetime,
    zone: str | None = None,
    *,
    label: str,
    prefer: Prefer = "future",
) -> list[Event]:
    """An event for every date ahead in the sentences with this label, in their order.

    A statement is anything with `.text` and `.prediction.label`; which label makes diary entries is for the caller to say. `entries` says
    which dates make events. Raises ValueError as `find_dates` does.
    """
    return [
        event for s in statements if s.prediction.label == label for event in entries(s.text, published, zone, prefer)
    ]


def entries(text: str, published: date | datetime, zone: str | None = None, prefer: Prefer = "future") -> list[Event]:
    """An event for every date ahead in a sentence that is a diary entry.

    What lies behind publication ("said on Wednesday") makes no event, and neither does a sentence without a date that can be resolved, nor the
    date of something that its own clause plainly says is cancelled, called off or moved to another. In doubt an entry stays. Raises ValueError
    as `find_dates` does.
    """
    found = find_dates(text, published, zone, prefer)
    return [
        Event(text, when, published)
        for when in found
        if not when.past and not _SUPERSEDED.match(text, when.end) and not _called_off(text, when)
    ]


def to_ics(events: Iterable[Event]) -> bytes:
    """The events as a calendar, the same bytes for the same events. Needs the extra `diary`; raises ImportError without it.

    A day or longer is a whole-day event, whose DTEND is the day after. A clock time with a zone is written in UTC, so that no calendar needs
    our description of the zone; one without a zone floats: it is shown as that time wherever the calendar is. An instant has no DTEND, for
    nobody said how long it takes, and neither has a range that the clocks going forward leave without length. A UID is made of the sentence
    and the date, so an import done twice makes no doubles; an event given twice is written once.
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
    for event in events:
        when = event.when
        named = "\n".join((event.text, when.kind, when.first.isoformat(), when.last.isoformat()))
        uid = hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()[:32] + "@onrecord"
        if uid in seen:
            continue
        seen.add(uid)
        text = _printable(event.text)
        entry = Entry()
        entry.add("uid", uid)
        entry.add("dtstamp", _stamp(event.published))
        first, last = _utc(when.first), _utc(when.last)
        entry.add("dtstart", first)
        if not isinstance(last, datetime):
            entry.add("dtend", last + timedelta(days=1))
        elif isinstance(first, datetime) and last > first:
            entry.add("dtend", last)
        entry.add("summary", textwrap.shorten(text, SUMMARY, placeholder="…"))
        entry.add(
            "description", f"{text}\n\nApproximate: {_printable(when.text)}" if when.kind in APPROXIMATE else text
        )
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _called_off(text: str, when: When) -> bool:
    """Whether the clause of this date says without doubt that what it dates does not take place."""
    start = max(
        (m.end() for m in _CLAUSE.finditer(text, max(0, when.start - HORIZON), when.start)),
        default=max(0, when.start - HORIZON),
    )
    stop = _CLAUSE.search(text, when.end, when.end + HORIZON)
    clause = text[start : stop.start() if stop else when.end + HORIZON]
    return (
        bool(_CANCELLED.search(clause)) and not _DOUBTFUL.search(clause) and not _FROM.search(text[start : when.start])
    )


def _utc(moment: date | datetime) -> date | datetime:
    """A clock time with a zone in UTC; days and clock times without a zone as they are."""
    return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else moment


def _stamp(published: date | datetime) -> datetime:
    """DTSTAMP in UTC, which RFC 5545 asks for; a day is taken from its midnight, a clock without a zone as UTC."""
    if not isinstance(published, datetime):
        return datetime(published.year, published.month, published.day, tzinfo=UTC)
    return published.astimezone(UTC) if published.tzinfo else published.replace(tzinfo=UTC)


def _printable(text: str) -> str:
    """White space as single blanks, without the control characters that RFC 5545 forbids and the lone surrogates that UTF-8 has no form for."""
    return (
        " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in text).split())
        .encode("utf-8", "replace")
        .decode()
    )
