"""Which way an English sentence looks from a place in it: to the future, to the past, or either.

Direction. "Thursday", "in November", "Sept 9" do not say whether they lie ahead. The nearest verb before the expression
decides, else the first one behind it: "said Thursday" lies behind, "will meet Thursday" ahead, and publication day
counts as both. No verb: the caller's preference. Left open are: what was planned ("was due on Thursday", "planned to
meet on", "agreed to meet on"); a plan whose sentence goes on in the past ("a hearing set for Friday was put off"); the
present perfect; a deadline or a purpose in a past clause ("worked until Friday", "bought tickets for Friday"); a second
date of a past verb ("flew to Oslo on Monday to meet the king on Friday"); what a coming event comes after or is about
("will testify about the raid on Sunday"); and the present of captions ("A man walks past a fire on Sunday"). A
reporting frame ("he said", "officials told reporters on Tuesday", "said that") decides only the dates inside it, not
those of the statement it reports. A reported clause in which no past verb is found (`verbs`) stands in the present:
"they meet Monday, he said" reads as "they meet Monday".
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import islice

from onrecord.dates.calendar_arithmetic import MONTH, PART_OF_DAY, WEEKDAY
from onrecord.dates.verbs import BE, DATED, LATER, OFF, verbs_of
from onrecord.patterns import lazy

# characters; a verb further from the expression is of another sentence, and looking no further keeps long texts linear
HORIZON = 500
_DEADLINE = lazy(  # until late, by noon on
    r"\b(?:until|till|by|before|from|starting|beginning|through|ahead of|no later than|from\s+\S+\s+to)\s+(?:late|early"
    r"|the)?\s*"
    r"(?:(?:noon|midday|midnight|\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m\.?)?)(?:\s+on)?\s+)?$",
    re.IGNORECASE,
)
_HOUR_BEFORE = lazy(  # 5 p.m. EST before "May 30", 6 p.m. Pakistan time on
    r"(?<![\w.:])(?:\d{1,2}(?:[:.]\d\d)? ?[ap]\.?m\.?|noon|midnight|\d\d:\d\d)"
    r"(?: \(?(?:[A-Z]{2,5}|(?:[A-Z][\w.]* |local ){1,4}[Tt]ime)\)?)(?:,? on)? $"
)
# the diary strikes these out itself
_CALLED_OFF = lazy(r"\s*(?:was|were)\s+(?:cancell?ed|called off|scrapped)\b", re.IGNORECASE)
_CALLS_OFF = lazy(rf"(?:{OFF}|{LATER}) (?:the|an?|his|her|its|their|all)\b", re.IGNORECASE)
_FIXES = lazy(
    r"\b(?:sets?|setting|fix(?:es|ed)|nam(?:es|ed)|chose|picked|(?:agreed|settled) (?:up)?on)"
    r"(?: (?:next|this|the|on|noon|midnight|\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.?m\.?)?))* $",
    re.IGNORECASE,
)
_AS_DEADLINE = lazy(
    r" as (?:the|an?|its|his|her|their) (?:\w+ )?(?:deadline|dates?|day|limit|time)"
    r"(?= (?:for|of|to|when|by|on)\b|[.,;:!?)]|$)"
)
_OF_DEADLINE = lazy(  # set a deadline of May 10
    r"\b(?:sets?|setting|imposed|imposes|fixed|announced|faces?|gave|given)\b[^,;]{0,40}"
    r"\bdeadline (?:of|for|on) (?:\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.?m\.?)? (?:on )?)?$",
    re.IGNORECASE,
)
# "prices have come down from October", "shares have risen since": what it has been, and no plan
_CHANGED = lazy(
    r"\b(?:has|have|had) (?:\w+ly |also )?(?:come|gone|fallen|risen|dropped|climbed|grown|declined|increased|shrunk"
    r"|slipped|soared|jumped|plunged|improved|worsened|doubled|tripled|changed)\b(?! (?:for|until|to)\b)",
    re.IGNORECASE,
)
_AS_OF = lazy(r"\bas of\s+$", re.IGNORECASE)  # the state that day, or the beginning of a rule
_SINCE = lazy(
    r"\bsince\s+(?:late|early|mid|the|last)?[\s-]*(?:(?:noon|midday|midnight"
    r"|\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m\.?)?)(?:\s+on)?\s+)?$",
    re.IGNORECASE,
)
_FOR = lazy(r"\bfor\s+(?:the\s+)?$", re.IGNORECASE)
# what stands between the dates of one verb: "on Monday and Tuesday", "Friday and in May", "on Monday after the fire of
# May 3"
_SAME_LIST = lazy(
    r"^(?:[\s,\d–-]|\b(?:and|or|on|in|at|the|early|late|from|to|until|through|then|again|morning|afternoon|evening"
    r"|night|noon|[ap]\.?m\.?)(?!\w)"
    r"|\b(?:after|following|since|from|than|compared)\b.*)*$",
    re.IGNORECASE | re.DOTALL,
)
# not the next word's
_OF_ANOTHER = lazy(
    r"\b(?:after|following|over|despite|about(?!\ \d)|against|since|that|which|who)\s+(?=\S+\s+\S)", re.IGNORECASE
)
# the court will hear the appeal, which was adjourned in March, on May 23
_RELATIVE = lazy(r", (?:which|who|whom|whose) [^,;]{1,150}, (?=(?:on |in |at |from |until )?(?:the )?$)")
_MISFORTUNE = lazy(  # what no diary foresees: "the attack on Monday will not stop the talks"
    r"\b(?:attacks?|fires?|deaths?|crash(?:es)?|shootings?|explosions?|blasts?|killings?|murders?|arrests?|defeats?"
    r"|loss|raids?|earthquakes?|floods?|collapse|resignation|drops?|declines?|slump|surge|sell-off|gains|losses)"
    r"(?:\s+(?:of|in|at)(?:\s+[\w’'-]+){1,6}?)?\s+(?:on\s+|in\s+)?$",
    re.IGNORECASE,
)

# --- captions ---
_PEOPLE = (
    r"(?:m[ae]n|wom[ae]n|boys?|girls?|child(?:ren)?|people|persons?|workers?|soldiers?|officers?|policem[ae]n"
    r"|firefighters?|rescuers?|mourners?|fans?|students?"
    r"|residents?|locals|villagers?|visitors?|tourists?|worshippers?|pilgrims?|migrants?|refugees?|voters?|pedestrians?"
    r"|commuters?|shoppers?|passengers?"
    r"|protesters?|demonstrators?|supporters?|activists?|relatives|famil(?:y|ies)|players?|troops|guards?|vendors?"
    r"|farmers?|nurses?|doctors?|dancers?|cars?|boats?)"
)
_SCENE = lazy(  # the present of a picture; an announcement takes other verbs, or another subject
    rf"""^(?:[^.]{{0,40}}[—–-]\s)?(?:(?:An?|Two|Three|Four|Five|Six|Several|Some|(?:Hundreds|Thousands
    |Dozens)\ of)\s+(?:[\w-]+\s+){{0,3}}?)?(?i:{_PEOPLE})\s+
     (?:[\w-]+\s+){{0,3}}?(?:walk(?!s?\ out)|stand|sit|hold|gather|look|watch|wait|carr|queue|pray|light|ride|swim
     |clean|clear|search|inspect|repair|load|unload|cheer
         |dance|march|wave|shout|chant|pass|play|cross|push|pull|wear|shop|eat|arrive|leave|talk|speak|run|vote|take
         |cast|cover|react|attend|work|remove|help
         |rest|line|fill|sell|buy|visit|enjoy|cool|use|stop|block|burn|throw|clash|sift|dig|draw|read|look|listen
         |embrace|comfort|embark|board)(?:e?s|y|ies)?\b
     |\b(?:Photo|Picture|PHOTO):|\b(?:speaks?|gestures?|waves?|poses?|greets?|looks?|smiles?|reacts?|listens?
     |watch(?:es)?|attends?|delivers?|celebrates?|queues?|waits?|lights?
         |carr(?:y|ies)|inspects?|prays?|hugs?|kiss(?:es)?|shakes?\ hands|chants?|cheers?|rests?|rides?)\b""",
    re.VERBOSE,
)
_SETTING = lazy(r"\b(?:during|outside|past|in front of|next to|alongside|guard|through)\s+\w", re.IGNORECASE)

# --- reporting frames ---
_REPORTED = (
    r"(?:said|says|say|told|tells?|announced|confirmed|warned|wrote|added|noted|reported|stated|explained|insisted"
    r"|predicted|testified|tweeted"
    r"|posted|acknowledged|admitted|conceded|declared|argued|claimed|recalled|revealed|disclosed|stressed|replied"
    r"|suggested|vowed|promised)\b"
)
_SAID_WHEN = rf"(?:\s+(?:on\s+)?(?:(?:late|early)\s+)?(?:{WEEKDAY}{PART_OF_DAY}|yesterday|today))"
_ADJUNCT = (
    rf"(?:here|there|on|in|at|to|by|during|after|before|from|through|via|when|while|late|early|later|again|last|this"
    rf"|today|yesterday|{WEEKDAY}|\w+ly)\b"
)
# ", he said", ", officials told reporters on Tuesday", ", said a spokesman"; up to the next comma or the end
_TRAILING = lazy(
    rf"(?<=[,”\"’!?])\s+(?P<who>(?:[^\s,;:“”\"]+\s+){{0,12}}?)(?P<verb>{_REPORTED})"
    rf"(?P<tail>[^,;:“”\"]{{0,{HORIZON}}}?)(?=\s*(?P<stop>[,;:]|\.?[\s”\"’)]*$))"
)
# "said [on Monday] that", "told the panel that", "said Monday the", "said the": what follows is the statement
_LEADING = lazy(
    rf"""\b(?:{_REPORTED}(?:\s+[^\s,;:.“”"]+){{0,8}}?\s+that\b(?=(?:\s+\S+){{2}})
     |(?:said|says?|(?:told|tells?)(?:\s+[^\s,;:.“”"]+){{1,4}}?){_SAID_WHEN}(?=,?\s+(?!{_ADJUNCT}|and\b)\w)
     |(?:said|says?)\b(?=\s+(?!{_ADJUNCT}|(?:it|this|that|so|nothing|little|much|no|yes|goodbye|farewell
     |sorry)\s+{_ADJUNCT}|as\b|of\b|for\b|with\b)\w+\s+\w))""",
    re.VERBOSE,
)
_TIME_WORD = lazy(
    rf"(?:{_ADJUNCT}|{MONTH}|the\b|next\b|morning\b|afternoon\b|evening\b|night\b|week\b|month\b|year\b|\d)",
    re.IGNORECASE,
)


class Tenses:
    """The sentence, with its reporting frames found once."""

    def __init__(self, text: str, prefer: str, reported: int = 0) -> None:
        self.text = text
        self.prefer = prefer  # future or past: the answer where there is no verb
        self.reported = reported  # where the report begins behind a dateline
        self.trailing = _trailing_frames(text)
        self.leading = [m.span() for m in _LEADING.finditer(text)]
        self.statement = _blank(text, self.trailing)

    def direction(self, start: int, end: int) -> str:
        """future, past or open: where the expression text[start:end] lies; see the module."""
        if start < self.reported:
            return "past"
        hour = _HOUR_BEFORE.search(self.text, max(0, start - 60), start)
        start = hour.start() if hour else start
        low, high = max(self.reported, start - HORIZON), end + HORIZON
        if _SINCE.search(self.text[low:start]):
            return "past"
        # frames of one kind do not overlap, so one of each can hold the expression
        opened = bisect_right(self.trailing, start, key=lambda frame: frame[0])
        closed = bisect_right(self.leading, start, key=lambda frame: frame[1])
        inside = self.trailing[max(0, opened - 1) : opened] + self.leading[closed : closed + 1]
        for first, last in inside:
            if first <= start < last:
                before = self.text[max(first, low) : start]
                verbs = [*verbs_of(before)][-1:] or [*islice(verbs_of(self.text[end : min(last, high)]), 1)]
                return _unless_deadline(verbs[0].direction if verbs else "open", before)
        # the statement begins behind its frame; what stands before the frame has the frame's verb: "on Monday officials
        # said that"
        begin = self.leading[closed - 1][1] if closed else 0
        before = self.statement[max(begin, low) : start]
        clause = re.split(r"[;:](?=\s)|\s[—–]\s|\s--\s", before)[-1]
        clause = _RELATIVE.sub(" ", clause)
        behind = re.split(r"[;]", self.statement[end:high])[0]
        return _unless_deadline(self._of_verb(clause, behind), before)

    def behind_a_verb(self, start: int) -> bool:
        """Whether a verb stands before this place in its clause."""
        return any(verbs_of(re.split(r"[,;:]", self.text[max(0, start - HORIZON) : start])[-1]))

    def of_saying(self, start: int, end: int) -> bool:
        """Whether text[start:end] says when the statement was made: "he said
        on Thursday", "on Monday officials said that", the day of a dateline.
        """
        if start < self.reported:
            return True
        for frames, key in ((self.trailing, 0), (self.leading, 0)):
            place = bisect_right(frames, start, key=lambda frame: frame[key]) - 1
            if place >= 0 and frames[place][0] <= start < frames[place][1]:
                return True
        nearest = bisect_right(self.leading, start, key=lambda frame: frame[0])
        if nearest < len(self.leading) and self.leading[nearest][0] - end < HORIZON:
            begin = self.leading[nearest - 1][1] if nearest else 0
            around = (
                self.statement[max(begin, start - HORIZON) : start]
                + "·"
                + self.statement[end : self.leading[nearest][0]]
            )
            return not any(verbs_of(around)) and not re.search(r"[;:]|\b(?:who|which|that)\b", around)
        return False

    def _of_verb(self, clause: str, behind: str) -> str:
        """The direction that the verbs of a clause give to what stands between its two parts."""
        verbs, later = [*verbs_of(clause)], [*islice(verbs_of(behind), 1)]
        if not verbs and not later:
            return "open" if _SCENE.search(clause) else self.prefer
        if not verbs:
            if _CALLS_OFF.match(behind, later[0].start):  # On Tuesday the league called off the match
                return "past"
            strange = (later[0].cue == "now" and _SCENE.search(behind)) or (
                later[0].direction == "future" and _MISFORTUNE.search(clause)
            )
            return "unclear" if strange else later[0].direction
        verb, gap = verbs[-1], clause[verbs[-1].end :]
        ahead = verb.direction
        if (_AS_DEADLINE.match(behind) and _FIXES.search(clause)) or _OF_DEADLINE.search(clause):
            # set Friday as the deadline; what had been set may be over
            return "unclear" if re.search(r"\bhad\b", clause) else "future"
        if verb.cue == "asked":
            return "future" if _DEADLINE.search(clause) else "open"
        if verb.cue == "perfect":
            if re.search(r"\b(?:until|till|through)\s+$", clause):
                return "future"
            return "unclear" if _CHANGED.search(clause) else "open"
        if (
            verb.cue in ("hope", "future")
            and re.search(r"(?:for|on|d|due)\s+$", clause)
            and later
            and later[0].cue == "past"
            and not _CALLED_OFF.match(behind)
            and not BE.search(clause[: verb.start])
        ):
            return "open"
        if ahead == "future" and _OF_ANOTHER.search(gap):
            return "open"
        if verb.cue == "now" and (_SCENE.match(clause) or _SETTING.search(gap)):
            return "open"
        if ahead == "past":
            dates = list(DATED.finditer(gap))
            if _FOR.search(clause) or (dates and not _SAME_LIST.match(gap[dates[-1].end() :])):
                return "open"
        return ahead


def _unless_deadline(direction: str, before: str) -> str:
    """The direction of an expression, given what stands before it: a deadline
    in a past clause leaves it open, and so does "as of".
    """
    return "open" if (direction == "past" and _DEADLINE.search(before)) or _AS_OF.search(before) else direction


def _trailing_frames(text: str) -> list[tuple[int, int]]:
    """Where a statement is followed or broken by its attribution, which
    says who said it and perhaps when, and nothing else.
    """
    frames = []
    for match in _TRAILING.finditer(text):
        tail, start = match["tail"].strip(), match.start()
        inverted = not match["who"].strip()
        attributes = not tail or inverted or match["verb"] in ("told", "tell", "tells") or re.match(_ADJUNCT, tail)
        states = (
            re.search(r"\bthat\b", tail) or any(verbs_of(tail)) or re.search(r"\b(?:will|would|he|she|it|they)\b", tail)
        )
        # after a mere "On Monday," or before a colon the reporting verb is the sentence's own, unless commas set it
        # apart
        opening = re.split(r"[;:]", text[max(0, start - HORIZON) : start])[-1]
        statement = [w for w in opening.split() if not _TIME_WORD.match(w.strip('“”"‘’,'))]
        dated = match["stop"] == ":" and _TIME_WORD.match(opening.strip()) and not any(verbs_of(opening))
        if attributes and not states and (match["stop"] == "," or (statement and not dated)):
            frames.append((start, match.end()))
    return frames


def _blank(text: str, frames: Iterable[tuple[int, int]]) -> str:
    """The text with its frames covered, at the same length."""
    pieces, done = [], 0
    for start, end in frames:
        pieces += [text[done:start], "·" * (end - start)]
        done = end
    return "".join([*pieces, text[done:]])
