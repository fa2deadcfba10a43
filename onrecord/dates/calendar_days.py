"""Days of the calendar: 2024-05-13, 13 May, May 13 and 15, Good Friday, Friday the 17th."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

from onrecord.dates.calendar_arithmetic import DAY, FEASTS, WEEKDAYS, later, month_number, span
from onrecord.dates.expression import COUNTED, FUNCTION_WORD, PLAIN, WORDED_DAYS, Reader, Token, unresolved
from onrecord.dates.weekdays import NAMED_DAY

_STREET = (
    r"\s+(?:St(?:reet)?|Road|Rd|Avenue|Ave|Lane|Drive|Square|Place|Boulevard|Terrace|Close|Crescent|Way|Court"
    r"|Gardens)\b"
)
FEAST = "|".join(re.escape(f).replace("'", "['’]") for f in sorted(FEASTS, key=len, reverse=True))


def iso(r: Reader, m: re.Match[str]) -> Token:
    if re.search(r"\w[-/]$", r.before(m)) or re.match(r"[-/]\w", r.behind(m)):  # a number of a file
        return unresolved(m)
    return _in_figures(r, m, date.fromisoformat(m["iso"]))


def slashes(r: Reader, m: re.Match[str]) -> Token:
    a, b = int(m["a"]), int(m["b"])
    if not m["year"] or len(m["year"]) == 2 or (a != b and max(a, b) <= 12):
        return unresolved(m)
    return _in_figures(r, m, date(int(m["year"]), *((min(a, b), max(a, b)) if max(a, b) > 12 else (a, b))))


def _in_figures(r: Reader, m: re.Match[str], day: date) -> Token:
    """The day, where the weekday named before it, if one is, is that day's."""
    fits = not m["wd"] or WEEKDAYS[day.weekday()].startswith(m["wd"][:3])
    return r.sure(m, "day", day) if fits else unresolved(m)


def month_day(r: Reader, m: re.Match[str]) -> Token | list[Token]:
    """A month with one day or two: Feb. 27 and 28, 3-5 June, Monday, Nov. 20, 2017."""
    month, numbers = month_number(m["month"]), [_number(n) for n in (m["d1"], m["d2"]) if n]
    apart = m["word"] in ("and", "&", "/") and len(numbers) == 2 and numbers[1] != numbers[0] + 1
    if m["word"] == "or" or (apart and (m["wd"] or m["around"])):
        return unresolved(m)
    behind = r.behind(m)
    if not m["around"] and not m["wd"] and re.search(r"\bin\s+$", r.before(m), re.IGNORECASE):
        # in May 20 countries will sign: a day takes "on"
        return unresolved(m)
    if re.match(_STREET, behind) or (
        not m["year"]
        and re.search(r"(?:\bthe|^\W*)\s*$", r.before(m), re.IGNORECASE)
        and re.match(rf"[\s-]+(?!{FUNCTION_WORD})[a-z]", behind)
        and not r.of_a_plan(m)
    ):
        # the Jan. 6 defendants, the Oct. 7 attack: an event's name, or a modifier of more than the day
        return unresolved(m)
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
        return unresolved(m)
    kind = "range" if len(numbers) == 2 else "day"
    token = r.sure(m, kind, *spans[0]) if m["year"] else r.nearest(m, spans, kind, "date")
    return _around(m, token) if m["around"] else token


def _number(words: str) -> int:
    """7, 7th, seventh; "twenty first" too."""
    return WORDED_DAYS.get(words.replace(" ", "-")) or int(re.sub(r"\D", "", words))


def weekdays_and_days(r: Reader, m: re.Match[str]) -> Token:
    """Saturday and Sunday, May 4-5: where the weekdays are those of the days."""
    month, days = month_number(m["month"]), (_number(m["d1"]), _number(m["d2"]))
    names = [w[:3] for w in WEEKDAYS]
    spans = []
    for year in [r.year(m["year"])] if m["year"] else range(r.today.year - 1, r.today.year + 2):
        first, last = (date(year, month, day) for day in days)
        if (names[first.weekday()], names[last.weekday()]) == (m["from"][:3], m["wd"][:3]) and first < last:
            spans.append((first, last))
    if not spans or (m["between"].strip() in ("and", "&") and days[1] != days[0] + 1):
        return unresolved(m)
    return r.sure(m, "range", *spans[0]) if m["year"] else r.nearest(m, spans, "range", "date")


def _around(m: re.Match[str], token: Token) -> Token:
    """The weekend of May 29, the week of June 3, the week beginning 3 June, given one day: of a
    Monday to Thursday no weekend can be told, and of a Sunday no week.
    """
    day, (unit, word) = token.first, m["around"].lower().replace("w/", "week w/").split()[-2:]
    if token.kind != "day" or day is None or word in ("ending", "w/e"):
        return unresolved(m)
    if word != "of":
        return replace(token, kind=unit, last=day + 6 * DAY)
    if day.weekday() < 4 if unit == "weekend" else day.weekday() == 6:
        return unresolved(m)
    monday, sunday = span("week", day)
    return replace(token, kind=unit, first=sunday - DAY if unit == "weekend" else monday, last=sunday)


