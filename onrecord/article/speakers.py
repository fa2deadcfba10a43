"""Who is said to have said the sentences of an article.

A sentence names its speaker by a reporting frame (frames.py), by the head of a turn ("MARTINEZ:", "Q:", "From Ann
Roe:"), or not at all: then it may continue a quotation, and its speaker is inherited from the sentence that names one.
Everything else is the paper's own word. Where it is not plain, there is no speaker.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from onrecord.article import vocabulary as v
from onrecord.article.frames import Frame, frame
from onrecord.article.names import Names, Person
from onrecord.article.sentences import quotations

_TURN = (  # DR. ANN ROE, EPIDEMIOLOGIST (on camera):
    r"(?P<who>[^\s:()\[\]“”\"][^:()\[\]“”\"\n]{0,59}?)(?P<aside>\s*[(\[][^()\[\]\n]{1,40}[)\]])?(?:,\s[^:()\[\]“”\"\n]{2,80})?:(?=\s|$)"
)
_LETTER = r"(?P<who>[QA])\.(?=\s)"  # Q. Is the dam old?
_FROM = r"From\s(?P<who>(?!the\b)[^\W\d_a-z][^:“”\"\n]{2,80}?):(?=\s|$)"
_LABELS = v.words(  # in capitals before a colon, and nobody's name
    "NOTE NB PS UPDATE UPDATED CORRECTION CLARIFICATION WATCH READ LISTEN RELATED BREAKING PHOTO PHOTOS VIDEO AUDIO",
    "LIVE MORE SOURCE SOURCES TIME DATE WHERE WHEN WHO WHAT WHY HOW TICKETS CONTACT EMBARGO FAQ Q&A TIP TIPS KEY PLUS",
    "ALSO FACT MYTH CLAIM RATING VERDICT CONCLUSION BACKGROUND ANALYSIS OPINION EXCLUSIVE WARNING ALERT SUMMARY",
    "EDITOR INFO PRICE TOP",
)
_ASKED = ("Q", "A", "Question", "Answer")
_I = r"\b(?:I|we|you|my|our|your|We|You|My|Our|Your)\b|\?"  # somebody speaks, and no dateline stands before a colon
_LED_ON = r"(?:Then\s)?(?:He|She|They|It|Then)\b"  # opens a sentence about the speaker: a quotation goes on behind it


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who is said to have said a sentence."""

    words: str  # as they stand in the sentence, or in the one from which the speaker is inherited
    name: str | None  # the fullest name of that person in the article; None for a pronoun that may mean several
    inherited: bool = False  # the sentence continues the quotation, or the turn, of another


@dataclass(slots=True)
class _Sentence:
    text: str
    start: int
    quoted: bool  # no word of it stands outside quotations
    frame: Frame | None
    speaker: Speaker | None = None


@dataclass(frozen=True, slots=True)
class _Paragraph:
    sentences: list[_Sentence]
    open: bool  # it ends within a quotation
    begins: bool  # it begins with one


def speaker(sentence: str) -> str | None:
    """The words of a lone sentence that name who said it, a pronoun too ("she"); None if it does not say so plainly."""
    found = speakers(sentence, [(0, len(sentence), 0)])[0]
    return found.words if found else None


def speakers(text: str, spans: Sequence[tuple[int, int, int]]) -> list[Speaker | None]:
    """The speaker of every sentence of an article, given as `sentences` gives them: (start, end, paragraph)."""
    paragraphs = [_paragraph(text, list(group)) for _, group in groupby(spans, key=lambda span: span[2])]
    read = [s for paragraph in paragraphs for s in paragraph.sentences]
    names = Names(text, [(s.start + s.frame.start, s.start + s.frame.end) for s in read if s.frame])
    for paragraph in paragraphs:
        person: Person | None = None  # who spoke in the sentence before
        for s in paragraph.sentences:
            if s.frame:
                s.speaker, person = _named(s, s.frame, names, person)
    _take_turns(paragraphs, names)
    _continue(paragraphs)
    return [s.speaker for s in read]


