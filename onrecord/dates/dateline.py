"""The dateline before a report: "KELLWICK, May 2 (Agency) — ", "Kellwick, 2 May 2024: ", or a line of its own.

Its day is that of the report, and no occasion.
"""

from __future__ import annotations

from datetime import date

from onrecord.dates.calendar_arithmetic import DAY, MONTH, WEEKDAY, month_number
from onrecord.dates.verbs import verbs_of
from onrecord.patterns import lazy

RECENT = 7 * DAY  # a report is not older when it is published
_MONTH = rf"(?:{MONTH}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
_NUMBER = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?\b"
_REPORTED = (
    rf"(?:{WEEKDAY},?\s+)?(?:(?P<month>{_MONTH})\s+(?P<number>{_NUMBER})|(?P<day>{_NUMBER})\s+(?P<of>{_MONTH}))"
    rf"(?:,?\s+(?P<year>20\d\d|19\d\d)\b)?|{WEEKDAY}"
)
_WORD = r"[^\W\d_a-z][\w.’'-]{0,30}"
_PLACE = rf"(?!{WEEKDAY}\b|{_MONTH}\s){_WORD}(?:(?:,?\s+|/)(?:(?:of|de|la|upon|and)\s+)?{_WORD}){{0,5}}"
_AGENCY = r"(?:\([^\W\d_a-z][\w .&’'-]{1,40}\)|/[^\W\d_a-z][\w .&’'-]{1,40}/)"
_DASH = r"\s*(?:[—–|]|--|-(?=\s))\s*"
DATELINE = lazy(
    rf"\W{{0,3}}(?:(?P<place>{_PLACE})\s?[,:|]?\s+)?(?:(?P<agency>{_AGENCY})(?:{_DASH}|,?\s+))?"
    rf"\(?(?:{_REPORTED})\)?[.,]?(?:\s*[,|]\s+(?P<there>{_PLACE}))?(?:\s*(?P<source>{_AGENCY}))?"
    rf"(?:(?:{_DASH}|(?<=[A-Z][A-Z]\))\s+|(?P<mark>\s?[:\]]\s*|(?<=\.)\s+))(?=[“\"‘'(]?[^\W_a-z])|(?P<alone>\W*$))"
)


def behind_dateline(text: str, today: date) -> int:
    """Where the report begins behind a dateline with a day; 0 if the sentence has none.

    A day between a place and a dash may be that of an occasion: "SUMMER FAIR, May 14 - The town hall". It is a
    dateline's where an agency is named, or a sentence or nothing follows and the day lies in the week before
    publication. Of a weekday only a dash makes one: "Kellwick, Saturday: The fair opens" is a listing.
    """
    match = DATELINE.match(text)
    if not match or not (match["place"] or match["agency"] or match["there"] or match["source"]):
        return 0
    if match["agency"] or match["source"]:
        return match.end()
    report = text[match.end() :][:500]
    month = match["month"] or match["of"]
    if not _is_recent(today, month, match["number"] or match["day"], match["year"]):
        return 0
    if month is None and (match["mark"] or not report):
        return 0
    return match.end() if not report or (not report[0].isdigit() and any(verbs_of(report))) else 0


def _is_recent(today: date, month: str | None, number: str | None, year: str | None) -> bool:
    """Whether such a day is today or in the week before. A weekday always is."""
    if month is None or number is None:
        return True
    numbers = month_number(month), int(number.rstrip("stndrh"))
    days = (today - n * DAY for n in range(RECENT.days + 1))
    return any((day.month, day.day) == numbers and year in (None, str(day.year)) for day in days)
