"""The grammar of English time expressions: patterns, and what each of them makes of its match.

A month or day that would come out ten months away or more was probably meant the other way round: nothing is resolved.
"Next Thursday" is resolved when its two readings agree, which is when no Thursday is left in this week (weeks begin on Monday; what Sunday's "next
week" is depends on where you live). Seasons are left out (hemispheres), as are 03/04/2019, bare clocks without a day, "Sunday Times", "Remembrance
Sunday" and any weekday behind a capitalised word, "the June 3 meeting", "Monday's paper", "on Mondays", and month names that are also names or verbs
unless a day, a year or a preposition shows them to be months.

Approximations. Early, mid and late are thirds of a period (days 1-10, 11-20, 21-end of a month); "in two weeks" is the week in which that day lies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from onrecord.dates.calendar_arithmetic import (
    DAY,
    FEASTS,
    MONTH,
    PART_OF_DAY,
    WEEKDAY,
    WEEKDAYS,
    later,
    month_number,
    span,
)
from onrecord.dates.tense import MOVED, Tenses
from onrecord.dates.zones import zone_behind
from onrecord.patterns import lazy

FAR = timedelta(days=305)  # ten months
CONTEXT = 100  # characters; the words that decide about an expression stand beside it


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock time, or two, of a day that stands beside it."""

    first: time
    last: time | None
    zone: tzinfo | None
    names: bool = False  # it names its zone; else the zone is the reader's
    known: bool = True  # no zone is named that we do not know
    second_at: int = 0  # where the second hour stands, if it is no end: at 2 p.m. and 7:30 p.m.
    local: Clock | None = None  # the hour of the same moment on the clocks there, which the day beside it is that of


@dataclass(slots=True)
class Token:
    """A piece of the sentence that is spoken for. No `kind`: it is not to be resolved, and neither is anything inside it."""

    start: int
    end: int
    kind: str | None = None
    first: date | datetime | None = None
    last: date | datetime | None = None
    past: bool = False
    form: str = ""  # weekday, date or clock: what may be joined with what
    clock: Clock | None = None
    moved_from: date | datetime | None = None


# --- words and pieces of patterns ------------------------------------------------------------------------------------------------
_NUMBERS = {
    w: n
    for n, w in enumerate(
        ["a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1
    )
} | {
    "an": 1,
    "one": 1,
    "couple of": 2,
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1, "final": -1}
_NAMES = {"March", "April", "May", "June", "August"}  # also people, verbs and adjectives
_WDS = rf"(?:{'|'.join(WEEKDAYS)}|(?:Mon|Tues?|Wed|Thu(?:rs)?|Fri|Sat|Sun)\b\.?)"
_MON = rf"(?:{MONTH}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?!\d|:\d|[.,]\d|\s?[ap]\.?m\b|\s?%|\s?per\s?cent)"
_YEAR = r"(?:19|20)\d\d\b(?!,\d|[-–/]\d)"
_ANY_YEAR = rf"(?:{_YEAR}|(?:this|next|last) year\b(?!['’-]))"
_NUM = r"(?:\d{1,3}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + ")"
_PERIOD = rf"(?:(?P<name>{MONTH})(?:(?:,|\s+of)?\s+(?P<year>{_ANY_YEAR}))?|(?:the|(?P<which>this|next))\s+(?P<unit>week|month|year)\b|(?P<only>{_YEAR}))"
_FUNCTION = (
    r"(?:a|an|and|are|as|at|because|but|by|for|from|he|her|his|if|in|is|it|its|not|of|on|or|our|she|so|than|that|the|their|they|this|to|under"
    r"|until|we|when|where|which|while|who|will|with|would|after|before|unless|has|have|had|was|were|can|could|may|might|must|should)\b"
)
_STREET = r"\s+(?:St(?:reet)?|Road|Rd|Avenue|Ave|Lane|Drive|Square|Place|Boulevard|Terrace|Close|Crescent|Way|Court|Gardens)\b"
_PLAIN = rf"(?=\s*$|\s*[.,;:!?)—–\"”’-]|\s+{_FUNCTION})"  # nothing that the expression could be an adjective of


_MOVED_FROM = lazy(rf"\b{MOVED}\w*\b[^,;]{{0,60}} from(?: the)? $", re.IGNORECASE)
_MOVED_TO = lazy(rf" to (?:the )?(?:{_WDS}|{_MON}|\d)")


# --- what every rule is given ----------------------------------------------------------------------------------------------------
class Reader:
    """A sentence and the day it was published, as the rules ask for them."""

    def __init__(self, text: str, today: date, zone: tzinfo | None, prefer: str, scheduling: bool = False) -> None:
        self.text = text
        self.today = today
        self.zone = zone  # of clock times that name none
        self.scheduling = scheduling  # what its verbs leave open lies ahead
        self.tenses = Tenses(text, prefer)

    def before(self, match: re.Match[str], group: str | int = 0) -> str:
        """What stands right before the match, as far as a rule needs it: all of it for every match would be quadratic."""
        return self.text[max(0, match.start(group) - CONTEXT) : match.start(group)]

    def behind(self, match: re.Match[str]) -> str:
        """What stands right behind the match; an end of this window is no end of the text, so CONTEXT is longer than any pattern looks."""
        return self.text[match.end() : match.end() + CONTEXT]

    def direction(self, match: re.Match[str]) -> str:
        """future, past or open: where the expression lies."""
        if _MOVED_FROM.search(self.before(match)) and _MOVED_TO.match(self.behind(match)):
            return "future"  # moved from Monday to Friday
        direction = self.tenses.direction(*match.span())
        return "future" if direction == "open" and self.scheduling else direction

    def year(self, words: str) -> int:
        """2024, this year, next year, last year."""
        shift = {"this": 0, "next": 1, "last": -1}
        return int(words) if words.isdigit() else self.today.year + shift[words.split()[0].lower()]

    def nearest(self, match: re.Match[str], spans: Iterable[tuple[date, date]], kind: str, form: str = "") -> Token:
        """The nearest of several (first, last) in the direction of the sentence, if it is not ten months away."""
        direction = self.direction(match)
        if direction == "future":
            ahead = [s for s in spans if s[1] >= self.today]
            chosen = min(ahead, default=None)
        else:
            chosen = max((s for s in spans if s[0] <= self.today), default=None) if direction == "past" else None
        if chosen is None or chosen[0] - self.today > FAR or self.today - chosen[1] > FAR:
            return Token(match.start(), match.end())
        return Token(match.start(), match.end(), kind, *chosen, past=direction == "past", form=form)

    def sure(self, match: re.Match[str], kind: str, first: date, last: date | None = None, form: str = "date") -> Token:
        """Something that says itself when it is; it lies behind if it ends before today, or today under a verb in the past."""
        last = last or first
        return Token(
            match.start(),
            match.end(),
            kind,
            first,
            last,
            past=last < self.today or (last == self.today and self.direction(match) == "past"),
            form=form,
        )


