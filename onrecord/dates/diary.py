"""From labelled sentences to a diary: an event for every day ahead that a sentence plans, doubts, moves or calls off.

An event is made once, here, from the dates that were resolved when the
article was read. Two mentions are one event; see `_same`.

**Identity.** The UID of an event is a hash of the source (its address; without one, the names in the first sentence and
the year of publication), the day for which it was planned first, as far as the article tells it, and which of that day
it is, in the article's order. Words and status are left out: an event that is reworded, put into doubt or called off
keeps its UID, and so does one that moves, if the article tells the old day. Where it does not, the calendar written
before knows the event again (`forms.as_before`). Two sources without an address that name the same people first may
share one: give the address.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

from onrecord.dates.calendar_arithmetic import MONTH, MONTHS, WEEKDAY, WEEKDAYS, day_of
from onrecord.dates.resolve import When
from onrecord.dates.status import EXACT, Outcome, Status, called_off, outcomes
from onrecord.dates.title import Occasion, names, occasion, place, statement_of, title

__all__ = ["Event", "Status", "When", "diary"]

LATEST = 200  # events that a mention is compared with, so that the work grows with the text
NEAR = 3  # statements back in which the event is sought that a pronoun stands for
_HAD_BEEN = re.compile(r"\b(?:was|were|had\s+been|originally|initially|previously)\b[^,;.]{0,50}$", re.IGNORECASE)
# "last year's race was called off", "the second hearing has been cancelled", "Friday's vote was put off": no other is
_WHICH = re.compile(
    rf"\b(?:first|second|third|fourth|final|next|other|another|previous|last)\b"
    rf"(?! (?:time|half|minute|moment|night|{WEEKDAY}|{MONTH}|(?:year|season|day|week|month)\b(?!['’])))"
    r"(?![ -](?:in|ever)\b)"
    rf"|\b{WEEKDAY}(?=['’]s\b)"
    r"|(?:(?<=\bthe )(?=\d+ [a-z])|(?<=led in )|(?<=off in )|(?<=poned in ))(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_OF_A_DAY = re.compile(  # "the hearing on May 14 was cancelled", of a day that is not resolved: only its events are off
    rf"\b(?:(?P<weekday>{WEEKDAY})|(?P<month>{MONTH}) (?P<number>\d{{1,2}})|(?P<day>\d{{1,2}}) (?P<of>{MONTH})),?"
    r" (?:was|were|had been) (?:\w+ly )?(?:[a-z]+ed|called off|put (?:off|back))\b"
)
_WEIGHT = {"cancelled": 3, "moved": 2, "tentative": 1, "confirmed": 0}  # of two mentions the heavier one holds


class Labelled(Protocol):
    """The part of a prediction that a diary looks at."""

    @property
    def label(self) -> str: ...


class Dated(Protocol):
    """A statement, as `onrecord.read` makes them."""

    @property
    def text(self) -> str: ...
    @property
    def prediction(self) -> Labelled: ...
    @property
    def dates(self) -> tuple[When, ...]: ...


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a diary."""

    statement: int  # which statement of the article its day is from, counted from 0
    when: When  # of what was moved the new day, of what is called off the day it would have been
    status: Status
    place: str | None  # in the sentence's words; None if it names none, or more than one
    title: str
    uid: str  # the same for the same event of an edited article
    previous: When | None = None  # moved: the old day, if it is told; its offsets are of the sentence that tells it
    postponed: bool = False  # cancelled, but only for now: put off, and no new day is told
    mentions: tuple[int, ...] = ()  # every statement that speaks of it, in order


@dataclass(frozen=True, slots=True)
class _Mention:
    """An event as far as it is known, and what it is compared by."""

    event: Event
    occasion: Occasion
    which: frozenset[str]  # of its sentence the words that tell it from others: {"second"}
    backward: bool  # its sentence tells what had been planned: "was to open on May 6"


