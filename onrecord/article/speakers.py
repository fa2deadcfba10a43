"""Who is said to have said a sentence, where the sentence says so in a reporting frame. Patterns are few and sure: None is the answer in doubt.

    SPEAKER VERB ...                 The official said the talks were over. / Asked again, Ms. Roe told reporters that she would go.
    "...," SPEAKER VERB ...          (also VERB SPEAKER:) "We will go," said Ann Roe, who leads the union. / "...," she added.
    ..., SPEAKER VERB.               The talks are over, the official said on Monday. (also between commas)
    according to SPEAKER             at the beginning or the end of the sentence, or between commas

No speaker: a negated or merely possible saying ("did not say", "would say"), a saying asked for ("asked if he had said"), a passive ("was told").
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SAYING = r"(?:said|says|say|told|tells?|tweeted|replied|warned|warns?|acknowledged|testified|remarked)"
_DOING = (  # speech, or not: what follows decides
    r"(?:wrote|writes|insisted|insists?|argued|argues?|conceded|concedes|recalled|recalls|asserted|contended|contends?|maintained|maintains?|complained|complains?|cautioned"
    r"|added|adds|announced|noted|notes|claimed|claims|explained|stated|states(?=\sthat\b)|confirmed|denied|reported|predicted|predicts?|alleged|alleges?|declared|suggested|posted|vowed"
    r"|admitted|stressed|emphasi[sz]ed|boasted|joked)"
)
_CRYING = r"(?:shouted|shouts|yelled|cried|whispered|muttered|quipped)"  # behind a quotation only
_VERB = rf"(?:{_SAYING}|{_DOING})"
_QUOTED_VERB = rf"(?:{_SAYING}|{_DOING}|{_CRYING})"
# Opening a sentence, the second kind may be a participle ("The plan announced in May"), no speech ("The added cost") or another sense ("argued over a will").
_PLAIN_VERB = (
    rf"(?:{_SAYING}\b(?!\s(?:by|to|of\sa\b)\b)|{_DOING}(?=\sthat\b|[,:]\s|\s(?:on|in|at|to|through|during|after|late|early|last|this)\s[^,“”\"]{{2,40}}?\sthat\b|\s[A-Z][a-z]+day\sthat\b|\s[“\"])"
    r"|insist(?:s|ed)?(?=\s(?:the|his|her|its|their)\s)|(?:announced|confirmed|denied)(?=\s(?:any|having|being)\b)|announced(?=\s(?:an?|the|its|his|her|their|plans)\b)"
    r"|(?:announced|confirmed|claimed|argued|insisted|predicted|conceded|admitted|complained|claim|argue|insist)(?=\s(?:it|he|she|they)(?:[’']\w+)?\s[a-z]))"
)
_NAME = r"[A-Z][\w’'.-]*"
_TITLE = r"(?:Mr|Mrs|Ms|Dr|Sen|Rep|Gov|Gen|Col|Lt|Sgt|Capt|Prof|Rev)\.?"
_PERSON = (
    rf"(?:{_TITLE}\s)?{_NAME}(?:\s(?:{_NAME}|of|de|van|von|al|bin|the|and)){{0,6}}?(?:[’']s\s[a-z]+(?:\s[a-z]+)?)?"
)
_OFFICER = (  # Coastline Ferries chief executive Peter Naylor; deputy mayor Ann Roe
    rf"(?:{_NAME}\s){{0,4}}?(?:[a-z-]+\s){{0,2}}?(?:executive|officer|chair(?:man|woman|person)?|director|president|spokes(?:man|woman|person)|secretary|manager|minister|leader"
    rf"|coach|captain|editor|economist|analyst|professor|researcher|lecturer|boss|founder|head|mayor|lawyer)\s{_NAME}(?:\s{_NAME}){{0,3}}"
)
_ROLE = r"(?i:an?|the|one|two|three|four|five|several|some|many|other|his|her|its|their|our|my)\s(?:[\w’'.-]+\s){0,5}?[\w’'-]+"
_GROUP = (
    r"(?:[\w-]+\s){0,3}?(?i:officials|police|authorities|prosecutors|investigators|analysts|residents|witnesses|lawyers|critics|aides"
    r"|researchers|scientists|doctors|people|sources|leaders|spokes(?:man|woman|person))"
)
_WHO = rf"(?P<who>(?i:he|she|they|I|we)|{_GROUP}|{_ROLE}|{_OFFICER}|{_PERSON})"
_SUBJECT = (
    r"(?P<who>[\w’'.&-]+(?:\s[\w’'.&-]+){0,8}?)"  # all that stands before the verb; _NO_SPEAKER keeps clauses out
)
_INSERTED = r"(?:[^,“”\"]|(?<=\d),(?=\d)){2,80}"  # what stands between two commas; that of 6,000 is none
_APPOSITION = (
    rf"(?:,\s{_INSERTED},|\s(?:who|familiar with|close to|briefed on|with knowledge of|(?:seen|obtained)\sby"
    r"|(?:published|released|conducted|commissioned)\s(?:in|by|on|at|this|last))\s[^,“”\"]{2,60}?)?"
)
_MANNER = r"(?:(?:also|later|then|has|have|had|do|does|did|clearly|repeatedly|publicly|previously|initially|flatly|privately|recently)\s)?"
_CLOSE = r"(?:[,?!.…]['’]?[”\"]|[”\"],)\s*"
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_OPENING = (
    r"(?:(?:But|And|Yet|Still)\s)?(?:(?:On|In|At|After|During|Asked|Pressed|When|As|While|If|Before|Since|For|With|From|Under|By|Despite|Although|(?!According\b)[A-Z][a-z]+ing)\s"
    rf"{_INSERTED},\s(?:(?:which|who|where|when)\s{_INSERTED},\s)?"
    rf"|(?:(?:Last|This)\s(?:night|week|month|year|{_DAY})|Yesterday|Later|Earlier|Meanwhile|However),?\s)?"
)

_SOURCE_IS = "who|which|released|published|seen|obtained|reviewed|familiar|close|briefed|present|involved"
_FINDER = r"(?:An?|The|Its|Their|a|the)\s(?:[\w’'-]+\s){0,3}?(?:study|report|inquiry|review|survey|poll|investigation|audit|panel)"  # what finds without speaking

_FRAMES = (
    re.compile(rf"{_CLOSE}{_WHO}{_APPOSITION}\s{_MANNER}{_QUOTED_VERB}\b"),
    re.compile(
        rf"{_CLOSE}{_QUOTED_VERB}\s{_WHO}(?=[,.:;]|\s(?:in|on|at|during|after|of|to|as|when|while|from|who|outside|before|last|this|late|early|close|familiar|{_DAY})\b|$)"
    ),
    re.compile(rf"^{_OPENING}{_SUBJECT}{_APPOSITION}\s{_MANNER}{_PLAIN_VERB}"),
    re.compile(
        rf",\s{_WHO}{_APPOSITION}\s{_MANNER}{_VERB}"
        rf"(?:,|(?:\s(?:on|in|at|late|early|last|this|during|to|after|staff|reporters|lawmakers|{_DAY})\b[^,“”\"]{{0,60}})?\.$)"
    ),
    re.compile(rf",\s(?:said|says)\s{_WHO}(?=,|\.$)"),  # not "told": "the mayor, in tears, told the crowd."
    re.compile(rf",\s(?:wrote|writes)\s(?P<who>{_PERSON})(?=,|\.$)"),
    re.compile(rf"^According\sto\s{_SUBJECT}(?=,|\s(?:{_SOURCE_IS})\b)"),
    re.compile(rf",?\saccording\sto\s(?:{_WHO})(?=[.,]|\s(?:{_SOURCE_IS})\b)"),
    re.compile(
        rf",\saccording\sto\s(?P<who>(?:[a-z-]+\s){{0,2}}?(?:documents|records|papers|filings|data|figures|reports|minutes|e-?mails|estimates|polls))(?=[.,]|\s(?:{_SOURCE_IS})\b)"
    ),
    re.compile(rf"^In\sthe\swords\sof\s{_WHO}(?=,)"),
    re.compile(rf"^As\s{_WHO}\s(?:put|puts)\sit\b"),
    re.compile(
        rf"^{_OPENING}(?P<who>{_FINDER}){_APPOSITION}\s{_MANNER}(?:found|finds|concluded|concludes)(?=\sthat\b)"
    ),
)
_NO_SPEAKER = re.compile(
    # the saying is denied, possible, or someone else's
    r"\b(?:not|never|nobody|no one|none|neither|if|whether|would|could|can|cannot|let|might|may|will|must|should)\b|n[’']t$"
    # a clause, not a noun phrase
    r"|\b(?:which|that|what|when|who|it|there|this|was|were|is|are|be|been|being|am|has|have|had|after|as|before|while|because|since|until|than|but|though)\b"
    r"|\s(?:he|she|they|we|I)\b"
    # what says without having spoken, or is gone by
    r"|\b(?:easier|sooner|sign|book|law|laws|rules?|plan|need|poster|label|clock|schedule)\b"
    # no noun at the end
    r"|(?:^|\s)(?:an?|the|and|or|to|of|for|in|on|at|with|from|by|also|later|then|his|her|their|its)$"
    # no subject opens like this, or ends so
    r"|['’](?:d|ll|ve|re|m)$|^\d+[.:]\d|^(?:did|does|do|has|have|in|on|at|for|with|from|by|to|of|and|or|yet|so)\s",
    re.IGNORECASE,
)


_FULL_STOP = re.compile(r"(?<!\bJr)(?<!\bSr)(?<!\bInc)(?<!\bCo)(?<!\bLtd)(?<!\b[A-Z])\.$")
_PRONOUNS = {"he", "she", "they", "it", "i", "we", "you", "one", "who"}
_CUT_AT_ABBREVIATION = re.compile(
    r"\.(?![”\"’')\]]*\s*$)"
)  # "the U" of "the U.K. charity": a dot that does not end the sentence


def speaker(sentence: str) -> str | None:
    """The words of the sentence that name who said it, a pronoun too ("she"), without what follows a comma; None if no frame fits plainly."""
    for frame in _FRAMES:
        if (
            (found := frame.search(sentence))
            and not _NO_SPEAKER.search(found["who"])
            and _outside_quotation(sentence, found.start("who"))
        ):
            if _CUT_AT_ABBREVIATION.match(sentence, found.end("who")):
                return None
            return _FULL_STOP.sub("", found["who"]) if found.end("who") == len(sentence) else found["who"]
    return None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who is said to have said a sentence."""

    words: str  # as they stand in the sentence, or in the one whose quotation it continues
    name: str | None  # the fullest name of that person in the article; None for a pronoun that may mean several
    inherited: bool = False  # the sentence continues the quotation of another, which names its speaker


def speakers(text: str, spans: Iterable[tuple[int, int, int]]) -> list[Speaker | None]:
    """The speaker of every sentence of an article, given as (start, end, paragraph); None where it names none plainly."""
    found = [speaker(text[start:end]) for start, end, _ in spans]
    return [Speaker(words, None if words.lower() in _PRONOUNS else words) if words else None for words in found]


def _outside_quotation(sentence: str, position: int) -> bool:
    """A frame within the speech itself reports someone else's words."""
    before = sentence[:position]
    return before.count("“") <= before.count("”") and (before.count('"') % 2 == 0 or sentence.count('"') % 2 == 1)