def _none(match: re.Match[str]) -> Token:
    return Token(match.start(), match.end())


# --- rules: a pattern each, and what becomes of it -----------------------------------------------------------------------------
def _iso(r: Reader, m: re.Match[str]) -> Token:
    if re.search(r"\w[-/]$", r.before(m)) or re.match(r"[-/]\w", r.behind(m)):  # a number of a file
        return _none(m)
    return r.sure(m, "day", date.fromisoformat(m[0]))


def _slashes(r: Reader, m: re.Match[str]) -> Token:
    a, b = int(m[1]), int(m[2])
    if not m[3] or (a != b and max(a, b) <= 12):
        return _none(m)
    return r.sure(m, "day", date(int(m[3]), min(a, b), max(a, b)) if max(a, b) > 12 else date(int(m[3]), a, b))


def _hour(digits: str, minutes: str | None, half: str | None) -> time:
    hour = {"noon": 12, "midday": 12}.get(digits.lower()) or int(digits)
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    return time(hour, int(minutes or 0))


def _clock(r: Reader, m: re.Match[str]) -> Token | None:
    """A clock time or two. The zone is the one named, else the reader's; one that is not known, "local time" too, leaves the time out."""
    if "midnight" in m[0].lower():  # of which night?
        return Token(m.start(), zone.end if (zone := zone_behind(r.text, m.end(), r.zone)) else m.end(), form="clock")
    last = _hour(m["h2"] or m["noon"], m["m2"], m["p2"])
    first = None
    if m["h1"]:
        first = _hour(m["h1"], m["m1"], m["p1"] or (None if m["h1"][0] in "nN" else m["p2"]))
        if not m["p1"] and first >= last:  # 11 to 1 p.m.
            first = _hour(m["h1"], m["m1"], "a")
    clock = Clock(first or last, last if first else None, r.zone)
    if first and re.search(rf"\b{MOVED}\w*\b[^,;]{{0,60}} from $", r.before(m)):  # moved from 10 a.m. to 2 p.m.
        clock = replace(clock, first=last, last=None)
    elif first and m["word"] in ("and", "&") and not re.search(r"\bbetween $", r.before(m), re.IGNORECASE):
        clock = replace(clock, second_at=m.start("h2") if m["h2"] else m.start("noon"))
    elif first and m["word"] == "or":
        clock = replace(clock, known=False)
    return _with_zone(r, m, clock)


def _with_zone(r: Reader, m: re.Match[str], clock: Clock) -> Token:
    zone = zone_behind(r.text, m.end(), r.zone, alone=True)
    if zone:
        clock = replace(clock, zone=zone.zone, names=True, known=zone.zone is not None)
    elif re.search(r"(?:\b[Tt]ime|\b[A-Z]{1,4}T|\bUTC),? $", r.before(m)):  # Beijing time 10 a.m.
        clock = replace(clock, known=False)
    return Token(m.start(), zone.end if zone else m.end(), form="clock", clock=clock)


def _bare_clock(r: Reader, m: re.Match[str]) -> Token | None:
    """19:30, where something shows it to be a clock time: 3:16 is also a verse and 2:05 a result."""
    shown = (
        m["h1"]
        or re.search(r"hrs?$", m[0])
        or re.search(_SHOWS_A_CLOCK, r.before(m))
        or zone_behind(r.text, m.end(), r.zone)
    )
    return _clock(r, m) if shown else _none(m)


def _minutes(r: Reader, m: re.Match[str]) -> Token:
    """Half past 7 p.m., quarter to 8 p.m.; five to eight p.m. may be three hours."""
    minutes = {"half": 30, "quarter": 15, "five": 5, "ten": 10, "twenty": 20}.get(m["minutes"].lower().split()[-1])
    if not minutes or (m["side"].lower() == "to" and minutes in (5, 10)) or not m["half"]:
        return Token(m.start(), m.end(), form="clock")
    digits = str(_NUMBERS.get(m["hour"].lower(), m["hour"]))
    at = datetime.combine(r.today, _hour(digits, None, m["half"])) + timedelta(
        minutes=minutes if m["side"].lower() == "past" else -minutes
    )
    if at.date() != r.today:  # a quarter to midnight, of which night?
        return Token(m.start(), m.end(), form="clock")
    return _with_zone(r, m, Clock(at.time(), None, r.zone))


def _tonight(r: Reader, m: re.Match[str]) -> Token:
    digits = (m["before"] or m["after"]).lower()
    hour = _NUMBERS.get(digits) or int(digits)
    at = datetime.combine(r.today, time(hour + 12, int(m["mins"] or m["mins2"] or 0)), r.zone)
    return Token(m.start(), m.end(), "instant", at, at)


