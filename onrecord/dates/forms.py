"""Events in the forms that planning desks take: iCalendar, Superdesk
Planning's event JSON, schema.org's Event as JSON-LD.

All three are made of `Article.events`, with the sentence behind each as its description. The UID of an event is the
same in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from onrecord.dates.calendar_arithmetic import day_of
from onrecord.dates.diary import Event
from onrecord.dates.identity import Entry, known_again
from onrecord.dates.resolve import When

if TYPE_CHECKING:
    from onrecord.article.read import Article

PRODID = "-//onrecord//diary//EN"  # of a calendar of ours
APPROXIMATE = {"week", "month", "quarter", "half", "year", "part", "weekend"}  # kinds that name no day of their own
# RFC 5545, 3.8.1.11
ICAL_STATUS = {
    "confirmed": "CONFIRMED",
    "moved": "CONFIRMED",
    "tentative": "TENTATIVE",
    "cancelled": "CANCELLED",
}
ICAL_LARGEST = 2**31 - 1  # of an INTEGER, 3.3.8
# IPTC NewsCodes, http://cv.iptc.org/newscodes/eventoccurstatus/, with the names that Superdesk gives them
OCCURRENCE = {
    "confirmed": ("eocstat:eos5", "Planned, occurs certainly"),
    "moved": ("eocstat:eos5", "Planned, occurs certainly"),
    "tentative": ("eocstat:eos3", "Planned, may occur"),
    "cancelled": ("eocstat:eos6", "Planned, then cancelled"),
}

_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def to_ics(article: Article, before: bytes | None = None) -> bytes:
    """The events of an article as a calendar (RFC 5545), the same bytes for the same
    article. Needs the extra `diary`; raises ImportError without it.

    A day or longer is a whole-day event, whose DTEND is the day after. A clock time with a zone is written in UTC, so
    that no calendar needs our description of the zone; one without a zone floats: it is shown as that time wherever the
    calendar is. An instant has no DTEND, for nobody said how long it takes, and neither has a range that the clocks
    going forward leave without length.

    An edited article updates its entries: they keep their UID, and SEQUENCE rises with the publication, by 4 a minute,
    and with what the article says: tentative 0, confirmed 1, moved 2, cancelled 3. `before` is the calendar that was
    written of the article last time: an entry that changed since then gets a higher SEQUENCE than it had there in any
    case, one that did not change keeps the one it had. Its UIDs are kept as `as_before` keeps them. Raises ValueError
    for what is no calendar.
    """
    try:
        from icalendar import Calendar
        from icalendar import Event as Component
    except ImportError as error:
        raise ImportError("a calendar needs icalendar: pip install 'onrecord[diary]'") from error
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    known = _known(before) if before else {}
    for event in as_before(article, before).events if before else article.events:
        entry = Component()
        entry.add("uid", event.uid)
        entry.add("status", ICAL_STATUS[event.status])
        first, last = _utc(event.when.first), _utc(event.when.last)
        entry.add("dtstart", first)
        if not isinstance(last, datetime):
            entry.add("dtend", last + timedelta(days=1))
        elif isinstance(first, datetime) and last > first:
            entry.add("dtend", last)
        entry.add("summary", printable(event.title))
        entry.add("description", _description(article, event))
        if event.place:
            entry.add("location", printable(event.place))
        if address := _address(article):
            entry.add("url", address)
        sequence, content = _sequence(article, event), entry.to_ical()
        if event.uid in known:
            old = known[event.uid]
            sequence = old.sequence if old.content == content else max(sequence, old.sequence + 1)
        entry.add("sequence", min(sequence, ICAL_LARGEST))
        entry.add("dtstamp", _instant(article.published))
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def as_before(article: Article, before: bytes) -> Article:
    """The article, its events with the UIDs that they have in `before`, the calendar written of it last time.

    Events are known again by day, words and UID among the entries that have the article's address; without an address
    the UID alone counts. Needs the extra `diary`; raises ModuleNotFoundError without it, and ValueError for what is no
    calendar.
    """
    address = _address(article)
    entries = [known.entry for known in _known(before).values() if address and known.address == address]
    sentences = [article.statements[event.statement].text for event in article.events]
    return replace(article, events=known_again(article.events, sentences, entries)) if entries else article


def to_superdesk(article: Article) -> list[dict[str, Any]]:
    """The events as Superdesk Planning takes them: each what its `json_event` feed
    parser reads from a file, and its API takes at `/events`.

    `occur_status` is on IPTC's scale: eos5 confirmed or moved, eos3 tentative, eos6 cancelled. Superdesk keeps instants
    only: a day is its 24 hours in UTC, marked `all_day`; so is the day of a clock time without a zone, marked as a time
    to be confirmed, for the time itself would be a guess.
    """
    return [_superdesk(article, event) for event in article.events]


def to_jsonld(article: Article) -> dict[str, Any]:
    """The events as a JSON-LD graph of schema.org's Event.

    `eventStatus` is EventScheduled, EventRescheduled (with `previousStartDate`, if the article tells it),
    EventCancelled, or EventPostponed. It has no value for an event that may take place or not: of a tentative one it is
    left out, and `keywords` says `tentative`.
    """
    return {"@context": "https://schema.org", "@graph": [_jsonld(article, event) for event in article.events]}


def printable(text: str) -> str:
    """White space as single blanks, without the control characters that RFC 5545
    forbids and the lone surrogates that UTF-8 has no form for.
    """
    kept = "".join(c if c.isprintable() or c.isspace() else "" for c in text)
    return " ".join(kept.split()).encode("utf-8", "replace").decode()


# --- iCalendar ---
class _Known(NamedTuple):
    sequence: int
    content: bytes  # without SEQUENCE and DTSTAMP
    address: str
    entry: Entry


def _known(calendar: bytes) -> dict[str, _Known]:
    """The entries of a calendar by their UID, without those that are damaged. Raises ValueError for no calendar."""
    from icalendar import Calendar

    try:
        entries = Calendar.from_ical(calendar.decode("utf-8-sig")).subcomponents
    except Exception as error:  # whatever a spoiled file makes of it
        raise ValueError(
            f"the calendar of last time cannot be read ({type(error).__name__}); give it whole, as it was written"
        ) from None
    known: dict[str, _Known] = {}
    for entry in entries:
        try:
            sequence, day, uid = int(entry.pop("sequence", 0)), entry.decoded("dtstart"), entry["uid"]
            entry.pop("dtstamp", None)
            content = entry.to_ical()
        except Exception:  # as somebody edited it, or no event
            continue
        if not isinstance(day, date) or not isinstance(uid, str):  # not one, but two
            continue
        known[uid] = _Known(
            sequence,
            content,
            str(entry.get("url", "")),
            Entry(
                uid,
                day_of(day),
                str(entry.get("summary", "")),
                str(entry.get("description", "")).partition("\n\n")[0],
            ),
        )
    return known


def _sequence(article: Article, event: Event) -> int:
    """Four numbers a minute of publication since 1970, of which the status takes one."""
    minutes = int((_instant(article.published) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(minutes=1))
    return 4 * max(0, minutes) + ("tentative", "confirmed", "moved", "cancelled").index(event.status)


# --- Superdesk ---
def _superdesk(article: Article, event: Event) -> dict[str, Any]:
    qcode, name = OCCURRENCE[event.status]
    stamp = _superdesk_time(_instant(article.published))
    record: dict[str, Any] = {
        "type": "event",
        "guid": event.uid,
        "name": printable(event.title),
        "definition_short": printable(event.title),
        "definition_long": _description(article, event),
        "dates": _superdesk_dates(event.when),
        "_time_to_be_confirmed": isinstance(event.when.first, datetime) and event.when.first.tzinfo is None,
        "occur_status": {"qcode": qcode, "name": name, "label": name},
        "location": [{"name": printable(event.place), "qcode": ""}] if event.place else [],
        "links": [address] if (address := _address(article)) else [],
        "event_contact_info": [],  # the parser asks for it
        "language": "en",
        "firstcreated": stamp,
        "versioncreated": stamp,
    }
    if notes := " ".join(_notes(event)):
        record["ednote"] = notes
    return record


def _superdesk_dates(when: When) -> dict[str, Any]:
    first, last = when.first, when.last
    if isinstance(first, datetime) and isinstance(last, datetime) and first.tzinfo:
        zone = getattr(first.tzinfo, "key", "UTC")  # of a ZoneInfo; an offset such as +02:00 has no name
        return {
            "start": _superdesk_time(first),
            "end": _superdesk_time(last),
            "tz": zone,
            "all_day": False,
            "no_end_time": last <= first,
        }
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=UTC)
    return {
        "start": _superdesk_time(start),
        "end": _superdesk_time(end),
        "tz": "UTC",
        "all_day": True,
        "no_end_time": False,
    }


def _superdesk_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


# --- schema.org ---
def _jsonld(article: Article, event: Event) -> dict[str, Any]:
    when = event.when
    record: dict[str, Any] = {
        "@type": "Event",
        "identifier": event.uid,
        "name": printable(event.title),
        "description": _description(article, event),
        "startDate": when.first.isoformat(),
    }
    if when.last != when.first:
        record["endDate"] = when.last.isoformat()
    match event.status:
        case "confirmed":
            record["eventStatus"] = "https://schema.org/EventScheduled"
        case "moved":
            record["eventStatus"] = "https://schema.org/EventRescheduled"
            if event.previous:
                record["previousStartDate"] = event.previous.first.isoformat()
        case "cancelled" if event.postponed:
            record["eventStatus"] = "https://schema.org/EventPostponed"
            record["previousStartDate"] = when.first.isoformat()
        case "cancelled":
            record["eventStatus"] = "https://schema.org/EventCancelled"
        case "tentative":
            record["keywords"] = "tentative"
    if event.place:
        record["location"] = {"@type": "Place", "name": printable(event.place)}
    if article.published:
        record["subjectOf"] = {"@type": "NewsArticle", "datePublished": article.published.isoformat()}
        if address := _address(article):
            record["subjectOf"]["url"] = address
    return record


# --- what they have in common ---
def _description(article: Article, event: Event) -> str:
    """The sentence, and below it what the other fields have no room for."""
    return "\n\n".join([printable(article.statements[event.statement].text), *_notes(event)])


def _notes(event: Event) -> Iterator[str]:
    if event.status == "moved":
        yield f"Moved from {_span(event.previous)}." if event.previous else "Moved; the old day is not told."
    if event.postponed:
        yield "Postponed; no new day is told."
    if event.status == "tentative":
        yield "Not certain."
    if event.when.kind in APPROXIMATE:
        yield f"Approximate: {printable(event.when.text)}"


def _span(when: When) -> str:
    return "/".join(dict.fromkeys((when.first.isoformat(), when.last.isoformat())))


def _address(article: Article) -> str | None:
    """The source, if it is the address of a page."""
    return article.source if _ADDRESS.fullmatch(article.source or "") else None


def _utc(moment: date | datetime) -> date | datetime:
    """A clock time with a zone in UTC; days and clock times without a zone as they are."""
    return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else moment


def _instant(published: date | datetime | None) -> datetime:
    """In UTC, which RFC 5545 asks for; a day is taken from its midnight, a clock without a zone as UTC."""
    assert published is not None  # without it there are no dates, and so no events
    if not isinstance(published, datetime):
        return datetime(published.year, published.month, published.day, tzinfo=UTC)
    return published.astimezone(UTC) if published.tzinfo else published.replace(tzinfo=UTC)
