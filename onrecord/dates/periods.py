"""Weeks, months, quarters and years, parts of them, and days counted in them: early June, in two weeks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

from onrecord.dates.calendar_arithmetic import DAY, MONTH, WEEKDAY, WEEKDAYS, day_of, later, month_number, span
from onrecord.dates.expression import NAMES, NUMBER, NUMBERS, ORDINALS, PLAIN, SHORT_MONTH, Reader, Token, unresolved
from onrecord.patterns import lazy


def _period(r: Reader, m: re.Match[str]) -> tuple[str, date, date] | None:
    """Unit, first and last day of what PERIOD matched; None if it cannot be told."""
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


def ordinal(r: Reader, m: re.Match[str]) -> Token:
    """The second week of May, the first Tuesday in November, the last Friday of the
    month, the first weekend of June, the last day of June.
    """
    period = _period(r, m)
    if not period or period[0] != "month":
        return unresolved(m)
    n, (_, first, last) = ORDINALS[m["nth"].lower()], period
    if m["thing"] == "week":
        begin, end = (last - 6 * DAY, last) if n < 0 else (first + (n - 1) * 7 * DAY, first + (n * 7 - 1) * DAY)
        return r.sure(m, "week", begin, end)
    if m["thing"] == "day":
        return r.sure(m, "day", last if n < 0 else first + (n - 1) * DAY)
    if m["thing"] == "weekend" and (first if n > 0 else last + DAY).weekday() == 6:
        # a weekend half in the month: is it the first, or the last?
        return unresolved(m)
    weekday = 5 if m["thing"] == "weekend" else WEEKDAYS.index(m["thing"])
    day = (
        last - (last.weekday() - weekday) % 7 * DAY
        if n < 0
        else first + ((weekday - first.weekday()) % 7 + (n - 1) * 7) * DAY
    )
    return r.sure(m, "weekend", day, day + DAY) if m["thing"] == "weekend" else r.sure(m, "day", day)


def part(r: Reader, m: re.Match[str]) -> Token:
    """Early June, late next week, by the end of the month."""
    period = _period(r, m)
    if not period:
        return unresolved(m)
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


def year_end(r: Reader, m: re.Match[str]) -> Token:
    """By year-end, at month's end: the last day, where the sentence looks ahead or names the year."""
    if re.search(r"\bfiscal $", r.before(m)) or (m["unit"] == "month" and m["year"]):
        return unresolved(m)
    if m["year"]:
        return r.sure(m, "day", date(r.year(m["year"]), 12, 31))
    return r.sure(m, "day", span(m["unit"], r.today)[1]) if r.direction(m) == "future" else unresolved(m)


def quarter(r: Reader, m: re.Match[str]) -> Token:
    """Quarters and halves of calendar years. Without a year only ahead: the
    first quarter has also been played by the Bears.
    """
    unit = "half" if (m["unit"] or "q").lower() == "half" else "quarter"
    n = int(m["q"]) if m["q"] else ORDINALS[m["nth"].lower()] % 5  # the last quarter is the fourth
    n = min(n, 2) if unit == "half" else n
    if (
        re.search(r"\bfiscal|\bfinancial year", r.before(m) + m[0] + r.behind(m), re.IGNORECASE)
        or (unit == "half" and not (m["year"] or m["rel"]))
        or n > 4
    ):
        return unresolved(m)

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
        else unresolved(m)
    )


def relative(r: Reader, m: re.Match[str]) -> Token | None:
    """Next week, this month, last year, later this week."""
    unit, which, edge = m["unit"].lower(), m["which"].lower(), (m["edge"] or "").lower()
    if unit == "year" and re.search(rf"{MONTH}(?:,| of)? $", r.before(m)):  # April next year, which is the month's
        return None
    if unit == "week" and r.today.weekday() == 6:
        return unresolved(m)
    first, last = span(unit, later(r.today, unit, {"next": 1, "coming": 1, "last": -1}.get(which.split()[-1], 0)))
    if edge:
        if "this" not in which:
            return unresolved(m)
        first, last = (r.today, last) if edge == "later" else (first, r.today)
    token = r.sure(m, unit, first, last)
    return replace(
        token, past=token.past or edge == "earlier" or (which == "this" and not edge and r.direction(m) == "past")
    )


def weekend(r: Reader, m: re.Match[str]) -> Token:
    saturday = span("week", r.today)[0] + 5 * DAY
    which = (m["which"] or "").lower()
    if not which:
        return r.nearest(m, [(saturday + k * 7 * DAY, saturday + (k * 7 + 1) * DAY) for k in (-1, 0, 1)], "weekend")
    if which == "next" and r.today.weekday() < 5:
        return unresolved(m)
    past = which in ("this past", "the past")
    if past and r.today.weekday() >= 5:
        return unresolved(m)
    shift = -1 if past or which == "last" else 1 if which == "next" else 0
    saturday += shift * 7 * DAY
    return replace(t := r.sure(m, "weekend", saturday, saturday + DAY), past=t.past or r.direction(m) == "past")