def diary(
    statements: Sequence[Dated],
    published: date | datetime,
    *,
    source: str | None = None,
    dated: str = "scheduling",
    hedged: str = "hedge",
) -> list[Event]:
    """The events of an article, in the order of their first mention.

    Sentences labelled `dated` make events, and so do those labelled `hedged`, tentative ones. What lies behind
    publication makes none, and neither does a sentence without a date that could be resolved, unless it calls off what
    another one dates. `source` is the address of the article, which its events are known again by.
    """
    known: list[_Mention] = []
    off: list[tuple[Occasion, bool]] = []  # called off in a sentence that names no day, and whether only put off
    for i, statement in enumerate(statements):
        label, text = statement.prediction.label, statement.text
        if label not in (dated, hedged):
            continue
        made = outcomes(text, statement.dates, hedged=label == hedged)
        for outcome in made:
            _enter(known, _mention(i, text, statement.dates, outcome, known), off)
        if not made and label == dated and (how := called_off(text[slice(*statement_of(text))])):
            about = _antecedent(occasion(text, None, statement.dates), text, i, known)
            which = {m[0].lower() for m in _WHICH.finditer(text)} - {str(published.year)}
            of_a_day = _OF_A_DAY.search(text)
            if not which and not of_a_day:
                off.append((about, how == "postponed"))
            for k, mention in _latest(known):
                on_that_day = not of_a_day or _is(of_a_day, day_of(mention.event.when.first))
                if (
                    on_that_day
                    and _alike(mention.occasion, about)
                    and _named(which, statements[mention.event.statement].text)
                ):
                    known[k] = _called_off(mention, i, how == "postponed")
    counts: Counter[date] = Counter()
    origin = _origin(statements, published, source)
    events = []
    for mention in known:
        day = day_of((mention.event.previous or mention.event.when).first)
        counts[day] += 1
        name = f"{origin}\n{day}\n{counts[day]}"
        events.append(
            replace(mention.event, uid=hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32] + "@onrecord")
        )
    return events


def _mention(i: int, text: str, dates: Sequence[When], outcome: Outcome, known: Sequence[_Mention]) -> _Mention:
    anchor = outcome.when if outcome.when in dates else outcome.previous or outcome.when
    if anchor not in dates:
        anchor = next(w for w in dates if w.start == outcome.when.start)
    event = Event(
        statement=i,
        when=outcome.when,
        status=outcome.status,
        place=place(text, anchor),
        title=title(text, anchor, dates),
        uid="",
        previous=outcome.previous,
        postponed=outcome.postponed,
        mentions=(i,),
    )
    about = _antecedent(occasion(text, anchor, dates), text, i, known)
    which = frozenset(m[0].lower() for m in _WHICH.finditer(text))
    return _Mention(
        event, about, which, backward=bool(_HAD_BEEN.search(text[max(0, anchor.start - 60) : anchor.start]))
    )


def _antecedent(about: Occasion, text: str, i: int, known: Sequence[_Mention]) -> Occasion:
    """The occasion that a pronoun stands for: "It has been moved to Friday" speaks of the one before."""
    if not about.pronoun:
        return about
    near = [m for m in known[-LATEST:] if m.event.mentions[-1] >= i - NEAR and m.event.mentions[-1] < i]
    if not near:
        return about
    last = max(near, key=lambda m: m.event.mentions[-1])
    return replace(last.occasion, closing=about.closing, pronoun=True)


def _enter(known: list[_Mention], new: _Mention, off: Sequence[tuple[Occasion, bool]]) -> None:
    """Add a mention to the event that it is of, or as a new one."""
    for k, old in _latest(known):
        if merged := _merged(old, new):
            known[k] = merged
            return
    if new.backward and new.event.status == "confirmed":
        for about, postponed in off[-LATEST:]:
            if _alike(about, new.occasion):
                new = replace(new, event=replace(new.event, status="cancelled", postponed=postponed))
    known.append(new)


def _merged(old: _Mention, new: _Mention) -> _Mention | None:
    """Both mentions as one event, or None where they are of two."""
    a, b = old.event, new.event
    places = {p.casefold() for p in (a.place, b.place) if p}
    if not _alike(old.occasion, new.occasion) or (len(places) == 2 and not _within(*places)):
        return None
    if _agree(a.when, b.when):
        when, previous = (a, b)[_better(b.when, a.when) or b.status == "moved" != a.status], a.previous or b.previous
        return _union(old, new, when, max(a.status, b.status, key=_WEIGHT.__getitem__), previous)
    if a.statement == b.statement:
        return None
    another = old.which and new.which and not old.which & new.which  # the first hearing, the second one has been moved
    if b.status == "moved" and a.status != "moved" and (_agree(a.when, b.previous) if b.previous else not another):
        return _union(old, new, b, "moved", a.when)
    if a.status == "moved" and (_agree(a.previous, b.when) if a.previous else new.backward):
        return _union(old, new, a, "moved", a.previous or b.when)
    if b.postponed and new.backward and a.status in ("confirmed", "tentative") and not old.backward:
        return _union(old, new, a, "moved" if a.status == "confirmed" else "tentative", b.when)
    if a.postponed and b.status in ("confirmed", "tentative") and not new.backward:
        return _union(old, new, b, "moved" if b.status == "confirmed" else "tentative", a.when)
    return None


