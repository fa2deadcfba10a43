"""Expressions that stand beside each other and mean one: a clock time with its day, two days as a range, a move."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from onrecord.dates.calendar_arithmetic import DAY, WEEKDAY, day_of
from onrecord.dates.expression import CONTEXT, FATE, SHORT_MONTH, Clock, Token
from onrecord.dates.verbs import ENDURED, MOVED, PLANNED
from onrecord.dates.zones import zone_behind, zone_of_city
from onrecord.patterns import lazy


def joined(text: str, tokens: Sequence[Token], today: date) -> list[Token]:
    """The tokens, those that mean one thing together as one. Clock times without a day are left out."""
    rules = (_clock_list, _same_moment, _clock_and_day, _same_moment, partial(_instead, today=today), _range, _same_day)
    for rule in rules:
        tokens = _fold(text, tokens, rule)
    return [t for t in tokens if t.form != "clock"]


def each_time(text: str, token: Token) -> list[Token]:
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


def _fold(text: str, tokens: Sequence[Token], rule: Callable[[str, Token, Token], Token | None]) -> list[Token]:
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
    r"(?:(?:at|from|by|until|between|@)\s+)?(?:(?:around|about|approximately)\s+)?| \("
)


def _clock_and_day(text: str, a: Token, b: Token) -> Token | None:
    gap = text[a.end : b.start]
    if (a.form == "clock") == (b.form == "clock") or "instant" in (a.kind, b.kind):
        return None
    if (
        b.form == "clock"
        and re.search(r"until|till|\bto\b", gap)
        and re.match(rf"\s*(?:on\s+)?(?:{WEEKDAY}|{SHORT_MONTH}|\d)", text[b.end : b.end + CONTEXT])
    ):
        return None  # from Friday until 6 a.m. Monday: the hour is the other day's
    clock, day = (a, b) if a.form == "clock" else (b, a)
    time, end = clock.clock, b.end
    city = ""
    if time and time.names:  # 10 a.m. in Beijing on Friday
        city = r"(?: at(?: [\w’'-]+){1,5}?)?(?: in(?: [A-Z][\w.’'-]*){1,3},?)?"
    held = FATE.match(text, day.end) if a is day else None  # Sunday's march will start at noon
    held = held if held and text[held.end() : b.start] in (" at ", " from ") else None
    between = rf"{city}(?: (?:kick-?off|start))?[\s,]*(?:on\s+)?" if a is clock else _DAY_BEFORE_CLOCK
    if not held and not re.fullmatch(between, gap):
        return None
    if gap == " (":  # April 5 (4 p.m.); not April 5 (0100 GMT Sunday)
        if day.clock or re.match(rf"[^()]*\b{WEEKDAY}", text[end : end + CONTEXT]):
            return None
        end += text[end : end + 1] == ")"
    if time and time.known and not time.names:
        if a is clock and (zone := zone_behind(text, end, time.zone)):  # 10 a.m. Friday, Beijing time
            floats = zone.local and time.zone is None
            known = floats or zone.zone is not None
            time, end = replace(time, zone=zone.zone, names=not floats, known=known), zone.end
        elif there := zone_of_city(text, a.start, end):  # 10 a.m. Friday in Beijing, in Beijing on Friday at 10 a.m.
            time = replace(time, zone=there.zone, names=True)
    both = replace(day, start=b.start if held else a.start, end=end, clock=time)
    late = re.search(r"\b(?:afternoon|evening|night)$", text[day.start : day.end])  # Friday evening, from 7:30
    if day.kind != "day" or time is None or not time.known or (late and (time.last or time.first).hour < 12):
        # the hour is left out; so is all of "3 p.m. next week"
        return replace(both, kind=day.kind if day.kind in ("day", "range") and not day.clock else None)
    return _at(both, time)


def _at(day: Token, clock: Clock) -> Token:
    """The clock time of that day."""
    assert isinstance(day.first, date)
    date_there = day_of(day.first)
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
_POSSESSIVE = lazy(r"['’]s (?:[\w’'-]+ ){1,8}?(?:to|until|till)(?: the)? ")
_MOVES_IT = lazy(rf"\b(?!{ENDURED}){MOVED}\w*(?: (?:back|forward|off))?(?: the)? $", re.IGNORECASE)
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
    if _MOVES_IT.search(before) and _POSSESSIVE.fullmatch(gap):  # postponed Saturday's game until Tuesday
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
    day = day_of(b.first)
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


def _range(text: str, a: Token, b: Token) -> Token | None:
    if not re.fullmatch(r"(?:,(?= t| until))?\s*(?:-|–|—|to|through|until|till|and)\s*", gap := text[a.end : b.start]):
        return None
    before = text[max(0, a.start - CONTEXT) : a.start]
    opened = re.search(r"\b(from|between)\s+(?:the\s+)?$", before, re.IGNORECASE)
    if gap == ", to " and not opened:
        return None
    put_off = re.search(rf"\b(?!{ENDURED}){MOVED}", before)
    if put_off and (gap[0] == "," or re.search(rf"\b{PLANNED} (?:for|on) $", before)):
        return None  # put off the vote, due on May 6, until May 9
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
        first, last = (moment and day_of(moment) for moment in (first, last))
    assert first and last
    if last < first and b.form == "weekday":
        last += 7 * DAY
    if last < first:
        return replace(a, end=b.end, kind=None)
    return replace(a, end=b.end, kind="range", first=first, last=last, past=a.past and b.past)