def _date(r: Reader, m: re.Match[str]) -> Token | list[Token]:
    """A month with one day or two: Feb. 27 and 28, 3-5 June, Monday, Nov. 20, 2017."""
    month, numbers = month_number(m["month"]), [int(re.sub(r"\D", "", n)) for n in (m["d1"], m["d2"]) if n]
    apart = m["word"] in ("and", "&") and len(numbers) == 2 and numbers[1] != numbers[0] + 1
    if m["word"] == "or" or (apart and (m["wd"] or m["around"])):
        return _none(m)
    behind = r.behind(m)
    if (
        not m["around"] and not m["wd"] and re.search(r"\bin\s+$", r.before(m), re.IGNORECASE)
    ):  # in May 20 countries will sign: a day takes "on"
        return _none(m)
    if re.match(_STREET, behind) or (
        not m["year"]
        and re.search(r"(?:\bthe|^\W*)\s*$", r.before(m), re.IGNORECASE)
        and re.match(rf"[\s-]+(?!{_FUNCTION})[a-z]", behind)
    ):
        return _none(m)  # the Jan. 6 defendants, the Oct. 7 attack: an event's name, or a modifier of more than the day
    if apart:
        return _days(r, m, [m.span("d1"), m.span("d2")])
    spans = []
    for year in [r.year(m["year"])] if m["year"] else range(r.today.year - 8, r.today.year + 9):
        try:
            spans.append((date(year, month, numbers[0]), date(year, month, numbers[-1])))
        except ValueError:  # 29 February
            if m["year"]:
                raise
    if m["wd"]:
        weekday = [w[:3] for w in WEEKDAYS].index(m["wd"][:3])
        spans = [s for s in spans if s[0].weekday() == weekday and (m["year"] or abs(s[0].year - r.today.year) <= 1)]
    if not spans or spans[0][0] > spans[0][1]:
        return _none(m)
    kind = "range" if len(numbers) == 2 else "day"
    token = r.sure(m, kind, *spans[0]) if m["year"] else r.nearest(m, spans, kind, "date")
    return _around(m, token) if m["around"] else token


def _around(m: re.Match[str], token: Token) -> Token:
    """The weekend of May 29, the week of June 3, the week beginning 3 June, given one day: of a Monday to Thursday no weekend can be told, and of a Sunday no week."""
    day, (unit, word) = token.first, m["around"].lower().split()[-2:]
    if token.kind != "day" or day is None or word == "ending":
        return _none(m)
    if word != "of":
        return replace(token, kind=unit, last=day + 6 * DAY)
    if day.weekday() < 4 if unit == "weekend" else day.weekday() == 6:
        return _none(m)
    monday, sunday = span("week", day)
    return replace(token, kind=unit, first=sunday - DAY if unit == "weekend" else monday, last=sunday)


def _days(r: Reader, m: re.Match[str], numbers: list[tuple[int, int]]) -> list[Token]:
    """June 3 and 5, 3, 5 and 7 June: a day for each of the places that hold a number; the month belongs to the first of them or the last."""
    month, years = (
        month_number(m["month"]),
        [r.year(m["year"])] if m["year"] else range(r.today.year - 1, r.today.year + 2),
    )
    tokens = []
    for start, end in numbers:
        day = int(re.sub(r"\D", "", r.text[start:end]))
        token = (
            r.sure(m, "day", date(years[0], month, day))
            if m["year"]
            else r.nearest(m, [(date(y, month, day),) * 2 for y in years], "day", "date")
        )
        tokens.append(replace(token, start=start, end=end))
    tokens[0].start, tokens[-1].end = m.start(), m.end()
    return tokens


def _listed(r: Reader, m: re.Match[str]) -> Token | list[Token]:
    """Jan. 19, 20 and 21: a range if the days follow each other, else each of them."""
    days = [int(n) for n in re.findall(r"\d+", m["days"])]
    if any(b <= a for a, b in pairwise(days)):
        return _none(m)
    if any(b != a + 1 for a, b in pairwise(days)):
        return _days(
            r, m, [(m.start("days") + n.start(), m.start("days") + n.end()) for n in re.finditer(r"\d+", m["days"])]
        )
    month, years = (
        month_number(m["month"]),
        [r.year(m["year"])] if m["year"] else range(r.today.year - 1, r.today.year + 2),
    )
    spans = [(date(year, month, days[0]), date(year, month, days[-1])) for year in years]
    return r.sure(m, "range", *spans[0]) if m["year"] else r.nearest(m, spans, "range", "date")


def _period(r: Reader, m: re.Match[str]) -> tuple[str, date, date] | None:
    """Unit, first and last day of what _PERIOD matched; None if it cannot be told."""
    if m["name"]:
        month = month_number(m["name"])
        if m["year"]:
            return "month", *span("month", date(r.year(m["year"]), month, 1))
        t = r.nearest(m, [span("month", date(r.today.year + k, month, 1)) for k in (-1, 0, 1)], "month")
        return ("month", t.first, t.last) if isinstance(t.first, date) and isinstance(t.last, date) else None
    if m["only"]:
        return "year", *span("year", date(int(m["only"]), 1, 1))
    unit = m["unit"]
    if unit == "week" and r.today.weekday() == 6:
        return None
    return unit, *span(unit, later(r.today, unit, 1 if m["which"] == "next" else 0))


