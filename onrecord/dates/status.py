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
from onrecord.dates.moves import DELAYED_BY, NOT_MOVED, THAN_PLANNED, moves, step, superseded
from onrecord.dates.resolve import When
from onrecord.dates.tense import HORIZON
from onrecord.dates.verbs import LATER, OFF, PLANNED, verbs_of

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
_PLANNED_ASIDE = re.compile(  # cancelled the match, which was to be played on Saturday
    rf"\W*(?:(?:which|that)\s+(?:was|were|is|are|had\s+been)\s+)?(?:\w+ly\s+)?(?:{PLANNED}|(?<=\s)to)\b",
    re.IGNORECASE,
)
_LISTED = re.compile(r"(?:, |,? (?:and|&) | and on )(?:the )?")  # between days of a list: May 14, 16 and 21
_SHARED = re.compile(  # the verb that a subject shares with what stands between
    r"(?:, |,? ?and (?:[\w’'-]+ ){1,8}?(?=(?:have|were|are|will|won['’]t)\b))"
    r"(?P<verb>(?:has|have|was|were|is|are|will|won['’]t)\b)"
)
_AUX = r"\b(?:is|are|was|were|been|being|has|have|had|be)\ (?:\w+ly\ |now\ |also\ |since\ )?"
_BECAUSE = r"(?=\W*$|[,;]|\ (?:after|because|as|over|following|amid|due\ to)\b)"
_CANCELLED = (
    re.compile(  # as a finite verb, or at a headline's end; "the cancelled match will be played" is no cancellation
        rf"""{_AUX}{OFF}\b
     |\b{OFF}\ (?:the|its|his|her|their|a|an|all|plans|\w+day['’]s)\b
     |\bcalled\ off\ (?:\w+\ ){{0,2}}?\w+s\b|\b(?:has|have)\ {OFF}\ (?!until|till)\w
     |\b(?:is|are)\ (?:now\ )?off{_BECAUSE}
     |\b(?:has|have|had)\ been\ (?:banned|blocked|halted)\b|\b(?:was|were)\ (?:blocked|halted)\ by\b
     |\bbanned\ (?:\w+day['’]s|(?:an?|the)\ (?:\w+\ ){{1,6}}?(?:due|set|scheduled|planned)\ (?:for|on))\b
     |\b(?:has|have)\ been\ pulled\b|\bpulled\ (?:the|its|a)\ (?:vote|hearing|debate)\b
     |\bdropped\ (?:plans|(?:the|its|a|an)\ (?:\w+\ ){{0,3}}?(?:plan|due|set|listed|scheduled|planned)\b)
     |\bplans?\b[^,;]{{0,60}}\b(?:been|was|were)\ dropped\b
     |\b{OFF}(?=\W*$|[,;]|\ (?:over|after|because|due\ to|as|amid|by|following|for)\b)""",
        re.VERBOSE | re.IGNORECASE,
    )
)
_NOT_HELD = re.compile(
    r"\bthere will (?:now )?be no(?: (?!(?:to|in|at|of|for|from|about|during|change|delay|need|end)\b)[\w-]+){1,4}"
    r"(?=\W*$|[,;]| (?:on|this|next|today|tomorrow|tonight|because|after|due)\b)"
    r"|\bno (?!more\b|fewer\b|less\b)(?:[\w-]+ ){1,4}?will (?:take place|go ahead|be held)\b(?! until| before)|"
    r"(?:\bwill (?:now )?(?:not|no longer)|\bwon['’]t|\b(?:is|are) (?:not|no longer) (?:going )?to) (?:now )?"
    rf"(?:(?:take place|go ahead|be held|happen|proceed)\b(?! until| till| before)|be on (?=\d|{WEEKDAY}|{MONTH}\b))",
    re.IGNORECASE,
)
_POSTPONED = re.compile(  # who has stayed silent has put nothing off
    rf"{_AUX}(?:{LATER}|rescheduled|brought\ forward|(?<!has\ )(?<!have\ )(?<!had\ )(?:stayed|paused)|on\ hold)\b"
    rf"|\b{LATER}\ (?:the|its|his|her|their|a|an|all|\w+day['’]s)\b"
    rf"|\b{LATER}(?=\W*$|[,;]|\ (?:over|after|because|due\ to|as|amid|indefinitely)\b)",
    re.VERBOSE | re.IGNORECASE,
)
_ON_AGAIN = re.compile(  # the match that was put off in March because of snow is due on Friday
    rf"(?:(?!\b(?:because(?!\ of)|as|after|so|since|while|when|until)\b)[^,;])*?"
    rf"\b(?:will\b(?!\ not|\ no\ longer)|(?:is|are)\ (?:now\ )?(?:{PLANNED}|to)\b)",
    re.IGNORECASE,
)
_OFF_FOR = re.compile(  # flights are cancelled ahead of the strike on Friday, which takes place
    rf"\b(?:{OFF}|{LATER})\b[^,;]*?\b(?:ahead\ of(?!\ (?:its|their|his|her)\b)|because(?!\ of)|so\ that"
    r"|to\ (?:attend|rest|focus|prepare|avoid|make\ way))\b",
    re.VERBOSE | re.IGNORECASE,
)
_DOUBT = re.compile(  # denied, conditional or feared
    r"""\b(?:not|never|no|nor|neither|if|unless|whether|would|could|might|may(?!\s+\d)|should|almost|nearly|den(?:y|ies
    |ied)|false|untrue|rumou?rs?
         |feared|fears|likely|possibly|perhaps)\b|n['’]t\b""",
    re.VERBOSE,
)
_AFTER = re.compile(r"\bafter (?:being|having|(?:(?:an?|its|the) )?\w+ (?:was|were|had)\b)")  # what has been
_ELSEWHEN = re.compile(r"\b(?:reschedul\w+|postpon\w+|moved|instead|until|will)\b", re.IGNORECASE)  # no end, a new day
_FROM = re.compile(  # trains are cancelled from Monday
    r"\b(?:from|after|starting|beginning|as of|since|(?:suspended|halted|cancell?ed|blocked|banned) (?:until|till))"
    r"\s+(?:the\s+)?$",
    re.IGNORECASE,
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
    rf"|barring\b|pending\ (?:a|an|the|its|his|final|approval|review))\b|{_SUPPOSING})"
)
_CONDITION = re.compile(  # "If the budget passes," before a clause, also within it: "the road, if approved, will"
    rf"(?:^\W*|[;,:]\ |\ [—–]\ |\b(?:that|said|says|and|but)\ ){_IF}|^\W*Should\ (?!you\b)|\bpermitting\b",
    re.VERBOSE | re.IGNORECASE,
)
_CONDITION_BEHIND = re.compile(rf",\ (?:{_IF}|\w+\ permitting\b)", re.VERBOSE)
_REPORTS = re.compile(  # "would" is what was said to come
    r"\b(?:said|told|heard|announced|confirmed|added|wrote|warned|agreed|decided|ruled|ordered|promised|pledged|vowed"
    r"|hoped|thought|insisted|declared|reported|stated|explained|noted|predicted|revealed|disclosed|indicated)\b"
)
_ASKED_IF = re.compile(  # what is decided that day: "will decide on June 3 if the mayor should stay"
    r"\b(?:announc|consider|debat|decid|determin|discuss|learn|find out|rule on|say)\w*\b"
    r"[^,;:]{0,80}?\b(?:if|whether)\b"
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

_NO_LONGER = re.compile(  # were to have opened on, had been due to meet on: it is not so any more
    r"\b(?:(?:was|were)\s+to\s+have"
    r"|(?:had\s+(?:\w+ly\s+)?been|(?:was|were)\s+(?:originally|initially|previously))"
    r"\s+(?:due|scheduled|set|slated|supposed|meant|planned|announced|billed))\b[^;:.]{0,80}$"
    rf"|\b(?:originally|initially|previously)\s+{PLANNED}\s+(?:for|on|to)\b[^,;:.]{{0,40}}$",
    re.IGNORECASE,
)
# --- what nobody plans ---
_WEATHER = re.compile(
    r"""(?:(?:thunder|snow|ice|sand|dust|wind|hail)?storms?|rain(?:fall)?|showers|snow(?:fall)?|hail|hurricane|typhoon
    |cyclone|tornado(?:es)?|heat(?:wave)?
         |temperatures?|winds?|gales?|gusts|flood(?:s|ing|waters)?|river|sunshine|frost|fog|tides?|surge|eruption
         |drought|weather|wildfires?)""",
    re.VERBOSE | re.IGNORECASE,
)
_NAMED_STORM = re.compile(r"\b(?:Storm|Hurricane|Typhoon|Cyclone)\s+[^\W\d_a-z][\w’'-]*$")
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
    moved = moves(text, dates)
    made = []
    for when in dates:
        if when in moved.old and not moved.new and superseded(text, when):
            made.append(Outcome(when, "cancelled", postponed=True))  # moved to a day that is not known
        if when in moved.old or when.of_saying or (when.past and when not in moved.new):
            continue
        if NOT_MOVED.search(text[max(0, when.start - HORIZON) : when.start]):
            continue
        listed = _whole_list(text, when, dates)
        scope = _scope(text, listed)
        earlier = _AFTER.search(text, when.end, scope[1])
        clause = text[scope[0] : earlier.start() if earlier else scope[1]]
        conditional = _conditional(text, when, scope)
        doubtful = (
            (not _certain(text, when) if hedged else _hedges(text, when, scope)) or _either(text, when) or conditional
        )
        earliest = _EARLIEST.search(text[max(0, when.start - 80) : when.start]) is not None  # the day or a later one
        if when in moved.new:
            if conditional or _hedges(text, when, scope):  # "may be moved to Thursday" moves nothing
                told = re.search(r"\b(?:not|instead of|rather than)\b", when.text)  # aims at Thursday, not Wednesday
                made.append(Outcome((None if told else moved.new[when]) or when, "tentative"))
            elif earliest:
                made.append(Outcome(when, "tentative"))
            else:
                made.append(Outcome(when, "moved", moved.new[when]))
        elif shifted := _shifted(text, when):
            made.append(shifted)
        elif (
            not conditional
            and (off := called_off(clause) or _with_its_plan(text, scope) or _of_its_predicate(text, scope))
            and not _FROM.search(text[max(0, listed.start - 40) : listed.start])
            and not _OFF_FOR.search(text, scope[0], listed.start)
        ):
            made.append(Outcome(when, "cancelled", postponed=off == "postponed"))
        elif _NO_LONGER.search(text[max(0, when.start - HORIZON) : when.start]):
            made.append(Outcome(when, "cancelled", postponed=True))
        elif _unplanned(text, when, scope):
            if when.kind in EXACT:
                made.append(Outcome(when, "tentative"))
        else:
            made.append(Outcome(when, "tentative" if doubtful or earliest else "confirmed"))
    return made


def called_off(clause: str) -> Literal["cancelled", "postponed"] | None:
    """Whether a clause says without doubt that what it is about does not take place, or not for now."""
    if (_NOT_HELD.search(clause)) and not _DOUBT.search(_NOT_HELD.sub("", clause)):
        return "cancelled"
    if _DOUBT.search(clause):
        return None
    found = _CANCELLED.search(clause)
    if found and not _ELSEWHEN.search(clause) and not _ON_AGAIN.match(clause, found.end()):
        return "cancelled"
    found = _POSTPONED.search(clause)
    if found and not re.search(r"\bwill\b", clause[: found.start()]) and not _ON_AGAIN.match(clause, found.end()):
        return "postponed"
    return None


def _shifted(text: str, when: When) -> Outcome | None:
    """A move told by its length: "opens on May 7, a day later than
    planned", "due on May 6, has been put back by a week".
    """
    low, high = max(0, when.start - HORIZON), when.end + HORIZON
    if planned := THAN_PLANNED.search(text, low, high):
        by_that = step(planned) * (-1 if (planned["way"] or planned["late"]).lower() in ("later", "late") else 1)
        return _of_that_day(when, by_that) or Outcome(when, "moved", _at(when, by_that, planned[0]))
    by = DELAYED_BY.search(text, when.end, high)
    if by and not _DOUBT.search(text[when.end : by.end()]) and not _AFTER.search(text, when.end, by.start()):
        return _of_that_day(when, step(by)) or Outcome(_at(when, step(by), when.text), "moved", when)
    return None


def _of_that_day(when: When, step: timedelta) -> Outcome | None:
    """A day without a clock time stays that day if what is on then is some hours later."""
    return Outcome(when, "confirmed") if step % DAY and not isinstance(when.first, datetime) else None


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


def _whole_list(text: str, when: When, dates: Sequence[When]) -> When:
    """The day with those that it is listed with, which share its clause: the concerts on May 14, 16 and 21."""
    start, end = when.start, when.end
    for other in reversed(dates):
        if other.end <= start and _LISTED.fullmatch(text[other.end : start]):
            start = other.start
    for other in dates:
        possessive = text[other.end : other.end + 1] in ("'", "’")
        if end <= other.start and not possessive and _LISTED.fullmatch(text[end : other.start]):
            end = other.end
    return replace(when, start=start, end=end)


def _with_its_plan(text: str, scope: tuple[int, int]) -> Literal["cancelled", "postponed"] | None:
    """How the clause before an aside calls off what the aside is about: "cancelled the match, due to be on Friday"."""
    start = scope[0]
    if not text[:start].endswith(", ") or not _PLANNED_ASIDE.match(text, start):
        return None
    head = text[max(0, start - HORIZON) : start - 2]
    return called_off(head[max((m.end() for m in _CLAUSE.finditer(head)), default=0) :])


def _of_its_predicate(text: str, scope: tuple[int, int]) -> Literal["cancelled", "postponed"] | None:
    """How the predicate behind a subject that has no verb of its own calls it off: "the concert, on Friday, has been
    cancelled", "the march on Friday and the rally on Saturday have been banned".
    """
    start, end = scope
    behind = _SHARED.match(text, end)
    if not behind or any(verbs_of(text[max(0, start - HORIZON) : end])):
        return None
    high = behind.end() + HORIZON
    stop = _CLAUSE.search(text, behind.end(), high)
    return called_off(text[behind.start("verb") : stop.start() if stop else high])


def _hedges(text: str, when: When, scope: tuple[int, int]) -> bool:
    clause = text[slice(*scope)]
    open_then = _ASKED_IF.sub(lambda m: "" if scope[0] + m.end() > when.start else m[0], clause)
    return bool(_HEDGE.search(open_then) or _POSSIBLY.match(clause))


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
        and not _hedges(text, when, (start, end))
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
    storm = _NAMED_STORM.search(" ".join(head))
    market = _MARKET.fullmatch(last) and _MOVES.search(clause)
    return bool(_WEATHER.fullmatch(last) or storm or market or _LANDFALL.search(clause))
