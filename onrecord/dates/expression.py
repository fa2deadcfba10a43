"""What every rule of the grammar is given and makes: the sentence, tokens, and pieces of patterns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from onrecord.dates.calendar_arithmetic import MONTH, WEEKDAYS
from onrecord.dates.dateline import behind_dateline
from onrecord.dates.tense import Tenses
from onrecord.dates.verbs import ENDURED, LATER, MOVED, OFF
from onrecord.patterns import lazy

FAR = timedelta(days=305)  # ten months
CONTEXT = 100  # characters; the words that decide about an expression stand beside it
NUMBERS = {
    w: n
    for n, w in enumerate(
        ["a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1
    )
} | {"an": 1, "one": 1, "couple of": 2}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1, "final": -1}
_UNITS = "first second third fourth fifth sixth seventh eighth ninth".split()
_TEENS = "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth".split()
WORDED_DAYS = {
    word: n
    for n, word in enumerate(
        [*_UNITS, *_TEENS, "twentieth", *(f"twenty-{word}" for word in _UNITS), "thirtieth", "thirty-first"], 1
    )
}
NAMES = {"March", "April", "May", "June", "August"}  # also people, verbs and adjectives
SHORT_WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)}|(?:Mon|Tues?|Wed|Thu(?:rs)?|Fri|Sat|Sun)\b\.?)"
SHORT_MONTH = rf"(?:{MONTH}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
DAY_NUMBER = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?!\d|:\d|[.,]\d|\s?[ap]\.?m\b|\s?%|\s?per\s?cent)"
YEAR = r"(?:19|20)\d\d\b(?!,\d|[-–/]\d)"
ANY_YEAR = rf"(?:{YEAR}|(?:this|next|last) year\b(?!['’-]))"
NUMBER = r"(?:\d{1,3}|" + "|".join(sorted(NUMBERS, key=len, reverse=True)) + ")"
PERIOD = (
    rf"(?:(?P<name>{MONTH})(?:(?:,|\s+of)?\s+(?P<year>{ANY_YEAR}))?|(?:the|(?P<which>this|next))\s+(?P<unit>week|month"
    rf"|year)\b|(?P<only>{YEAR}))"
)
FUNCTION_WORD = (
    r"(?:a|an|and|are|as|at|because|but|by|for|from|he|her|his|if|in|is|it|its|not|of|on|or|our|she|so|than|that|the"
    r"|their|they|this|to|under"
    r"|until|we|when|where|which|while|who|will|with|would|after|before|unless|has|have|had|was|were|can|could|may"
    r"|might|must|should)\b"
)
COUNTED = (  # what a number before it counts: 9 countries
    rf"\s*(?:{SHORT_MONTH}|(?!{FUNCTION_WORD}|(?:across|versus|towards|besides|this|thus|always|perhaps)\b)[a-z]+s\b"
    r"|(?:people|men|women|children)\b)"
)
PLAIN = rf"(?=\s*$|\s*[.,;:!?)—–\"”’-]|\s+{FUNCTION_WORD})"  # nothing that the expression could be an adjective of
MOVED_FROM = lazy(rf"\b(?!{ENDURED}){MOVED}\w*\b[^,;]{{0,60}},? from(?: the)? $", re.IGNORECASE)
_HELD = r"(?:start|begin|kick off|open|take place|go ahead|be (?:held|played|staged|run))"
FATE = lazy(  # "Tuesday's match with Ajax has been postponed", "the May 15 hearing will start at noon"
    rf"(?:['’]s)? (?:(?!{FUNCTION_WORD})[\w’'-]+ ){{1,5}}?"
    r"(?:(?:against|at|between|for|in|of|on|over|with) (?:[\w’'-]+ ){1,6}?)?"
    rf"(?:(?:has|have) (?:(?:also|now|since) )?been (?:{OFF}|{LATER}|rescheduled|brought forward|moved)\b"
    r"|(?:is|are) (?:now )?off(?=\W*$|[,;]| (?:after|and|because)\b)"
    rf"|(?:will (?:(?:also|no longer|not|now) )?|won['’]t ){_HELD}(?=\W*$|[,;]"
    r"| (?:as|at|because|behind|despite|from|in|on|with|without)\b))"
)
_MOVED_TO = lazy(rf",? to (?:the )?(?:{SHORT_WEEKDAY}|{SHORT_MONTH}|\d)")


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock time, or two, of a day that stands beside it."""

    first: time
    last: time | None
    zone: tzinfo | None
    names: bool = False  # it names its zone; else the zone is the reader's
    known: bool = True  # no zone is named that we do not know
    others: tuple[tuple[time, int], ...] = ()  # more times of that day, and where each stands: at 2 p.m. and 7:30 p.m.
    local: Clock | None = None  # the hour of the same moment on the clocks there, which the day beside it is that of


@dataclass(slots=True)
class Token:
    """A piece of the sentence that is spoken for. No `kind`: it is not to
    be resolved, and neither is anything inside it.
    """

    start: int
    end: int
    kind: str | None = None
    first: date | datetime | None = None
    last: date | datetime | None = None
    past: bool = False
    form: str = ""  # weekday, date or clock: what may be joined with what
    clock: Clock | None = None
    moved_from: date | datetime | None = None


class Reader:
    """A sentence and the day it was published, as the rules ask for them."""

    def __init__(self, text: str, today: date, zone: tzinfo | None, prefer: str, scheduling: bool = False) -> None:
        self.text = text
        self.today = today
        self.zone = zone  # of clock times that name none
        self.scheduling = scheduling  # what its verbs leave open lies ahead
        self.tenses = Tenses(text, prefer, behind_dateline(text, today))

    def before(self, match: re.Match[str], group: str | int = 0) -> str:
        """What stands right before the match, as far as a rule needs it:
        all of it for every match would be quadratic.
        """
        return self.text[max(0, match.start(group) - CONTEXT) : match.start(group)]

    def behind(self, match: re.Match[str]) -> str:
        """What stands right behind the match; an end of this window is no end of
        the text, so CONTEXT is longer than any pattern looks.
        """
        return self.text[match.end() : match.end() + CONTEXT]

    def direction(self, match: re.Match[str]) -> str:
        """future, past or open: where the expression lies."""
        if MOVED_FROM.search(self.before(match)) and _MOVED_TO.match(self.behind(match)):
            return "future"  # moved from Monday to Friday
        direction = self.tenses.direction(*match.span())
        return "future" if direction == "open" and self.scheduling else direction

    def of_a_plan(self, match: re.Match[str]) -> bool:
        """Whether the day only says of which plan the sentence tells the fate: "Tuesday's match has been put off"."""
        return self.scheduling and FATE.match(self.text, match.end()) is not None

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
        """Something that says itself when it is; it lies behind if it ends
        before today, or today under a verb in the past.
        """
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


def unresolved(match: re.Match[str]) -> Token:
    return Token(match.start(), match.end())


GrammarRule = Callable[[Reader, re.Match[str]], Token | list[Token] | None]