def _ordinal(r: Reader, m: re.Match[str]) -> Token:
    """The second week of May, the first Tuesday in November, the last Friday of the month, the first weekend of June, the last day of June."""
    period = _period(r, m)
    if not period or period[0] != "month":
        return _none(m)
    n, (_, first, last) = _ORDINALS[m["nth"].lower()], period
    if m["thing"] == "week":
        begin, end = (last - 6 * DAY, last) if n < 0 else (first + (n - 1) * 7 * DAY, first + (n * 7 - 1) * DAY)
        return r.sure(m, "week", begin, end)
    if m["thing"] == "day":
        return r.sure(m, "day", last if n < 0 else first + (n - 1) * DAY)
    if (
        m["thing"] == "weekend" and (first if n > 0 else last + DAY).weekday() == 6
    ):  # a weekend half in the month: is it the first, or the last?
        return _none(m)
    weekday = 5 if m["thing"] == "weekend" else WEEKDAYS.index(m["thing"])
    day = (
        last - (last.weekday() - weekday) % 7 * DAY
        if n < 0
        else first + ((weekday - first.weekday()) % 7 + (n - 1) * 7) * DAY
    )
    return r.sure(m, "weekend", day, day + DAY) if m["thing"] == "weekend" else r.sure(m, "day", day)


def _part(r: Reader, m: re.Match[str]) -> Token:
    """Early June, late next week, by the end of the month."""
    period = _period(r, m)
    if not period:
        return _none(m)
    unit, first, last = period
    word = re.sub(r"^the\s+|\s+of$", "", m["which_part"].lower())
    third = {"early": 0, "beginning": 0, "start": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}[word]
    if word == "end" and re.search(r"\b(?:by|before|until|till|through|up to)\s+$", r.before(m), re.IGNORECASE):
        return r.sure(m, "day", last)
    if unit == "week":
        bounds = [(first, first + DAY), (first + 2 * DAY, first + 2 * DAY), (first + 3 * DAY, first + 4 * DAY)]
    elif unit == "month":
        bounds = [(first, first + 9 * DAY), (first + 10 * DAY, first + 19 * DAY), (first + 20 * DAY, last)]
    else:
        bounds = [
            (date(first.year, 4 * k + 1, 1), later(date(first.year, 4 * k + 1, 1), "month", 4) - DAY) for k in range(3)
        ]
    return r.sure(m, "part", *bounds[third])


def _year_end(r: Reader, m: re.Match[str]) -> Token:
    """By year-end, at month's end: the last day, where the sentence looks ahead or names the year."""
    if re.search(r"\bfiscal $", r.before(m)) or (m["unit"] == "month" and m["year"]):
        return _none(m)
    if m["year"]:
        return r.sure(m, "day", date(r.year(m["year"]), 12, 31))
    return r.sure(m, "day", span(m["unit"], r.today)[1]) if r.direction(m) == "future" else _none(m)


def _quarter(r: Reader, m: re.Match[str]) -> Token:
    """Quarters and halves of calendar years. Without a year only ahead: the first quarter has also been played by the Bears."""
    unit = "half" if (m["unit"] or "q").lower() == "half" else "quarter"
    n = int(m["q"]) if m["q"] else _ORDINALS[m["nth"].lower()] % 5  # the last quarter is the fourth
    n = min(n, 2) if unit == "half" else n
    if (
        re.search(r"\bfiscal|\bfinancial year", r.before(m) + m[0] + r.behind(m), re.IGNORECASE)
        or (unit == "half" and not (m["year"] or m["rel"]))
        or n > 4
    ):
        return _none(m)

    def of(year: int) -> tuple[date, date]:
        return span(unit, date(year, (n - 1) * (6 if unit == "half" else 3) + 1, 1))

    if m["year"] or m["rel"]:
        return r.sure(
            m,
            unit,
            *of(int(m["year"]) if m["year"] else r.today.year + {"next": 1, "last": -1}.get(m["rel"].split()[0], 0)),
        )
    return (
        r.nearest(m, [of(r.today.year + k) for k in (0, 1)], unit)
        if r.direction(m) == "future" and (m["q"] or re.search(r"\b(?:in|by|during|until)\s+$", r.before(m)))
        else _none(m)
    )


def _relative(r: Reader, m: re.Match[str]) -> Token | None:
    """Next week, this month, last year, later this week."""
    unit, which, edge = m["unit"].lower(), m["which"].lower(), (m["edge"] or "").lower()
    if unit == "year" and re.search(rf"{MONTH}(?:,| of)? $", r.before(m)):  # April next year, which is the month's
        return None
    if unit == "week" and r.today.weekday() == 6:
        return _none(m)
    first, last = span(unit, later(r.today, unit, {"next": 1, "coming": 1, "last": -1}.get(which.split()[-1], 0)))
    if edge:
        if "this" not in which:
            return _none(m)
        first, last = (r.today, last) if edge == "later" else (first, r.today)
    token = r.sure(m, unit, first, last)
    return replace(
        token, past=token.past or edge == "earlier" or (which == "this" and not edge and r.direction(m) == "past")
    )


def _weekend(r: Reader, m: re.Match[str]) -> Token:
    saturday = span("week", r.today)[0] + 5 * DAY
    which = (m["which"] or "").lower()
    if not which:
        return r.nearest(m, [(saturday + k * 7 * DAY, saturday + (k * 7 + 1) * DAY) for k in (-1, 0, 1)], "weekend")
    if which == "next" and r.today.weekday() < 5:
        return _none(m)
    past = which in ("this past", "the past")
    if past and r.today.weekday() >= 5:
        return _none(m)
    shift = -1 if past or which == "last" else 1 if which == "next" else 0
    saturday += shift * 7 * DAY
    return replace(t := r.sure(m, "weekend", saturday, saturday + DAY), past=t.past or r.direction(m) == "past")


