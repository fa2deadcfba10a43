"""Which way an English sentence looks from a place in it: to the future, to the past, or either.

Direction. "Thursday", "in November", "Sept 9" do not say whether they lie ahead. The nearest verb before the expression decides, else the
first one behind it: "said Thursday" lies behind, "will meet Thursday" ahead, and publication day counts as both. A planning verb in the past
("was due on Thursday") and a deadline in a past clause ("worked until Friday") leave it open. No verb: the caller's preference.
A reporting frame ("he said", "officials told reporters on Tuesday", "said that") decides only the dates inside it, not those of the statement
it reports. Past verbs are a closed list and the ending -ed, so a reported clause in which none is found stands in the present: "they meet
Monday, he said" reads as "they meet Monday".
"""

import re
from bisect import bisect_right
from collections.abc import Iterable

from onrecord.calendar_arithmetic import MONTH, PART_OF_DAY, WEEKDAY

HORIZON = 500  # characters; a verb further from the expression is of another sentence, and looking no further keeps long texts linear
MOVED = r"(?:adjourn|postpon|delay|reschedul|defer|mov|push|extend|suspend|clos|remand|jail|bann|bail|bring|brought|shift|put\b|switch)"

# --- verbs ---------------------------------------------------------------------------------------------------------------------
_PLANS = re.sub(  # verbs that announce in the present tense: "the fair opens Monday", "polls open Monday"
    r"\s+",
    "|",
    """appear arrive begin close come continue depart end expire face fall gather go head hold host kick land last launch leave meet open pay
    play rejoin remain reopen report resume return run sail ship sit start step take travel visit vote walk""",
)
_ASKED = "agreed|voted|decided|promised|vowed|pledged|threatened|invited|ordered|asked|told|summoned|called"
_IRREGULAR = re.sub(  # the past forms that do not end in -ed
    r"\s+",
    "|",
    """arose ate awoke beat became began bent bet bit bled blew bought bound bred broke brought built burnt burst came cast caught chose clung cost
    crept cut dealt did drank drew drove dug dwelt fed fell felt fled flew flung forbade foresaw forgave forgot fought found froze gave got grew
    had heard held hid hit hung hurt kept knelt knew laid lay leant leapt learnt led left lent lit lost made meant met misled mistook
    outbid overcame oversaw overthrew overtook paid put quit ran rang rebuilt rewrote rode rose said sang sank sat saw sent set shed shone shook
    shot shrank shut slept slid slung sold sought spat sped spelt spent split spoke sprang spread stank stole stood stuck stung strode struck
    swam swept swore swung taught thought threw thrust told took tore undertook underwent upheld was wed went were wept withdrew withheld
    withstood woke won wore wound wove wrote""",
)
# "pictures taken on Monday"; behind a form of be or have the auxiliary decides
_PARTICIPLES = "taken|given|seen|written|shown|drawn|begun|broken|chosen|driven|fallen|flown|frozen|hidden|risen|shaken|spoken|stolen|sworn|thrown|torn|worn"
_PARTICIPLE = re.compile(rf"^(?:{_PARTICIPLES})$", re.IGNORECASE)
_AUXILIARY = re.compile(r"\b(?:has|have|had|having|get|gets|getting|and|or|then)\s+(?:\w+ly\s+|also\s+)?$", re.IGNORECASE)
_SAME = "|".join(("bet", "burst", "cast", "cost", "cut", "hit", "hurt", "let", "put", "quit", "set", "shed", "shut", "split", "spread"))  # in both tenses
_PLURAL = r"(?:\b(?:we|they)|(?<=[a-z]{2}[^su\W]s))"  # a subject whose verb has no -s
_CUES = re.compile(
    rf"""(?P<open>\b(?:was|were|had\ been)\ (?:\w+ly\ )?(?:not\ )?
             (?:to|due|scheduled|set|slated|expected|supposed|meant|planned|going|planning|hoping|about)\b(?:\ to\b)?(?:\ (?:be|have)\b)?
         |\bhad\ (?:planned|hoped|wanted|intended|expected|been)\b
         |\b(?:would|could|should|might|must)\ (?:not\ )?have\b|{_PLURAL}\ (?:{_SAME})\b)
     |(?P<future>\b(?:will|won['’]t|shall|would|can|cannot|may|might|must|should|is|are|am|has|have|due|scheduled|slated|expected
         |plans?|planned\ for|planning|plan\ to|hopes?|wants?|intends?|aims?|needs?|set\ (?:for|to)|deadline|be
         |(?:{_ASKED})\b[^,;]{{0,25}}?\ (?:to(?!\ (?:the|an?|his|her|its|their|our|my|this|that|(?-i:[A-Z])))|until)
         |(?:called|announced|arranged|booked|billed|timetabled|listed|proposed|fixed|pencilled\ in)\ for(?=\ $)
         |g[ai]v(?:e|en|ing)\b[^,;]{{0,40}}?\ until
         |(?:{_PLANS})e?s
         |{MOVED}\w*\b[^,;]{{0,40}}?\b(?:to|until|till|for))\b
         |['’](?:ll|re|ve)\b
         |{_PLURAL}\ (?:(?:also|again|still)\ )?(?:{_PLANS})\b)
     |(?P<past>\b(?:(?:could\ not|couldn['’]t)\ be|(?:was|were|did)n['’]t|{_IRREGULAR}|{_PARTICIPLES}|[a-z]{{2,}}ed)\b)""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_VERB = re.compile(r"^(?:need|speed|indeed|succeed|proceed|exceed|feed|seed|breed|hundred|united|red|bed|shed|fed|sacred)$", re.IGNORECASE)
_NO_VERB_BEFORE = re.compile(r"(?:\b(?:the|an?|its|his|her|their|our|of|with|for|be|been|being|is|are|newly|recently|most|and|as|by|in)\s+|-)$", re.IGNORECASE)
_NOUN = re.compile(r"^(?:left|cost|cut|set|hit|split|bet|burst|cast|rose|saw|thought|wound|spread|shed|felt|shot|bit)$", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:the|an?|its|his|her|their|our|no)\s+(?:far\s+)?$", re.IGNORECASE)
_DEADLINE = re.compile(  # until late, by noon on
    r"\b(?:until|till|by|before|from|starting|beginning|through|ahead of|no later than)\s+(?:late|early|the)?\s*"
    r"(?:(?:noon|midday|midnight|\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m\.?)?)(?:\s+on)?\s+)?$",
    re.IGNORECASE,
)
_AS_OF = re.compile(r"\bas of\s+$", re.IGNORECASE)  # the state that day, or the beginning of a rule
_SINCE = re.compile(r"\bsince\s+(?:late|early|mid|the|last)?[\s-]*$", re.IGNORECASE)


_FORM_BEFORE = re.compile(  # will cut, be held, stay shut
    r"\b(?:be|been|being|is|are|stay|remain|keep|will|to|would|can|could|may|might|must|should|not)\s+(?:\w+ly\s+|also\s+)?$", re.IGNORECASE
)

# --- reporting frames ------------------------------------------------------------------------------------------------------------
_REPORTED = (
    r"(?:said|says|say|told|tells?|announced|confirmed|warned|wrote|added|noted|reported|stated|explained|insisted|predicted|testified|tweeted"
    r"|posted|acknowledged|admitted|conceded|declared|argued|claimed|recalled|revealed|disclosed|stressed|replied|suggested|vowed|promised)\b"
)
_SAID_WHEN = rf"(?:\s+(?:on\s+)?(?:(?:late|early)\s+)?(?:{WEEKDAY}{PART_OF_DAY}|yesterday|today))"
_ADJUNCT = rf"(?:on|in|at|to|by|during|after|before|from|through|via|when|while|late|early|later|again|last|this|today|yesterday|{WEEKDAY}|\w+ly)\b"
_TRAILING = re.compile(  # ", he said", ", officials told reporters on Tuesday", ", said a spokesman"; up to the next comma or the end
    rf"(?<=[,”\"’!?])\s+(?P<who>(?:[^\s,;:“”\"]+\s+){{0,12}}?)(?P<verb>{_REPORTED})(?P<tail>[^,;:“”\"]{{0,{HORIZON}}}?)(?=\s*(?P<stop>[,;:]|\.?[\s”\"’)]*$))"
)
_LEADING = re.compile(  # "said [on Monday] that", "told the panel that", "said Monday the", "said the": what follows is the statement
    rf"""\b(?:{_REPORTED}(?:\s+[^\s,;:.“”"]+){{0,8}}?\s+that\b(?=(?:\s+\S+){{2}})
     |(?:said|says?|(?:told|tells?)(?:\s+[^\s,;:.“”"]+){{1,4}}?){_SAID_WHEN}(?=,?\s+(?!{_ADJUNCT}|and\b)\w)
     |(?:said|says?)\b(?=\s+(?!{_ADJUNCT}|(?:it|this|that|so|nothing|little|much|no|yes|goodbye|farewell|sorry)\s+{_ADJUNCT}|as\b|of\b|for\b|with\b)\w+\s+\w))""",
    re.VERBOSE,
)
_TIME_WORD = re.compile(rf"(?:{_ADJUNCT}|{MONTH}|the\b|next\b|morning\b|afternoon\b|evening\b|night\b|week\b|month\b|year\b|\d)", re.IGNORECASE)


class Tenses:
    """The sentence, with its reporting frames found once."""

    def __init__(self, text: str, prefer: str) -> None:
        self.text = text
        self.prefer = prefer  # future or past: the answer where there is no verb
        self.trailing = _trailing_frames(text)
        self.leading = [m.span() for m in _LEADING.finditer(text)]
        self.statement = _blank(text, self.trailing)

    def direction(self, start: int, end: int) -> str:
        """future, past or open: where the expression text[start:end] lies; see the module."""
        low, high = max(0, start - HORIZON), end + HORIZON
        if _SINCE.search(self.text[low:start]):
            return "past"
        # frames of one kind do not overlap, so one of each can hold the expression
        opened = bisect_right(self.trailing, start, key=lambda frame: frame[0])
        closed = bisect_right(self.leading, start, key=lambda frame: frame[1])
        inside = self.trailing[max(0, opened - 1) : opened] + self.leading[closed : closed + 1]
        for first, last in inside:
            if first <= start < last:
                before = self.text[max(first, low) : start]
                return _unless_deadline((_verbs(before)[-1:] or _verbs(self.text[end : min(last, high)])[:1] or ["open"])[0], before)
        # the statement begins behind its frame; what stands before the frame has the frame's verb: "on Monday officials said that"
        begin = self.leading[closed - 1][1] if closed else 0
        before = self.statement[max(begin, low) : start]
        behind = self.statement[end:high]
        clause = re.split(r"[;:](?=\s)|\s[—–]\s|\s--\s", before)[-1]
        found = _verbs(clause)[-1:] or _verbs(re.split(r"[;]", behind)[0])[:1] or [self.prefer]
        return _unless_deadline(found[0], before)


def _unless_deadline(direction: str, before: str) -> str:
    """The direction of an expression, given what stands before it: a deadline in a past clause leaves it open, and so does "as of"."""
    return "open" if (direction == "past" and _DEADLINE.search(before)) or _AS_OF.search(before) else direction


def _verbs(text: str) -> list[str]:
    """The direction of each verb: open, future or past."""
    found = []
    for match in _CUES.finditer(text):
        before = text[max(0, match.start() - 50) : match.start()]  # more than the longest word looked for there
        no_verb = (
            _NO_VERB.match(match[0])
            or _FORM_BEFORE.search(before)
            or (match[0].endswith("ed") and _NO_VERB_BEFORE.search(before))
            or (_NOUN.match(match[0]) and _ARTICLE.search(before))
            or (_PARTICIPLE.match(match[0]) and (_AUXILIARY.search(before) or _NO_VERB_BEFORE.search(before)))
        )
        if match.lastgroup == "past" and no_verb:
            continue
        found.append(str(match.lastgroup))
    return found


def _trailing_frames(text: str) -> list[tuple[int, int]]:
    """Where a statement is followed or broken by its attribution, which says who said it and perhaps when, and nothing else."""
    found = []
    for match in _TRAILING.finditer(text):
        tail, start = match["tail"].strip(), match.start()
        inverted = not match["who"].strip()
        attributes = not tail or inverted or match["verb"] in ("told", "tell", "tells") or re.match(_ADJUNCT, tail)
        states = re.search(r"\bthat\b", tail) or _verbs(tail) or re.search(r"\b(?:will|would|he|she|it|they)\b", tail)
        # after a mere "On Monday," or before a colon the reporting verb is the sentence's own, unless commas set it apart
        opening = re.split(r"[;:]", text[max(0, start - HORIZON) : start])[-1]
        statement = [w for w in opening.split() if not _TIME_WORD.match(w.strip('“”"‘’,'))]
        own = not statement or (match["stop"] == ":" and _TIME_WORD.match(opening.strip()) and not _verbs(opening))
        if attributes and not states and (match["stop"] == "," or not own):
            found.append((start, match.end()))
    return found


def _blank(text: str, frames: Iterable[tuple[int, int]]) -> str:
    """The text with its frames covered, at the same length."""
    pieces, done = [], 0
    for start, end in frames:
        pieces += [text[done:start], "·" * (end - start)]
        done = end
    return "".join([*pieces, text[done:]])
