"""Clock times of a day: 10 a.m., half past seven, 19:30 and 21:00, 1500 GMT."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, time, timedelta

from onrecord.dates.calendar_arithmetic import WEEKDAY
from onrecord.dates.expression import (
    DAY_NUMBER,
    MOVED_FROM,
    NUMBERS,
    PLAIN,
    SHORT_MONTH,
    Clock,
    Reader,
    Token,
    unresolved,
)
from onrecord.dates.zones import zone_behind, zone_of_city
from onrecord.patterns import lazy

_SHOWN = (
    rf"\b(?:[Aa]t|[Ff]rom|[Uu]ntil|[Tt]ill?|[Bb]y|[Bb]etween|[Bb]efore|[Aa]fter|[Aa]round|[Aa]bout|[Ff]or)\s+$"
    rf"|\b(?:{WEEKDAY}|today|tomorrow|{SHORT_MONTH}\s+{DAY_NUMBER}),?\s+$"
)

HOURS = tuple(word for word in NUMBERS if len(word) > 2 and word.isalpha())  # one to twelve
_PART = r"(?P<part>morning|afternoon|evening|night)\b"
_DAY = rf"(?:{WEEKDAY}|today|tomorrow|yesterday|this)"
_PART_BEFORE = lazy(rf"\b{_DAY} {_PART},? (?:\w+ )?$", re.IGNORECASE)
_PART_BEHIND = lazy(rf",? (?:on )?{_DAY} {_PART}", re.IGNORECASE)
# the hours that each part may mean, the last of them noon or before midnight
_HOURS_OF = {"morning": range(1, 12), "afternoon": range(1, 7), "evening": range(4, 12), "night": range(6, 12)}


def _half(r: Reader, m: re.Match[str], hour: int) -> str | None:
    """a or p, by "p.m." or the part of the day named: in the evening, on Friday night. "" where
    the hour cannot be of that part, None where none is named.
    """
    if m["half"]:
        return m["half"]
    found = m["part"] or m["late"]
    beside = None if found else _PART_BEHIND.match(r.behind(m)) or _PART_BEFORE.search(r.before(m))
    part = (found or (beside["part"] if beside else "")).lower()
    if not part:
        return None
    if part == "afternoon" and hour == 12:
        return "p"
    return "" if hour not in _HOURS_OF[part] else "a" if part == "morning" else "p"


def hour_of_a_part(r: Reader, m: re.Match[str]) -> Token | None:
    """At eight in the evening, at 8:30 on Friday evening, at eight p.m.; an hour that cannot be of that part is left
    out. Numbers of a 24-hour clock and those with a.m. or p.m. are read by other rules.
    """
    digits = m["hour"].isdigit()
    hour = int(m["hour"]) if digits else NUMBERS[m["hour"].lower()]
    if (digits and (m["half"] or hour > 12)) or (half := _half(r, m, hour)) is None:
        return None
    said = m["half"] or m["part"] or m["late"] or m["minutes"] or m[0].endswith("clock")
    if not said and not re.match(PLAIN, r.behind(m)) and not zone_behind(r.text, m.end(), r.zone):
        return None  # on Friday evening at nine schools
    if not half:
        return Token(m.start(), m.end(), form="clock")
    return _with_zone(r, m, Clock(_hour(str(hour), m["minutes"], half), None, r.zone))


def _hour(digits: str, minutes: str | None, half: str | None) -> time:
    hour = {"noon": 12, "midday": 12}.get(digits.lower()) or int(digits)
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    return time(hour, int(minutes or 0))


def clock(r: Reader, m: re.Match[str]) -> Token | None:
    """A clock time or two. The zone is the one named, else the reader's; one that is not known leaves the time out.

    "Local time" is that of the city named there. Without one it floats, and is left out where the reader has a zone.
    """
    if "midnight" in m[0].lower():  # of which night?
        return Token(m.start(), zone.end if (zone := zone_behind(r.text, m.end(), r.zone)) else m.end(), form="clock")
    last = _hour(m["h2"] or m["noon"], m["m2"], m["p2"])
    first = None
    if m["h1"]:
        first = _hour(m["h1"], m["m1"], m["p1"] or (None if m["h1"][0] in "nN" else m["p2"]))
        if not m["p1"] and first >= last:  # 11 to 1 p.m.
            first = _hour(m["h1"], m["m1"], "a")
    clock = Clock(first or last, last if first else None, r.zone)
    if first and MOVED_FROM.search(r.before(m)):  # moved from 10 a.m. to 2 p.m.
        clock = replace(clock, first=last, last=None)
    elif first and m["word"] in ("and", "&") and not re.search(r"\bbetween $", r.before(m), re.IGNORECASE):
        clock = replace(clock, last=None, others=((last, m.start("h2") if m["h2"] else m.start("noon")),))
    elif first and m["word"] == "or":  # which of them?
        clock = replace(clock, known=False)
    return _with_zone(r, m, clock)


def _with_zone(r: Reader, m: re.Match[str], clock: Clock) -> Token:
    zone = zone_behind(r.text, m.end(), r.zone, alone=True)
    if zone and not zone.local:
        clock = replace(clock, zone=zone.zone, names=True, known=zone.zone is not None)
    elif not zone and re.search(r"(?:\b[Tt]ime|\b[A-Z]{1,4}T|\bUTC),? $", r.before(m)):  # Beijing time 10 a.m.
        clock = replace(clock, known=False)
    elif city := zone_of_city(r.text, m.start(), zone.end if zone else m.end()):  # 10 a.m. in Beijing
        clock = replace(clock, zone=city.zone, names=True)
    elif zone and r.zone:
        clock = replace(clock, known=False)
    return Token(m.start(), zone.end if zone else m.end(), form="clock", clock=clock)


def bare_clock(r: Reader, m: re.Match[str]) -> Token | None:
    """19:30, where something shows it to be a clock time: 3:16 is also a verse and 2:05 a result."""
    shown = (
        m["h1"] or re.search(r"hrs?$", m[0]) or re.search(_SHOWN, r.before(m)) or zone_behind(r.text, m.end(), r.zone)
    )
    return clock(r, m) if shown else unresolved(m)


def minutes(r: Reader, m: re.Match[str]) -> Token:
    """Half past 7 p.m., quarter to eight in the evening; five to eight p.m. may be three hours."""
    minutes = {"half": 30, "quarter": 15, "five": 5, "ten": 10, "twenty": 20}.get(m["minutes"].lower().split()[-1])
    hour = NUMBERS.get(m["hour"].lower()) or int(m["hour"])
    half = _half(r, m, hour)
    if not minutes or (m["side"].lower() == "to" and minutes in (5, 10)) or not half:
        return Token(m.start(), m.end(), form="clock")
    at = datetime.combine(r.today, _hour(str(hour), None, half)) + timedelta(
        minutes=minutes if m["side"].lower() == "past" else -minutes
    )
    if at.date() != r.today:  # a quarter to midnight, of which night?
        return Token(m.start(), m.end(), form="clock")
    return _with_zone(r, m, Clock(at.time(), None, r.zone))


def tonight(r: Reader, m: re.Match[str]) -> Token:
    digits = (m["before"] or m["after"]).lower()
    hour = NUMBERS.get(digits) or int(digits)
    at = datetime.combine(r.today, time(hour + 12, int(m["mins"] or m["mins2"] or 0)), r.zone)
    return Token(m.start(), m.end(), "instant", at, at)