def _count(r: Reader, m: re.Match[str]) -> Token:
    """In two weeks, within 30 days, over the next three months, three days ago."""
    n, unit, how = _NUMBERS.get(m["n"].lower()) or int(m["n"]), m["unit"].lower(), m["how"].lower()
    then = later(r.today, unit, -n if m["ago"] else n)
    unit = "week" if unit == "fortnight" else unit
    if m["ago"] and re.match(r",?\s+(?:on|in|this|last|today)\b", r.behind(m)):  # two years ago, on May 24
        return _none(m)
    if how == "" or m["ago"]:
        return (
            r.sure(m, *(("day", then) if unit == "day" else (unit, *span(unit, then))))
            if how == "" and m["ago"]
            else _none(m)
        )
    if re.search(
        r"\b(?:times?|first|second|third|fourth|twice|once|only|most|least|best|worst|more|the \w{3,}est)\b[^,;.]{0,30}$",
        r.before(m),
        re.IGNORECASE,
    ):
        return _none(m)  # the third time in five years
    if how == "in" and re.search(r"(?:\b(?:not|never|no|cannot)|n['’]t)\b[^,;.]*$", r.before(m), re.IGNORECASE):
        return _none(m)  # Rome was not built in a day
    if r.direction(m) != "future" or re.match(
        r"\s+(?:of|after|from|before|since|later|earlier|ago|or (?:so|more|two|three|four|five))\b", r.behind(m)
    ):
        return _none(m)
    if how == "in":
        return r.sure(m, *(("day", then) if unit == "day" else (unit, *span(unit, then))))
    return r.sure(m, "range", r.today, then)


def _weekday_of_week(r: Reader, m: re.Match[str]) -> Token:
    """Monday of next week, Friday last week, next week on Tuesday."""
    if r.today.weekday() == 6:
        return _none(m)
    monday = span("week", r.today)[0] + {"this": 0, "next": 7, "last": -7}[m["which"].lower()] * DAY
    return r.sure(m, "day", monday + WEEKDAYS.index(m["wd"]) * DAY, form="weekday")


_NAMED = lazy(  # Palm Sunday, Small Business Saturday, Mothering Sunday: a day's name, unless the word may open a sentence before "Monday"
    rf"\b(?!(?:On|By|In|At|Until|Till|Before|From|Since|After|Next|Last|This|Late|Later|Early|Earlier|Also|Meanwhile|Here|Come|Between|Through|To|And|Or|But|Not|Both|Either|{MONTH})\s)[A-Z]\w*[a-z][\w’'-]*\s+$"
)

_SUBJECT = lazy(  # Wednesday will host Leeds on Saturday
    rf"\s+(?:will|would|can|could|may|might|must|should|has|have|is|was)\b[^,;:]*?\s(?:on\s+(?:{_WDS}|{_MON}|\d)|today\b|tomorrow\b|yesterday\b)"
)


_FEAST_WORD = lazy(
    r"\b(?:Palm|Good|Holy|Easter|Whit|Ash|Shrove|Maundy|Black|Cyber|Giving|Blue|Bloody|Super|Remembrance|Mothering|Advent|Fat|Business|Store) $"
)
_IN_A_PLACE = lazy(r"\b(?:in|at|near|outside) (?:[A-Z][\w.’'-]* ){1,3}$")
_PAST_VERB = lazy(r" (?:[a-z]+ed|said|told)\b")


def _dates_a_verb(before: str, behind: str) -> bool:
    """In Paris Friday, the World Court Friday rejected: a weekday behind a name that it is no part of."""
    in_a_place = _IN_A_PLACE.search(before) and re.match(_PLAIN, behind)
    return not _FEAST_WORD.search(before) and bool(in_a_place or _PAST_VERB.match(behind))


def _weekday(r: Reader, m: re.Match[str]) -> Token:
    weekday, which, behind = WEEKDAYS.index(m["wd"]), (m["which"] or "").lower(), r.behind(m)
    ahead, ago = (weekday - r.today.weekday()) % 7, (r.today.weekday() - weekday) % 7
    if m["week"]:
        return r.sure(
            m, "day", r.today + (ahead + (14 if "fortnight" in m["week"].lower() else 7)) * DAY, form="weekday"
        )
    if which in ("next", "this") and r.today.weekday() < weekday:  # still to come in this week
        return _none(m) if which == "next" else r.sure(m, "day", r.today + ahead * DAY, form="weekday")
    if which == "next":
        return r.sure(m, "day", r.today + (ahead or 7) * DAY, form="weekday")
    if which == "this":
        return (
            _none(m)
            if ahead and r.direction(m) != "future"
            else r.sure(m, "day", r.today + ahead * DAY, form="weekday")
        )
    if which == "last" and 0 < ago <= r.today.weekday():  # already gone by in this week: that one, or last week's
        return _none(m)
    if which in ("last", "this past", "past"):
        return r.sure(m, "day", r.today - (ago or 7) * DAY, form="weekday")
    if which in ("this coming", "coming", "the coming"):
        return r.sure(m, "day", r.today + (ahead or 7) * DAY, form="weekday")
    before = r.before(m)
    if re.search(r"\b(?:ago,?\s+(?:on\s+)?|weeks\s+on\s+)$", before):
        return _none(m)
    if (
        re.search(r"\b(?:an?|every|each|any|most|some|one|alternate|per|last|first|second|third)\s+$", before)
        or (_NAMED.search(before) and not _dates_a_verb(before, behind))
        or (not before.strip() and _SUBJECT.match(behind))
    ):
        return _none(m)
    if re.match(r"['’]s\b", behind):  # Monday's paper, Tuesday's defeat: a label more than a date
        return (
            r.nearest(m, [(r.today + ahead * DAY,) * 2], "day", "weekday")
            if re.search(r"\b(?:before|ahead of|until)\s+$", before) and r.tenses.behind_a_verb(m.start())
            else _none(m)
        )
    if before.endswith("Mail on "):  # a newspaper
        return _none(m)
    if re.match(r"\s+(?:newspapers?|papers?|edition|editions|supplement|magazine|Night)\b|-", behind) and not re.match(
        r"-(?:to-)?[A-Z]", behind
    ):
        return _none(m)
    if not re.search(r"\b(?:on|by|until|till|before)\s+$", before) and (
        (re.match(rf"\s+(?!{_MON})[A-Z](?!\w*day\b)", behind) and not zone_behind(r.text, m.end()))
        or re.search(r"\b[Tt]he\s+$", before)
    ):
        return _none(m)  # the Sunday Times
    return r.nearest(m, [(d, d) for d in (r.today - ago * DAY, r.today + ahead * DAY)], "day", "weekday")


