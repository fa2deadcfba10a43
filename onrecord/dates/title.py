"""What an event is called, where it is, and by which words it is known again: rules over one English sentence."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from onrecord.dates.calendar_arithmetic import MONTHS, WEEKDAYS
from onrecord.dates.dateline import DATELINE
from onrecord.dates.moves import DELAYED_BY, SHIFT, THAN_PLANNED
from onrecord.dates.normalise import plain
from onrecord.dates.resolve import When
from onrecord.dates.tense import HORIZON, Tenses

LONGEST = 80  # characters of a title; calendars cut one about there


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OCCASIONS = _words(  # nouns for what takes place
    """meeting summit talks conference congress convention negotiation dialogue consultation session assembly forum
    gathering briefing vote ballot election referendum poll runoff by-election plebiscite hearing trial inquest
    tribunal sentencing verdict ruling appeal arraignment retrial match game fixture final semi-final semifinal
    quarter-final quarterfinal derby playoff strike walkout stoppage protest rally march demonstration vigil picket
    concert gig show festival premiere recital performance screening exhibition fair expo ceremony funeral wedding
    inauguration memorial burial swearing-in visit trip tour launch lift-off liftoff auction sale race marathon
    regatta grand-prix deadline debate parade procession inquiry audit closure shutdown release publication
    ceasefire truce interview signing operation surgery"""
)
_VERBS = _words(  # and verbs for it
    """meet negotiate confer vote strike walk march rally protest visit travel arrive launch open reopen close debate
    play host face testify publish release sign auction perform"""
)
_MATCH = _words("play host face game fixture")  # words for a match; of the verbs those before a name
_BEFORE_VERB = _words("will to may might could would should must can shall and")
_PHASES = ("open", "reopen", "close", "launch")  # of "it opens on Friday" the occasion is what "it" stands for
_PLANNING = _words(
    """be is are was were been being am will shall would may might can could should must has have had do does did to
    not no never now also still again then set due planned scheduled slated expected called arranged booked billed
    fixed announced meant supposed going hold held holds holding take takes taking taken place happen happens go
    goes ahead begin begins began begun start starts started end ends ended finish finishes conclude concludes
    resume resumes resumed continue continues last lasts run runs fall falls kick kicks get gets moved move moves
    postponed put back off forward brought bring pushed delayed rescheduled adjourned cancelled canceled scrapped
    shelved suspended deferred extended shifted switched later earlier sooner than originally initially previously
    first once instead rather possibly perhaps maybe likely probably tentatively provisionally plan plans hope hopes
    aim aims agree agreed say says said tell told"""
)
_SMALL = _words(
    """a an the this that these those it its he she they them their his her our your my we i you who which what
    where when whether if unless and or but nor so as at by for from in into of on onto over per than to until till
    up with within without about after before during between against under around off out near there here all any
    both each every more most other another some such only own same new next last latest first second third two
    three four five six seven eight nine ten one mr mrs ms dr sir morning afternoon evening night noon midday
    midnight today tomorrow tonight day days week weeks month months year years hour hours local time soon
    possible"""
)
_CALENDAR = frozenset(word.lower() for word in (*MONTHS, *WEEKDAYS, *(m[:3] for m in MONTHS), "sept"))
_WORD = re.compile(r"[^\W\d_](?:[\w’'-]*\w)?")
_END = re.compile(
    r"\b(?:end|ends|ended|ending|conclude|concludes|finish|finishes|expire|expires|wrap|wraps)\b", re.IGNORECASE
)
_UNTIL = re.compile(r"\b(?:until|till|through|up\s+to)\s+(?:the\s+|at\s+least\s+)?$", re.IGNORECASE)
_PRONOUN = re.compile(r"\W*(?:it|they|this|that|these|both|he|she|we|i)\b", re.IGNORECASE)

# --- the title ---
_KEPT = re.compile(
    r"\b(?:until|till|by|before|from|since|through|after|starting|beginning)\s+(?:the\s+|at\s+least\s+)?$",
    re.IGNORECASE,
)
_BEFORE_DATE = re.compile(
    r"[\s,(]*(?:\b(?:no\s+(?:earlier|sooner)\s+than|at\s+least|at|on|in|for|during|around|about"
    r"|as\s+early\s+as|the|late|early|sometime|later|between|and|or"
    r"|instead\s+of|rather\s+than|from|to|until|not)\s+)*$",
    re.IGNORECASE,
)
_SOURCE = re.compile(r"^\W*(?:according\s+to|as)\b[^,]{0,120},\s+", re.IGNORECASE)
_DATELINE = re.compile(r"^\W*[A-Z][A-Z .,’'-]{2,40}(?:,\s+[A-Z][\w.]+)?\s*(?:\([A-Z][\w/ ]{1,20}\))?\s*[—–-]{1,2}\s+")
_TAIL = re.compile(  # a predicate that says no more than that something is on, or off
    r"""[\s,;:—–-]*\b(?:(?:has|have|had)\ (?:now\ |also\ |since\ )?been|is|are|was|were|will(?:\ now)?(?:\ be)?
    |would(?:\ be)?|may(?:\ be)?|might(?:\ be)?|could(?:\ be)?
          |which\ (?:is|was|are|were)|to\ be|to)
        (?:\ (?:now|also|again|not|no\ longer|to|be|been|tentatively|provisionally|originally|due|set|scheduled|slated
        |planned|expected|likely|supposed|going|fall|fixed|arranged|called|called\ off|held|take|taking|place
          |go|ahead|moved|postponed|put|back|off|forward|on\ hold|brought|pushed|delayed|rescheduled|adjourned
          |cancell?ed|scrapped|shelved|suspended|deferred|extended|happen|happening|indefinitely
          |for|on|at|in|from|until|till|by))*[\s.,;:!?]*$""",
    re.VERBOSE | re.IGNORECASE,
)
_DUE = re.compile(
    r"[\s,]*\b(?:due|set|planned|scheduled|slated|originally|expected|called\ off|cancell?ed|postponed|which"
    r"|that)[\s,.]*$",
    re.IGNORECASE,
)
_DANGLING = re.compile(
    r"(?:\s+|^)(?:on|at|in|by|for|from|until|till|to|and|or|but|between|of|the|not|instead|rather|than|,)[\s,.;:]*$",
    re.IGNORECASE,
)

_EDGES = ' \t.,;:–—-"“”‘'
_DAY = (
    rf"(?:{'|'.join(WEEKDAYS)}|\d{{1,2}}\s+(?:{'|'.join(MONTHS)})|(?:{'|'.join(MONTHS)})(?:\s+\d{{1,2}})?|yesterday"
    rf"|today|tomorrow)"
)
_LEFT = re.compile(  # of a day that was given up, and was not resolved
    rf"[\s,]*\b(?:from|instead\s+of|rather\s+than|not)\s+(?:on\s+)?(?:the\s+)?{_DAY}\b(?:\s+as\s+(?:planned|scheduled"
    rf"|announced))?"
)
_WAS_PLANNED = re.compile(  # an aside about what was planned: ", which was to open on May 6,"
    r",\s+(?:originally|initially|previously|first|earlier|due|set|scheduled|planned|expected|slated|which\s+(?:was"
    r"|were|had\s+been|is|are)\s+(?:\w+ly\s+)?"
    r"(?:to|due|set|scheduled|planned|expected|slated|supposed))\b[^,]{0,80}(?:,|$)"
)
_AS_DEADLINE = re.compile(  # the judge set Friday as the deadline for appeals, set a deadline of Friday for appeals
    r"^.*\b(?:set|sets|setting|fixed|fixes|named|names|chose|picked|agreed(?: on)?|settled(?: on)?) as"
    r" (?:the|an?|its|his|her|their) ((?:\w+ )?(?:deadline|dates?|day|limit|time)(?= (?:for|of|to|when|by|on)\b|\W*$))"
    r"|^.*\b(?:set|sets|setting|imposed|imposes|fixed|announced) (?:an?|the|its) (deadline\b)(?: of(?= |$))?"
)
_ASIDE = re.compile(  # the party, which meets on Friday, may
    r"^(\w[^,]{0,60}?),\s+(?:which|who)\s+([a-z]+s?),?(?:\s.*)?$"
)
_CLOSED_ASIDE = re.compile(r"\s*,\s+(?:which|who)\s(?:[^,]|,(?=\d)){1,200},(?:\s|$)")  # it says nothing of the day
_IN_ASIDE = re.compile(r",\s+(?:which|who)\s[^,]*$")
_MOVED_UNTIL = re.compile(rf"\b{SHIFT}\b[^;:]{{0,60}}$", re.IGNORECASE)

# --- the place ---
_NAME = r"(?:(?:St|Ste|Mt|Ft)\.\s+)?[^\W\d_a-z][\w’'-]*"
_IN = re.compile(
    rf"\b(?:in|at|outside)\s+(?:the\s+)?(?P<name>{_NAME}(?:\s+(?:of\s+(?:the\s+)?|de\s+|la\s+)?{_NAME}){{0,4}})"
    r"|\b(?:at|in|to)\s+(?P<hall>the\s+(?:[\w’'-]+\s+){0,3}?(?:hall|stadium|court|courthouse|centre|center|church"
    r"|cathedral|museum|park|arena|theatre|theater|library|school"
    r"|hospital|embassy|palace|hotel|university|square|airport|station|harbour|harbor|port|parliament|capital))\b"
)
_NO_PLACE = (
    _words("mr mrs ms dr he she they it spring summer autumn fall winter easter christmas parliament") | _CALENDAR
)


@dataclass(frozen=True, slots=True)
class Occasion:
    """What makes two mentions one event."""

    word: str  # summit, vote; where no word for an occasion is found, the first word of weight; "" for a pronoun
    closing: bool  # the date is its end
    about: frozenset[str]  # the words that tell it from others: {"skarra"}
    who: frozenset[str] = frozenset()  # of a verb, its subject: {"senate"}
    pronoun: bool = False  # the sentence calls it "it" or "they"


def statement_of(text: str, when: When | None = None) -> tuple[int, int]:
    """Where the statement within a sentence begins and ends: without dateline, source and reporting frame."""
    low, anchor = 0, when.start if when else len(text)
    for pattern in (DATELINE, _DATELINE, _SOURCE):
        if (match := pattern.match(text, low)) and match.end() <= anchor:
            low = match.end()
    plainer, kept = plain(text)  # runs of blanks are one: the frames' patterns would take long over them
    tenses, place = Tenses(plainer, "future"), [*kept, len(text)]
    leading, trailing = ([(place[a], place[b]) for a, b in spans] for spans in (tenses.leading, tenses.trailing))
    low = max([low, *(end for _, end in leading if end <= anchor)])
    high = min([len(text), *(start for start, _ in trailing if start >= (when.end if when else low))])
    for start, end in trailing:
        if low <= start and end <= anchor and start - low < 3:
            low = end
    return low, high


def title(text: str, when: When, dates: Sequence[When]) -> str:
    """The statement about a date, without the date and without what was
    planned before, as a title of at most LONGEST characters.
    """
    low, high = _part(text, when, dates)
    pieces, done = [], low
    for other in sorted(dates, key=lambda w: w.start):
        if not (low <= other.start and other.end <= high) or other.start < done:
            continue
        before = text[done : other.start]
        if other is when and _KEPT.search(before) and not _MOVED_UNTIL.search(before):
            continue
        behind = _behind(text, other)  # at Friday's summit: at summit
        pieces.append(before if behind > other.end else _BEFORE_DATE.sub("", before, count=1))
        done = behind
    words = " ".join(p.strip() for p in (*pieces, text[done:high]) if p.strip())
    aside = _IN_ASIDE.search(text, low, when.start) is not None
    return textwrap.shorten(_tidy(words, aside) or " ".join(text.split()), LONGEST, placeholder="…")


def _part(text: str, when: When, dates: Sequence[When]) -> tuple[int, int]:
    """The statement, cut where another main clause with a date of its own stands beside it."""
    low, high = statement_of(text, when)
    low, high = max(low, when.start - HORIZON), min(high, when.end + HORIZON)
    for match in re.finditer(r";\s|,\s+(?:and|but|while|then)\s|\s[—–]\s", text[low:high]):
        at = (low + match.start(), low + match.end())
        if at[1] <= when.start and any(low <= d.start and d.end <= at[0] for d in dates):
            low = at[1]
        elif at[0] >= when.end and any(at[1] <= d.start and d.end <= high for d in dates):
            return low, at[0]
    return low, high


def _tidy(words: str, aside: bool) -> str:
    words = " ".join(words.split())
    for pattern in (_WAS_PLANNED, _LEFT, THAN_PLANNED, DELAYED_BY):
        words = pattern.sub(" ", words)
    words = _ASIDE.sub(r"\1 \2", words) if aside else _CLOSED_ASIDE.sub(" ", words)
    words = re.sub(r"\s+([,.;:])", r"\1", words)
    shorter = _AS_DEADLINE.sub(r"\1\2", words).strip(_EDGES)
    while (before := shorter) is not None:
        for pattern in (_DANGLING, _TAIL, _DUE):
            cut = pattern.sub("", shorter).strip(_EDGES)
            if content(cut):
                shorter = cut
        if shorter == before:
            break
    shorter = re.sub(r"^(?:the|a|an|and|but|that)\s+(?=\w)", "", shorter, flags=re.IGNORECASE)
    return shorter[:1].upper() + shorter[1:]


def occasion(text: str, when: When | None, dates: Sequence[When]) -> Occasion:
    """What the statement about a date, or about none, is an occasion of."""
    low, high = _part(text, when, dates) if when else statement_of(text)
    blank = list(text[low:high])
    for other in dates:
        for i in range(max(other.start, low), min(_behind(text, other), high)):
            blank[i - low] = " "
    clause = "".join(blank)
    before = text[max(0, when.start - 40) : when.start] if when else ""
    put_off = _MOVED_UNTIL.search(text[max(0, when.start - 80) : when.start]) if when else None
    until = _UNTIL.search(before) and not (put_off and not put_off[0].lower().startswith("extend"))
    closing = bool(until or (when and _END.search(clause[: max(0, when.start - low)])))
    tokens = [(m.start(), m[0]) for m in _WORD.finditer(clause)]
    for i, (_, token) in enumerate(tokens):
        word = _singular(token)
        if word in _OCCASIONS:
            if i and tokens[i - 1][1].lower() in _BEFORE_VERB:
                return Occasion(word, closing, *_subject(tokens, i))
            return Occasion("match" if word in _MATCH else word, closing, _modifiers(tokens, i))
    pronoun = bool(_PRONOUN.match(clause))
    for i, (_, token) in enumerate(tokens):
        verb = _verb(token)
        against = verb in _MATCH and tokens[i + 1 : i + 2] and tokens[i + 1][1][0].isupper()
        if verb and not (pronoun and verb in _PHASES) and (against or verb not in ("host", "face")):
            return Occasion("match" if against else verb, closing, *_subject(tokens, i))
    if pronoun:
        return Occasion("", closing, frozenset(), pronoun=True)
    weight = [i for i, (_, t) in enumerate(tokens) if content(t)]
    words = [_stem(tokens[i][1]) for i in weight[:3]]
    return Occasion(
        words[0] if words else "", closing, frozenset(words), _behind_noun(tokens, weight[0] if words else 0)
    )


def _behind(text: str, when: When) -> int:
    """Where the words behind a date begin: "Tuesday" of "Tuesday's match" has an "'s" behind it."""
    return when.end + 2 * text.startswith(("'s ", "’s "), when.end)


def content(words: str) -> list[str]:
    """The words of weight: no articles, prepositions, verbs of planning, numbers or names of days."""
    return [
        w
        for w in (m[0].lower() for m in _WORD.finditer(words))
        if w not in _SMALL and w not in _PLANNING and w not in _CALENDAR and not w.endswith("ly")
    ]


def stems(words: str) -> frozenset[str]:
    """The words of weight without the ending of a plural or a possessive."""
    return frozenset(map(_stem, content(words)))


def names(text: str) -> list[str]:
    """The capitalised words of a text in their order, in lower case, but for days, months and small words."""
    found = (m[0] for m in _WORD.finditer(text))
    return [_stem(w) for w in found if w[0].isupper() and w.lower() not in _SMALL | _PLANNING | _CALENDAR]


def place(text: str, when: When) -> str | None:
    """Where the statement about a date says that it is, in its own words;
    None where it does not say, or names two places.
    """
    low, high = statement_of(text, when)
    low, high = max(low, when.start - HORIZON), min(high, when.end + HORIZON)
    found = []
    for match in _IN.finditer(text, low, high):
        if match["name"]:
            first = match["name"].split()[0].lower()
            # "10 a.m. in Beijing on Friday" has its place within
            inside = isinstance(when.first, datetime) and when.start < match.start() and match.end() < when.end
            if first in _NO_PLACE or (match.start() < when.end and match.end() > when.start and not inside):
                continue
            kept = match["name"].split()
            while kept and kept[-1].lower().strip("’'s") in _CALENDAR:
                kept.pop()
            found.append(" ".join(kept))
        else:
            found.append(match["hall"])
    unique = list(dict.fromkeys(f for f in found if f))
    return unique[0].removesuffix("’s").removesuffix("'s") if len(unique) == 1 else None


def _subject(tokens: Sequence[tuple[int, str]], i: int) -> tuple[frozenset[str], frozenset[str]]:
    """The words of weight around a verb, and those before it."""
    who = frozenset(_stem(t) for _, t in tokens[:i] if content(t))
    return who | {_stem(t) for _, t in tokens[i + 1 : i + 6] if content(t)}, who


def _modifiers(tokens: Sequence[tuple[int, str]], i: int) -> frozenset[str]:
    """The words right before a noun, and the one behind it: "the Skarra peace
    summit", "the vote on the budget", "the summit in Skarra".
    """
    about = set()
    for _, token in reversed(tokens[max(0, i - 4) : i]):
        if token.lower() in _SMALL or token.lower() in _PLANNING:
            break
        if _stem(token) not in _CALENDAR:  # Tuesday's vote
            about.add(_stem(token))
    if i + 2 < len(tokens) and tokens[i + 1][1].lower() in ("in", "of", "on", "between", "over", "into", "with"):
        for _, token in tokens[i + 2 : i + 5]:
            if content(token):
                about.add(_stem(token))
                break
    return frozenset(about) | _behind_noun(tokens, i)


def _behind_noun(tokens: Sequence[tuple[int, str]], i: int) -> frozenset[str]:
    """The name behind a noun: the visit to Paris, the match against Spain."""
    behind = [t for _, t in tokens[i + 1 : i + 4] if t != "the"]
    named = len(behind) > 1 and behind[0] in ("to", "from", "against", "at") and behind[1][0].isupper()
    return frozenset([_stem(behind[1])] if named and behind[1].lower() not in _CALENDAR else [])


def _singular(token: str) -> str:
    word = token.lower().removesuffix("’s").removesuffix("'s")
    return word if word in _OCCASIONS else word[:-1] if word.endswith("s") and word[:-1] in _OCCASIONS else word


def _verb(token: str) -> str | None:
    word = token.lower()
    for ending in ("", "s", "es", "ing", "ning"):
        base = word.removesuffix(ending) if ending else word
        for form in (base, base + "e"):
            if word.endswith(ending) and form in _VERBS:
                return form
    return None


def _stem(token: str) -> str:
    word = token.lower().removesuffix("’s").removesuffix("'s")
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
