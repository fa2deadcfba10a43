"""Time expressions of one English news sentence, resolved against the day it was published.

A grammar of its own: dateparser reads "we may" as the first of May and "Feb. 27 and 28" as the year 2028 (LOG.md has
the figures). A wrong date is worse than none, so whatever may mean two days is left out. What follows is the whole of
the rule.

`grammar` holds the patterns, `tense` which way the sentence looks, `calendar_arithmetic` the days.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from typing import Literal

from onrecord.dates.calendar_arithmetic import DAY, WEEKDAY, day_of
from onrecord.dates.expression import CONTEXT, Reader, Token
from onrecord.dates.grammar import RULES
from onrecord.dates.joining import each_time, joined
from onrecord.dates.normalise import plain
from onrecord.dates.periods import days_later
from onrecord.dates.zones import zone_named
from onrecord.patterns import lazy

Prefer = Literal["future", "past"]
# expressions of a sentence; what has more is a table. What one takes grows with the sentence, so that this bounds what
# a text takes
MOST = 30
DAYS_LONG = {
    word: n for n, word in enumerate(["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 2)
}
_RECKONED = lazy(
    r"(?<!\bfor )(?<!\btimes )(?<!\bonce )(?<!\btwice )\b(?:(?:an?|the|one|two|three|four|five|six|seven|ten|several"
    r"|few|\d{1,3})\s+(?:last\s+|first\s+|final\s+)?(?:days?|nights?|weeks?"
    r"|weekends?|fortnight|months?|hours?|years?)"
    r"|morning|evening|night)\s+(?:after|before|from|following|prior to|ahead of)\s+(?:the\s+)?$"
    rf"|\b(?:the|first|second|third|last|next)\s+{WEEKDAY}\s+(?:immediately\s+)?(?:after|before|following|prior to)"
    r"\s+(?:the\s+)?$"  # the first Monday after June 10
    r"|\beve\s+of\s+(?:the\s+)?$"
    r"|\bwithin \w+ (?:days|weeks|months|years|hours) of (?:the )?$"
    r"|\b(?:the|its|their|an?|fiscal|financial) (?:[\w-]+ ){0,2}?(?:weeks|months?|quarter|half|year|period)"
    r" (?:to|ending|ended)(?: on)? $"  # results for the six months to 30 June
    r"|\b(?:except|excluding|apart\s+from|other\s+than)\s+(?:for\s+|on\s+)?(?:the\s+)?$"
    r"|\b(?:week\s+(?:beginning|starting|commencing|ending)|w/[ce])\s+(?:on\s+)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class When:
    """One resolved time expression: `sentence[start:end] == text`."""

    text: str
    start: int
    end: int
    kind: str  # instant, day, range, weekend, week, month, quarter, half, year, or part: about a third of one of them
    first: date | datetime  # a datetime of an instant or clock times: with a zone if one is known, else naive
    last: date | datetime  # inclusive
    past: bool = False  # the sentence puts it behind publication: "said on Thursday", "last week"
    of_saying: bool = False  # when the statement was made, and no date of what it states: "said on Thursday"
    moved_from: date | datetime | None = None  # first of the day given up for this one: "Tuesday instead of Monday"


def find_dates(
    text: str,
    published: date | datetime,
    zone: str | None = None,
    prefer: Prefer = "future",
    *,
    scheduling: bool = False,
) -> list[When]:
    """Resolve the time expressions of a sentence, in its order; the module says when one is left out.

    `published` is the day (in `zone`, if it is a datetime with a zone of its own) that "today" means. `zone` is an IANA
    name such as "Europe/London" for clock times that name none; without it they keep the zone of `published`, or have
    none. `prefer` is where a weekday, day or month lies in a sentence without a verb. With `scheduling`, of a sentence
    known to announce something, what its verbs leave open ("was asked to appear on April 1") lies ahead. What does not
    lie in the years 1000 to 9000 is left out, so that zones and days added cannot lead out of the calendar; so is all
    of a sentence with more than MOST expressions. Raises ValueError for an unknown zone or preference.
    """
    if prefer not in ("future", "past"):
        raise ValueError(f"prefer is {prefer!r}; it can be 'future' or 'past'")
    known = zone_named(zone)
    if isinstance(published, datetime):
        if published.tzinfo and known:
            published = published.astimezone(known)
        known = known or published.tzinfo  # type: ignore[assignment]
        published = published.date()
    sentence, text, places = text, *plain(text)
    reader = Reader(text, published, known, prefer, scheduling)
    tokens = _in_order(text, joined(text, _tokens(reader), published), published)
    tokens = [replace(t, kind=None) if _no_date(text, t) else t for t in (_lasting(text, t) for t in tokens)]
    tokens = [part for t in days_later(text, tokens) for part in each_time(text, t)]
    return [
        When(
            sentence[start:end],
            start,
            end,
            t.kind,
            t.first,
            t.last,
            t.past,
            reader.tenses.of_saying(t.start, t.end),
            t.moved_from,
        )
        for t in tokens
        if t.kind and t.first and t.last and t.first.year >= 1000 and t.last.year <= 9000
        for start, end in [(places[t.start], places[t.end - 1] + 1)]
    ]


def _tokens(reader: Reader) -> list[Token]:
    """What the rules make of a sentence, in its order; nothing of one with more than MOST expressions."""
    tokens: list[Token] = []
    tried = 0
    taken = bytearray(len(reader.text))  # 1 where a rule further up has spoken
    for pattern, rule in RULES:
        for match in pattern.finditer(reader.text):
            if any(taken[match.start() : match.end()]):
                continue
            if (tried := tried + 1) > MOST:
                return []
            try:
                made = rule(reader, match)
            except (ValueError, OverflowError):  # 31 June, the year 10000
                made = Token(match.start(), match.end())
            if made:
                spoken = made if isinstance(made, list) else [made]
                tokens += spoken
                taken[spoken[0].start : spoken[-1].end] = b"\1" * (spoken[-1].end - spoken[0].start)
    return sorted(tokens, key=lambda t: t.start)


_EVERY = lazy(
    r"\b(?:each|every) (?:day|night|weekday),? \(?$|"
    r"\b(?:each|every) (?:other )?(?:(?:year|month|week)(?:,? (?:on|in|from))? (?:the )?)?$|\bannually,? (?:on|in) "
    r"(?:the )?$",
    re.IGNORECASE,
)
_GIVEN_UP = lazy(
    r"\b(?:(?:postpon|reschedul|defer|mov|shift|switch)\w*|(?:push\w*|put|mov\w*|bring|brought) (?:back|forward|up))"
    r"(?: (?:by )?(?:an?|one|two|three|\d{1,2}) (?:days?|weeks?|months?|years?))?,? from $",
    re.IGNORECASE,
)
_EACH = lazy(r",? (?:of )?(?:each|every) ")


def _no_date(text: str, token: Token) -> bool:
    """Whether it is only what another day is counted from (two days before Easter), comes again (each July), or is
    what a plan was moved from.
    """
    before = text[max(0, token.start - CONTEXT) : token.start]
    hours = token.kind == "instant" and " to " in text[token.start : token.end]  # moved from 10 a.m. to 2 p.m.
    given_up = not (token.moved_from or hours) and _GIVEN_UP.search(before)  # and the new one is not understood
    return bool(given_up or _RECKONED.search(before) or _EVERY.search(before) or _EACH.match(text, token.end))


_LIST = lazy(r"(?:\s*,|\s+(?:and|or|then)\b)+\s*(?:on\s+)?(?:(?:late|early)\s+)?")
_NEXT = lazy(r"\b(?:and|or|but|then|before|until|till|ahead of|prior to)\b|^,(?: [\w’'-]+){0,3} (?:on )?$")
_OWN_CLAUSE = lazy(r", (?:and|but|while|as)\b(?! then\b)(?!.*\b(?:that|following) (?:[\w’'-]+ )?$)", re.DOTALL)
_BEFORE_THAT = lazy(r"\b(?:after|following|follows?|if|unless|once|when)\b")
_WHICH_WEEK = lazy(r"\b(?:this|next|last|past|coming|week|fortnight)\b", re.IGNORECASE)
_LASTING = lazy(
    rf"\b(?:(?<=for )|(?<=last )|(?<=over )|(?!\S+ days from\b))(?P<n>{'|'.join(DAYS_LONG)}|\d{{1,2}})"
    r"(?:-day\s+(?:[\w’'-]+\s+){1,4}?|\s+days\s+)(?:beginning|starting|from"
    r"|that\s+(?:begins|starts)|which\s+(?:begins|starts))\s+(?:on\s+)?$",
    re.IGNORECASE,
)


def _in_order(text: str, tokens: list[Token], today: date) -> list[Token]:
    """Weekdays of a list or a story follow each other: on a Thursday, "Wednesday and Thursday" to come are next week's,
    and so is the Friday of "will start on Monday and end on Friday". Without such a word one that would come out
    before what stands before it is left out, but for what the other follows ("on Monday, after a vote on Friday") and
    what a clause of its own says ("They play on Monday, and the team is named on Saturday").
    """
    result = list(tokens)
    a: Token | None = None  # the last day before this one
    for k, b in enumerate(result):
        if b.kind not in ("day", "instant", "range") or b.form not in ("weekday", "date"):
            continue
        if a and not (a.past or b.past) and a.last and b.first and day_of(b.first) < day_of(a.last):
            b = result[k] = _behind(text, a, b, today)
        a = b if b.kind else a
    named = [
        k
        for k, t in enumerate(result)
        if t.form == "weekday" and t.kind == "day" and re.search(WEEKDAY, text[t.start : t.end])
    ]
    for i, k in reversed(list(pairwise(named))):
        a, b = result[i], result[k]
        if (
            a.past
            and b.past
            and a.first == today
            and not isinstance(b.first, datetime)
            and b.first
            and b.first < today
            and _LIST.fullmatch(text[a.end : b.start])
        ):
            result[i] = replace(a, first=today - 7 * DAY, last=today - 7 * DAY)
    return result


def _behind(text: str, a: Token, b: Token, today: date) -> Token:
    """What stands behind another day of a sentence, and would come out before it."""
    gap, words = text[a.end : b.start], text[b.start : b.end]
    if b.form != "weekday" or not re.search(WEEKDAY, words) or _WHICH_WEEK.search(words):
        return b
    assert b.first and b.last
    todays = day_of(b.first) == today  # of "on Tuesday and put to a vote on Thursday", written on a Thursday
    goes_on, goes_back = _LIST.fullmatch(gap) if todays else _NEXT.search(gap), _BEFORE_THAT.search(gap)
    if not todays and ((goes_back and not goes_on) or (_OWN_CLAUSE.search(gap) and not _LIST.fullmatch(gap))):
        return b
    later = replace(b, first=b.first + 7 * DAY, last=b.last + 7 * DAY)
    follows = a.last and later.first and day_of(later.first) >= day_of(a.last)
    return later if goes_on and not goes_back and a.form == "weekday" and follows else replace(b, kind=None)


def _lasting(text: str, token: Token) -> Token:
    """A two-day meeting beginning Wednesday, closed for three days from Monday: all its days."""
    match = _LASTING.search(text[max(0, token.start - CONTEXT) : token.start])
    if not match or token.kind != "day" or token.form not in ("weekday", "date") or token.first is None:
        return token
    n = DAYS_LONG.get(match["n"].lower()) or int(match["n"])
    return replace(token, start=token.start - len(match[0]), kind="range", last=token.first + (n - 1) * DAY)