def _today(r: Reader, m: re.Match[str]) -> Token:
    word, before, behind = m[0].lower(), r.before(m), r.behind(m)
    if (m[0] == "Today" and re.search(r"(?:the|'s|’s|USA|on|[a-z])\s+$", before)) or re.match(
        r"['’]s\s+(?:world|society|youth|generation|climate|children|\w+s)\b", behind
    ):
        return _none(m)
    if re.search(r"(?<!\bas )(?<!\bend )\bof $|\bago,? $", before):  # the leaders of tomorrow, a year ago today
        return _none(m)
    shift = 1 if "tomorrow" in word else -1 if "yesterday" in word or word == "last night" else 0
    if re.match(r"\s+week\b", behind) or re.search(r"\b(?:day (?:after|before))\s+$", before):
        return _none(m)
    return r.sure(m, "day", r.today + shift * DAY, form="weekday")


def _after_tomorrow(r: Reader, m: re.Match[str]) -> Token:
    return r.sure(m, "day", r.today + (2 if m[1].lower().startswith("after") else -2) * DAY)


_FEAST = "|".join(re.escape(f).replace("'", "['’]") for f in sorted(FEASTS, key=len, reverse=True))


def _feast(r: Reader, m: re.Match[str]) -> Token:
    name = m["feast"].lower().replace("’", "'")
    if (
        (name in ("easter", "christmas") and not re.search(r"\b(?:by|before|until|till|after)\s+$", r.before(m)))
        or not re.match(_PLAIN, r.behind(m))
        or _NAMED.search(r.before(m))
    ):
        return _none(m)
    if m["year"]:
        return r.sure(m, "day", FEASTS[name](r.year(m["year"])))
    return r.nearest(m, [(d, d) for d in (FEASTS[name](r.today.year + k) for k in (-1, 0, 1))], "day", "date")


def _nth(r: Reader, m: re.Match[str]) -> Token:
    """On the 14th, Friday the 14th: of this month or the next ones."""
    spans = []
    for k in range(-2, 3):
        month = span("month", later(r.today, "month", k))[0]
        day = month + (int(m["d"]) - 1) * DAY
        if day.month == month.month and (not m["wd"] or day.weekday() == WEEKDAYS.index(m["wd"])):
            spans.append((day, day))
    return r.nearest(m, spans, "day", "date")


def _nth_of(r: Reader, m: re.Match[str]) -> Token:
    """The 23rd of this month, the 1st of next month."""
    first, _ = span("month", later(r.today, "month", {"this": 0, "next": 1, "last": -1}[m["which"].lower()]))
    return r.sure(m, "day", first.replace(day=int(m["d"])))


def _bare_month(r: Reader, m: re.Match[str]) -> Token:
    name, before, behind = m["month"], r.before(m, "month"), r.behind(m)
    if m["year"]:
        return r.sure(m, "month", *span("month", date(r.year(m["year"]), month_number(name), 1)))
    which = (m["which"] or "").lower()
    if re.match(r"['’]s\b|-|\s+\d", behind) and not re.match(r"-(?:to-)?[A-Z]", behind):
        return _none(m)
    if name in _NAMES and not (
        which
        or re.search(
            r"\b(?:[Ii]n|[Ff]rom|[Ss]ince|[Uu]ntil|[Tt]ill|[Bb]efore|[Dd]uring|[Tt]hrough|[Bb]y|(?:[Ff]rom|[Bb]etween)\s+[A-Z]\w+\s+(?:to|and|until))\s+$",
            before,
        )
    ):
        return _none(m)
    if name in _NAMES and (not re.match(_PLAIN, behind) or re.search(r"(?:ed|en|ought)\s+by\s+$", before)):
        return _none(m)
    if re.match(r"\s+[A-Z]", behind):
        return _none(m)
    month, year = month_number(name), r.today.year
    if which in ("next", "last"):  # of two readings, unless this year's lies on the other side
        other = month > r.today.month if which == "last" else month < r.today.month
        year += {"next": 1, "last": -1}[which] if other else 0
        return r.sure(m, "month", *span("month", date(year, month, 1))) if other else _none(m)
    if which == "this":
        return r.sure(m, "month", *span("month", date(year, month, 1)))
    return r.nearest(m, [span("month", date(year + k, month, 1)) for k in (-1, 0, 1)], "month", "date")


def _bare_year(r: Reader, m: re.Match[str]) -> Token | None:
    if not re.search(r"\b(?:in|by|until|since|before|after|during)\s+$", r.before(m), re.IGNORECASE):
        return None
    return r.sure(m, "year", *span("year", date(int(m["only"]), 1, 1)))


Rule = Callable[[Reader, re.Match[str]], Token | list[Token] | None]


def _rule(pattern: str, rule: Rule, flags: int = 0) -> tuple[re.Pattern[str], Rule]:
    return lazy(pattern, flags), rule