def count(r: Reader, m: re.Match[str]) -> Token:
    """In two weeks, within 30 days, over the next three months, three days ago."""
    n, unit, how = NUMBERS.get(m["n"].lower()) or int(m["n"]), m["unit"].lower(), m["how"].lower()
    then = later(r.today, unit, -n if m["ago"] else n)
    unit = "week" if unit == "fortnight" else unit
    if m["ago"] and re.match(r",?\s+(?:on|in|this|last|today)\b", r.behind(m)):  # two years ago, on May 24
        return unresolved(m)
    if how == "" or m["ago"]:
        return (
            r.sure(m, *(("day", then) if unit == "day" else (unit, *span(unit, then))))
            if how == "" and m["ago"]
            else unresolved(m)
        )
    if re.search(
        r"\b(?:times?|first|second|third|fourth|twice|once|only|most|least|best|worst|more|the "
        r"\w{3,}est)\b[^,;.]{0,30}$",
        r.before(m),
        re.IGNORECASE,
    ):
        return unresolved(m)  # the third time in five years
    if how == "in" and re.search(r"(?:\b(?:not|never|no|cannot)|n['’]t)\b[^,;.]*$", r.before(m), re.IGNORECASE):
        return unresolved(m)  # Rome was not built in a day
    if r.direction(m) != "future" or re.match(
        r"\s+(?:of|after|from|before|since|later|earlier|ago|or (?:so|more|two|three|four|five))\b", r.behind(m)
    ):
        return unresolved(m)
    if how == "in":
        return r.sure(m, *(("day", then) if unit == "day" else (unit, *span(unit, then))))
    return r.sure(m, "range", r.today, then)


def bare_month(r: Reader, m: re.Match[str]) -> Token:
    name, before, behind = m["month"], r.before(m, "month"), r.behind(m)
    if m["year"]:
        return r.sure(m, "month", *span("month", date(r.year(m["year"]), month_number(name), 1)))
    which = (m["which"] or "").lower()
    if re.match(r"['’]s\b|-|\s+\d", behind) and not re.match(r"-(?:to-)?[A-Z]", behind):
        return unresolved(m)
    if name in NAMES and not (
        which
        or re.search(
            r"\b(?:[Ii]n|[Ff]rom|[Ss]ince|[Uu]ntil|[Tt]ill|[Bb]efore|[Dd]uring|[Tt]hrough|[Bb]y|(?:[Ff]rom"
            r"|[Bb]etween)\s+[A-Z]\w+\s+(?:to|and|until))\s+$",
            before,
        )
    ):
        return unresolved(m)
    if name in NAMES and (not re.match(PLAIN, behind) or re.search(r"(?:ed|en|ought)\s+by\s+$", before)):
        return unresolved(m)
    if re.match(r"\s+[A-Z]", behind):
        return unresolved(m)
    month, year = month_number(name), r.today.year
    if which in ("next", "last"):  # of two readings, unless this year's lies on the other side
        other = month > r.today.month if which == "last" else month < r.today.month
        year += {"next": 1, "last": -1}[which] if other else 0
        return r.sure(m, "month", *span("month", date(year, month, 1))) if other else unresolved(m)
    if which == "this":
        return r.sure(m, "month", *span("month", date(year, month, 1)))
    return r.nearest(m, [span("month", date(year + k, month, 1)) for k in (-1, 0, 1)], "month", "date")


def bare_year(r: Reader, m: re.Match[str]) -> Token | None:
    if not re.search(r"\b(?:in|by|until|since|before|after|during)\s+$", r.before(m), re.IGNORECASE):
        return None
    return r.sure(m, "year", *span("year", date(int(m["only"]), 1, 1)))


COUNTED_ON = 9  # such words of a sentence that are looked at, so that the work grows with the text
_STOP = r"(?=\s*(?:[.,;:!?)—–”\"]|$))"
_LATER = lazy(
    rf"(?<!\bfor )(?<!\bor )(?<!\bto )(?<!\bthan )(?<!\bleast )(?<!\bmost )(?<!\babout )(?<!\bwithin )(?<!\bin )"
    r"(?<!\bover )(?<!\bduring )(?<!\bof )"
    rf"\b(?:(?!couple)(?P<n>{NUMBER}) (?P<unit>day|week|fortnight)s? (?:later|after{_STOP})"
    rf"|the (?:(?:following )(?P<following>day|week|morning|afternoon|evening|night)|next day|day after{_STOP}))"
    rf"(?![\w’'-]|,? (?:than|after|before|of|(?:on |in )?(?:{WEEKDAY}|{SHORT_MONTH}|\d|today|tomorrow))\b)",
    re.IGNORECASE,
)


def days_later(text: str, tokens: Sequence[Token]) -> list[Token]:
    """The tokens, and what is counted from a day ahead before it in the sentence: a day later, two weeks after, the
    following day. Without such a day, or with a later one further left, it is left out.
    """
    found = list(tokens)
    if not any(t.kind for t in tokens):
        return found
    for m in islice(_LATER.finditer(text), COUNTED_ON):
        before = [t for t in found if t.start < m.start()]
        base = before[-1] if before else None
        if (
            base is None
            or base.kind not in ("day", "instant")
            or base.past
            or not isinstance(base.first, date)
            or base.end > m.start()
            or not re.search(r"\w", text[base.end : m.start()])  # on May 7, a day later: moved by it
            or any(day_of(t.first) > day_of(base.first) for t in before if t.first)
        ):
            continue
        n = (NUMBERS.get(m["n"].lower()) or int(m["n"])) if m["n"] else 1
        week = (m["following"] or "").lower() == "week"
        day = later(day_of(base.first), "week" if week else (m["unit"] or "day").lower(), n)
        first, last = span("week", day) if week else (day, day)
        found.insert(len(before), Token(m.start(), m.end(), "week" if week else "day", first, last, form="date"))
    return found
