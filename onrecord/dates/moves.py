"""Which days of a sentence are given up for which: moved from Monday to Tuesday, set for May 6 and now on May 9."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from onrecord.dates.calendar_arithmetic import MONTH, MONTHS, WEEKDAY
from onrecord.dates.expression import FATE, NUMBERS
from onrecord.dates.resolve import When
from onrecord.dates.tense import HORIZON
from onrecord.dates.verbs import ENDURED, LATER, MOVED, PLANNED

_SHORT = "|".join(m[:3] for m in MONTHS)
SHIFT = (
    r"(?:mov(?:e[ds]?|ing)|postpon\w+|delay\w*|defer\w*|reschedul\w+|push(?:ed|es|ing)?(?:\ (?:back|forward))?"
    r"|put\ (?:back|off|forward)|set\ back|adjourn\w*"
    r"|(?:brought|bring(?:s|ing)?)\ forward|shift\w*|switch\w*|extend\w*|slip(?:s|ped)?)"
).replace("\\ ", r"\s+")
_TO = (
    r"(?:to|until|till|for)\s+(?:the\s+|at\s+least\s+|no\s+(?:earlier|sooner)\s+than\s+|early\s+|late\s+|(?:noon|midday"
    r"|\S{1,8}\s?[ap]\.?m\.?)\s+(?:on\s+)?)?(?:from\s+)?"
)
_MOVED_TO = re.compile(rf"\b{SHIFT}\b[^;:]{{0,60}}?\b{_TO}$", re.IGNORECASE)
NOT_MOVED = re.compile(rf"(?:\bnot|n['’]t|\bnever)\s+be\s+{SHIFT}\b[^,;:]{{0,60}}?\b{_TO}$", re.IGNORECASE)
_STILL_OLD = re.compile(  # postponed the match scheduled for Friday
    rf"(?<!now )(?<!being )\b{PLANNED}\s+{_TO}$", re.IGNORECASE
)
_MOVED = re.compile(rf"\b{SHIFT}\b|\bnow\b|\binstead\b|\brather\s+than\b|\bnew\s+(?:date|day)\b", re.IGNORECASE)
_SUPERSEDED = re.compile(  # what follows the first date of "due on Tuesday, has been moved to Thursday"
    rf""",?\s+(?:(?:but|and)\s+)?(?:(?:has|have|had)\s+(?:now\s+|also\s+)?been|was|were|is|are
    |will\s+(?:now\s+)?be)\s+(?:now\s+)?(?!{ENDURED}){MOVED}\w*
     (?:\s+\w+){{0,4}}?\s+(?:to|until|till|for)\s+(?:\d\S*\s?[ap]\.?m\.?\s+(?:on\s+)?)?(?:the\s+|early\s+|late\s+)?
     (?:{WEEKDAY}|next|tomorrow|\d\d?(?:st|nd|rd|th)?\s+{MONTH}|{MONTH}
     |(?:{_SHORT})[a-z]*\.?\s+\d)""",
    re.VERBOSE,
)
_IS_MOVED = re.compile(  # up to the new day: on Sunday, has been moved to 8 p.m. on Monday
    rf",?\s+(?:(?:has|have|had)\s+(?:(?!not\b)\w+\s+)?been|was|were|is|are|will\s+(?:now\s+)?be)\s+(?:now\s+)?"
    rf"{SHIFT}\b"
    rf"[^,;:]{{0,60}}?\b{_TO}$",
    re.IGNORECASE,
)
_NOW_ON = re.compile(r"\bwill now\b")
_ON_A_DAY = rf" (?:at \S+(?: [ap]\.?m\.?)? )?on (?:the )?(?:{WEEKDAY}|\d|{MONTH}|(?:{_SHORT})\w*\.? \d)"
_INSTEAD_OF = re.compile(
    r"\b(?:instead\s+of|rather\s+than|in\s+place\s+of|not|and\s+not)\s+(?:on\s+)?(?:the\s+)?$", re.IGNORECASE
)
_FROM_DAY = re.compile(r"\bfrom\s+(?:the\s+)?$", re.IGNORECASE)
_ONCE = re.compile(  # originally planned for, was to open on, had been due on
    r"\b(?:original(?:ly)?|initial(?:ly)?|previous(?:ly)?|once)\b[^,;:.]{0,50}$"
    rf"|\b(?:first|earlier)\s+(?:{PLANNED}|announced)\b[^,;:.]{{0,50}}$"
    r"|\b(?:was|were|had\s+been)\s+(?:\w+ly\s+)?(?:to|due|scheduled|set|slated|supposed|meant|planned|expected"
    r"|announced|billed)\b[^,;:.]{0,50}$",
    re.IGNORECASE,
)
_NOW = re.compile(r"^[^;:.]{0,80}\b(?:will|is|are)\s+now\b")  # set for Saturday will now be on Sunday
_DUE = re.compile(r"\b(?:due|set|scheduled|planned|expected|slated)\b[^,;:.]{0,50}$", re.IGNORECASE)
_NUMBER = rf"(?P<n>{'|'.join(NUMBERS)}|\d{{1,2}})\s+(?P<unit>minute|hour|day|week|fortnight)s?"
THAN_PLANNED = re.compile(
    rf"\b{_NUMBER}\s+(?:(?P<way>later|earlier|sooner)\s+than\s+(?:first\s+|originally\s+|initially\s+|previously\s+)?"
    r"(?:planned|scheduled|expected|announced|intended|thought)\b|(?P<late>late|early)(?=\W*$|[,.;]))",
    re.IGNORECASE,
)
DELAYED_BY = re.compile(  # not "will resume on Friday after being suspended for a week"
    rf"(?<!after being )(?<!having been )\b(?!suspended){LATER}\s+(?:by\s+|for\s+)?{_NUMBER}\b(?!-)".replace(
        "\\ ", r"\s+"
    ),
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moves:
    """The days of a sentence that are given up, and those that take their place."""

    old: list[When]
    new: dict[When, When | None]  # the new day of a move, and the old one where the sentence tells it


def moves(text: str, dates: Sequence[When]) -> Moves:
    """Which days of a sentence are given up for which."""
    old = [w for w in dates if _given_up(text, w, dates)]
    rest = [w for w in dates if w not in old and not w.past]
    if not rest:  # the new day is not known
        return Moves(old, {})
    new: dict[When, When | None] = {}
    for when in rest:
        before = text[max(0, when.start - 100) : when.start]
        clause = re.split(r"[;:]\s", before)[-1]
        if when.moved_from is not None:
            kind = "instant" if isinstance(when.moved_from, datetime) else "day"
            new[when] = replace(when, kind=kind, first=when.moved_from, last=when.moved_from, moved_from=None)
        elif _MOVED_TO.search(clause) and not _STILL_OLD.search(clause) and not re.search(rf"\b{ENDURED}\w*\b", clause):
            new[when] = None
    if old and not new:
        nearest = min(rest, key=lambda w: min(abs(w.start - o.end) for o in old))
        new[nearest] = None
    if old and new:
        new[next(iter(new))] = old[-1]
    return Moves(old, new)


def _given_up(text: str, when: When, dates: Sequence[When]) -> bool:
    """Whether this day of a sentence gives way to another one there."""
    others = [w for w in dates if w is not when and not w.past]
    before = text[max(0, when.start - 100, *(w.end for w in dates if w.end <= when.start)) : when.start]
    if superseded(text, when):  # an inquest that opened on April 29 and was adjourned is not moved from it
        return not when.past or bool(_DUE.search(before) or _ONCE.search(before))
    if not others:
        return bool(_INSTEAD_OF.search(before) and re.search(r"\binstead of|rather than", before))
    if _INSTEAD_OF.search(before):
        return True
    if any(_IS_MOVED.match(text, when.end, w.start) for w in others if w.start > when.end):
        return True
    if _FROM_DAY.search(before) and re.search(
        rf"\b{SHIFT}\b", text[max(0, when.start - HORIZON) : when.start], re.IGNORECASE
    ):
        return any(re.search(rf"\b{_TO}$", text[max(0, w.start - 40) : w.start], re.IGNORECASE) for w in others)
    if _DUE.search(before) and any(
        re.match(r"\s+instead\b", text[w.end : w.end + 9]) or _NOW.search(text[when.end : w.start])
        for w in others
        if w.start > when.end
    ):
        return True
    clause = re.split(r"[;:]\s|\bbut\b", before)[-1]
    if _ONCE.search(clause) or _STILL_OLD.search(clause):
        later = [w for w in others if w.start > when.start]
        between = text[when.end : later[0].start] if later else text[max(0, when.start - HORIZON) : when.start]
        put_off = re.search(rf"\b{SHIFT}\b", text[max(0, when.start - HORIZON) : when.start], re.IGNORECASE)
        if put_off and re.fullmatch(
            r",? (?:until|till|to) (?:the )?", between
        ):  # delayed it, once due May 6, until May 9
            return True
        return bool(_ONCE.search(clause) and _MOVED.search(between)) or bool(
            re.search(r"\b(?:originally|initially|previously)\b", clause, re.IGNORECASE)
        )
    return False


def superseded(text: str, when: When) -> bool:
    """Whether what stands behind a day moves it to another: "due on Tuesday, has been moved to Thursday", "Friday's
    vote will now be held on Monday".
    """
    fate = FATE.match(text, when.end)
    if not fate:
        return _SUPERSEDED.match(text, when.end) is not None
    if _NOW_ON.search(fate[0]) and re.match(_ON_A_DAY, text[fate.end() :]):
        return True
    verb = re.search(r" (?:has|have|is|are|will|won['’]t)\b", fate[0])
    return verb is not None and _SUPERSEDED.match(text, when.end + verb.start()) is not None


def step(match: re.Match[str]) -> timedelta:
    """How long a delay is, as THAN_PLANNED and DELAYED_BY find it."""
    n = NUMBERS.get(match["n"].lower()) or int(match["n"])
    minutes = {"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60, "fortnight": 14 * 24 * 60}
    return n * timedelta(minutes=minutes[match["unit"].lower()])
