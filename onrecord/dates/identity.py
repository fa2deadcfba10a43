"""Which entry of the calendar written before each event of an edited article is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from onrecord.dates.calendar_arithmetic import day_of
from onrecord.dates.diary import Event
from onrecord.dates.title import stems

ALIKE = 2.0  # points that two must have in common: a day has 5, a UID or all words of a title 2, those of a sentence 1


class Entry(NamedTuple):
    """What an entry of a calendar is known again by."""

    uid: str
    day: date  # its first
    title: str
    sentence: str


def known_again(events: Sequence[Event], sentences: Sequence[str], entries: Sequence[Entry]) -> list[Event]:
    """The events, each with the UID of the entry that it is an edit of; `sentences` has the one behind each event.

    The likest two are matched first: by day (of what moved the old one, where it is told), UID and words. What is none
    of the entries keeps its own UID, or gets another where an entry has that one.
    """
    ours = [(stems(e.title), stems(s)) for e, s in zip(events, sentences, strict=True)]
    theirs = [(stems(e.title), stems(e.sentence)) for e in entries]
    pairs = sorted(
        (-_likeness(event, entry, a, b), i, k)
        for i, (event, a) in enumerate(zip(events, ours, strict=True))
        for k, (entry, b) in enumerate(zip(entries, theirs, strict=True))
    )
    matched: dict[int, int] = {}  # event -> entry
    used: set[int] = set()
    for points, i, k in pairs:
        if -points >= ALIKE and i not in matched and k not in used:
            matched[i] = k
            used.add(k)
    taken = {entry.uid for entry in entries}
    known = []
    for i, event in enumerate(events):
        uid = entries[matched[i]].uid if i in matched else event.uid
        while i not in matched and uid in taken:
            uid = sha256(uid.encode()).hexdigest()[:32] + "@onrecord"
        taken.add(uid)
        known.append(replace(event, uid=uid))
    return known


def _likeness(
    event: Event, entry: Entry, ours: tuple[frozenset[str], ...], theirs: tuple[frozenset[str], ...]
) -> float:
    days = {day_of(w.first) for w in (event.when, event.previous) if w}
    title, sentence = (len(a & b) / (min(len(a), len(b)) or 1) for a, b in zip(ours, theirs, strict=True))
    return 5 * (entry.day in days) + 2 * (entry.uid == event.uid) + 2 * title + sentence
