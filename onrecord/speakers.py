"""Who is said to have said a sentence, where the sentence says so in a reporting frame. Patterns are few and sure: None is the answer in doubt.

    SPEAKER VERB ...                 The official said the talks were over. / Ms. Roe told reporters that she would go.
    "...," SPEAKER VERB ...          (also VERB SPEAKER:) "We will go," said Ann Roe, who leads the union. / "...," she added.
    ..., SPEAKER VERB.               The talks are over, the official said on Monday.
    according to SPEAKER             at the beginning or the end of the sentence, or between commas

No speaker: a negated or merely possible saying ("did not say", "would say"), a saying asked for ("asked if he had said"), a passive ("was told").
"""

import re

_VERB = r"(?:said|says|added|adds|told|tells|wrote|writes|tweeted|announced|replied|noted|insisted|argued|claimed|explained|warned|conceded|acknowledged|recalled|testified|stated)"
_NAME = r"[A-Z][\w’'.-]*"
_TITLE = r"(?:Mr|Mrs|Ms|Dr|Sen|Rep|Gov|Gen|Col|Lt|Sgt|Capt|Prof|Rev)\.?"
_ROLE = (
    r"(?:[Aa]|[Aa]n|[Tt]he|[Oo]ne|[Hh]is|[Hh]er|[Tt]heir|[Tt]wo|[Tt]hree|[Ss]everal|[Ss]ome|[Oo]ther)\s"
    r"(?:[\w’'.-]+\s){0,5}?(?:[\w’'-]+)"
)
_PERSON = rf"(?:{_TITLE}\s)?{_NAME}(?:\s(?:{_NAME}|of|de|van|von|al|bin|the|and)){{0,6}}?(?:[’']s\s[a-z]+(?:\s[a-z]+)?)?"
_BARE = r"(?:[\w-]+\s){0,3}?(?:[Oo]fficials|[Pp]olice|[Aa]uthorities|[Pp]rosecutors|[Ii]nvestigators|[Aa]nalysts|[Rr]esidents|[Ww]itnesses|[Ll]awyers|[Cc]ritics|[Aa]ides|[Ss]pokes(?:man|woman|person))"
_WHO = rf"(?P<who>[Hh]e|[Ss]he|[Tt]hey|I|We|we|{_BARE}|{_ROLE}|{_PERSON})"
_APPOSITION = r"(?:,\s[^,“”\"]{2,80},)?"
_CLOSE = r"[,?!.…]['’]?[”\"]\s*"

_FRAMES = (
    re.compile(rf"{_CLOSE}(?:{_WHO}){_APPOSITION}\s(?:also\s|later\s|then\s)?{_VERB}\b"),
    re.compile(
        rf"{_CLOSE}{_VERB}\s{_WHO}(?=[,.:;]|\s(?:in|on|at|during|after|of|to|as|when|while|from|who|outside|before|last|this|late|early|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b|$)"
    ),
    re.compile(
        rf"^(?:(?:But|And)\s|(?:On|In|At|After|During)\s[^,“”\"]{{2,60}},\s)?{_WHO}{_APPOSITION}\s(?:also\s|later\s|then\s|has\s|have\s|had\s)?{_VERB}\b(?!\sby\b)"
    ),
    re.compile(
        rf",\s(?:{_WHO})\s(?:also\s|later\s)?{_VERB}(?:\s(?:on|in|at|late|early|last|this|during|to|after|staff|reporters|lawmakers)\b[^,“”\"]{{0,60}}|\s(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day[^,“”\"]{{0,30}}|\sreporters)?\.$"
    ),
    re.compile(rf"^According\sto\s{_WHO}(?=,)"),
    re.compile(rf",?\saccording\sto\s{_WHO}(?=[.,]|\s(?:who|released|published|seen|obtained|familiar)\b)"),
)
# Words that are no part of a speaker's name, and things that "say" or are gone by without having spoken.
_NO_SPEAKER = re.compile(
    r"\b(?:not|never|nobody|no one|none|neither|if|whether|would|could|might|may|will|must|should|which|that|what|when|who|it|there|this|was|were|is|been|being|easier|sooner|sign|book|law|laws|rules?|plan|need|poster|label|clock)\b",
    re.IGNORECASE,
)


def speaker(sentence: str) -> str | None:
    """The words of the sentence that name who said it, a pronoun too ("she"), without what follows a comma; None if no frame fits plainly."""
    for frame in _FRAMES:
        if (found := frame.search(sentence)) and not _NO_SPEAKER.search(found["who"]) and _outside_quotation(sentence, found.start("who")):
            return found["who"]
    return None


def _outside_quotation(sentence: str, position: int) -> bool:
    """A frame within the speech itself reports someone else's words."""
    before = sentence[:position]
    return before.count("“") <= before.count("”") and (before.count('"') % 2 == 0 or sentence.count('"') % 2 == 1)
