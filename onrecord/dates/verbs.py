"""The verbs of a text, and which way each of them looks: to the future or to the past.

No parser: one pattern of cues finds them. Past verbs are a closed list and the ending -ed; rules say which of the words
found are no verbs ("the cut", "a written law").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from onrecord.dates.calendar_arithmetic import MONTH, WEEKDAY
from onrecord.patterns import lazy

MOVED = (
    r"(?:adjourn|postpon|delay|reschedul|defer|mov|push|extend|suspend|clos|remand|jail|bann|bail|bring|brought|shift"
    r"|put\b|switch|slip)"
)
# blanks are escaped, for patterns that are verbose
OFF = r"(?:cancell?ed|called\ off|scrapped|axed|abandoned|averted|vacated)"
LATER = r"(?:postponed|put\ off|put\ back|put\ on\ hold|pushed\ back|delayed|deferred|suspended|shelved)"
PLANNED = r"(?:due|set|scheduled|planned|expected|slated|billed|booked|supposed|meant)"
ENDURED = r"(?:clos|shut|suspend|jail|bann|bail|remand)"  # those of them that also last from one day to another


def _any_of(words: str) -> str:
    """A pattern for one of the words, by their first letters: a regular expression
    tries its alternatives one by one, at every word of a text.
    """
    letters: dict[str, list[str]] = {}
    for word in words.split():
        letters.setdefault(word[0], []).append(word[1:])
    return "|".join(f"{letter}(?:{'|'.join(rest)})" for letter, rest in letters.items())


_PLANS = _any_of(  # verbs that announce in the present tense: "the fair opens Monday", "polls open Monday"
    """appear arrive begin close come continue depart end expire face fall gather go head hold host kick land last
    launch leave meet open pay play rejoin remain reopen report resume return run sail ship sit start step take
    travel visit vote walk""",
)
_NOUN_TOO = lazy(  # of those in -s: also the plural of a noun
    r"^(?:faces|falls|heads|hosts|lands|launches|leaves|plays|reports|returns|runs|ships|starts|steps|visits|votes"
    r"|walks)$",
    re.IGNORECASE,
)
_NOUN_PLACE = lazy(  # where a noun stands and no verb: "their votes", "two runs", "of visits"
    r"(?:\b(?:the|an?|its|his|her|their|our|my|your|no|any|some|many|more|several|few|two|three|four|five|six|seven"
    r"|eight|nine|ten|new|first|last|of|in|for|with"
    r"|on|to|from|by|into|these|those|\w+ing|\w+al|\w+ful|\w+ive|\w+ous)|\d)\s+$",
    re.IGNORECASE,
)
_ASKED = (
    r"agreed|voted|decided|promised|vowed|pledged|threatened|invited|ordered|asked"
    r"|told|summoned|called|planned|hoped|wanted|intended|sought|offered|refused|warned|urged|advised"
)
_FIXED = (
    "set|called|announced|arranged|booked|billed|timetabled|listed|proposed|fixed|scheduled|planned|pencilled\\ in"
    "|ordered"
)
_IRREGULAR = _any_of(  # the past forms that do not end in -ed
    """arose ate awoke beat became began bent bet bit bled blew bought bound bred broke brought built burnt burst
    came cast caught chose clung cost crept cut dealt did drank drew drove dug dwelt fed fell felt fled flew flung
    forbade foresaw forgave forgot fought found froze gave got grew had heard held hid hit hung hurt kept knelt knew
    laid lay leant leapt learnt led left lent lit lost made meant met misled mistook outbid overcame oversaw
    overthrew overtook paid put quit ran rang rebuilt rewrote rode rose said sang sank sat saw sent set shed shone
    shook shot shrank shut slept slid slung sold sought spat sped spelt spent spilt split spoke sprang spread stank
    stole stood stuck stung strode struck swam swept swore swung taught thought threw thrust told took tore undertook
    underwent upheld was wed went were wept withdrew withheld withstood woke won wore wound wove wrote""",
)
# "pictures taken on Monday"; behind a form of be or have the auxiliary decides
_PARTICIPLES = (
    "taken|given|seen|written|shown|drawn|begun|broken|chosen|driven|fallen|flown|frozen|hidden|risen|shaken|spoken"
    "|stolen|sworn|thrown|torn|worn"
)
_PARTICIPLE = lazy(rf"^(?:{_PARTICIPLES})$", re.IGNORECASE)
_AUXILIARY = lazy(r"\b(?:has|have|had|having|get|gets|getting|and|or|then)\s+(?:\w+ly\s+|also\s+)?$", re.IGNORECASE)
_SAME = "bet|burst|cast|cost|cut|hit|hurt|let|put|quit|set|shed|shut|split|spread"  # in both tenses
_PLURAL = r"(?:\b(?:we|they)|(?<=[a-z]{2}[^su\W]s))"  # a subject whose verb has no -s
_HOUR = r"(?:noon|midday|\d{1,2}(?:[:.]\d\d(?:\ ?[ap]\.?m\.?)?|\ ?[ap]\.?m\.?))"
# the commas of "moved from Friday, June 14, 2024, to June 17" part nothing
_IN_CLAUSE = r"(?:[^,;]|(?<=day),(?=\ (?-i:[A-Z\d]))|(?<=\d),(?=\ (?:\d{4}\b|to\b|until\b)))"
# "Founded in 1901, the museum" opens a text; Ahmed and Reed are names wherever they stand
_OPENING = (
    r"(?<![^“\"\s])(?<!\w\ )(?!Ahmed|Moh|Muh|Reed|Fred|Alfred|Khaled|Saeed|Waleed)[A-Z][a-z]+ed(?=\ (?:by|in|on|at|as"
    r"|to|with)\b)"
)
_CUES = lazy(
    rf"""(?=[\ '’]|\b[a-z])(?:  # no alternative begins inside a word, or with anything else
     (?P<future>(?:\b(?:has|have)\ (?:\w+ly\ |now\ |also\ )?(?:been\ )?)?\b(?:
             (?:{_FIXED})\b(?!\ off)(?:\ (?!for\b)[^\s,;]+){{0,6}}\ for
             (?=\ (?:the\ |early\ |late\ |{_HOUR}\ (?:on\ )?)?$)
             |(?:been|be|is|are|was|were)\ {MOVED}\w*\b{_IN_CLAUSE}{{0,40}}?\ (?:to|until|till|for)\b
             |{MOVED}\w*\b{_IN_CLAUSE}{{0,60}}?\b(?:to|until|till|for)
             (?=\ (?:the\ |early\ |late\ |at\ least\ |noon\ on\ )*$)))
     |(?P<set>\b(?:has|have)\ (?:now\ |also\ )?(?:set|scheduled|fixed|timetabled)\b(?!\ (?:off|up|out)\b)
         |\b(?:has|have)\ called\ an?\ [^,;]{{0,40}}?\b(?:election|vote|meeting|summit|conference)\b)
     |(?P<asked>\b(?:(?:has|have)\ )?(?:{_ASKED})\b[^,;]{{0,40}}?\ to(?!\ (?:the|an?(?!ppear|ttend|rrive|nswer)|his|her
     |its|their|our|my|this|that|(?-i:[A-Z])))\b)
     |(?P<perfect>\b(?:has|have|['’]ve)\ (?:\w+ly\ |also\ |not\ |yet\ |already\ |just\ )?(?:been\ )?(?:\w+ed|found
     |killed|come|become|run|gone|done|{_PARTICIPLES}|{_IRREGULAR})\b)
     |(?P<open>\b(?:was|were|had\ been)\ (?:\w+ly\ )?(?:not\ )?
             (?:to|due|scheduled|set|slated|expected|supposed|meant|planned|going|planning|hoping
             |about)\b(?:\ to\b)?(?:\ (?:be|have)\b)?
         |\bplanned\ (?:an?|its|his|her|their)\b
         |\bhad\ (?:planned|hoped|wanted|intended|expected|been)\b
         |\b(?:would|could|should|might|must)\ (?:not\ )?have\b|{_PLURAL}\ (?:{_SAME})\b
         |\b(?:originally|initially|previously|first|once)\ (?:set|scheduled|planned|due|slated|expected)\b
         |\bexpected\ (?:the|an?|his|her|its|their|it|him|them|more)\b
         |\b(?:warn(?:s|ed)?\ (?:of|about)|predicts?|predicted)\b
         |\b(?:is|are)\ (?:accused|charged|suspected|blamed|credited|wanted|dead|missing|under\ fire|in\ custody|still
             |(?:investigat|search|look|seek|hunt|mourn|recover|reel|prob|examin|review|celebrat|grappl|struggl)ing)\b
         |\b(?:canceled|cancelled|scrapped|called\ off|abandoned)\ (?:the|an?|his|her|its|their|all)\b)
     |(?P<sooner>\b(?:after|following)\ (?:having\ |being\ )?[a-z]+ing\b)
     |(?P<later>\bbefore\ [a-z]+ing\b)
     |(?P<hope>\b(?:due|scheduled|slated|expected|planned\ for|set\ for)\b)
     |(?P<plan>\b(?:shall|would|can|cannot|must|should|is|are|am|has|have
         |(?-i:[Ww]ill(?!\ [A-Z])|may|might|won['’]t)|plans?\ to|planning|hopes?\ (?:to|for)|hopes|wants?|intends?
         |aims?\ to|needs?|set\ to|be
         |(?:{_ASKED})\b[^,;]{{0,25}}?\ until
         |g[ai]v(?:e|en|ing)\b[^,;]{{0,40}}?\ until)\b
         |['’](?:ll|re|ve)\b)
     |(?P<now>\b(?:{_PLANS})e?s\b|{_PLURAL}\ (?:(?:also|again|still)\ )?(?:{_PLANS})\b)
     |(?P<past>\b(?:(?:could\ not|couldn['’]t)\ be|(?:was|were|did)n['’]t|{_IRREGULAR}|{_PARTICIPLES}
     |(?-i:[a-z]{{2,}}ed|{_OPENING}))\b
         |\b(?:neither|nor|none|nobody|no\ one)\b[^,;]{{0,60}}?\ could\ be\b))""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_VERB = lazy(
    r"^(?:need|speed|indeed|succeed|proceed|exceed|feed|seed|breed|hundred|united|red|bed|shed|fed|sacred)$",
    re.IGNORECASE,
)
_NO_VERB_BEFORE = lazy(
    r"(?:\b(?:the|an?|its|his|her|their|our|of|with|for|be|been|being|is|are|newly|recently|most|as|by|in|on|from|into"
    r"|at)\s+|(?<!\bre)-)$",
    re.IGNORECASE,
)
_NOUN = lazy(
    r"^(?:left|cost|cut|set|hit|split|bet|burst|cast|rose|saw|thought|wound|spread|shed|felt|shot|bit)$", re.IGNORECASE
)
_COST_OF = lazy(r"cost[ -](?:cut|saving|overrun|increase|control|pressure|reduction|base|of|inflation)")
_ARTICLE = lazy(r"\b(?:the|an?|its|his|her|their|our|no)\s+(?:far\s+)?$", re.IGNORECASE)
BE = lazy(r"\b(?:is|are|be|been|am|was|were|now)\s+(?:\w+ly\s+|also\s+|not\s+)?$", re.IGNORECASE)
_NEXT_CLAUSE = lazy(r"[,;]|\b(?:and|but|which|who|that)\b", re.IGNORECASE)
_MODIFIED = lazy(
    r" by\b| (?!to|on|in|at|for|from|with|that|the|an?|his|her|its|their|him|it|them|off|out|up|down|over|back|away"
    r"|last|this)[a-z]+ (?:on|in|at|by)\b"
)
DATED = lazy(
    rf"\b(?:{WEEKDAY}|today|yesterday|tomorrow|tonight|(?:{MONTH}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov"
    rf"|Dec)\.?)\ \d{{1,2}}"
    rf"|(?:in|since|until)\ (?:{MONTH})|(?:last|this|next)\ (?:week|month|night|year|{WEEKDAY}))\b"
)
_FORM_BEFORE = lazy(  # will cut, be held, stay shut
    r"\b(?:be|been|being|get|getting|is|are|stay|remain|keep|will|to|would|can|could|may|might|must|should|not|to have"
    r"|(?:would|could|should|might|must)(?: not)? have)"
    r"\s+(?:\w+ly\s+|also\s+)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb's place in a text, and which group of the cues it is of."""

    cue: str
    start: int
    end: int

    @property
    def direction(self) -> str:
        """future, past or open: where the verb alone puts a date."""
        ahead, behind = ("future", "plan", "hope", "set", "now"), ("past", "sooner")
        return "future" if self.cue in ahead else "past" if self.cue in behind else "open"


def verbs_of(text: str) -> Iterator[Verb]:
    """The verbs of a text, in its order, found as they are asked for."""
    earlier: Verb | None = None
    for match in _CUES.finditer(text):
        before = text[max(0, match.start() - 50) : match.start()]  # more than the longest word looked for there
        cue = str(match.lastgroup)
        no_verb = (
            _NO_VERB.match(match[0])
            or (earlier and earlier.direction == "future" and _modifies(text, earlier, match))
            or _FORM_BEFORE.search(before)
            or (match[0].endswith("ed") and _NO_VERB_BEFORE.search(before))
            or (_NOUN.match(match[0]) and _ARTICLE.search(before))
            or _COST_OF.match(text, match.start())
            or (_PARTICIPLE.match(match[0]) and (_AUXILIARY.search(before) or _NO_VERB_BEFORE.search(before)))
        )
        between = text[earlier.end : match.start()] if earlier else ""
        if cue == "past" and earlier and earlier.cue != "past" and before.endswith("and "):
            # "will be arrested and brought"; "is 43 and died" says too little
            if re.search(
                r"\b(?:will|would|be|being|may|might|must|should|can|could|to)\b", text[earlier.start : match.start()]
            ):
                continue
            cue = "open"
        noun = cue == "now" and _NOUN_TOO.match(match[0])
        if (cue == "past" and no_verb) or (
            noun and (_NOUN_PLACE.search(before) or (before.endswith("and ") and not DATED.search(between)))
        ):
            continue
        # it may be within what the past verb says
        governed = earlier is not None and earlier.cue == "past" and not _NEXT_CLAUSE.search(between)
        if noun and governed:
            # "published reports on Monday"; "the man arrested on Sunday faces"
            cue = "open" if between.strip() else "past"
        elif cue == "plan" and governed and match[0].lower().startswith("plans"):
            cue = "asked"  # "unveiled plans to"
        elif cue == "hope" and governed and not BE.search(before):
            cue = "open"  # "awaited data due on Wednesday"
        elif cue == "sooner":  # after doing what: behind, if the verb is
            cue = "past" if earlier and earlier.cue == "past" else "open"
        elif cue == "past" and before.endswith(", ") and text.startswith(" by ", match.end()):
            cue = "open"  # "carols, led by a band, start at 4 p.m."
        elif cue == "later":
            cue = "plan" if earlier and earlier.direction == "future" else "open"
        earlier = Verb(cue, match.start(), match.end())
        yield earlier


def _modifies(text: str, earlier: Verb, match: re.Match[str]) -> bool:
    """Whether a word in -ed belongs to a noun of a clause that looks ahead: "will
    redeem preferred shares", "will buy shares tendered by holders".
    """
    return bool(
        match[0].endswith("ed")
        and not _NEXT_CLAUSE.search(text, earlier.end, match.start())
        and not re.search(
            r"\b(?:after|before|because|if|when|as|since|than|where|while|though|he|she|it|they|we|I)\b",
            text[earlier.end : match.start()],
        )
        and _MODIFIED.match(text, match.end())
    )
