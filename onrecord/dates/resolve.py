"""Time expressions of one English news sentence, resolved against the day it was published.

A grammar of its own: dateparser reads "we may" as the first of May and "Feb. 27 and 28" as the year 2028 (LOG.md has
the figures). A wrong date is worse than none, so whatever may mean two days is left out. What follows is the whole of
the rule.

`grammar` holds the patterns, `tense` which way the sentence looks, `calendar_arithmetic` the days.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Literal

from onrecord.dates.calendar_arithmetic import DAY, WEEKDAY
from onrecord.dates.expression import CONTEXT, Clock, Reader, Token
from onrecord.dates.grammar import RULES
from onrecord.dates.normalise import plain
from onrecord.dates.periods import day_of, days_later
from onrecord.dates.verbs import ENDURED, MOVED
from onrecord.dates.zones import zone_behind, zone_named, zone_of_city
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
    tokens = _tokens(reader)
    instead = partial(_instead, today=published)
    for rule_of_two in (_clock_list, _same_moment, _clock_and_day, _same_moment, instead, _range, _same_day):
        tokens = _fold(text, tokens, rule_of_two)
    joined = [t for t in tokens if t.form != "clock"]
    joined = [
        replace(t, kind=None) if _no_date(text, t) else t
        for t in (_lasting(text, t) for t in _in_order(text, joined, published))
    ]
    joined = [part for t in days_later(text, joined) for part in _each_time(text, t)]
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
        for t in joined
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
_EACH = lazy(r",? (?:of )?(?:each|every) ")


def _no_date(text: str, token: Token) -> bool:
    """Whether it is only what another day is counted from (two days before Easter), or comes again (each July)."""
    before = text[max(0, token.start - CONTEXT) : token.start]
    return bool(_RECKONED.search(before) or _EVERY.search(before) or _EACH.match(text, token.end))


_LIST = lazy(r"(?:\s*,|\s+(?:and|or|then)\b)+\s*(?:on\s+)?(?:(?:late|early)\s+)?")
_NEXT = lazy(r"\b(?:and|or|but|then|before|until|till|ahead of|prior to)\b|^,(?: [\w’'-]+){0,3} (?:on )?$")
_OWN_CLAUSE = lazy(r", (?:and|but|while|as)\b(?! then\b)(?!.*\b(?:that|following) (?:[\w’'-]+ )?$)", re.DOTALL)
_BEFORE_THAT = lazy(r"\b(?:after|following|follows?|if|unless|once|when)\b")
_WHICH_WEEK = lazy(r"\b(?:this|next|last|past|coming|week|fortnight)\b", re.IGNORECASE)
_LASTING = lazy(
    rf"\b(?P<n>{'|'.join(DAYS_LONG)}|\d{{1,2}})(?:-day\s+(?:[\w’'-]+\s+){{1,4}}?|\s+days\s+)(?:beginning|starting|from"
    rf"|that\s+(?:begins|starts)|which\s+(?:begins|starts))\s+(?:on\s+)?$",
    re.IGNORECASE,
)


def _in_order(text: str, tokens: list[Token], today: date) -> list[Token]:
    """Weekdays of a list or a story follow each other: on a Thursday, "Wednesday and Thursday" to come are next week's,
    and so is the Friday of "will start on Monday and end on Friday". Without such a word one that would come out
    before what stands before it is left out, but for what the other follows ("on Monday, after a vote on Friday") and
    what a clause of its own says ("They play on Monday, and the team is named on Saturday").
    """
    result = list(tokens)
    dated = [k for k, t in enumerate(result) if t.kind in ("day", "instant", "range") and t.form in ("weekday", "date")]
    for place, k in enumerate(dated[1:]):
        a, b = next((result[i] for i in reversed(dated[: place + 1]) if result[i].kind), result[k]), result[k]
        if not a.past and not b.past and a.last and b.first and b.last and day_of(b.first) < day_of(a.last):
            result[k] = _behind(text, a, b, today)
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


# --- joining neighbours: a clock with its day, two days to a range ---
def _fold(text: str, tokens: list[Token], rule: Callable[[str, Token, Token], Token | None]) -> list[Token]:
    """Join each token to its left neighbour where the rule, given the text
    up to the second one, says what both make together.
    """
    result: list[Token] = []
    for token in tokens:
        both = rule(text, result[-1], token) if result else None
        result[len(result) - bool(both) :] = [both or token]
    return result


_DAY_BEFORE_CLOCK = (
    r"(?:,? (?:kick-?off|tip-off|throw-in|doors(?: open)?|start(?:ing|s)?)| is)?[\s,]*"
    r"(?:(?:at|from|by|until|between|@|around|about)\s+)?| \("
)


def _clock_and_day(text: str, a: Token, b: Token) -> Token | None:
    gap = text[a.end : b.start]
    if (a.form == "clock") == (b.form == "clock") or "instant" in (a.kind, b.kind):
        return None
    if (
        b.form == "clock"
        and re.search(r"until|till|\bto\b", gap)
        and re.match(rf"\s*(?:on\s+)?{WEEKDAY}", text[b.end : b.end + CONTEXT])
    ):
        return None  # from Friday until 6 a.m. Monday: the hour is the other day's
    clock, day = (a, b) if a.form == "clock" else (b, a)
    time, end = clock.clock, b.end
    city = ""
    if time and time.names:  # 10 a.m. in Beijing on Friday
        city = r"(?: at(?: [\w’'-]+){1,5}?)?(?: in(?: [A-Z][\w.’'-]*){1,3},?)?"
    if not re.fullmatch(rf"{city}(?: (?:kick-?off|start))?[\s,]*(?:on\s+)?" if a is clock else _DAY_BEFORE_CLOCK, gap):
        return None
    if gap == " (":  # April 5 (4 p.m.); not April 5 (0100 GMT Sunday)
        if day.clock or re.match(rf"[^()]*\b{WEEKDAY}", text[end : end + CONTEXT]):
            return None
        end += text[end : end + 1] == ")"
    if time and time.known and not time.names:
        if a is clock and (zone := zone_behind(text, end, time.zone)):  # 10 a.m. Friday, Beijing time
            time, end = replace(time, zone=zone.zone, names=True, known=zone.zone is not None), zone.end
        elif there := zone_of_city(text, a.start, end):  # 10 a.m. Friday in Beijing, in Beijing on Friday at 10 a.m.
            time = replace(time, zone=there.zone, names=True)
    both = replace(day, start=a.start, end=end, clock=time)
    late = re.search(r"\b(?:afternoon|evening|night)$", text[day.start : day.end])  # Friday evening, from 7:30
    if day.kind != "day" or time is None or not time.known or (late and (time.last or time.first).hour < 12):
        # the hour is left out; so is all of "3 p.m. next week"
        return replace(both, kind="day" if day.kind == "day" else None)
    return _at(both, time)


def _at(day: Token, clock: Clock) -> Token:
    """The clock time of that day."""
    assert isinstance(day.first, date)
    date_there = day.first.date() if isinstance(day.first, datetime) else day.first
    first = datetime.combine(date_there, clock.first, clock.zone)
    if clock.local:  # 8 p.m. Friday, which is midnight in Greenwich: of the days on either side the nearest
        local = datetime.combine(
            date_there, clock.local.first, clock.local.zone if clock.local.names and clock.local.known else clock.zone
        )
        first = min((first + k * DAY for k in (-1, 0, 1)), key=lambda moment: abs(moment - local))
    last = datetime.combine(
        first.date() + (DAY if clock.last and clock.last < clock.first else timedelta(0)),
        clock.last or clock.first,
        clock.zone,
    )
    return replace(day, kind="range" if clock.last else "instant", first=first, last=last, clock=clock)


def _same_moment(text: str, a: Token, b: Token) -> Token | None:
    """10 a.m. local time (1400 GMT), 8 p.m. EDT on Friday (0000 GMT Saturday): of
    two zones that of Greenwich, else the first that is known.
    """
    local, other = a.clock, b.clock
    if (
        not (local and other and other.names and other.known)
        or local.last
        or other.last
        or local.others
        or other.others
    ):
        return None
    if not re.fullmatch(r"(?: in(?: [A-Z][\w.’'-]*){1,3})? ?[(/] ?", text[a.end : b.start]):
        return None
    end = b.end + (text[b.end : b.end + 1] == ")")
    greenwich = str(other.zone) in ("GMT", "UTC")
    if local.names and local.known and not greenwich:
        return replace(a, end=end)
    if b.kind:  # it has a day of its own
        return replace(b, start=a.start, end=end)
    clock = replace(other, local=local)
    return _at(replace(a, end=end), clock) if a.kind else replace(a, end=end, clock=clock)


_MOVED_TO = lazy(rf"\b{MOVED}\w*\b[^,;]{{0,60}} (?:to|until|for)(?: the)? $", re.IGNORECASE)
_MOVED_FROM = lazy(rf"\b(?:{MOVED}\w*|forward|back)\b[^,;]{{0,60}},? from(?: the)? $", re.IGNORECASE)
_AS_PLANNED = r"as (?:(?:originally|first|previously) )?(?:planned|scheduled|announced|expected|intended|billed|due)"
_GIVEN_UP = lazy(
    rf"(?:,? | ?\(| ?[–—] ?| --? )(?:instead of|rather than|not|and not)(?:, {_AS_PLANNED},)?(?: on| in| at)?(?: the)? "
)
_BUT = lazy(rf"(?:,? {_AS_PLANNED})?,? but (?:(?:instead|rather) )?(?:be )?(?:on |in )?(?:the )?")
_NOT = lazy(r"\bnot (?:(?:be|be held|take place|meet|open|start|begin|sit) )?(?:on |in )?$")


def _instead(text: str, a: Token, b: Token, today: date) -> Token | None:
    """Tuesday instead of Monday, Monday and not Tuesday, moved to Tuesday
    from Monday, moved from Monday to Tuesday: one day.
    """
    if not (a.kind and b.kind and a.first and b.first):
        return None
    before, gap = text[max(0, a.start - CONTEXT) : a.start], text[a.end : b.start]
    if gap in (" from ", ", from ") and _MOVED_TO.search(before):
        return _ordered(before, replace(a, end=b.end, moved_from=b.first), b, today)
    if _GIVEN_UP.fullmatch(gap):
        return replace(a, end=b.end + ("(" in gap and text[b.end : b.end + 1] == ")"), moved_from=b.first)
    if gap in (" to ", ", to ") and _MOVED_FROM.search(before) and not re.search(rf"\b{ENDURED}\w*\b", before):
        return _ordered(before, replace(b, moved_from=a.first), a, today)
    if _NOT.search(before) and _BUT.fullmatch(gap):
        return _ordered(before, replace(b, start=a.start, moved_from=a.first), a, today)
    if re.search(r"\b(?:instead of|rather than)(?: on)? $", before, re.IGNORECASE):
        return replace(b, moved_from=a.first)
    return None


_PUT_BACK = lazy(
    r"\b(?:postpon|delay|defer|adjourn|remand|extend|(?:put|push\w*|set|mov\w+) (?:\w+ ){0,4}?(?:back|off)\b)"
)


def _ordered(before: str, new: Token, old: Token, today: date) -> Token:
    """The new day of a move. Of two weekdays the nearest are meant, unless what is put back came out earlier, or the
    new one would be today: "put back from Monday to Thursday", written on a Thursday, is left out.
    """
    if not (new.form == old.form == "weekday" and new.first and old.first and day_of(new.first) < day_of(old.first)):
        return new
    doubtful = day_of(new.first) == today or _PUT_BACK.search(before)
    return replace(new, kind=None) if doubtful and not re.search(r"\b(?:forward|up)\b", before) else new


_SPANS = ("part", "weekend", "week", "month", "quarter", "half", "year")


def _same_day(text: str, a: Token, b: Token) -> Token | None:
    """At the end of the month on May 29, next week, on 5 June, Monday (May 20): the exact one of the two."""
    if b.kind not in ("day", "instant") or not (a.first and a.last and b.first) or isinstance(a.first, datetime):
        return None
    day = b.first.date() if isinstance(b.first, datetime) else b.first
    gap = text[a.end : b.start]
    if a.kind in _SPANS and a.first <= day <= a.last:
        return b if re.fullmatch(r",? (?:on )?", gap) else None
    return (
        b if a.form == "weekday" and b.form == "date" and gap == " (" and a.first.weekday() == day.weekday() else None
    )


def _clock_list(text: str, a: Token, b: Token) -> Token | None:
    """At 2 p.m., 5 p.m. and 8 p.m.: the times of one day."""
    one, more = a.clock, b.clock
    if not (one and more) or a.form != "clock" or b.form != "clock" or one.last or more.last:
        return None
    if not one.known or (one.names and one.zone != more.zone):
        return None
    gap = text[a.end : b.start]
    if _GIVEN_UP.fullmatch(gap):  # 3 p.m., not 2 p.m.
        return replace(a, end=b.end)
    if not (gap == ", " and more.others) and gap not in (", and ", " and ", " & "):
        return None
    others = (*one.others, (more.first, b.start), *more.others)
    return replace(a, end=b.end, clock=replace(more, first=one.first, others=others))


def _each_time(text: str, token: Token) -> list[Token]:
    """Saturday at 2 p.m. and 7:30 p.m.: two times of a day, no span."""
    clock = token.clock
    if not clock or not clock.others or not isinstance(token.first, datetime):
        return [token]
    made, times = [], [(token.first.time(), token.start), *clock.others]
    for i, (moment, start) in enumerate(times):
        stop = times[i + 1][1] if i + 1 < len(times) else token.end
        end = start + len(re.sub(r"[\s,]*(?:and|&)? ?$", "", text[start:stop]))
        at = datetime.combine(token.first.date(), moment, token.first.tzinfo)
        made.append(replace(token, start=start, end=end, first=at, last=at))
    return made


def _range(text: str, a: Token, b: Token) -> Token | None:
    if not re.fullmatch(r"(?:,(?= t| until))?\s*(?:-|–|—|to|through|until|till|and)\s*", gap := text[a.end : b.start]):
        return None
    before = text[max(0, a.start - CONTEXT) : a.start]
    opened = re.search(r"\b(from|between)\s+(?:the\s+)?$", before, re.IGNORECASE)
    if gap == ", to " and not opened:
        return None
    if gap[0] == "," and re.search(rf"\b(?!{ENDURED}){MOVED}", before):  # put off the vote, due on May 6, until May 9
        return None
    hours = [t.clock for t in (a, b) if t.clock]
    daily = any(clock.last for clock in hours) or (
        a.clock and not b.clock and not opened and gap not in (" until ", " till ")
    )
    if a.form == b.form == "weekday" and "and" not in gap and daily:  # open 9am-5pm Monday to Friday
        return replace(a, end=b.end, kind=None)
    if (
        a.kind not in ("day", "instant", "month", "year")
        or b.kind not in ("day", "instant", "month", "year")
        or (gap.strip() == "and" and not (opened and opened[1].lower() == "between"))
    ):
        return None
    if gap.strip() == "to" and a.form == "weekday" and not opened:  # open Monday to Friday
        return replace(a, end=b.end, kind=None)
    first, last = a.first, b.last
    if isinstance(first, datetime) and isinstance(last, datetime) and first.tzinfo != last.tzinfo:
        # 3 p.m. ET Monday to 5 p.m. Tuesday
        return replace(a, end=b.end, kind=None)
    if isinstance(first, datetime) != isinstance(last, datetime):
        first, last = (x.date() if isinstance(x, datetime) else x for x in (first, last))
    assert first and last
    if last < first and b.form == "weekday":
        last += 7 * DAY
    if last < first:
        return replace(a, end=b.end, kind=None)
    return replace(a, end=b.end, kind="range", first=first, last=last, past=a.past and b.past)
