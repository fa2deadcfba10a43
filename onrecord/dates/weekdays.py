"""Days told by today: Monday, next Friday, Tuesday of next week, tomorrow, tonight."""

from __future__ import annotations

import re

from onrecord.dates.calendar_arithmetic import DAY, MONTH, PART_OF_DAY, WEEKDAYS, span
from onrecord.dates.expression import PLAIN, SHORT_MONTH, SHORT_WEEKDAY, Reader, Token, unresolved
from onrecord.dates.verbs import LATER, OFF
from onrecord.dates.zones import zone_behind
from onrecord.patterns import lazy

# Palm Sunday, Small Business Saturday, Mothering Sunday: a day's name, unless the word may open a sentence before
# "Monday"
NAMED_DAY = lazy(
    rf"\b(?!(?:On|By|In|At|Until|Till|Before|From|Since|After|Next|Last|This|Late|Later|Early|Earlier|Also|Meanwhile"
    rf"|Here|Come|Starting|Beginning|Effective|Between|Through|To|And|Or|But|Not|Both|Either|{MONTH})\s)"
    r"[A-Z]\w*[a-z][\w’'-]*\s+$"
)
_SUBJECT = lazy(  # Wednesday will host Leeds on Saturday
    r"\s+(?:will|would|can|could|may|might|must|should|has|have|is|was)\b[^,;:]*?\s"
    rf"(?:on\s+(?:{SHORT_WEEKDAY}|{SHORT_MONTH}|\d)|today\b|tomorrow\b|yesterday\b)"
)
# before "last", which is none in "will last Monday to Friday"
_LASTING = ("will", "may", "might", "could", "would", "should", "expected to", "scheduled to", "set to", "likely to")
NO_VERB = "".join(rf"(?<!\b{verb} )" for verb in _LASTING)
_FEAST_WORD = lazy(
    r"\b(?:Palm|Good|Holy|Easter|Whit|Ash|Shrove|Maundy|Black|Cyber|Giving|Blue|Bloody|Super|Remembrance|Mothering"
    r"|Advent|Fat|Business|Store) $"
)
_IN_A_PLACE = lazy(r"\b(?:in|at|near|outside) (?:[A-Z][\w.’'-]* ){1,3}$")
_SETS_A = lazy(  # set a Friday deadline
    r"(?<!had )\b(?:sets?|imposed|imposes|fixed|announced|faces?|gave|given)\b[^,;]{0,40}\b(?:an?|the|its) $"
)
_LIST_OF_WEEK = lazy(
    rf"(?:(?:,|,? and|,? or| to| through| until|–|-) ?{SHORT_WEEKDAY}\b{PART_OF_DAY}){{1,6}},?(?: of)?"
    r" (?P<which>this|next|last) week\b"
)
_PAST_VERB = lazy(r" (?:[a-z]+ed|said|told)\b")


_CALLED_OFF = lazy(  # called off Sunday's march, postponed Saturday's game until Tuesday
    rf"\b(?:{OFF}|{LATER}|banned|adjourned|rescheduled|(?:brought|moved) (?:back|forward)|moved) (?:the )?$",
    re.IGNORECASE,
)


def weekday_of_week(r: Reader, m: re.Match[str]) -> Token:
    """Monday of next week, Friday last week, next week on Tuesday."""
    return _of_week(r, m, m["which"])


def _of_week(r: Reader, m: re.Match[str], which: str) -> Token:
    if r.today.weekday() == 6:
        return unresolved(m)
    monday = span("week", r.today)[0] + {"this": 0, "next": 7, "last": -7}[which.lower()] * DAY
    return r.sure(m, "day", monday + WEEKDAYS.index(m["wd"]) * DAY, form="weekday")


def _dates_a_verb(before: str, behind: str) -> bool:
    """In Paris Friday, the World Court Friday rejected: a weekday behind a name that it is no part of."""
    in_a_place = _IN_A_PLACE.search(before) and re.match(PLAIN, behind)
    return not _FEAST_WORD.search(before) and bool(in_a_place or _PAST_VERB.match(behind))


