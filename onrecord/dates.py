"""Time expressions of one English news sentence, resolved against the day it was published.

A grammar of its own: dateparser reads "we may" as the first of May and "Feb. 27 and 28" as the year 2028 (LOG.md has the figures). A wrong
date is worse than none, so whatever may mean two days is left out. What follows is the whole of the rule.

Direction. "Thursday", "in November", "Sept 9" do not say whether they lie ahead. The nearest verb before the expression decides, else the
first one behind it: "said Thursday" lies behind, "will meet Thursday" ahead, and publication day counts as both. A planning verb in the past
("was due on Thursday") and a deadline in a past clause ("worked until Friday") leave it open: nothing is resolved. No verb: `prefer`.
A reporting frame ("he said", "officials told reporters on Tuesday", "said that") decides only the dates inside it, not those of the statement
it reports. Past verbs are a closed list and the ending -ed, so a reported clause in which none is found stands in the present: "they meet
Monday, he said" reads as "they meet Monday".
A month or day that would come out ten months away or more was probably meant the other way round: nothing is resolved.
"Next Thursday" is resolved when its two readings agree, which is when no Thursday is left in this week (weeks begin on Monday; what Sunday's
"next week" is depends on where you live). Seasons are left out (hemispheres), as are 03/04/2019, bare clocks without a day, "Sunday
Times", "Monday's paper", "on Mondays", and month names that are also names or verbs unless a day, a year or a preposition shows them to be months.

Approximations. Early, mid and late are thirds of a period (days 1-10, 11-20, 21-end of a month); "in two weeks" is the week in which that day lies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

Prefer = Literal["future", "past"]
DAY = timedelta(days=1)
FAR = timedelta(days=305)  # ten months


@dataclass(frozen=True, slots=True)
class When:
    """One resolved time expression: `sentence[start:end] == text`."""

    text: str
    start: int
    end: int
    kind: str  # instant, day, range, weekend, week, month, quarter, half, year; part = an approximate part of a month, year or week
    first: date | datetime  # datetimes for an instant and for a range of clock times: with a zone if one is known, else naive
    last: date | datetime  # inclusive
    past: bool = False  # the sentence puts it behind publication: "said on Thursday", "last week"


@dataclass(frozen=True, slots=True)
class _Clock:
    first: time
    last: time | None
    zone: tzinfo | None


@dataclass(slots=True)
class _Token:
    """A piece of the sentence that is spoken for. No `kind`: it is not to be resolved, and neither is anything inside it."""

    start: int
    end: int
    kind: str | None = None
    first: date | datetime | None = None
    last: date | datetime | None = None
    past: bool = False
    form: str = ""  # weekday, date or clock: what may be joined with what
    clock: _Clock | None = None


def find_dates(text: str, published: date | datetime, zone: str | None = None, prefer: Prefer = "future") -> list[When]:
    """Resolve the time expressions of a sentence, in its order; the module says when one is left out.

    `published` is the day (in `zone`, if it is a datetime with a zone of its own) that "today" means. `zone` is an IANA name such as
    "Europe/London" for clock times that name none; without it they keep the zone of `published`, or have none. `prefer` is where a
    weekday, day or month lies in a sentence without a verb. Raises ValueError for an unknown zone or preference.
    """
    if prefer not in ("future", "past"):
        raise ValueError(f"prefer is {prefer!r}; it can be 'future' or 'past'")
    try:
        known = ZoneInfo(zone) if zone else None
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"zone {zone!r} is unknown; give an IANA name such as Europe/London") from error
    if isinstance(published, datetime):
        if published.tzinfo and known:
            published = published.astimezone(known)
        known = known or published.tzinfo  # type: ignore[assignment]
        published = published.date()
    reader = _Reader(text, published, known, prefer)
    tokens: list[_Token] = []
    for pattern, rule in _RULES:
        for match in pattern.finditer(text):
            if all(match.end() <= t.start or match.start() >= t.end for t in tokens):
                try:
                    token = rule(reader, match)
                except (ValueError, OverflowError):  # 31 June, the year 10000
                    token = _Token(match.start(), match.end())
                if token:
                    tokens.append(token)
    joined = _join(text, sorted(tokens, key=lambda t: t.start), known)
    return [When(text[t.start : t.end], t.start, t.end, t.kind, t.first, t.last, t.past) for t in joined if t.kind and t.first and t.last]


# --- words -----------------------------------------------------------------------------------------------------------------
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NUMBERS = {w: n for n, w in enumerate(["a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1)} | {
    "an": 1,
    "one": 1,
    "couple of": 2,
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "last": -1, "final": -1}
_NAMES = {"March", "April", "May", "June", "August"}  # also people, verbs and adjectives
_ZONES = {"GMT": "UTC", "UTC": "UTC", "BST": "Europe/London", "CET": "Europe/Paris", "CEST": "Europe/Paris"} | {
    f"{letter}{middle}T": place  # "EST" in July is a slip for the time on the clocks there
    for letter, place in {"E": "America/New_York", "C": "America/Chicago", "M": "America/Denver", "P": "America/Los_Angeles"}.items()
    for middle in ("", "S", "D")
}
_WD = rf"(?:{'|'.join(_WEEKDAYS)})"
_WDS = rf"(?:{'|'.join(_WEEKDAYS)}|(?:Mon|Tues?|Wed|Thu(?:rs)?|Fri|Sat|Sun)\b\.?)"
_FULL = rf"(?:{'|'.join(_MONTHS)})"
_MON = rf"(?:{_FULL}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?![\d:]|[.,]\d|\s?[ap]\.?m\b|\s?%|\s?per\s?cent)"
_YEAR = r"(?:19|20)\d\d\b(?!,\d)"
_PART = r"(?:\s+(?:morning|afternoon|evening|night|lunchtime))?(?!\w)"
_NUM = r"(?:\d{1,3}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + ")"
_PERIOD = rf"(?:(?P<name>{_FULL})(?:,?\s+(?P<year>{_YEAR}))?|(?:the|(?P<which>this|next))\s+(?P<unit>week|month|year)\b|(?P<only>{_YEAR}))"
_FUNCTION = (
    r"(?:a|an|and|are|as|at|because|but|by|for|from|he|her|his|if|in|is|it|its|not|of|on|or|our|she|so|than|that|the|their|they|this|to|under"
    r"|until|we|when|where|which|while|who|will|with|would|after|before|unless)\b"
)
_PLAIN = rf"(?=\s*$|\s*[.,;:!?)—–\"”’-]|\s+{_FUNCTION})"  # nothing that the expression could be an adjective of
_MOVED = r"(?:adjourn|postpon|delay|reschedul|defer|mov|push|extend|suspend|clos|remand|jail|bann|bail|bring|brought|shift|put\b|switch)"


# --- which way the sentence looks ------------------------------------------------------------------------------------------
_PLANS = re.sub(  # verbs that announce in the present tense: "the fair opens Monday", "polls open Monday"
    r"\s+",
    "|",
    """appear arrive begin close come continue depart end expire face fall gather go head hold host kick land last launch leave meet open pay
    play rejoin remain reopen report resume return run sail ship sit start step take travel visit vote walk""",
)
_ASKED = "agreed|voted|decided|promised|vowed|pledged|threatened|invited|ordered|asked|told|summoned|given|called"
_IRREGULAR = re.sub(  # the past forms that do not end in -ed
    r"\s+",
    "|",
    """arose ate awoke beat became began bent bet bit bled blew bought bound bred broke brought built burnt burst came cast caught chose clung cost
    crept cut dealt did drank drew drove dug dwelt fed fell felt fled flew flung forbade foresaw forgave forgot fought found froze gave got grew
    ground had heard held hid hit hung hurt kept knelt knew laid lay leant leapt learnt led left lent lit lost made meant met misled mistook
    outbid overcame oversaw overthrew overtook paid put quit ran rang rebuilt rewrote rode rose said sang sank sat saw sent set shed shone shook
    shot shrank shut slept slid slung sold sought spat sped spelt spent split spoke sprang spread stank stole stood stuck stung strode struck
    swam swept swore swung taught thought threw thrust told took tore undertook underwent upheld was wed went were wept withdrew withheld
    withstood woke won wore wound wove wrote""",
)
_SAME = "|".join(("bet", "burst", "cast", "cost", "cut", "hit", "hurt", "let", "put", "quit", "set", "shed", "shut", "split", "spread"))  # in both tenses
_PLURAL = r"(?:\b(?:we|they)|(?<=[a-z]{2}[^su\W]s))"  # a subject whose verb has no -s
_CUES = re.compile(
    rf"""(?P<open>\b(?:was|were|had\ been)\ (?:\w+ly\ )?(?:not\ )?
             (?:to|due|scheduled|set|slated|expected|supposed|meant|planned|going|planning|hoping|about)\b
         |\bhad\ (?:planned|hoped|wanted|intended|expected|been)\b
         |\b(?:would|could|should|might|must)\ (?:not\ )?have\b|{_PLURAL}\ (?:{_SAME})\b)
     |(?P<future>\b(?:will|won['’]t|shall|would|can|cannot|may|might|must|should|is|are|am|has|have|due|scheduled|slated|expected
         |plans?|planned\ for|planning|plan\ to|hopes?|wants?|intends?|aims?|needs?|set\ (?:for|to)|deadline|be
         |(?:{_ASKED})\b[^,;]{{0,25}}?\ (?:to|until)
         |(?:{_PLANS})e?s
         |{_MOVED}\w*\b[^,;]{{0,40}}?\b(?:to|until|till|for))\b
         |['’](?:ll|re|ve)\b
         |{_PLURAL}\ (?:(?:also|again|still)\ )?(?:{_PLANS})\b)
     |(?P<past>\b(?:(?:could\ not|couldn['’]t)\ be|(?:was|were|did)n['’]t|{_IRREGULAR}|[a-z]{{2,}}ed)\b)""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_VERB = re.compile(r"^(?:need|speed|indeed|succeed|proceed|exceed|feed|seed|breed|hundred|united|red|bed|shed|fed|sacred)$", re.IGNORECASE)
_NO_VERB_BEFORE = re.compile(r"(?:\b(?:the|an?|its|his|her|their|our|of|with|for|be|been|being|is|are|newly|recently|most|and|as|by|in)\s+|-)$", re.IGNORECASE)
_DEADLINE = re.compile(r"\b(?:until|till|by|before|from|starting|beginning|through|ahead of|no later than)\s+(?:late|early|the)?\s*$", re.IGNORECASE)
_SINCE = re.compile(r"\bsince\s+(?:late|early|mid|the|last)?[\s-]*$", re.IGNORECASE)


_FORM_BEFORE = re.compile(  # will cut, be held, stay shut
    r"\b(?:be|been|being|is|are|stay|remain|keep|will|to|would|can|could|may|might|must|should|not)\s+$", re.IGNORECASE
)


def _verbs(text: str) -> list[str]:
    """The direction of each verb: open, future or past."""
    found = []
    for match in _CUES.finditer(text):
        before = text[: match.start()]
        if match.lastgroup == "past" and (_NO_VERB.match(match[0]) or _FORM_BEFORE.search(before) or (match[0].endswith("ed") and _NO_VERB_BEFORE.search(before))):
            continue
        found.append(str(match.lastgroup))
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    text: str
    today: date
    zone: tzinfo | None
    prefer: Prefer

    def direction(self, match: re.Match[str]) -> str:
        """future, past or open: where the expression lies; see the module."""
        start, end = match.span()
        if _SINCE.search(self.text[:start]):
            return "past"
        trailing = _trailing_frames(self.text)
        leading = [m.span() for m in _LEADING.finditer(self.text)]
        for first, last in trailing + leading:
            if first <= start < last:
                return (_verbs(self.text[first:start])[-1:] or _verbs(self.text[end:last])[:1] or ["open"])[0]
        # the statement begins behind its frame; what stands before the frame has the frame's verb: "on Monday officials said that"
        begin = max((last for _, last in leading if last <= start), default=0)
        before = _blank(self.text, trailing)[begin:start]
        behind = _blank(self.text, trailing)[end:]
        clause = re.split(r"[;:](?=\s)|\s[—–]\s|\s--\s", before)[-1]
        found = _verbs(clause)[-1:] or _verbs(re.split(r"[;]", behind)[0])[:1] or [self.prefer]
        return "open" if found[0] == "past" and _DEADLINE.search(before) else found[0]

    def nearest(self, match: re.Match[str], spans: Iterable[tuple[date, date]], kind: str, form: str = "") -> _Token:
        """The nearest of several (first, last) in the direction of the sentence, if it is not ten months away."""
        direction = self.direction(match)
        if direction == "future":
            ahead = [s for s in spans if s[1] >= self.today]
            chosen = min(ahead, default=None)
        else:
            chosen = max((s for s in spans if s[0] <= self.today), default=None) if direction == "past" else None
        if chosen is None or chosen[0] - self.today > FAR or self.today - chosen[1] > FAR:
            return _Token(match.start(), match.end())
        return _Token(match.start(), match.end(), kind, *chosen, past=direction == "past", form=form)

    def sure(self, match: re.Match[str], kind: str, first: date, last: date | None = None, form: str = "date") -> _Token:
        """Something that says itself when it is; it lies behind if it ends before today, or today under a verb in the past."""
        last = last or first
        return _Token(match.start(), match.end(), kind, first, last, past=last < self.today or (last == self.today and self.direction(match) == "past"), form=form)


def _span(unit: str, day: date) -> tuple[date, date]:
    """First and last day of the week (from Monday), month, quarter, half or year that holds the day."""
    if unit == "week":
        first = day - day.weekday() * DAY
        return first, first + 6 * DAY
    months = {"month": 1, "quarter": 3, "half": 6, "year": 12}[unit]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return first, _later(first, "month", months) - DAY


def _later(day: date, unit: str, n: int) -> date:
    """The day n days, weeks, fortnights, months, quarters or years later; the last of the month where there is no such day."""
    if unit in ("day", "week", "fortnight"):
        return day + n * {"day": 1, "week": 7, "fortnight": 14}[unit] * DAY
    from dateutil.relativedelta import relativedelta

    return day + relativedelta(months=n * {"month": 1, "quarter": 3, "year": 12}[unit])


def _easter(year: int) -> date:
    from dateutil.easter import easter

    return easter(year)


def _month(name: str) -> int:
    return [m[:3] for m in _MONTHS].index(name[:3]) + 1


def _none(match: re.Match[str]) -> _Token:
    return _Token(match.start(), match.end())


# --- reporting frames --------------------------------------------------------------------------------------------------------
_REPORTED = (
    r"(?:said|says|say|told|tells?|announced|confirmed|warned|wrote|added|noted|reported|stated|explained|insisted|predicted|testified|tweeted"
    r"|posted|acknowledged|admitted|conceded|declared|argued|claimed|recalled|revealed|disclosed|stressed|replied|suggested|vowed|promised)\b"
)
_SAID_WHEN = rf"(?:\s+(?:on\s+)?(?:(?:late|early)\s+)?(?:{_WD}{_PART}|yesterday|today))"
_ADJUNCT = rf"(?:on|in|at|to|by|during|after|before|from|through|via|when|while|late|early|later|again|last|this|today|yesterday|{_WD}|\w+ly)\b"
_TRAILING = re.compile(  # ", he said", ", officials told reporters on Tuesday", ", said a spokesman"; up to the next comma or the end
    rf"(?<=[,”\"’!?])\s+(?P<who>(?:[^\s,;:“”\"]+\s+){{0,12}}?)(?P<verb>{_REPORTED})(?P<tail>[^,;:“”\"]*?)(?=\s*(?P<stop>[,;:]|\.?[\s”\"’)]*$))"
)
_LEADING = re.compile(  # "said [on Monday] that", "told the panel that", "said Monday the", "said the": what follows is the statement
    rf"""\b(?:{_REPORTED}(?:\s+[^\s,;:.“”"]+){{0,8}}?\s+that\b(?=(?:\s+\S+){{2}})
     |(?:said|says?|(?:told|tells?)(?:\s+[^\s,;:.“”"]+){{1,4}}?){_SAID_WHEN}(?=,?\s+(?!{_ADJUNCT}|and\b)\w)
     |(?:said|says?)\b(?=\s+(?!{_ADJUNCT}|(?:it|this|that|so|nothing|little|much|no|yes|goodbye|farewell|sorry)\s+{_ADJUNCT}|as\b|of\b|for\b|with\b)\w+\s+\w))""",
    re.VERBOSE,
)
_TIME_WORD = re.compile(rf"(?:{_ADJUNCT}|{_FULL}|the\b|next\b|morning\b|afternoon\b|evening\b|night\b|week\b|month\b|year\b|\d)", re.IGNORECASE)


def _trailing_frames(text: str) -> list[tuple[int, int]]:
    """Where a statement is followed or broken by its attribution, which says who said it and perhaps when, and nothing else."""
    found = []
    for match in _TRAILING.finditer(text):
        tail, start = match["tail"].strip(), match.start()
        inverted = not match["who"].strip()
        attributes = not tail or inverted or match["verb"] in ("told", "tell", "tells") or re.match(_ADJUNCT, tail)
        states = re.search(r"\bthat\b", tail) or _verbs(tail) or re.search(r"\b(?:will|would|he|she|it|they)\b", tail)
        # after a mere "On Monday," or before a colon the reporting verb is the sentence's own, unless commas set it apart
        opening = re.split(r"[;:]", text[:start])[-1]
        statement = [w for w in opening.split() if not _TIME_WORD.match(w.strip('“”"‘’,'))]
        own = not statement or (match["stop"] == ":" and _TIME_WORD.match(opening.strip()) and not _verbs(opening))
        if attributes and not states and (match["stop"] == "," or not own):
            found.append((start, match.end()))
    return found


def _blank(text: str, frames: Iterable[tuple[int, int]]) -> str:
    """The text with its frames covered, at the same length."""
    for start, end in frames:
        text = text[:start] + "·" * (min(end, len(text)) - start) + text[end:]
    return text


# --- rules: a pattern each, and what becomes of it -----------------------------------------------------------------------------
def _iso(r: _Reader, m: re.Match[str]) -> _Token:
    return r.sure(m, "day", date.fromisoformat(m[0]))


def _slashes(r: _Reader, m: re.Match[str]) -> _Token:
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


def _clock(r: _Reader, m: re.Match[str]) -> _Token | None:
    """A clock time or two. The zone is the one named, else the reader's; "local time" and IST (three of them) leave the time out."""
    if "midnight" in m[0].lower():  # of which night?
        return _Token(m.start(), m.end(), form="clock")
    zone = m["zone"] and _ZONES.get(m["zone"].upper())
    if m["zone"] and not zone:
        return _Token(m.start(), m.end(), form="clock")
    last = _hour(m["h2"] or m["noon"], m["m2"], m["p2"])
    first = None
    if m["h1"]:
        first = _hour(m["h1"], m["m1"], m["p1"] or (None if m["h1"][0] in "nN" else m["p2"]))
        if not m["p1"] and first >= last:  # 11 to 1 p.m.
            first = _hour(m["h1"], m["m1"], "a")
    clock = _Clock(first or last, last if first else None, ZoneInfo(zone) if zone else r.zone)
    return _Token(m.start(), m.end(), form="clock", clock=clock)


def _tonight(r: _Reader, m: re.Match[str]) -> _Token:
    digits = (m["before"] or m["after"]).lower()
    hour = _NUMBERS.get(digits) or int(digits)
    if not 5 <= hour <= 11:
        return _none(m)
    at = datetime.combine(r.today, time(hour + 12, int(m["mins"] or m["mins2"] or 0)), r.zone)
    return _Token(m.start(), m.end(), "instant", at, at)


def _date(r: _Reader, m: re.Match[str]) -> _Token:
    """A month with one day or two: Feb. 27 and 28, 3-5 June, Monday, Nov. 20, 2017."""
    month, numbers = _month(m["month"]), [int(re.sub(r"\D", "", n)) for n in (m["d1"], m["d2"]) if n]
    if m["word"] in ("and", "or") and len(numbers) == 2 and numbers[1] != numbers[0] + 1:
        return _none(m)
    if re.match(r"[\s-]+(?:attack|hijack|terror|Commission)", r.text[m.end() :]):  # an event's name
        return _none(m)
    spans = []
    for year in [int(m["year"])] if m["year"] else range(r.today.year - 8, r.today.year + 9):
        try:
            spans.append((date(year, month, numbers[0]), date(year, month, numbers[-1])))
        except ValueError:  # 29 February
            if m["year"]:
                raise
    if m["wd"]:
        weekday = [w[:3] for w in _WEEKDAYS].index(m["wd"][:3])
        spans = [s for s in spans if s[0].weekday() == weekday and (m["year"] or abs(s[0].year - r.today.year) <= 1)]
    if not spans or spans[0][0] > spans[0][1]:
        return _none(m)
    kind = "range" if len(numbers) == 2 else "day"
    return r.sure(m, kind, *spans[0]) if m["year"] else r.nearest(m, spans, kind, "date")


def _period(r: _Reader, m: re.Match[str]) -> tuple[str, date, date] | None:
    """Unit, first and last day of what _PERIOD matched; None if it cannot be told."""
    if m["name"]:
        month = _month(m["name"])
        if m["year"]:
            return "month", *_span("month", date(int(m["year"]), month, 1))
        t = r.nearest(m, [_span("month", date(r.today.year + k, month, 1)) for k in (-1, 0, 1)], "month")
        return ("month", t.first, t.last) if isinstance(t.first, date) and isinstance(t.last, date) else None
    if m["only"]:
        return "year", *_span("year", date(int(m["only"]), 1, 1))
    unit = m["unit"]
    if unit == "week" and r.today.weekday() == 6:
        return None
    return unit, *_span(unit, _later(r.today, unit, 1 if m["which"] == "next" else 0))


def _ordinal(r: _Reader, m: re.Match[str]) -> _Token:
    """The second week of May, the first Tuesday in November, the last Friday of the month."""
    period = _period(r, m)
    if not period or period[0] != "month":
        return _none(m)
    n, (_, first, last) = _ORDINALS[m["nth"].lower()], period
    if m["thing"] == "week":
        begin, end = (last - 6 * DAY, last) if n < 0 else (first + (n - 1) * 7 * DAY, first + (n * 7 - 1) * DAY)
        return r.sure(m, "week", begin, end)
    weekday = _WEEKDAYS.index(m["thing"])
    day = last - (last.weekday() - weekday) % 7 * DAY if n < 0 else first + ((weekday - first.weekday()) % 7 + (n - 1) * 7) * DAY
    return r.sure(m, "day", day)


def _part(r: _Reader, m: re.Match[str]) -> _Token:
    """Early June, late next week, by the end of the month."""
    period = _period(r, m)
    if not period:
        return _none(m)
    unit, first, last = period
    third = {"e": 0, "b": 0, "s": 0, "m": 1, "l": 2}[m["which_part"].split()[-1][0].lower()] if "end" not in m["which_part"].lower() else 2
    if third == 2 and "end" in m["which_part"].lower() and re.search(r"\b(?:by|before|until|till|through|up to)\s+$", r.text[: m.start()], re.IGNORECASE):
        return r.sure(m, "day", last)
    if unit == "week":
        bounds = [(first, first + DAY), (first + 2 * DAY, first + 2 * DAY), (first + 3 * DAY, first + 4 * DAY)]
    elif unit == "month":
        bounds = [(first, first + 9 * DAY), (first + 10 * DAY, first + 19 * DAY), (first + 20 * DAY, last)]
    else:
        bounds = [(date(first.year, 4 * k + 1, 1), _later(date(first.year, 4 * k + 1, 1), "month", 4) - DAY) for k in range(3)]
    return r.sure(m, "part", *bounds[third])


def _quarter(r: _Reader, m: re.Match[str]) -> _Token:
    """Quarters and halves of calendar years. Without a year only ahead: the first quarter has also been played by the Bears."""
    unit = "half" if (m["unit"] or "q").lower() == "half" else "quarter"
    n = int(m["q"]) if m["q"] else _ORDINALS[m["nth"].lower()] % 5  # the last quarter is the fourth
    n = min(n, 2) if unit == "half" else n
    if "fiscal" in r.text.lower() or "financial year" in r.text.lower() or (unit == "half" and not (m["year"] or m["rel"])) or n > 4:
        return _none(m)

    def of(year: int) -> tuple[date, date]:
        return _span(unit, date(year, (n - 1) * (6 if unit == "half" else 3) + 1, 1))

    if m["year"] or m["rel"]:
        return r.sure(m, unit, *of(int(m["year"]) if m["year"] else r.today.year + {"next": 1, "last": -1}.get(m["rel"].split()[0], 0)))
    return (
        r.nearest(m, [of(r.today.year + k) for k in (0, 1)], unit)
        if r.direction(m) == "future" and (m["q"] or re.search(r"\b(?:in|by|during|until)\s+$", r.text[: m.start()]))
        else _none(m)
    )


def _relative(r: _Reader, m: re.Match[str]) -> _Token:
    """Next week, this month, last year, later this week."""
    unit, which, edge = m["unit"].lower(), m["which"].lower(), (m["edge"] or "").lower()
    if unit == "week" and r.today.weekday() == 6:
        return _none(m)
    first, last = _span(unit, _later(r.today, unit, {"next": 1, "coming": 1, "last": -1, "past": -1}.get(which.split()[-1], 0)))
    if edge:
        if "this" not in which:
            return _none(m)
        first, last = (r.today, last) if edge == "later" else (first, r.today)
    token = r.sure(m, unit, first, last)
    return replace(token, past=token.past or edge == "earlier" or (which == "this" and not edge and r.direction(m) == "past"))


def _weekend(r: _Reader, m: re.Match[str]) -> _Token:
    saturday = _span("week", r.today)[0] + 5 * DAY
    which = m["which"].lower()
    if which == "next" and r.today.weekday() < 5:
        return _none(m)
    shift = {"next": 1, "last": -1, "this past": -1}.get(which, 0)
    if shift == -1 and r.today.weekday() >= 5 and which == "this past":
        return _none(m)
    if which in ("at the", "over the", "on the", "the"):
        return r.nearest(m, [(saturday + k * 7 * DAY, saturday + (k * 7 + 1) * DAY) for k in (-1, 0, 1)], "weekend")
    saturday += shift * 7 * DAY
    return replace(t := r.sure(m, "weekend", saturday, saturday + DAY), past=t.past or r.direction(m) == "past")


def _count(r: _Reader, m: re.Match[str]) -> _Token:
    """In two weeks, within 30 days, over the next three months, three days ago."""
    n, unit, how = _NUMBERS.get(m["n"].lower()) or int(m["n"]), m["unit"].lower(), m["how"].lower()
    then = _later(r.today, unit, -n if m["ago"] else n)
    unit = "week" if unit == "fortnight" else unit
    if how == "" or m["ago"]:
        return r.sure(m, *(("day", then) if unit == "day" else (unit, *_span(unit, then)))) if how == "" and m["ago"] else _none(m)
    if r.direction(m) != "future" or re.match(r"\s+(?:of|after|from|before|since|later|earlier|ago)\b", r.text[m.end() :]):
        return _none(m)
    if how == "in":
        return r.sure(m, *(("day", then) if unit == "day" else (unit, *_span(unit, then))))
    return r.sure(m, "range", r.today, then)


def _weekday(r: _Reader, m: re.Match[str]) -> _Token:
    weekday, which, behind = _WEEKDAYS.index(m["wd"]), (m["which"] or "").lower(), r.text[m.end() :]
    ahead, ago = (weekday - r.today.weekday()) % 7, (r.today.weekday() - weekday) % 7
    if m["week"]:
        return r.sure(m, "day", r.today + (ahead + 7) * DAY, form="weekday")
    if which in ("next", "this") and r.today.weekday() < weekday:  # still to come in this week
        return _none(m) if which == "next" else r.sure(m, "day", r.today + ahead * DAY, form="weekday")
    if which == "next":
        return r.sure(m, "day", r.today + (ahead or 7) * DAY, form="weekday")
    if which == "this":
        return _none(m) if ahead and r.direction(m) != "future" else r.sure(m, "day", r.today + ahead * DAY, form="weekday")
    if which in ("last", "this past", "past"):
        return r.sure(m, "day", r.today - (ago or 7) * DAY, form="weekday")
    if which in ("this coming", "coming", "the coming"):
        return r.sure(m, "day", r.today + (ahead or 7) * DAY, form="weekday")
    before = r.text[: m.start()]
    if re.search(
        r"\b(?:an?|every|each|any|most|some|one|alternate|per|Black|Bloody|Super|Ash|Shrove|Ruby|Cyber|Palm|Maundy|Holy|Fat|Whit|Giving|Sheffield|Girl|Joe|last|first|second|third)\s+$",
        before,
    ):
        return _none(m)
    if re.match(r"['’]s\b", behind):  # Monday's paper, Tuesday's defeat: a label more than a date
        return r.nearest(m, [(r.today + ahead * DAY,) * 2], "day", "weekday") if re.search(r"\b(?:before|ahead of|until)\s+$", before) else _none(m)
    if before.endswith("Mail on "):  # a newspaper
        return _none(m)
    if re.match(r"\s+(?:newspapers?|papers?|edition|editions|supplement|magazine|Night)\b|-", behind) and not re.match(r"-(?:to-)?[A-Z]", behind):
        return _none(m)
    if not re.search(r"\b(?:on|by|until|till|before)\s+$", before) and (re.match(rf"\s+(?!{_MON})[A-Z](?!\w*day\b)", behind) or re.search(r"\bthe\s+$", before)):
        return _none(m)  # the Sunday Times
    return r.nearest(m, [(d, d) for d in (r.today - ago * DAY, r.today + ahead * DAY)], "day", "weekday")


def _today(r: _Reader, m: re.Match[str]) -> _Token:
    word, before, behind = m[0].lower(), r.text[: m.start()], r.text[m.end() :]
    if (m[0] == "Today" and re.search(r"(?:the|'s|’s|USA|on|[a-z])\s+$", before)) or re.match(
        r"['’]s\s+(?:world|society|youth|generation|climate|leaders|children|stars)", behind
    ):
        return _none(m)
    shift = 1 if "tomorrow" in word else -1 if "yesterday" in word or word == "last night" else 0
    if re.match(r"\s+week\b", behind) or re.search(r"\b(?:day (?:after|before))\s+$", before):
        return _none(m)
    return r.sure(m, "day", r.today + shift * DAY, form="weekday")


def _after_tomorrow(r: _Reader, m: re.Match[str]) -> _Token:
    return r.sure(m, "day", r.today + (2 if m[1].lower().startswith("after") else -2) * DAY)


_FEASTS: dict[str, Callable[[int], date]] = {
    "christmas eve": lambda y: date(y, 12, 24),
    "christmas day": lambda y: date(y, 12, 25),
    "christmas": lambda y: date(y, 12, 25),
    "boxing day": lambda y: date(y, 12, 26),
    "new year's eve": lambda y: date(y, 12, 31),
    "new year's day": lambda y: date(y, 1, 1),
    "valentine's day": lambda y: date(y, 2, 14),
    "st. patrick's day": lambda y: date(y, 3, 17),
    "st patrick's day": lambda y: date(y, 3, 17),
    "fourth of july": lambda y: date(y, 7, 4),
    "halloween": lambda y: date(y, 10, 31),
    "ash wednesday": lambda y: _easter(y) - 46 * DAY,
    "good friday": lambda y: _easter(y) - 2 * DAY,
    "easter sunday": _easter,
    "easter": _easter,
    "easter monday": lambda y: _easter(y) + DAY,
}
_FEAST = "|".join(re.escape(f).replace("'", "['’]") for f in sorted(_FEASTS, key=len, reverse=True))


def _feast(r: _Reader, m: re.Match[str]) -> _Token:
    name = m["feast"].lower().replace("’", "'")
    if (name in ("easter", "christmas") and not re.search(r"\b(?:by|before|until|till|after)\s+$", r.text[: m.start()])) or not re.match(_PLAIN, r.text[m.end() :]):
        return _none(m)
    if m["year"]:
        return r.sure(m, "day", _FEASTS[name](int(m["year"])))
    return r.nearest(m, [(d, d) for d in (_FEASTS[name](r.today.year + k) for k in (-1, 0, 1))], "day", "date")


def _nth(r: _Reader, m: re.Match[str]) -> _Token:
    """On the 14th: of this month or the next ones."""
    spans = []
    for k in range(-2, 3):
        month = _span("month", _later(r.today, "month", k))[0]
        day = month + (int(m["d"]) - 1) * DAY
        if day.month == month.month:
            spans.append((day, day))
    return r.nearest(m, spans, "day", "date")


def _bare_month(r: _Reader, m: re.Match[str]) -> _Token:
    name, before, behind = m["month"], r.text[: m.start("month")], r.text[m.end() :]
    if m["year"]:
        return r.sure(m, "month", *_span("month", date(int(m["year"]), _month(name), 1)))
    which = (m["which"] or "").lower()
    if re.match(r"['’]s\b|-|\s+\d", behind) and not re.match(r"-(?:to-)?[A-Z]", behind):
        return _none(m)
    if name in _NAMES and not (which or re.search(r"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Tt]ill|[Bb]efore|[Dd]uring|[Tt]hrough|[Bb]y)\s+$", before)):
        return _none(m)
    if name in _NAMES and (not re.match(_PLAIN, behind) or re.search(r"(?:ed|en|ought)\s+by\s+$", before)):
        return _none(m)
    if re.match(r"\s+[A-Z]", behind):
        return _none(m)
    month, year = _month(name), r.today.year
    if which in ("next", "last"):  # of two readings, unless this year's lies on the other side
        other = month > r.today.month if which == "last" else month < r.today.month
        year += {"next": 1, "last": -1}[which] if other else 0
        return r.sure(m, "month", *_span("month", date(year, month, 1))) if other else _none(m)
    if which == "this":
        return r.sure(m, "month", *_span("month", date(year, month, 1)))
    return r.nearest(m, [_span("month", date(year + k, month, 1)) for k in (-1, 0, 1)], "month", "date")


def _bare_year(r: _Reader, m: re.Match[str]) -> _Token | None:
    if not re.search(r"\b(?:in|by|until|since|before|after|during)\s+$", r.text[: m.start()], re.IGNORECASE):
        return None
    return r.sure(m, "year", *_span("year", date(int(m["only"]), 1, 1)))


def _rule(
    pattern: str, rule: Callable[[_Reader, re.Match[str]], _Token | None], flags: int = 0
) -> tuple[re.Pattern[str], Callable[[_Reader, re.Match[str]], _Token | None]]:
    return re.compile(pattern, flags), rule


_I = re.IGNORECASE
_DASH = r"\s*(?P<word>-|–|—|\bto\b|\bthrough\b|\buntil\b|\btill\b|\band\b|\bor\b)\s*"
_OPENING = r"(?:(?P<h1>noon|midday|\d{1,2})(?:[:.](?P<m1>\d\d))?\s?(?:(?P<p1>[ap])\.?\s?m\b\.?)?\s*(?:-|–|to|and|until|till)\s*)?"
_ZONE = r"(?:\s+\(?(?P<zone>GMT|UTC|BST|CES?T|[ECMP][SD]?T|IST|AES?T|AEDT|HKT|SGT|JST|local time)\b\)?)?"

_MINUTES = r"(?:[:.](?P<{}>\d\d))?"
_IN_YEAR = rf"(?:,?\s+(?P<year>{_YEAR}))?"
_EVENING = r"[5-9]|1[01]|five|six|seven|eight|nine|ten|eleven"  # hours that "tonight" may mean
_WEEKDAY_BEFORE = rf"(?:(?P<wd>{_WDS}),?\s+)?"
_OF_YEAR = rf"(?:,?\s+(?:of\s+)?(?:(?P<year>{_YEAR})|(?P<rel>this year|next year|last year|the year)\b))?"

_RULES = [
    _rule(r"\b\d{4}-\d\d-\d\d\b", _iso),
    _rule(r"\b(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d\d(?!\d)))?\b", lambda r, m: _none(m) if m[3] and len(m[3]) == 2 else _slashes(r, m)),
    _rule(
        rf"\b(?:(?P<before>{_EVENING}){_MINUTES.format('mins')}\s+tonight"
        rf"|tonight\s+at\s+(?P<after>{_EVENING}){_MINUTES.format('mins2')}(?![\d:]|\s?[ap]\.?m))\b",
        _tonight,
        _I,
    ),
    _rule(
        rf"\b{_OPENING}(?:(?P<h2>\d{{1,2}}){_MINUTES.format('m2')}\s?(?P<p2>[ap])\.?\s?m\b\.?|(?P<noon>noon|midday|midnight)\b){_ZONE}",
        _clock,
        _I,
    ),
    _rule(
        r"\b(?:(?P<h1>\d\d?):(?P<m1>\d\d)\s*(?:-|–|to|until)\s*)?(?P<h2>[01]?\d|2[0-3]):(?P<m2>[0-5]\d)\b"
        rf"(?P<p1>)(?P<p2>)(?P<noon>)(?:\s?hrs?)?{_ZONE}",
        _clock,
    ),
    _rule(rf"\b{_WEEKDAY_BEFORE}(?:the\s+)?(?P<d1>{_DAY})(?:{_DASH}(?:the\s+)?(?P<d2>{_DAY}))?\s+(?:of\s+)?(?P<month>{_MON})(?![\w]){_IN_YEAR}", _date),
    _rule(rf"\b{_WEEKDAY_BEFORE}(?P<month>{_MON})\s+(?:the\s+)?(?P<d1>{_DAY})(?:{_DASH}(?P<d2>{_DAY})(?!\s*(?:{_MON}|[a-z]+s\b)))?{_IN_YEAR}", _date),
    _rule(rf"\b(?:[Tt]he\s+)?(?P<nth>[Ff]irst|[Ss]econd|[Tt]hird|[Ff]ourth|[Ll]ast|[Ff]inal)\s+(?P<thing>week|{_WD})\s+(?:in|of)\s+{_PERIOD}", _ordinal),
    _rule(
        r"\b(?P<which_part>[Ee]arly|[Mm]id|[Ll]ate|(?:[Tt]he\s+)?(?:beginning|start|middle|end)\s+of|(?:[Tt]he\s+)?end)(?:-|\s+)"
        rf"(?:in\s+)?{_PERIOD}",
        _part,
    ),
    _rule(rf"\b(?:Q(?P<q>[1-4])|(?:the\s+)?(?P<nth>first|second|third|fourth|last|final)\s+(?P<unit>quarter|half))\b(?![-\w]){_OF_YEAR}", _quarter),
    _rule(
        r"\b(?:(?P<edge>later|earlier)\s+)?(?P<which>this coming|this|next|last|the coming)\s+(?P<unit>week|month|year|quarter)\b(?!end)(?![-’'])",
        _relative,
        _I,
    ),
    _rule(r"\b(?P<which>this past|this|next|last|at the|over the)\s+weekend\b(?![-’'])", _weekend, _I),
    _rule(
        rf"\b(?P<how>in|within|(?:in|over|within|during)\s+the\s+(?:next|coming)|(?=\b{_NUM}\s+\w+\s+ago))\s*\b(?:the\s+next\s+)?"
        rf"(?P<n>{_NUM})\s+(?P<unit>day|week|fortnight|month|year)s?\b(?P<ago>\s+ago\b)?(?![-])(?:['’]s?\s+time)?",
        _count,
        _I,
    ),
    _rule(rf"\b(?:the\s+)?(?P<feast>{_FEAST})\b{_IN_YEAR}", _feast, _I),
    _rule(rf"\b(?:[Aa]\s+)?(?P<week>week\s+(?:on|from))\s+(?P<which>)(?P<wd>{_WD}){_PART}", _weekday),
    _rule(
        r"\b(?:(?P<which>[Nn]ext|[Ll]ast|[Tt]his coming|[Tt]his past|[Tt]his|[Pp]ast|[Tt]he coming|[Cc]oming)\s+)?"
        rf"(?P<wd>{_WD})(?P<week>\s+week\b|\s+next\b(?=\s*[.,;]|\s*$))?{_PART}",
        _weekday,
    ),
    _rule(r"\bday (after tomorrow|before yesterday)\b", _after_tomorrow, _I),
    _rule(
        r"\b(?:later today|today|tonight|last night|(?:tomorrow|yesterday)(?:\s+(?:morning|afternoon|evening|night))?"
        r"|(?:later\s+)?this (?:morning|afternoon|evening))\b",
        _today,
        _I,
    ),
    _rule(rf"(?<=\bon )the (?P<d>[12]?\d|3[01])(?:st|nd|rd|th)\b(?!\s+of\b){_PLAIN}", _nth),
    _rule(rf"\b(?:(?P<which>[Tt]his|[Nn]ext|[Ll]ast)\s+)?(?P<month>{_FULL})\b(?:(?:,|\s+of)?\s+(?P<year>{_YEAR}))?", _bare_month),
    _rule(rf"(?<=\s)(?P<only>{_YEAR}){_PLAIN}", _bare_year),
]


# --- joining neighbours: a clock with its day, two days to a range -------------------------------------------------------------------
def _join(text: str, tokens: list[_Token], zone: tzinfo | None) -> list[_Token]:
    tokens = _fold(text, tokens, _clock_and_day)
    return [t for t in _fold(text, tokens, _range) if t.form != "clock"]


def _fold(text: str, tokens: list[_Token], rule: Callable[[str, _Token, _Token], _Token | None]) -> list[_Token]:
    """Join each token to its left neighbour where the rule, given the text up to the second one, says what both make together."""
    result: list[_Token] = []
    for token in tokens:
        both = rule(text, result[-1], token) if result else None
        result = [*result[:-1], both] if both else [*result, token]
    return result


def _clock_and_day(text: str, a: _Token, b: _Token) -> _Token | None:
    gap = text[a.end : b.start]
    if (a.form == "clock") == (b.form == "clock"):
        return None
    clock, day = (a, b) if a.form == "clock" else (b, a)
    if not re.fullmatch(r"[\s,]*(?:on\s+)?" if a is clock else r"[\s,]*(?:(?:at|from|by|until|between|@|around|about)\s+)?", gap):
        return None
    if day.kind != "day" or clock.clock is None:
        return replace(day, start=min(a.start, b.start), end=max(a.end, b.end)) if day.kind == "day" else replace(day, start=a.start, end=b.end, kind=None)
    assert isinstance(day.first, date)
    c = clock.clock
    first = datetime.combine(day.first, c.first, c.zone)
    last = datetime.combine(day.first + (DAY if c.last and c.last < c.first else timedelta(0)), c.last or c.first, c.zone)
    return replace(day, start=a.start, end=b.end, kind="range" if c.last else "instant", first=first, last=last)


def _range(text: str, a: _Token, b: _Token) -> _Token | None:
    if not re.fullmatch(r"\s*(?:-|–|—|to|through|until|till|and)\s*", gap := text[a.end : b.start]):
        return None
    opened = re.search(r"\b(from|between)\s+(?:the\s+)?$", text[: a.start], re.IGNORECASE)
    if (
        a.kind not in ("day", "instant", "month", "year")
        or b.kind not in ("day", "instant", "month", "year")
        or (gap.strip() == "and" and not (opened and opened[1].lower() == "between"))
    ):
        return None
    if re.search(rf"\b{_MOVED}\w*\b.{{0,40}}$|\bforward\b.{{0,20}}$", text[: a.start], re.IGNORECASE):  # moved from Monday to Friday
        return None
    if gap.strip() == "to" and a.form == "weekday" and not opened:  # open Monday to Friday
        return replace(a, end=b.end, kind=None)
    first, last = a.first, b.last
    if isinstance(first, datetime) != isinstance(last, datetime):
        first, last = (x.date() if isinstance(x, datetime) else x for x in (first, last))
    assert first and last
    if last < first and b.form == "weekday":
        last += 7 * DAY
    if last < first:
        return replace(a, end=b.end, kind=None)
    return replace(a, end=b.end, kind="range", first=first, last=last, past=a.past and b.past)