def _days(r: Reader, m: re.Match[str], places: list[tuple[int, int]]) -> list[Token]:
    """June 3 and 5, 3, 5 and 7 June, 7-9 and 14 May: a day or a range for each of the places that hold
    numbers; the month belongs to the first of them or the last.
    """
    month, years = (
        month_number(m["month"]),
        [r.year(m["year"])] if m["year"] else range(r.today.year - 1, r.today.year + 2),
    )
    tokens = []
    for start, end in places:
        numbers = [int(n) for n in re.findall(r"\d+", r.text[start:end])]
        kind = "range" if len(numbers) > 1 else "day"
        spans = [(date(year, month, numbers[0]), date(year, month, numbers[-1])) for year in years]
        token = r.sure(m, kind, *spans[0]) if m["year"] else r.nearest(m, spans, kind, "date")
        tokens.append(replace(token, start=start, end=end))
    tokens[0].start, tokens[-1].end = m.start(), m.end()
    return tokens


def listed_days(r: Reader, m: re.Match[str]) -> Token | list[Token] | None:
    """Jan. 19, 20 and 21; 7, 9, 10 May; 7-9 and 14 May: a range if the days follow each other, else each of them."""
    begin = m.start("days")
    items = list(re.finditer(r"\d+\w*(?:\s?(?:-|–|—|to|through)\s?\d+\w*)?", m["days"]))
    numbers = [int(n) for n in re.findall(r"\d+", m["days"])]
    spanned = len(numbers) > len(items)
    if (len(items) == 2 and (not spanned or not re.search(r"and|&", m["days"]))) or _counted(r, m):
        return None  # May 7, 9 people
    if any(b <= a for a, b in pairwise(numbers)):
        return unresolved(m)
    if not spanned and all(b == a + 1 for a, b in pairwise(numbers)):
        return _days(r, m, [(m.start("days"), m.end("days"))])[0]
    return _days(r, m, [(begin + n.start(), begin + n.end()) for n in items])


def _counted(r: Reader, m: re.Match[str]) -> bool:
    """Whether the last number of a list behind its month counts something: May 7-9 and 14 people."""
    return m.start("month") < m.start("days") and re.match(COUNTED, r.behind(m)) is not None


def feast(r: Reader, m: re.Match[str]) -> Token:
    name = m["feast"].lower().replace("’", "'")
    if (
        (name in ("easter", "christmas") and not re.search(r"\b(?:by|before|until|till|after)\s+$", r.before(m)))
        or not re.match(PLAIN, r.behind(m))
        or NAMED_DAY.search(r.before(m))
    ):
        return unresolved(m)
    if m["year"]:
        return r.sure(m, "day", FEASTS[name](r.year(m["year"])))
    return r.nearest(m, [(d, d) for d in (FEASTS[name](r.today.year + k) for k in (-1, 0, 1))], "day", "date")


def nth(r: Reader, m: re.Match[str]) -> Token:
    """Friday the 14th: of this month or the next ones."""
    weekday = WEEKDAYS.index(m["wd"])
    return r.nearest(m, [s for s in _in_month(r, [int(m["d"])]) if s[0].weekday() == weekday], "day", "date")


def nths(r: Reader, m: re.Match[str]) -> Token | list[Token]:
    """On the 14th; on the 14th, 21st and 28th: of one month, this or the next ones."""
    found = [(n, int(n[1])) for n in re.finditer(r"(\d+)\w\w", m["days"])]
    token = r.nearest(m, _in_month(r, [number for _, number in found]), "day", "date")
    if not token.first or len(found) == 1:
        return token
    days = [token.first + (number - found[0][1]) * DAY for _, number in found]
    begin = m.start("days")
    tokens = [
        replace(token, start=begin + n.start(), end=begin + n.end(), first=day, last=day)
        for (n, _), day in zip(found, days, strict=True)
    ]
    tokens[0].start = m.start()
    return tokens


def _in_month(r: Reader, numbers: list[int]) -> list[tuple[date, date]]:
    """The first of the days with these numbers, as (first, last), of each month near today that has them all."""
    months = [span("month", later(r.today, "month", k)) for k in range(-2, 3)]
    days = [first + (numbers[0] - 1) * DAY for first, last in months if numbers[-1] <= last.day]
    return [(day, day) for day in days if numbers == sorted(numbers)]


def nth_of(r: Reader, m: re.Match[str]) -> Token:
    """The 23rd of this month, the 1st of next month."""
    first, _ = span("month", later(r.today, "month", {"this": 0, "next": 1, "last": -1}[m["which"].lower()]))
    return r.sure(m, "day", first.replace(day=int(m["d"])))
