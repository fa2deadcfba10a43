"""Which way an English sentence looks from a place in it: to the future, to the past, or either.

Direction. "Thursday", "in November", "Sept 9" do not say whether they lie ahead. The nearest verb before the expression
decides, else the first one behind it: "said Thursday" lies behind, "will meet Thursday" ahead, and publication day
counts as both. No verb: the caller's preference. Left open are: what was planned ("was due on Thursday", "planned to
meet on", "agreed to meet on"); a plan whose sentence goes on in the past ("a hearing set for Friday was put off"); the
present perfect; a deadline or a purpose in a past clause ("worked until Friday", "bought tickets for Friday"); a second
date of a past verb ("flew to Oslo on Monday to meet the king on Friday"); what a coming event comes after or is about
("will testify about the raid on Sunday"); and the present of captions ("A man walks past a fire on Sunday"). A
reporting frame ("he said", "officials told reporters on Tuesday", "said that") decides only the dates inside it, not
those of the statement it reports. Past verbs are a closed list and the ending -ed, so a reported clause in which none
is found stands in the present: "they meet Monday, he said" reads as "they meet Monday".
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from onrecord.dates.calendar_arithmetic import MONTH, PART_OF_DAY, WEEKDAY
from onrecord.patterns import lazy

# characters; a verb further from the expression is of another sentence, and looking no further keeps long texts linear
HORIZON = 500
MOVED = (
    r"(?:adjourn|postpon|delay|reschedul|defer|mov|push|extend|suspend|clos|remand|jail|bann|bail|bring|brought|shift"
    r"|put\b|switch)"
)
ENDURED = r"(?:clos|shut|suspend|jail|bann|bail|remand)"  # those of them that also last from one day to another


def _any_of(words: str) -> str:
    """A pattern for one of the words, by their first letters: a regular expression
    tries its alternatives one by one, at every word of a text.
    """
    letters: dict[str, list[str]] = {}
    for word in words.split():
        letters.setdefault(word[0], []).append(word[1:])
    return "|".join(f"{letter}(?:{'|'.join(rest)})" for letter, rest in letters.items())


# --- verbs ---
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
    shook shot shrank shut slept slid slung sold sought spat sped spelt spent split spoke sprang spread stank stole
    stood stuck stung strode struck swam swept swore swung taught thought threw thrust told took tore undertook
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
             |(?:been|be|is|are|was|were)\ {MOVED}\w*\b[^,;]{{0,40}}?\ (?:to|until|till|for)\b
             |{MOVED}\w*\b[^,;]{{0,60}}?\b(?:to|until|till|for)(?=\ (?:the\ |early\ |late\ |at\ least\ |noon\ on\ )*$)))
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
_ARTICLE = lazy(r"\b(?:the|an?|its|his|her|their|our|no)\s+(?:far\s+)?$", re.IGNORECASE)
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
_BE = lazy(r"\b(?:is|are|be|been|am|was|were|now)\s+(?:\w+ly\s+|also\s+|not\s+)?$", re.IGNORECASE)
# the diary strikes these out itself
_CALLED_OFF = lazy(r"\s*(?:was|were)\s+(?:cancell?ed|called off|scrapped)\b", re.IGNORECASE)
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
_NEXT_CLAUSE = lazy(r"[,;]|\b(?:and|but|which|who|that)\b", re.IGNORECASE)
_MODIFIED = lazy(
    r" by\b| (?!to|on|in|at|for|from|with|that|the|an?|his|her|its|their|him|it|them|off|out|up|down|over|back|away"
    r"|last|this)[a-z]+ (?:on|in|at|by)\b"
)
_AS_OF = lazy(r"\bas of\s+$", re.IGNORECASE)  # the state that day, or the beginning of a rule
_SINCE = lazy(
    r"\bsince\s+(?:late|early|mid|the|last)?[\s-]*(?:(?:noon|midday|midnight"
    r"|\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m\.?)?)(?:\s+on)?\s+)?$",
    re.IGNORECASE,
)
_FOR = lazy(r"\bfor\s+(?:the\s+)?$", re.IGNORECASE)
_DATED = lazy(
    rf"\b(?:{WEEKDAY}|today|yesterday|tomorrow|tonight|(?:{MONTH}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov"
    rf"|Dec)\.?)\ \d{{1,2}}"
    rf"|(?:in|since|until)\ (?:{MONTH})|(?:last|this|next)\ (?:week|month|night|year|{WEEKDAY}))\b"
)
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

_FORM_BEFORE = lazy(  # will cut, be held, stay shut
    r"\b(?:be|been|being|get|getting|is|are|stay|remain|keep|will|to|would|can|could|may|might|must|should|not|to have"
    r"|(?:would|could|should|might|must)(?: not)? have)"
    r"\s+(?:\w+ly\s+|also\s+)?$",
    re.IGNORECASE,
)

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

    def __init__(self, text: str, prefer: str) -> None:
        self.text = text
        self.prefer = prefer  # future or past: the answer where there is no verb
        self.trailing = _trailing_frames(text)
        self.leading = [m.span() for m in _LEADING.finditer(text)]
        self.statement = _blank(text, self.trailing)

    def direction(self, start: int, end: int) -> str:
        """future, past or open: where the expression text[start:end] lies; see the module."""
        hour = _HOUR_BEFORE.search(self.text, max(0, start - 60), start)
        start = hour.start() if hour else start
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
                verbs = [*_verbs(before)][-1:] or [*islice(_verbs(self.text[end : min(last, high)]), 1)]
                return _unless_deadline(_ahead(verbs[0].cue) if verbs else "open", before)
        # the statement begins behind its frame; what stands before the frame has the frame's verb: "on Monday officials
        # said that"
        begin = self.leading[closed - 1][1] if closed else 0
        before = self.statement[max(begin, low) : start]
        clause = re.split(r"[;:](?=\s)|\s[—–]\s|\s--\s", before)[-1]
        behind = re.split(r"[;]", self.statement[end:high])[0]
        return _unless_deadline(self._of_verb(clause, behind), before)

    def behind_a_verb(self, start: int) -> bool:
        """Whether a verb stands before this place in its clause."""
        return any(_verbs(re.split(r"[,;:]", self.text[max(0, start - HORIZON) : start])[-1]))

    def of_saying(self, start: int, end: int) -> bool:
        """Whether text[start:end] says when the statement was made: "he said
        on Thursday", "on Monday officials said that".
        """
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
            return not any(_verbs(around)) and not re.search(r"[;:]|\b(?:who|which|that)\b", around)
        return False

    def _of_verb(self, clause: str, behind: str) -> str:
        """The direction that the verbs of a clause give to what stands between its two parts."""
        verbs, later = [*_verbs(clause)], [*islice(_verbs(behind), 1)]
        if not verbs and not later:
            return "open" if _SCENE.search(clause) else self.prefer
        if not verbs:
            strange = (later[0].cue == "now" and _SCENE.search(behind)) or (
                _ahead(later[0].cue) == "future" and _MISFORTUNE.search(clause)
            )
            return "unclear" if strange else _ahead(later[0].cue)
        verb, gap = verbs[-1], clause[verbs[-1].end :]
        ahead = _ahead(verb.cue)
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
            and not _BE.search(clause[: verb.start])
        ):
            return "open"
        if ahead == "future" and _OF_ANOTHER.search(gap):
            return "open"
        if verb.cue == "now" and (_SCENE.match(clause) or _SETTING.search(gap)):
            return "open"
        if ahead == "past":
            dates = list(_DATED.finditer(gap))
            if _FOR.search(clause) or (dates and not _SAME_LIST.match(gap[dates[-1].end() :])):
                return "open"
        return ahead


@dataclass(frozen=True, slots=True)
class _Verb:
    """A verb's place in a text, and which group of the cues it is of."""

    cue: str
    start: int
    end: int