_I = re.IGNORECASE
_SHOWS_A_CLOCK = rf"\b(?:[Aa]t|[Ff]rom|[Uu]ntil|[Tt]ill?|[Bb]y|[Bb]etween|[Bb]efore|[Aa]fter|[Aa]round|[Aa]bout|[Ff]or)\s+$|\b(?:{WEEKDAY}|today|tomorrow|{_MON}\s+{_DAY}),?\s+$"
_DASH = r"\s*(?P<word>-|–|—|\bto\b|\bthrough\b|\buntil\b|\btill\b|\band\b|&|\bor\b)\s*"
_OPENING = r"(?:(?P<h1>noon|midday|\d{1,2})(?:[:.](?P<m1>\d\d))?\s?(?:(?P<p1>[ap])\.?\s?m\b\.?)?\s*(?P<word>-|–|to|and|&|or|until|till)\s*)?"

_MINUTES = r"(?:[:.](?P<{}>\d\d))?"
_IN_YEAR = rf"(?:(?:,|\s+of)?\s+(?P<year>{_ANY_YEAR}))?"
_EVENING = r"[5-9]|1[01]|five|six|seven|eight|nine|ten|eleven"  # hours that "tonight" may mean
# a title between quotation marks: “Blue Tuesday”, “The Last Week of May”
_TITLED_WORDS = r"[A-Z][\w’'-]*(?:\s+(?:[A-Z][\w’'-]*|\d+|an?|the|of|in|on|at|to|and|for))*"
_NO_TITLE = r"(?!(?:On|By|In|At|Until|Till|Before|From|Since|Next|Last|This|Late|Early|Not|Maybe|Yes|No|See)\b|\w+[.,])"
_TITLE = rf"(?<=['’]s )[“\"]{_TITLED_WORDS}[.,]?[”\"]|[“‘]{_TITLED_WORDS}[”’](?!\w)|(?<!\w)\"{_TITLED_WORDS}\"(?!\w)|[“\"]{_NO_TITLE}{_TITLED_WORDS}[.,][”\"]"
_WEEK_OF = r"(?P<around>(?:the\s+)?(?:(?:week|weekend)\s+of|week\s+(?:beginning|starting|commencing|ending))\s+)?"
_DAYS = rf"(?P<days>{_DAY}(?:,\s*{_DAY}){{1,12}},?\s+and\s+{_DAY})"
_WEEKDAY_BEFORE = rf"(?:(?P<wd>{_WDS}),?\s+)?"
_OF_YEAR = rf"(?:,?\s+(?:of\s+)?(?:(?P<year>{_YEAR})|(?P<rel>this year|next year|last year|the year)\b))?"

