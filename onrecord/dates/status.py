"""What a sentence says of each day it names: the event is fixed, open, called off, or moved to another day.

The rules look at the clause of a date, which commas, colons, dashes and conjunctions end. In doubt an event stays as it
was announced: what is neither plainly called off nor plainly moved is `confirmed`, or `tentative` where the sentence is
a hedge, or its clause holds one or stands under a condition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from onrecord.dates.calendar_arithmetic import DAY, MONTH, MONTHS, WEEKDAY
from onrecord.dates.expression import FATE
from onrecord.dates.resolve import When
from onrecord.dates.tense import HORIZON
from onrecord.dates.verbs import ENDURED, MOVED, verbs_of

Status = Literal["confirmed", "tentative", "cancelled", "moved"]
EXACT = ("instant", "day", "range", "weekend")  # kinds of a When that name their days; the others say about when

_CLAUSE = re.compile(r"[,;:]\s|\s[—–]\s|\s--\s|\b(?:and|but|so|while|although|though)\b")
_ASIDE = re.compile(  # a clause between commas that only says more of what the sentence is about
    r"\W*(?:which|that|who|due|set|scheduled|planned|originally|previously|initially|first|earlier|expected|slated"
    r"|billed|booked|called)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\W*(?:which|who|where)\s+(?:(?:is|are)\s+(?:to|due|set|scheduled)\b|will\b|[a-z]+s?\b)", re.IGNORECASE
)
_AUX = r"\b(?:is|are|was|were|been|being|has|have|had|be)\ (?:\w+ly\ |now\ |also\ |since\ )?"
_OFF = r"(?:cancell?ed|called\ off|scrapped|axed|abandoned|averted|vacated)"
_BECAUSE = r"(?=\W*$|[,;]|\ (?:after|because|as|over|following|amid|due\ to)\b)"
_CANCELLED = (
    re.compile(  # as a finite verb, or at a headline's end; "the cancelled match will be played" is no cancellation
        rf"""{_AUX}{_OFF}\b
     |\b{_OFF}\ (?:the|its|his|her|their|a|an|all|plans|\w+day['’]s)\b
     |\b(?:is|are)\ (?:now\ )?off{_BECAUSE}
     |\b(?:has|have)\ been\ pulled\b|\bpulled\ (?:the|its|a)\ (?:vote|hearing|debate)\b
     |\bdropped\ (?:plans|(?:the|its|a|an)\ (?:\w+\ ){{0,3}}?(?:plan|due|set|listed|scheduled|planned)\b)
     |\bplans?\b[^,;]{{0,60}}\b(?:been|was|were)\ dropped\b
     |\b{_OFF}(?=\W*$|[,;]|\ (?:over|after|because|due\ to|as|amid|by|following|for)\b)""",
        re.VERBOSE | re.IGNORECASE,
    )
)
_NOT_HELD = re.compile(
    r"(?:\bwill (?:now )?(?:not|no longer)|\bwon['’]t|\b(?:is|are) (?:not|no longer) (?:going )?to) (?:now )?"
    rf"(?:(?:take place|go ahead|be held|happen|proceed)\b(?! until| till| before)|be on (?=\d|{WEEKDAY}|{MONTH}\b))",
    re.IGNORECASE,
)
_LATER = r"(?:postponed|put\ off|put\ back|put\ on\ hold|pushed\ back|delayed|deferred|suspended|shelved)"
_POSTPONED = re.compile(  # who has stayed silent has put nothing off
    rf"{_AUX}(?:{_LATER}|(?<!has\ )(?<!have\ )(?<!had\ )(?:stayed|paused)|on\ hold)\b"
    rf"|\b{_LATER}\ (?:the|its|his|her|their|a|an|all|\w+day['’]s)\b"
    rf"|\b{_LATER}(?=\W*$|[,;]|\ (?:over|after|because|due\ to|as|amid|indefinitely)\b)",
    re.VERBOSE | re.IGNORECASE,
)
_DOUBT = re.compile(  # denied, conditional or feared
    r"""\b(?:not|never|no|nor|neither|if|unless|whether|would|could|might|may(?!\s+\d)|should|almost|nearly|den(?:y|ies
    |ied)|false|untrue|rumou?rs?
         |feared|fears|likely|possibly|perhaps)\b|n['’]t\b""",
    re.VERBOSE,
)
_ELSEWHEN = re.compile(r"\b(?:reschedul\w+|postpon\w+|moved|instead|until|will)\b", re.IGNORECASE)  # no end, a new day
_FROM = re.compile(  # trains are cancelled from Monday
    r"\b(?:from|after|starting|beginning|as of|since)\s+(?:the\s+)?$", re.IGNORECASE
)
_SUPPOSING = (
    r"(?:provided\ (?:that|the|no|all|it|he|she|they)|providing\ that|assuming\ (?:that|no|all|it|he|she|they"
    r"|the\ \w+\ (?:is|are|goes|holds|passes))|(?:as|so)\ long\ as\ (?:the|no|it|he|she|they)|on\ condition\ that)\b"
)
_HEDGE = re.compile(
    rf"""\b(?:may(?!\s+\d)|might|could|possibly|perhaps|maybe|probably|likely|tentative(?:ly)?|provisional(?:ly)?
    |pencill?ed\ in|hopes?\ to|hoping\ to|hoped
         |(?<!even\ )if|unless|(?<!\ on\ )whether|unclear|uncertain|in\ doubt|at\ risk|considering|weighing|(?:has
         |have|is|are)\ yet\ to|to\ be\ confirmed|subject\ to
         |(?:is|are|was|were|be)\ (?:thought|believed|rumou?red|tipped)|reportedly|aims?\ to
         |should\ (?:the|an?|no|it|he|she|they)|{_SUPPOSING})\b""",
    re.VERBOSE,
)
_IF = (
    r"(?:(?:if(?!\ you\b)|unless|in\ case|in\ the\ event|subject\ to"
    rf"|pending\ (?:a|an|the|its|his|final|approval|review))\b|{_SUPPOSING})"
)
_CONDITION = re.compile(  # "If the budget passes," before a clause, also within it: "the road, if approved, will"
    rf"(?:^\W*|[;,:]\ |\ [—–]\ |\b(?:that|said|says|and|but)\ ){_IF}|^\W*Should\ (?!you\b)|\bpermitting\b",
    re.VERBOSE | re.IGNORECASE,
)
_CONDITION_BEHIND = re.compile(rf",\ (?:{_IF}|\w+\ permitting\b)", re.VERBOSE)
_REPORTS = re.compile(  # "would" is what was said to come
    r"\b(?:said|told|announced|confirmed|added|wrote|warned|agreed|decided|ruled|ordered|promised|pledged|vowed|hoped"
    r"|thought|insisted|declared|reported|stated|explained|noted|predicted|revealed|disclosed|indicated)\b"
)
_ASKED_IF = re.compile(  # what is decided that day: "will decide on June 3 if the mayor should stay"
    r"\b(?:decid|determin|learn|find out|rule on|say)\w*\b[^,;:]{0,80}?\b(?:if|whether)\b"
)
_EARLIEST = re.compile(
    r"\b(?:(?:no|not) (?:earlier|sooner) than"
    r"|(?:(?:[Nn]o|not|never|cannot|unlikely)\b|\w+n['’]t\b)[^,;:]* before"
    r"|\b[Rr]ain date:?(?: (?:of|is|on|for|set|will|be))*) (?:the )?$"
)
_POSSIBLY = re.compile(r"^\W*(?:Possibly|Perhaps|Maybe|Tentatively|If|Unless|Whether)\b")

# --- one of two days ---
_ANY_DAY = (
    rf"(?:{WEEKDAY}|{MONTH}|(?:{'|'.join(m[:3] for m in MONTHS)})[a-z]*\.|today|tonight|tomorrow"
    r"|(?:this|next|the following) (?:day|week|month|year))"
)
_OR = r"(?:,? or|,? and/or) (?:(?:on|in|at|by|late|early|else|even|possibly|the) )*"
_OR_ANOTHER = re.compile(rf"{_OR}(?:\d|{_ANY_DAY})", re.IGNORECASE)
_ANOTHER_OR = re.compile(
    rf"(?:\b{_ANY_DAY}(?: (?:morning|afternoon|evening|night))?|\d(?:st|nd|rd|th)?){_OR}$", re.IGNORECASE
)

_NEITHER = re.compile(
    r"\b(?:(?:will|shall) (?:also )?not|won['’]t|cannot|can['’]t|[Nn]o(?! (?:later|earlier|sooner|more|less)\b))\b"
    r"[^,;:]*$"
)

# --- moved ---
SHIFT = (
    r"(?:mov(?:e[ds]?|ing)|postpon\w+|delay\w*|defer\w*|reschedul\w+|push(?:ed|es|ing)?(?:\ (?:back|forward))?"
    r"|put\ (?:back|off|forward)|set\ back|adjourn\w*"
    r"|(?:brought|bring(?:s|ing)?)\ forward|shift\w*|switch\w*|extend\w*|slip(?:s|ped)?)"
).replace("\\ ", r"\s+")
_TO = (
    r"(?:to|until|till|for)\s+(?:the\s+|at\s+least\s+|early\s+|late\s+|(?:noon|midday"
    r"|\S{1,8}\s?[ap]\.?m\.?)\s+(?:on\s+)?)?(?:from\s+)?"
)
_MOVED_TO = re.compile(rf"\b{SHIFT}\b[^;:]{{0,60}}?\b{_TO}$", re.IGNORECASE)
_MOVED = re.compile(rf"\b{SHIFT}\b|\bnow\b|\binstead\b|\brather\s+than\b|\bnew\s+(?:date|day)\b", re.IGNORECASE)
_SUPERSEDED = re.compile(  # what follows the first date of "due on Tuesday, has been moved to Thursday"
    rf""",?\s+(?:(?:but|and)\s+)?(?:(?:has|have|had)\s+(?:now\s+|also\s+)?been|was|were|is|are
    |will\s+(?:now\s+)?be)\s+(?:now\s+)?(?!{ENDURED}){MOVED}\w*
     (?:\s+\w+){{0,4}}?\s+(?:to|until|till|for)\s+(?:\d\S*\s?[ap]\.?m\.?\s+(?:on\s+)?)?(?:the\s+|early\s+|late\s+)?
     (?:{WEEKDAY}|next|tomorrow|\d\d?(?:st|nd|rd|th)?\s+{MONTH}|{MONTH}
     |(?:{"|".join(m[:3] for m in MONTHS)})[a-z]*\.?\s+\d)""",
    re.VERBOSE,
)
_INSTEAD_OF = re.compile(
    r"\b(?:instead\s+of|rather\s+than|in\s+place\s+of|not|and\s+not)\s+(?:on\s+)?(?:the\s+)?$", re.IGNORECASE
)
_FROM_DAY = re.compile(r"\bfrom\s+(?:the\s+)?$", re.IGNORECASE)
_ONCE = re.compile(  # originally planned for, was to open on, had been due on
    r"\b(?:original(?:ly)?|initial(?:ly)?|previous(?:ly)?|earlier|first|once)\b[^,;:.]{0,50}$"
    r"|\b(?:was|were|had\s+been)\s+(?:\w+ly\s+)?(?:to|due|scheduled|set|slated|supposed|meant|planned|expected"
    r"|announced|billed)\b[^,;:.]{0,50}$",
    re.IGNORECASE,
)
_NO_LONGER = re.compile(  # were to have opened on, had been due to meet on: it is not so any more
    r"\b(?:(?:was|were)\s+to\s+have"
    r"|(?:had\s+(?:\w+ly\s+)?been|(?:was|were)\s+(?:originally|initially|previously))"
    r"\s+(?:due|scheduled|set|slated|supposed|meant|planned|announced|billed))\b[^;:.]{0,80}$",
    re.IGNORECASE,
)
_NOW = re.compile(r"^[^;:.]{0,80}\b(?:will|is|are)\s+now\b")  # set for Saturday will now be on Sunday
_DUE = re.compile(r"\b(?:due|set|scheduled|planned|expected|slated)\b[^,;:.]{0,50}$", re.IGNORECASE)
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}
_NUMBER = rf"(?P<n>{'|'.join(_NUMBERS)}|\d{{1,2}})\s+(?P<unit>day|week|fortnight)s?"
THAN_PLANNED = re.compile(
    rf"\b{_NUMBER}\s+(?:(?P<way>later|earlier|sooner)\s+than\s+(?:first\s+|originally\s+|initially\s+|previously\s+)?"
    r"(?:planned|scheduled|expected|announced|intended|thought)\b|(?P<late>late|early)(?=\W*$|[,.;]))",
    re.IGNORECASE,
)
DELAYED_BY = re.compile(rf"\b{_LATER}\s+(?:by\s+|for\s+)?{_NUMBER}\b(?!-)".replace("\\ ", r"\s+"), re.IGNORECASE)

# --- what nobody plans ---
_WEATHER = re.compile(
    r"""(?:(?:thunder|snow|ice|sand|dust|wind|hail)?storms?|rain(?:fall)?|showers|snow(?:fall)?|hail|hurricane|typhoon
    |cyclone|tornado(?:es)?|heat(?:wave)?
         |temperatures?|winds?|gales?|gusts|flood(?:s|ing|waters)?|river|sunshine|frost|fog|tides?|surge|eruption
         |drought|weather|wildfires?)""",
    re.VERBOSE | re.IGNORECASE,
)
_MARKET = re.compile(
    r"""(?:prices?|shares?|stocks?|inflation|rates?|oil|gold|dollar|pound|yen|euro|gdp|economy|unemployment|joblessness
    |exports|imports|profits?|revenues?|sales
         |markets?|index|yields?|demand|supply|growth|output|losses|earnings|costs|cases|deaths|traffic)""",
    re.VERBOSE | re.IGNORECASE,
)
_MOVES = re.compile(  # what markets do, and no event does
    r"\b(?:fall|rise|drop|climb|ease|increase|decline|slow|recover|grow|shrink|hit|reach|peak|top|exceed|average|remain"
    r"|stay|rebound|slip|jump|weaken|strengthen)\b",
    re.IGNORECASE,
)
_LANDFALL = re.compile(
    r"\bmake\s+landfall\b|\b(?:to|will|may|might|could)\s+(?:crest|rain|snow|flood|erupt)\b", re.IGNORECASE
)
_PREDICATE = re.compile(
    r"\b(?:is|are|was|were|will|may|might|could|should|would|can|must|has|have|had|looks?|seems?|appears?)\b",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"\s+(?:in|of|for|from|across|over|on|at|by|to|with|near|off|between|that|which)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one day of a sentence."""

    when: When  # for a move the new day; for what is called off the day it would have been
    status: Status
    previous: When | None = None  # of a move: the old day, where the sentence tells it
    postponed: bool = False  # cancelled for now: put off, and no new day is told


def outcomes(text: str, dates: Sequence[When], hedged: bool = False) -> list[Outcome]:
    """What becomes of each day ahead that a sentence names, in its order;
    `dates` are those that `find_dates` found in it.

    `hedged` says that the sentence is a hedge: all it does not plainly call off or move is tentative, but for what a
    relative clause or a possessive tells as fixed ("may miss Friday's summit"). What nobody plans (weather, markets) is
    never confirmed: an exact day of it is tentative, another one makes nothing.
    """
    moved = _moves(text, dates)
    made = []
    for when in dates:
        if when in moved.old and not moved.new and _SUPERSEDED.match(text, when.end):
            made.append(Outcome(when, "cancelled", postponed=True))  # moved to a day that is not known
        if when in moved.old or when.of_saying or (when.past and when not in moved.new):
            continue
        scope = _scope(text, when)
        clause = text[slice(*scope)]
        conditional = _conditional(text, when, scope)
        doubtful = (not _certain(text, when) if hedged else _hedges(text, scope)) or _either(text, when) or conditional
        doubtful |= _EARLIEST.search(text[max(0, when.start - 80) : when.start]) is not None  # the day or a later one
        if when in moved.new:
            if conditional or _hedges(text, scope):  # "may be moved to Thursday" moves nothing
                told = re.search(r"\b(?:not|instead of|rather than)\b", when.text)  # aims at Thursday, not Wednesday
                made.append(Outcome((None if told else moved.new[when]) or when, "tentative"))
            else:
                made.append(Outcome(when, "moved", moved.new[when]))
        elif shifted := _shifted(text, when):
            made.append(shifted)
        elif (
            not conditional
            and (off := called_off(clause))
            and not _FROM.search(text[max(0, when.start - 40) : when.start])
        ):
            made.append(Outcome(when, "cancelled", postponed=off == "postponed"))
        elif _NO_LONGER.search(text[max(0, when.start - HORIZON) : when.start]):
            made.append(Outcome(when, "cancelled", postponed=True))
        elif _unplanned(text, when, scope):
            if when.kind in EXACT:
                made.append(Outcome(when, "tentative"))
        else:
            made.append(Outcome(when, "tentative" if doubtful else "confirmed"))
    return made


def called_off(clause: str) -> Literal["cancelled", "postponed"] | None:
    """Whether a clause says without doubt that what it is about does not take place, or not for now."""
    if (_NOT_HELD.search(clause)) and not _DOUBT.search(_NOT_HELD.sub("", clause)):
        return "cancelled"
    if _DOUBT.search(clause):
        return None
    if _CANCELLED.search(clause) and not _ELSEWHEN.search(clause):
        return "cancelled"
    if (found := _POSTPONED.search(clause)) and not re.search(r"\bwill\b", clause[: found.start()]):
        return "postponed"
    return None


@dataclass(frozen=True, slots=True)
class _Moves:
    old: list[When]
    new: dict[When, When | None]  # the new day of a move, and the old one where the sentence tells it


def _moves(text: str, dates: Sequence[When]) -> _Moves:
    """Which days of a sentence are given up for which."""
    old = [w for w in dates if _given_up(text, w, dates)]
    rest = [w for w in dates if w not in old and not w.past]
    if not rest:  # the new day is not known
        return _Moves(old, {})
    new: dict[When, When | None] = {}
    for when in rest:
        before = text[max(0, when.start - 100) : when.start]
        clause = re.split(r"[;:]\s", before)[-1]
        if when.moved_from is not None:
            kind = "instant" if isinstance(when.moved_from, datetime) else "day"
            new[when] = replace(when, kind=kind, first=when.moved_from, last=when.moved_from, moved_from=None)
        elif _MOVED_TO.search(clause) and not re.search(rf"\b{ENDURED}\w*\b", clause):
            new[when] = None
    if old and not new:
        nearest = min(rest, key=lambda w: min(abs(w.start - o.end) for o in old))
        new[nearest] = None
    if old and new:
        new[next(iter(new))] = old[-1]
    return _Moves(old, new)


def _given_up(text: str, when: When, dates: Sequence[When]) -> bool:
    """Whether this day of a sentence gives way to another one there."""
    others = [w for w in dates if w is not when and not w.past]
    before = text[max(0, when.start - 100, *(w.end for w in dates if w.end <= when.start)) : when.start]
    if _SUPERSEDED.match(text, when.end):  # an inquest that opened on April 29 and was adjourned is not moved from it
        return not when.past or bool(_DUE.search(before) or _ONCE.search(before))
    if not others:
        return bool(_INSTEAD_OF.search(before) and re.search(r"\binstead of|rather than", before))
    if _INSTEAD_OF.search(before):
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
    if _ONCE.search(clause):
        later = [w for w in others if w.start > when.start]
        between = text[when.end : later[0].start] if later else text[max(0, when.start - HORIZON) : when.start]
        put_off = re.search(rf"\b{SHIFT}\b", text[max(0, when.start - HORIZON) : when.start], re.IGNORECASE)
        if put_off and re.fullmatch(
            r",? (?:until|till|to) (?:the )?", between
        ):  # delayed it, once due May 6, until May 9
            return True
        return bool(_MOVED.search(between)) or bool(
            re.search(r"\b(?:originally|initially|previously)\b", clause, re.IGNORECASE)
        )
    return False


def _shifted(text: str, when: When) -> Outcome | None:
    """A move told by its length: "opens on May 7, a day later than
    planned", "due on May 6, has been put back by a week".
    """
    low, high = max(0, when.start - HORIZON), when.end + HORIZON
    if planned := THAN_PLANNED.search(text, low, high):
        step = _step(planned) * (-1 if (planned["way"] or planned["late"]).lower() in ("later", "late") else 1)
        return Outcome(when, "moved", _at(when, step, planned[0]))
    if (by := DELAYED_BY.search(text, when.end, high)) and not _DOUBT.search(text[when.end : by.end()]):
        return Outcome(_at(when, _step(by), when.text), "moved", when)
    return None


def _step(match: re.Match[str]) -> timedelta:
    n = _NUMBERS.get(match["n"].lower()) or int(match["n"])
    return n * {"day": 1, "week": 7, "fortnight": 14}[match["unit"].lower()] * DAY


def _at(when: When, step: timedelta, text: str) -> When:
    return replace(when, text=text, first=when.first + step, last=when.last + step)


def _scope(text: str, when: When, asides: bool = True) -> tuple[int, int]:
    """Where the clause of a date begins and ends; with `asides` as far as
    the clause that an aside between commas belongs to.
    """
    low, high = max(0, when.start - HORIZON), when.end + HORIZON
    start = max((m.end() for m in _CLAUSE.finditer(text, low, when.start)), default=low)
    fate = FATE.match(text, when.end)  # Saturday's match between Leeds and Derby has been put off
    stop = _CLAUSE.search(text, fate.end() if fate else when.end, high)
    end = stop.start() if stop else min(high, len(text))
    if asides and stop and stop[0].startswith(",") and start > low and _ASIDE.match(text, start):
        after = _CLAUSE.search(text, stop.end(), high)
        end = after.start() if after else min(high, len(text))
    return start, end


def _hedges(text: str, scope: tuple[int, int]) -> bool:
    clause = text[slice(*scope)]
    return bool(_HEDGE.search(_ASKED_IF.sub("", clause)) or _POSSIBLY.match(clause))


def _conditional(text: str, when: When, scope: tuple[int, int]) -> bool:
    """Whether the clause of a date holds only on a condition: "if", "unless" or "should" of a clause beside it, or its
    own "would", unless that tells what somebody said ("he said the vote would be on June 3").
    """
    start, end = scope
    head = text[max(0, when.start - HORIZON) : start]
    for found in _CONDITION.finditer(head):
        _, comma, between = head[found.end() :].partition(",")
        if comma and not re.search(r";|\bbut\b", between):
            return True
    if _CONDITION_BEHIND.match(text, end):
        return True
    before, behind = text[start : when.start], text[when.end : end]
    verbs = [before[v.start : v.end] for v in verbs_of(before)][-1:]
    verbs = verbs or [behind[v.start : v.end] for v in islice(verbs_of(behind), 1)]
    return verbs == ["would"] and not _REPORTS.search(text)


def _either(text: str, when: When) -> bool:
    """Whether it is one of two that are named: on Thursday or Friday, in May or June."""
    before = text[max(0, when.start - 60) : when.start]
    if _NEITHER.search(before):  # will not sail on Monday or Tuesday
        return False
    return bool(_OR_ANOTHER.match(text, when.end) or _ANOTHER_OR.search(before))


def _certain(text: str, when: When) -> bool:
    """Whether a hedge tells this day as fixed, by the way: "the party, which
    meets on Friday, may", "may miss Friday's summit".
    """
    start, end = _scope(text, when, asides=False)
    if re.match(r"['’]s?\s+\w", text[when.end : when.end + 4]):
        return bool(_HEDGE.search(text[start : when.start]))
    return (
        text[:start].rstrip().endswith(",")
        and bool(_RELATIVE.match(text[start:end]))
        and not _hedges(text, (start, end))
    )


def _unplanned(text: str, when: When, scope: tuple[int, int]) -> bool:
    """Whether the date is of something that nobody plans: weather, prices."""
    clause = text[slice(*scope)]
    predicate = _PREDICATE.search(clause)
    if not predicate and re.match(r"\W*with\b", clause):  # "Rain will spoil it, with up to 40mm on Saturday"
        clause = text[max(0, scope[0] - HORIZON) : scope[1]]
        predicate = _PREDICATE.search(clause)
    subject = clause[: predicate.start()] if predicate else clause[: max(0, when.start - scope[0])]
    head = _INSIDE.split(re.sub(r"^\W*(?:on|in|by|at)\s.*?,\s", "", subject), maxsplit=1)[0].split()
    last = head[-1].strip("”“\"’',") if head else ""
    market = _MARKET.fullmatch(last) and _MOVES.search(clause)
    return bool(_WEATHER.fullmatch(last) or market or _LANDFALL.search(clause))
