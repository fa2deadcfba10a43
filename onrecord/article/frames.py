"""The reporting frame of a sentence: which of its words name who said it. In doubt there is none.

    SPEAKER VERB ...                 The official said it was over. / Asked again, Ms. Roe told reporters that ...
    "...," SPEAKER VERB              (also VERB SPEAKER) "We will go," said Ann Roe, who leads the union.
    ..., SPEAKER VERB.               The talks are over, the official said on Monday. (also between commas)
    SPEAKER VERB OBJECT              The ministry rejected the allegation. / The party accused him of fraud.
    according to SPEAKER             where that is somebody, or a document; "him", "her" and "them" too
    "..." -SPEAKER                   behind a dash, at the end

From a verb of saying the subject is sought to the left, as far as words go that a noun phrase may hold (phrases.py). No
frame: a negated or possible saying ("did not say", "would say"), one asked for ("asked if he had said"), a passive
("was told"), one inside a quotation or another's clause ("which the mayor said was unfair").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from onrecord.article import vocabulary as v
from onrecord.article.phrases import REACH, Phrase, Words

# ranks: the lowest is the surest
_BESIDE_QUOTATION, _AT_THE_END, _MAIN_CLAUSE, _INSERTED, _SOURCE = range(5)


class Frame(NamedTuple):
    """Where a sentence names its speaker, in characters of the sentence."""

    start: int
    end: int
    apposed: tuple[int, int] | None = None  # the name that stands beside it: "the mayor, Piet Haldane,"
    quoted: bool = False  # it belongs to a quotation of the sentence
    speech: bool = True  # what was said is told: not so by a verb that accuses, or by a document


def frame(sentence: str, quoted: Sequence[tuple[int, int]]) -> Frame | None:
    """The frame of a sentence whose quotations lie at `quoted`, marks included; the first and the last may be open."""
    words = Words(sentence, quoted)
    ranked_frames = [*_signed(words)]
    for i in range(len(words)):
        low, following = words.low(i), words.low(i + 1)
        if low in ("according", "per", "words", "put", "puts", "how"):
            ranked_frames += _source(words, i)
        elif (low, following) in v.PHRASAL:
            ranked_frames += _said(words, i, v.PHRASAL[low, following], v.FORMS[low][1] if low in v.FORMS else "past")
        elif low in v.FORMS:
            ranked_frames += _said(words, i, *v.FORMS[low])
    return min(ranked_frames, key=lambda ranked: ranked[0])[1] if ranked_frames else None


def _said(words: Words, i: int, kind: str, inflexion: str) -> Iterator[tuple[int, Frame]]:
    """(rank, frame) of the verb `i`."""
    if inflexion == "ing" and words.kind(i - 1) == "," and kind in v.INSERTED:  # ordered him to stop, saying that
        who = _shared(words, i - 1)
        if who and not _cannot(words, who, kind) and _follows(words, i, kind, who):
            yield _INSERTED, _framed(words, who)
        return
    last = _subject_end(words, i, inflexion)
    if last is None:
        return
    who, apposed = words.before_apposition(last) if words.kind(last) == "," else (None, None)
    who = who or words.leftward(last)
    if who is None:
        if last == i - 1 and inflexion != "ing" and kind in v.INVERTED:
            yield from _inverted(words, i, kind)
        if words.low(last) not in ("and", "but") or kind == "find" or not (who := _shared(words, last)):
            return
    if _cannot(words, who, kind):
        return
    before = who[0] - 1
    marked = words.kind(before) in (",", "-")
    quoted = words.speech(before) or (marked and words.speech(before - 1))
    reporting = _framed(words, who, apposed, quoted, kind not in v.ABOUT_OTHERS)
    if quoted and kind in v.OF_QUOTATIONS:
        yield _BESIDE_QUOTATION, reporting
    elif marked and _is_inserted(words, i, kind):
        final = kind in ("say", "tell") and len(words.until_mark(i, REACH)) >= len(words) - 1 - i < 18
        yield _AT_THE_END if final else _INSERTED, reporting
    elif (words.low(last) in ("and", "but") or _may_begin(words, who[0])) and _follows(words, i, kind, who):
        yield _MAIN_CLAUSE, reporting


def _inverted(words: Words, i: int, kind: str) -> Iterator[tuple[int, Frame]]:
    """VERB SPEAKER behind a quotation, or behind a comma where it ends the sentence or stands between two."""
    quoted = words.speech(i - 1) or (words.kind(i - 1) in (",", "-") and words.speech(i - 2))
    inserted = words.kind(i - 1) == "," and words.low(i) in ("said", "says", "wrote", "writes")
    who = words.rightward(i + 1) if quoted or inserted else None
    if who is None or _cannot(words, who, "say" if quoted else "state"):
        return
    behind = who[1] + 1
    reporting = _framed(words, who, words.name_behind(who[1]), quoted)
    if quoted and (words.low(behind) not in v.STOPS or words.low(behind) in v.GOES_ON):
        yield _BESIDE_QUOTATION, reporting
    elif not quoted and words.kind(behind) in ("", ",", ".", ":"):
        yield _AT_THE_END, reporting


def _source(words: Words, i: int) -> Iterator[tuple[int, Frame]]:
    """According to X; per X; in the words of X; as X put it; "...," is how X described it."""
    low = words.low(i)
    if low == "how":
        who = words.rightward(i + 1) if words.low(i - 1) in v.BE and words.speech(i - 2) else None
        if who and words.low(who[1] + 1) in ("described", "describes", "put", "puts", "summed", "sums"):
            yield _BESIDE_QUOTATION, _framed(words, who, None, True)
        return
    if low in ("put", "puts"):
        begin = next((j + 1 for j in range(i - 1, max(-1, i - 12), -1) if words.low(j) == "as"), i)
        who = words.rightward(begin) if words.low(i + 1) == "it" else None
        if who and who[1] == i - 1:
            yield _MAIN_CLAUSE, _framed(words, who)
        return
    opens = i == 0 or words.kind(i - 1) == ","
    begins = {
        "according": words.low(i + 1) == "to",
        "per": opens,
        "words": words.low(i - 2) == "in" and words.low(i + 1) == "of",
    }
    who = words.rightward(i + (1 if low == "per" else 2)) if begins[low] else None
    if begins[low] and words.low(i + 2) in ("him", "her", "them") and not words.low(i + 3):
        who = (i + 2, i + 2)
    if who is None or _cannot(words, who, "according"):
        return
    behind = words.low(who[1] + 1)
    ends = behind == "" or behind in v.PARTICIPLES or behind in v.PREPOSITIONS or behind in v.TIMES
    if ends or behind in ("who", "which") or behind.endswith(("ed", "ing")):
        # a document tells what somebody said; a newspaper is told it
        document = words.low(words.head(who)) in v.DOCUMENTS
        rank = _AT_THE_END if i == 0 and document else _SOURCE
        yield rank, _framed(words, who, words.name_behind(who[1]), speech=not document)


def _signed(words: Words) -> Iterator[tuple[int, Frame]]:
    """A dash and a name behind a quotation that they end."""
    for i in range(1, len(words) - 1):
        if words.kind(i) == "-" and words.speech(i - 1):
            first = i + 2 if words.kind(i + 1) == "-" else i + 1
            who = words.rightward(first) if words.capital(first) else None
            verbs = any(words.low(j) in v.FORMS or words.low(j) in v.AUXILIARIES for j in range(first, len(words)))
            if who and not verbs and words.kind(who[1] + 1) in ("", ",", "."):
                yield _BESIDE_QUOTATION, _framed(words, who, None, True)
            return


def _framed(
    words: Words, who: Phrase, apposed: Phrase | None = None, quoted: bool = False, speech: bool = True
) -> Frame:
    beside = (words.items[apposed[0]].start, words.items[apposed[1]].end) if apposed else None
    return Frame(words.items[who[0]].start, words.items[who[1]].end, beside, quoted, quoted or speech)


# --- the subject ---


def _subject_end(words: Words, i: int, inflexion: str) -> int | None:
    """Where the subject of the verb `i` must end, before adverbs, auxiliaries and days; None if nobody says it."""
    be = have = False
    j = i - 1
    while low := words.low(j):
        if low in v.MODALS or low.endswith(("n't", "n’t")):
            return None
        be |= low in v.BE
        have |= low in v.HAVE
        before = words.before_time(j)
        if low in v.AUXILIARIES or (v.is_adverb(low) and not words.capital(j)):
            before = j - 1
        if before == j or i - j > REACH:
            break
        j = before
    return j if (inflexion == "ing") == be and not (have and inflexion in ("base", "s")) else None


def _shared(words: Words, joint: int) -> Phrase | None:
    """The subject of the sentence, whose second verb stands behind `joint`: "Mr. Roe resigned and said ..."."""
    who = words.rightward(0)
    if who is None or joint > 2 * REACH or words.low(0) in v.PREPOSITIONS or words.low(0) in v.STOPS:
        return None
    for last in range(who[0], min(who[1] + 1, joint - 1)):
        j = last + 1
        while v.is_adverb(words.low(j)) or (words.low(j) == "on" and words.low(j + 1) in v.DAYS):
            j += 2 if words.low(j) == "on" else 1
        verb = words.low(j)
        moves = (verb in v.STOPS and verb not in v.JOINING) or verb in v.FORMS or verb.endswith(("s", "ed"))
        if moves and not verb.endswith("ss") and not v.is_source(verb) and not words.capital(j):
            break
    else:
        return None
    between = {words.low(j) for j in range(last + 2, joint)}
    clauses = {"who", "which", "and", "but"} if words.kind(joint - 1) == "," else v.STOPS - v.AUXILIARIES - {"to"}
    return (who[0], last) if words.speaks((who[0], last)) and not between & clauses else None


def _cannot(words: Words, who: Phrase, kind: str) -> bool:
    """Whether this cannot be the subject of a verb of this kind. Of "said" nearly everything can."""
    head = words.low(words.head(who))
    if head in v.SPEECHLESS or any(words.low(i) in v.NOBODY for i in range(who[0], who[1] + 1)):
        return True
    if who == (0, 0) and head in ("having", "being"):
        return True  # "Having announced"
    if kind == "according" and head in v.PRONOUNS | {"his", "its", "their"}:
        return True
    if kind == "according" and head in ("him", "her", "them"):
        return False
    return kind not in ("say", "tell", "find") and not words.speaks(who)


def _may_begin(words: Words, first: int) -> bool:
    """Whether a main clause may begin with the noun phrase at `first`: behind a mark, "and" or "On Monday"."""
    before = words.low(first - 1)
    if before == "" or before in v.JOINING:
        return True
    if before in v.PREPOSITIONS or before in v.STOPS:
        return False
    opening = first - 1
    while words.low(opening - 1) and first - opening < REACH:
        opening -= 1
    low = words.low(opening)
    return low in v.PREPOSITIONS or low in v.TIMES or low in v.OPENING_TIME or v.is_adverb(low)


# --- what follows the verb ---


def _follows(words: Words, i: int, kind: str, who: Phrase) -> bool:
    """Whether what follows the verb `i` of a clause is said, denied, or somebody accused."""
    low, following = words.low(i), words.low(i + 1)
    if kind == "say":
        more = following == "more" and words.low(i + 2) != "than"
        passive = following == "to" and words.low(i + 2) in ("be", "have")
        return following not in v.UNSAID and not more and not passive
    if kind == "tell":
        somebody = following not in v.UNTOLD and following not in v.ADVERBS and words.low(i + 2) not in v.TALES
        return somebody and (low in ("told", "tells", "tell") or _that(words, i))
    if kind in ("ask", "hold"):
        return following in (("whether", "if") if kind == "ask" else ("that",))
    quotation = words.kind(i + 1) in ("quote", ":") or (words.kind(i + 1) == "," and words.kind(i + 2) == "quote")
    reported = quotation or _that(words, i)
    if kind == "find":
        sources = v.DOCUMENTS if low.startswith("show") else v.STUDIES
        return reported and any(words.low(j) in sources for j in range(who[0], who[1] + 1))
    if kind == "deny":
        return _that(words, i) or _deniable(words, i, who)
    if kind in ("speak", "state"):
        return reported or _clause(words, i) or _object(words, i, who)
    behind = words.until_mark(i + 1)
    if not behind:
        return low.startswith("blam") and words.kind(i + 1) == "quote"
    if kind == "call":
        if low.startswith("describ") and behind[0] in v.LIVED_THROUGH:
            return True
        if low.startswith(("call", "brand", "term")):
            return (low.startswith("call") and behind[0] in ("for", "on")) or _called(words, i)
        return behind[0] == "for" if low.startswith("appeal") else "as" in behind[1:]
    needs = {"accuse": {"of", "for", "on"}, "urge": {"to", "that"}}.get(kind, set()) if low[:4] != "blam" else set()
    return behind[0] not in v.PREPOSITIONS and (not needs or bool(needs & set(behind[1:])))


def _that(words: Words, i: int) -> bool:
    """Whether a clause with "that" follows, behind a few words: "said on Sunday that", "noted, however, that"."""
    if words.kind(i + 1) == words.kind(i + 3) == "," and words.low(i + 2) in ("however", "though", "too"):
        i += 3
    behind = words.until_mark(i + 1, 11)
    return next((low for low in behind if low in v.STOPS and low != "to"), "") == "that"


def _clause(words: Words, i: int) -> bool:
    """Whether a clause without "that" follows: a subject, and soon a verb that has one."""
    behind = words.until_mark(i + 1, 10)
    if not behind or behind[0] in v.PREPOSITIONS:
        return False
    if words.low(i).startswith(("contend", "alleg")) and len(behind) > 2:
        return True  # they take nothing but what is said: "contend the patent expired"
    if behind[0] in v.PRONOUNS or behind[0] == "there":
        return len(behind) > 1
    verb = next((low for low in behind[1:] if low in v.FINITE or low in v.CLAUSE_WORDS), "")
    return verb in v.FINITE and words.low(i) not in v.HOMOGRAPHS


def _object(words: Words, i: int, who: Phrase) -> bool:
    """Whether something follows that this verb takes: "warned of war", "acknowledged the error", "announced a rise"."""
    low, following = words.low(i), words.low(i + 1)
    governed = next((taken for verb, taken in v.GOVERNED.items() if low.startswith(verb)), "").split()
    anything = "anything" in governed and following not in v.PREPOSITIONS and following not in v.STOPS
    if anything or following in governed:
        return following != ""
    if low.startswith(("suggest", "propos", "recommend")):
        return following.endswith("ing")
    if low.startswith(("recall", "report", "remember", "recount")):
        return following in v.LIVED_THROUGH
    if low.startswith("warn"):
        return "to" in words.until_mark(i + 1)[1:]
    return low.startswith("confirm") and _deniable(words, i, who)


def _deniable(words: Words, i: int, who: Phrase) -> bool:
    """Whether what is denied was said: a report, a claim, no appeal. Courts and chambers reject by ruling."""
    bench = words.low(words.head(who)) in v.BENCHES and "white" not in words.until_mark(who[0], 3)
    if words.low(i).startswith("den") and words.low(i + 1).endswith("ing"):
        return True
    for n, low in enumerate(words.until_mark(i + 1, 8)):
        if low in v.DENIABLE and not (bench and low in v.RULED_ON) and (low != "that" or n < 2):
            return True
        if n and low in v.PREPOSITIONS and low not in ("as", "of", "on", "against"):
            return False
    return False


def _called(words: Words, i: int) -> bool:
    """Whether "called" gives a verdict: called the case a joke, called it “absurd”, called the accusations baseless."""
    behind = words.until_mark(i + 1, 7)
    quoted = words.kind(i + 1 + len(behind)) == "quote"
    if behind[0] in ("it", "that", "this", "them", "him", "her"):
        return quoted if len(behind) == 1 else behind[1] not in v.PREPOSITIONS
    if behind[0] not in v.DETERMINERS:
        return False
    ended = next((low for low in behind[1:] if low in v.VERDICTS or low in v.PREPOSITIONS), "")
    return ended in v.VERDICTS or (not ended and quoted and len(behind) > 1)


def _is_inserted(words: Words, i: int, kind: str) -> bool:
    """Whether a mark follows the verb, or words that go with it and then a mark."""
    behind = words.until_mark(i + 1)
    mark = words.kind(i + 1 + len(behind))
    if kind not in v.INSERTED or mark not in ("", ",", ".", "-"):
        return False
    if not behind:
        return kind != "tell"
    first = behind[0]
    goes_with = first in v.PREPOSITIONS or first in v.TIMES or first in ("when", "as", "while") or v.is_adverb(first)
    return (goes_with or kind == "tell") and not any(low in v.STOPS and low not in v.IN_PASSING for low in behind)