RULES = [
    _rule(_TITLE, lambda r, m: _none(m)),
    _rule(r"\b\d{4}-\d\d-\d\d\b", _iso),
    _rule(
        r"\b(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d\d(?!\d)))?\b",
        lambda r, m: _none(m) if m[3] and len(m[3]) == 2 else _slashes(r, m),
    ),
    _rule(
        rf"\b(?:(?P<before>{_EVENING}){_MINUTES.format('mins')}\s+tonight"
        rf"|tonight\s+at\s+(?P<after>{_EVENING}){_MINUTES.format('mins2')}(?![\d:]|\s?[ap]\.?m))\b",
        _tonight,
        _I,
    ),
    _rule(
        rf"(?<!from )\b(?P<minutes>half|(?:a\s+)?quarter|five|ten|twenty|(?<=\bat )\d\d?)(?:\s+minutes)?\s+(?P<side>past|to)\s+(?P<hour>\d\d?|{'|'.join(_NUMBERS)})\b"
        r"(?:\s?(?P<half>[ap])\.?\s?m\b\.?)?",
        _minutes,
        _I,
    ),
    _rule(
        rf"\b{_OPENING}(?:(?P<h2>\d{{1,2}}){_MINUTES.format('m2')}\s?(?P<p2>[ap])\.?\s?m\b\.?|(?P<noon>noon|midday|midnight)\b)",
        _clock,
        _I,
    ),
    _rule(
        r"\b(?:(?P<h1>\d\d?):(?P<m1>\d\d)\s*(?P<word>-|–|to|until)\s*)?(?P<h2>[01]?\d|2[0-3]):(?P<m2>[0-5]\d)\b"
        r"(?P<p1>)(?P<p2>)(?P<noon>)(?:\s?hrs?)?",
        _bare_clock,
    ),
    _rule(  # at 0900 on Monday, at 19.45 on Tuesday
        r"(?<=\bat )(?P<h1>)(?P<m1>)(?P<h2>[01]\d|2[0-3])\.?(?P<m2>[0-5]\d)(?P<p1>)(?P<p2>)(?P<noon>)"
        rf"(?=,?\s+(?:on\s+)?(?:{WEEKDAY}|{_MON}|today|tomorrow)\b)",
        lambda r, m: (
            _clock(r, m) if m[0][0] == "0" or r.direction(m) == "future" else None
        ),  # gold ended at 1850 on Monday
    ),
    _rule(  # 1500 GMT, 0900 hours
        r"\b(?P<h1>)(?P<m1>)(?P<h2>[01]\d|2[0-3])(?P<m2>[0-5]\d)(?P<p1>)(?P<p2>)(?P<noon>)"
        r"(?=\s(?:hours\b|hrs\b|local\b|\(?[A-Z]))(?:\s(?:hours|hrs))?",
        lambda r, m: _clock(r, m) if m[0][-1] == "s" or zone_behind(r.text, m.end(), r.zone) else None,
    ),
    _rule(rf"\b{_DAYS}\s+(?P<month>{_MON})(?!\w){_IN_YEAR}", _listed),
    _rule(rf"\b(?P<month>{_MON})\s+{_DAYS}{_IN_YEAR}", _listed),
    _rule(
        rf"\b{_WEEK_OF}{_WEEKDAY_BEFORE}(?:the\s+)?(?P<d1>{_DAY})(?:{_DASH}(?:the\s+)?(?P<d2>{_DAY}))?\s+(?:of\s+)?(?P<month>{_MON})(?![\w]){_IN_YEAR}",
        _date,
    ),
    _rule(
        rf"\b{_WEEK_OF}{_WEEKDAY_BEFORE}(?P<month>{_MON})\s+(?:the\s+)?(?P<d1>{_DAY})(?:{_DASH}(?P<d2>{_DAY})(?!\s*(?:{_MON}|[a-z]+s\b)))?{_IN_YEAR}",
        _date,
    ),
    # more than one week or day, or a half: whose bounds are not said
    _rule(
        rf"\b(?:first|second|latter)\s+half\s+of\s+(?:{MONTH}|(?:the|this|next)\s+(?:week|month))\b"
        rf"|\b(?:first|last|final|opening|closing)\s+(?:(?:{_NUM}|few|several)\s+)?(?:days|weeks|months|weekends)\s+(?:of|in)\s+{_PERIOD}",
        lambda r, m: _none(m),
    ),
    _rule(
        rf"\b(?:[Tt]he\s+)?(?P<nth>[Ff]irst|[Ss]econd|[Tt]hird|[Ff]ourth|[Ll]ast|[Ff]inal)\s+(?P<thing>weekend|week|day|{WEEKDAY})\s+(?:in|of)\s+{_PERIOD}",
        _ordinal,
    ),
    _rule(
        r"\b(?P<which_part>[Ee]arly|[Mm]id|[Ll]ate|(?:[Tt]he\s+)?(?:beginning|start|middle|end)\s+of|(?:[Tt]he\s+)?end)(?:-|\s+)"
        rf"(?:in\s+)?{_PERIOD}",
        _part,
    ),
    _rule(rf"\b(?:the )?(?P<unit>year|month)(?:-| |['’]s[ -])end\b(?: (?P<year>{_ANY_YEAR}))?{_PLAIN}", _year_end),
    _rule(
        rf"\b(?:Q(?P<q>[1-4])|(?:the\s+)?(?P<nth>first|second|third|fourth|last|final)\s+(?P<unit>quarter|half))\b(?![-\w]){_OF_YEAR}",
        _quarter,
    ),
    _rule(rf"\b(?P<wd>{WEEKDAY}),?\s+the\s+(?P<d>[12]?\d|3[01])(?:st|nd|rd|th)\b(?!\s+of\b)", _nth),
    _rule(rf"\b(?P<wd>{WEEKDAY}){PART_OF_DAY}(?:\s+of|,)?\s+(?P<which>this|next|last)\s+week\b", _weekday_of_week),
    _rule(rf"\b(?P<which>[Tt]his|[Nn]ext|[Ll]ast)\s+week,?\s+on\s+(?P<wd>{WEEKDAY}){PART_OF_DAY}", _weekday_of_week),
    _rule(r"\bthe\s+(?P<d>[12]?\d|3[01])(?:st|nd|rd|th)\s+of\s+(?P<which>this|next|last)\s+month\b", _nth_of, _I),
    _rule(
        r"\b(?:(?P<edge>later|earlier)\s+)?(?P<which>this coming|this|next|last)\s+(?P<unit>week|month|year|quarter)\b(?!end)(?![-’'])",
        _relative,
        _I,
    ),
    _rule(
        r"(?:\b(?P<which>this past|the past|this|next|last)"
        r"|(?:(?<=\bat )|(?<=\bover )|(?<=\bthrough )|(?<=\bduring )|(?<=\buntil )|(?<=\btill )|(?<=\bbefore )|(?<=\bby ))the)\s+weekend\b(?![-’'])",
        _weekend,
        _I,
    ),
    _rule(
        rf"\b(?P<how>in|within|(?:in|over|within|during)\s+the\s+(?:next|coming)|(?=\b{_NUM}\s+\w+\s+ago))\s*\b(?:the\s+next\s+)?"
        rf"(?P<n>{_NUM})\s+(?P<unit>day|week|fortnight|month|year)s?\b(?P<ago>\s+ago\b)?(?![-])(?:['’]s?\s+time)?",
        _count,
        _I,
    ),
    _rule(rf"\b(?:the\s+)?(?P<feast>{_FEAST})\b{_IN_YEAR}", _feast, _I),
    _rule(
        rf"\b(?:[Aa]\s+)?(?P<week>(?:week|fortnight)\s+(?:on|from))\s+(?P<which>)(?P<wd>{WEEKDAY}){PART_OF_DAY}",
        _weekday,
    ),
    _rule(
        r"\b(?:(?P<which>[Nn]ext|[Ll]ast|[Tt]his coming|[Tt]his past|[Tt]his|[Pp]ast|[Tt]he coming|[Cc]oming)\s+)?"
        rf"(?P<wd>{WEEKDAY})(?P<week>\s+(?:week|fortnight)\b|\s+next\b(?=\s*[.,;]|\s*$))?{PART_OF_DAY}",
        _weekday,
    ),
    _rule(r"\bday (after tomorrow|before yesterday)\b", _after_tomorrow, _I),
    _rule(
        r"\b(?:later today|today|tonight|last night|(?:tomorrow|yesterday)(?:\s+(?:morning|afternoon|evening|night))?"
        r"|(?:later\s+)?this (?:morning|afternoon|evening))\b",
        _today,
        _I,
    ),
    _rule(rf"(?<=\bon )the (?P<wd>)(?P<d>[12]?\d|3[01])(?:st|nd|rd|th)\b(?!\s+of\b){_PLAIN}", _nth),
    _rule(
        rf"\b(?:(?P<which>[Tt]his|[Nn]ext|[Ll]ast)\s+)?(?P<month>{MONTH})\b(?:(?:,|\s+of)?\s+(?P<year>{_ANY_YEAR}))?",
        _bare_month,
    ),
    _rule(rf"(?<=\s)(?P<only>{_YEAR}){_PLAIN}", _bare_year),
]