def weekday(r: Reader, m: re.Match[str]) -> Token:
    weekday, which, behind = WEEKDAYS.index(m["wd"]), (m["which"] or "").lower(), r.behind(m)
    ahead, ago = (weekday - r.today.weekday()) % 7, (r.today.weekday() - weekday) % 7
    if m["week"]:
        return r.sure(
            m, "day", r.today + (ahead + (14 if "fortnight" in m["week"].lower() else 7)) * DAY, form="weekday"
        )
    if which in ("next", "this") and r.today.weekday() < weekday:  # still to come in this week
        return unresolved(m) if which == "next" else r.sure(m, "day", r.today + ahead * DAY, form="weekday")
    if which == "next":
        return r.sure(m, "day", r.today + (ahead or 7) * DAY, form="weekday")
    if which == "this":
        return (
            unresolved(m)
            if ahead and r.direction(m) != "future"
            else r.sure(m, "day", r.today + ahead * DAY, form="weekday")
        )
    if which == "last" and 0 < ago <= r.today.weekday():  # already gone by in this week: that one, or last week's
        return unresolved(m)
    if which in ("last", "this past", "past"):
        return r.sure(m, "day", r.today - (ago or 7) * DAY, form="weekday")
    if which in ("this coming", "coming", "the coming"):
        return r.sure(m, "day", r.today + (ahead or 7) * DAY, form="weekday")
    if list_of_week := _LIST_OF_WEEK.match(behind):  # Friday and Saturday next week
        return _of_week(r, m, list_of_week["which"])
    before = r.before(m)
    if re.match(r" deadline\b", behind) and _SETS_A.search(before):
        day = r.today + ahead * DAY
        return Token(m.start(), m.end(), "day", day, day, form="weekday")
    if re.search(r"\b(?:ago,?\s+(?:on\s+)?|weeks\s+on\s+)$", before):
        return unresolved(m)
    if r.of_a_plan(m) and not NAMED_DAY.search(before.removesuffix("The ")):
        return Token(m.start(), m.end(), "day", r.today + ahead * DAY, r.today + ahead * DAY, form="weekday")
    if (
        re.search(rf"\b(?:an?|every|each|any|most|some|one|alternate|per|{NO_VERB}last|first|second|third)\s+$", before)
        or (NAMED_DAY.search(before) and not _dates_a_verb(before, behind))
        or (not before.strip() and _SUBJECT.match(behind))
    ):
        return unresolved(m)
    if re.match(r"['’]s\b", behind):  # Monday's paper, Tuesday's defeat: a label more than a date
        next_one = r.today + ahead * DAY
        if ahead and _CALLED_OFF.search(before):
            return Token(m.start(), m.end(), "day", next_one, next_one, form="weekday")
        leads = "before|ahead of|until|at|for|attend|miss|join" if r.scheduling else "before|ahead of|until"
        return (
            r.nearest(m, [(next_one, next_one)], "day", "weekday")
            if re.search(rf"\b(?:{leads})\s+$", before) and r.tenses.behind_a_verb(m.start())
            else unresolved(m)
        )
    if before.endswith("Mail on "):  # a newspaper
        return unresolved(m)
    if re.match(
        r"\s+(?:newspapers?|papers?|prayers|edition|editions|supplement|magazine|Night)\b|-", behind
    ) and not re.match(r"-(?:to-)?[A-Z]", behind):
        return unresolved(m)
    if not re.search(r"\b(?:on|by|until|till|before)\s+$", before) and (
        (re.match(rf"\s+(?!{SHORT_MONTH})[A-Z](?!\w*day\b)", behind) and not zone_behind(r.text, m.end()))
        or re.search(r"\b[Tt]he\s+$", before)
    ):
        return unresolved(m)  # the Sunday Times
    return r.nearest(m, [(d, d) for d in (r.today - ago * DAY, r.today + ahead * DAY)], "day", "weekday")


def today(r: Reader, m: re.Match[str]) -> Token:
    word, before, behind = m[0].lower(), r.before(m), r.behind(m)
    if (m[0] == "Today" and re.search(r"(?:the|'s|’s|USA|on|[a-z])\s+$", before)) or re.match(
        r"['’]s\s+(?:world|society|youth|generation|climate|children|\w+s)\b", behind
    ):
        return unresolved(m)
    if re.search(r"(?<!\bas )(?<!\bend )\bof $|\bago,? $", before):  # the leaders of tomorrow, a year ago today
        return unresolved(m)
    shift = 1 if "tomorrow" in word else -1 if "yesterday" in word or word == "last night" else 0
    if re.match(r"\s+week\b", behind) or re.search(r"\b(?:day (?:after|before))\s+$", before):
        return unresolved(m)
    return r.sure(m, "day", r.today + shift * DAY, form="weekday")


def week_today(r: Reader, m: re.Match[str]) -> Token:
    """A week today, a fortnight tomorrow: ahead, where the sentence looks there."""
    if r.direction(m) != "future" or re.search(r"\bfor $", r.before(m)):
        return unresolved(m)
    days = {"week": 7, "fortnight": 14}[m["unit"].lower()] + (m["day"].lower() == "tomorrow")
    return r.sure(m, "day", r.today + days * DAY)


def after_tomorrow(r: Reader, m: re.Match[str]) -> Token:
    return r.sure(m, "day", r.today + (2 if m[1].lower().startswith("after") else -2) * DAY)