def _union(old: _Mention, new: _Mention, dated: Event, status: Status, previous: When | None) -> _Mention:
    a, b = old.event, new.event
    kept = b if old.occasion.pronoun and not new.occasion.pronoun else a
    postponed = status == "cancelled" and all(e.postponed for e in (a, b) if e.status == "cancelled")
    event = Event(
        statement=dated.statement,
        when=dated.when,
        status=status,
        place=a.place or b.place,
        title=kept.title,
        uid="",
        previous=previous if status == "moved" else None,
        postponed=postponed,
        mentions=tuple(sorted({*a.mentions, *b.mentions})),
    )
    about = replace(
        old.occasion,
        about=old.occasion.about | new.occasion.about,
        pronoun=old.occasion.pronoun and new.occasion.pronoun,
    )
    return _Mention(event, about, old.which | new.which, old.backward and new.backward)


def _latest(known: Sequence[_Mention]) -> list[tuple[int, _Mention]]:
    """The last LATEST of them, each with its place."""
    first = max(0, len(known) - LATEST)
    return list(enumerate(known[first:], first))


def _called_off(mention: _Mention, i: int, postponed: bool) -> _Mention:
    """What statement i calls off."""
    if mention.event.status == "cancelled":
        return mention
    mentions = (*mention.event.mentions, i)
    event = replace(mention.event, status="cancelled", postponed=postponed, previous=None, mentions=mentions)
    return replace(mention, event=event)


def _is(match: re.Match[str], day: date) -> bool:
    """Whether a day has this weekday, or this number in this month."""
    if match["weekday"]:
        return WEEKDAYS[day.weekday()] == match["weekday"]
    number, month = match["number"] or match["day"], match["month"] or match["of"]
    return (day.day, MONTHS[day.month - 1]) == (int(number), month)


def _named(which: set[str], text: str) -> bool:
    """Whether the text has all these words."""
    return not which or which <= set(re.findall(r"\w+", text.lower()))


def _alike(a: Occasion, b: Occasion) -> bool:
    """Whether two occasions may be one: the same word for it, and no words
    that tell them apart (the Senate's vote, the House's).
    """
    ours, theirs = (a.who, b.who) if a.who and b.who else (a.about, b.about)
    apart = ours and theirs and not ours & theirs
    return bool(a.word) and a.word == b.word and a.closing == b.closing and not apart


def _within(a: str, b: str) -> bool:
    return a in b or b in a


def _agree(a: When, b: When) -> bool:
    """Whether two times can be of one event: a day within the other's days, and no two clock times."""
    if isinstance(a.first, datetime) and isinstance(b.first, datetime) and a.kind == b.kind == "instant":
        if bool(a.first.tzinfo) != bool(b.first.tzinfo):
            return a.first.replace(tzinfo=None) == b.first.replace(tzinfo=None)
        return a.first == b.first
    return day_of(a.first) <= day_of(b.last) and day_of(b.first) <= day_of(a.last)


def _better(a: When, b: When) -> bool:
    """Whether the first of two times says more."""
    return _exactness(a) > _exactness(b)


def _exactness(when: When) -> tuple[bool, bool, timedelta]:
    return when.kind in EXACT, isinstance(when.first, datetime), day_of(when.first) - day_of(when.last)


def _origin(statements: Sequence[Dated], published: date | datetime, source: str | None) -> str:
    """What the events of an article have in common: its address without what
    varies, else the first name it gives and the year.
    """
    if source:
        try:
            parts = urlsplit(source.strip())
        except ValueError:  # as of "http://[a"
            parts = urlsplit("")
        if not parts.netloc:
            return " ".join(source.casefold().split())
        query = urlencode(
            [(k, v) for k, v in parse_qsl(parts.query) if not k.lower().startswith(("utm_", "fbclid", "gclid"))]
        )
        return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}?{query}"
    first = next((name for s in statements for name in names(s.text[slice(*statement_of(s.text))])), "")
    return f"{first} {published.year}"