def _ahead(cue: str) -> str:
    """future, past or open: where a verb alone puts a date."""
    return {
        "future": "future",
        "plan": "future",
        "hope": "future",
        "set": "future",
        "now": "future",
        "past": "past",
        "sooner": "past",
    }.get(cue, "open")


def _unless_deadline(direction: str, before: str) -> str:
    """The direction of an expression, given what stands before it: a deadline
    in a past clause leaves it open, and so does "as of".
    """
    return "open" if (direction == "past" and _DEADLINE.search(before)) or _AS_OF.search(before) else direction


def _verbs(text: str) -> Iterator[_Verb]:
    """The verbs of a text, in its order, found as they are asked for."""
    earlier: _Verb | None = None
    for match in _CUES.finditer(text):
        before = text[max(0, match.start() - 50) : match.start()]  # more than the longest word looked for there
        cue = str(match.lastgroup)
        no_verb = (
            _NO_VERB.match(match[0])
            or (earlier and _ahead(earlier.cue) == "future" and _modifies(text, earlier, match))
            or _FORM_BEFORE.search(before)
            or (match[0].endswith("ed") and _NO_VERB_BEFORE.search(before))
            or (_NOUN.match(match[0]) and _ARTICLE.search(before))
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
            noun and (_NOUN_PLACE.search(before) or (before.endswith("and ") and not _DATED.search(between)))
        ):
            continue
        # it may be within what the past verb says
        governed = earlier is not None and earlier.cue == "past" and not _NEXT_CLAUSE.search(between)
        if noun and governed:
            # "published reports on Monday"; "the man arrested on Sunday faces"
            cue = "open" if between.strip() else "past"
        elif cue == "plan" and governed and match[0].lower().startswith("plans"):
            cue = "asked"  # "unveiled plans to"
        elif cue == "hope" and governed and not _BE.search(before):
            cue = "open"  # "awaited data due on Wednesday"
        elif cue == "sooner":  # after doing what: behind, if the verb is
            cue = "past" if earlier and earlier.cue == "past" else "open"
        elif cue == "later":
            cue = "plan" if earlier and _ahead(earlier.cue) == "future" else "open"
        earlier = _Verb(cue, match.start(), match.end())
        yield earlier


def _modifies(text: str, earlier: _Verb, match: re.Match[str]) -> bool:
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


def _trailing_frames(text: str) -> list[tuple[int, int]]:
    """Where a statement is followed or broken by its attribution, which
    says who said it and perhaps when, and nothing else.
    """
    found = []
    for match in _TRAILING.finditer(text):
        tail, start = match["tail"].strip(), match.start()
        inverted = not match["who"].strip()
        attributes = not tail or inverted or match["verb"] in ("told", "tell", "tells") or re.match(_ADJUNCT, tail)
        states = (
            re.search(r"\bthat\b", tail) or any(_verbs(tail)) or re.search(r"\b(?:will|would|he|she|it|they)\b", tail)
        )
        # after a mere "On Monday," or before a colon the reporting verb is the sentence's own, unless commas set it
        # apart
        opening = re.split(r"[;:]", text[max(0, start - HORIZON) : start])[-1]
        statement = [w for w in opening.split() if not _TIME_WORD.match(w.strip('“”"‘’,'))]
        own = not statement or (match["stop"] == ":" and _TIME_WORD.match(opening.strip()) and not any(_verbs(opening)))
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