def _paragraph(text: str, spans: list[tuple[int, int, int]]) -> _Paragraph:
    """The sentences of a paragraph with their frames; quotations are looked for in the whole of it."""
    begin, stop = spans[0][0], spans[-1][1]
    quoted, opened = _quotations(text[begin:stop])
    read = []
    at = 0
    for start, end, _ in spans:
        while at < len(quoted) and begin + quoted[at][1] <= start:
            at += 1
        inside = []
        while at < len(quoted) and begin + quoted[at][0] < end:
            a, b = quoted[at]
            inside.append((max(0, begin + a - start), min(end, begin + b) - start))
            if begin + b > end:
                break  # it goes on in the next sentence
            at += 1
        sentence = text[start:end]
        edges = [0, *(edge for span in inside for edge in span), len(sentence)]
        outside = "".join(sentence[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
        only = bool(inside) and re.search(r"\w", outside) is None
        read.append(_Sentence(sentence, start, only, frame(sentence, inside)))
    return _Paragraph(read, opened, bool(quoted) and quoted[0][0] == 0)


def _quotations(paragraph: str) -> tuple[list[tuple[int, int]], bool]:
    """Its quotations, also one that no mark opens and one that none closes; and whether there is one of the latter."""
    found, opened = quotations(paragraph)
    if opened >= 0:
        found = [*found, (opened, len(paragraph))]
    closed = re.search(r"[,.?!…](?:”|''|’’|\"(?!\w))", paragraph[: found[0][0] if found else len(paragraph)])
    return ([(0, closed.end()), *found] if closed else found), opened >= 0


def _named(s: _Sentence, found: Frame, names: Names, before: Person | None) -> tuple[Speaker, Person | None]:
    words = s.text[found.start : found.end]
    if words.lower() in v.PRONOUNS | {"one", "him", "her", "them"}:
        person = names.meant(words, s.start + found.start, before)
        return Speaker(words, person.name if person else None), person
    named = s.text[slice(*found.apposed)] if found.apposed else words
    person = names.person(named, s.start)
    return Speaker(words, names.fullest(named, s.start)), person


def _inherit(sentences: Iterable[_Sentence], found: Speaker | None) -> None:
    for s in sentences:
        s.speaker = replace(found, inherited=True) if found else None


# --- turns of a transcript or an interview ---


def _take_turns(paragraphs: list[_Paragraph], names: Names) -> None:
    """Give each turn to the name at its head, and in a transcript what follows, up to the next turn."""
    heads: dict[int, tuple[str, bool]] = {}  # paragraph -> name, and whether it is sure of itself
    for number, paragraph in enumerate(paragraphs):
        line = " ".join(s.text for s in paragraph.sentences[:3])
        if m := re.match(_FROM, line):
            heads[number] = (m["who"], True)
        elif m := re.match(_LETTER, line):
            heads[number] = (m["who"], False)
        elif (m := re.match(_TURN, line)) and (m["who"] in _ASKED or _may_be_head(m["who"])):
            spoken = bool(m["aside"]) or re.search(_I, line[m.end() :]) is not None
            heads[number] = (m["who"], m["who"] in _ASKED or (m["who"].isupper() and (spoken or len(line) == m.end())))
    count = Counter(who for who, _ in heads.values())
    capitals = sum(who.isupper() for who, _ in heads.values())
    dialogue = len(count) > 1 and max(count.values()) > 1
    taken = {
        number: who
        for number, (who, sure) in heads.items()
        if sure
        or (who.isupper() and capitals > 1 and (who not in _ASKED or set(count) >= {"Q", "A"}))
        or (dialogue and count[who] > 1)
    }
    transcript = len(taken) > 2
    fullest: dict[str, str] = {}  # last word of a head -> the longest such head
    for who in taken.values():
        fullest[who.split()[-1]] = max(fullest.get(who.split()[-1], ""), who, key=len)
    turn: Speaker | None = None
    end = max(taken, default=0)  # behind the last head the paper may speak again
    for number, paragraph in enumerate(paragraphs):
        first, *rest = paragraph.sentences
        if number in taken:
            who = taken[number]
            turn = first.speaker = Speaker(who, names.fullest(fullest[who.split()[-1]], len(names.text)))
            first.frame = None
        elif turn and transcript and number < end and not re.match(r"[(\[]|\W*[^a-z]+$", first.text):
            rest = paragraph.sentences
        else:
            turn = None
            continue
        _inherit(rest, turn)
        for s in rest:
            s.frame = None


def _may_be_head(who: str) -> bool:
    """Up to six words, in capitals or each with one, that are no label such as "Note"."""
    words = who.split()
    return (
        len(words) <= 6
        and sum(map(str.isalpha, who)) > 1
        and words[0].strip(".,’'").upper() not in _LABELS
        and all(word[0].isupper() or word in ("de", "van", "von", "bin", "al") for word in words)
    )


# --- quotations that go on ---


def _continue(paragraphs: list[_Paragraph]) -> None:
    """Give the sentences of a quotation that name no speaker the one of the sentence that does."""
    waiting: list[_Sentence] = []  # they begin a paragraph, in quotations, and their speaker has not been named yet
    otherwise: Speaker | None = None  # whose they are if nobody is named: who spoke last in the paragraph before
    for number, paragraph in enumerate(paragraphs):
        first = paragraph.sentences[0]
        if not (waiting and paragraphs[number - 1].open and paragraph.begins):
            if waiting and (signed := _signature(waiting[-1], first)):
                first.speaker = otherwise = Speaker(signed, signed)
            _inherit(waiting, otherwise)
            waiting, otherwise = [], _spoke(paragraphs[number - 1].sentences[-1]) if number else None
        current: Speaker | None = None
        for s in paragraph.sentences:
            if s.speaker:
                _inherit(waiting, s.speaker if s.frame and s.frame.quoted else None)
                waiting, current = [], _spoke(s)
            elif s.quoted and current:
                _inherit([s], current)
            elif s.quoted and (waiting or s is first):
                waiting.append(s)
            else:
                _inherit(waiting, otherwise)
                waiting = []
                if not re.match(_LED_ON, s.text):
                    current = None
    _inherit(waiting, otherwise)


def _spoke(s: _Sentence) -> Speaker | None:
    """Whose a quotation is that follows this sentence: not that of one who accuses, as the accused may answer."""
    return s.speaker if s.frame is None or s.frame.speech else None


def _signature(quotation: _Sentence, line: _Sentence) -> str | None:
    """The name behind a dash on the line below a quotation."""
    if not re.match(r"[-–—]", line.text):
        return None
    both = f"{quotation.text} {line.text}"
    found = frame(both, [(0, len(quotation.text))])
    return both[found.start : found.end] if found and found.quoted else None
