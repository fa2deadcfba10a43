"""A sentence as words and marks, and the noun phrases among them. No parser: lists say which words none holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from onrecord.article import vocabulary as v
from onrecord.article.titles import TITLES

REACH = 40  # words in which a noun phrase, or what stands between two commas, must end
JOINTS = 4

_TOKEN = r"&(?=\s)|[^\W_](?:[\w&]|[’'.&/-](?=\w)|,(?=\d\d\d))*|[^\w\s]|_"
_DOTTED = {*TITLES, "Jr", "Sr", "Inc", "Co", "Corp", "Ltd", "Bros", "No", "Mt", "Ft"}
_BRACKETS = {"(": ")", "[": "]"}
_POSSESSIVE = ("’s", "'s", "s'", "s’")

Phrase = tuple[int, int]  # first and last word


class Item(NamedTuple):
    """A word, a mark or a whole quotation."""

    text: str
    low: str  # in small letters; but "US" and "WHO" are names
    start: int
    end: int
    kind: str  # "word", "quote", "," ":" "-" or "." for every other mark
    speech: bool = False  # a quotation that is an utterance, and no title or nickname

    @property
    def capital(self) -> bool:
        return self.kind == "word" and self.text[0].isupper()


class Words:
    """The words and marks of a sentence. A quotation is one mark; what stands in brackets is left out."""

    def __init__(self, sentence: str, quoted: Sequence[tuple[int, int]]) -> None:
        """`quoted`: (start, end) of its quotations, marks included; the first and the last may be open."""
        self._sentence = sentence
        self.items: list[Item] = []
        position = 0
        for start, end in [*quoted, (len(sentence), len(sentence))]:
            self._read(position, start)
            if start < end:
                self._read_quotation(start, end)
            position = end

    def __len__(self) -> int:
        return len(self.items)

    def low(self, i: int) -> str:
        """The word `i` in small letters; "" where there is a mark, or nothing."""
        return self.items[i].low if 0 <= i < len(self.items) and self.items[i].kind == "word" else ""

    def kind(self, i: int) -> str:
        """What stands at `i`; "" where there is nothing."""
        return self.items[i].kind if 0 <= i < len(self.items) else ""

    def capital(self, i: int) -> bool:
        """Whether `i` is a word with a capital."""
        return 0 <= i < len(self.items) and self.items[i].capital

    def speech(self, i: int) -> bool:
        """Whether `i` is a quotation that is an utterance."""
        return 0 <= i < len(self.items) and self.items[i].speech

    def until_mark(self, i: int, most: int = 15) -> list[str]:
        """The words from `i` on, in small letters, up to a mark."""
        words: list[str] = []
        while len(words) < most and (low := self.low(i + len(words))):
            words.append(low)
        return words

    # --- times and places of the saying ---

    def is_time(self, i: int) -> bool:
        """Whether the word `i` tells a time. "May" and "Jan" do beside a number, and behind "in" or "last"."""
        if self.low(i) not in v.MONTHS:
            return self.low(i) in v.TIMES
        beside = (self.low(i - 1), self.low(i + 1))
        return any(word[:1].isdigit() for word in beside) or beside[0] in v.BEFORE_MONTH

    def before_time(self, last: int) -> int:
        """The word before a time that ends at `last` ("on Friday", "late Sunday", "on May 5"); `last` if none does."""
        first = last + 1
        while self.is_time(first - 1) or re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?|(?:19|20)\d\d", self.low(first - 1)):
            first -= 1
        if not any(self.low(i) in v.DATING for i in range(first, last + 1)):
            return last
        if self.low(first - 1) in ("on", "in", "by", "this", "last", "next"):
            return first - 2
        return first - 1 if self.low(first) in v.DAYS or self.low(first) in v.BEFORE_DAY else last

    # --- noun phrases ---

    def leftward(self, last: int, joints: int = JOINTS) -> Phrase | None:
        """The noun phrase that ends at `last`, or before a clause that ends there ("a report published in May").

        It may have so many joints: "and", a participle, "who".
        """
        if not joints:
            return None
        if self.low(last) in ("them", "us") and self.low(last - 1) == "of" and self.low(last - 2) in v.ALONE:
            return last - 2, last  # one of them
        if self.low(last) in v.PRONOUNS:
            return None if self.low(last - 1) in v.PREPOSITIONS else (last, last)
        if self.kind(last) != "word" or (self.low(last) == "one" and self.kind(last - 1) != "quote"):
            return None
        if _participle(self.low(last)) and v.is_source(self.low(last - 1)):
            last -= 1  # "a report published Wednesday said"
        first = last + 1
        while first > max(0, last - REACH) and self._holds(first - 1, last):
            first -= 1
        if first > last:
            return None
        before = self.low(first - 1)
        if before in ("who", "which"):  # "the lawyer who represents the family", not "the family which the mayor"
            word = self.low(first)
            verb = re.search(r"(?:s|ed)$", word) and not self.capital(first) and not v.is_source(word)
            return self.leftward(first - 2, joints - 1) if verb and word not in v.DETERMINERS else None
        if before == "that":
            return None
        if before == "and":
            other = self.leftward(first - 2, joints - 1)
            both = other and self.speaks(other) and self.speaks((first, last))
            if other and both and self.before_time(other[1]) == other[1]:
                return self._opened(other[0], last)
        elif first == 1 and before in v.PREPOSITIONS:  # "In a statement the firm said"
            held = v.HOLDING | {"and", "all"}
            begins = (i for i in range(3, last) if self.low(i) == "the" and self.low(i - 1) not in held)
            return self._opened(next(begins, first), last)
        elif before and _participle(before):
            modified = self.leftward(first - 2, joints - 1)
            return modified if modified and self.speaks(modified) else None
        elif before in v.STOPS and before not in v.JOINING:
            return self._before_clause(first - 1, joints - 1)
        return self._opened(first, last)

    def rightward(self, first: int) -> Phrase | None:
        """The noun phrase that begins at `first`."""
        if self.low(first) in v.PRONOUNS:
            return first, first
        last = -1
        named = inner = False  # the head is a name; a preposition stands behind it
        for i in range(first, min(len(self), first + REACH)):
            low = self.low(i)
            if self.kind(i) == "quote":
                if self.speech(i) or last < 0:
                    break
                last = i  # by the name of “Stretch”
            elif not low:
                break
            elif self.capital(i) and low not in v.DAYS and low not in v.DETERMINERS and not self.is_time(i):
                last, named = i, named or not inner
            elif low == "of" and last >= 0:
                inner = True
            elif low in v.INNER:
                if named or not v.is_source(self.low(last)) or not self._belongs(i):
                    break
                inner = True
            elif low == "and":
                following = self.low(i + 1)
                if last < 0 or not (self.capital(i + 1) or following in v.DETERMINERS or v.is_source(following)):
                    break
            elif low in v.DETERMINERS:
                before = self.low(i - 1)
                if low in v.NOBODY or (last >= 0 and before not in v.PREPOSITIONS and before != "and"):
                    break
                last = i if low in v.ALONE else last
            elif low in v.STOPS or low in v.PREPOSITIONS or self.is_time(i) or (low in v.PARTICIPLES and last >= 0):
                break
            elif _modifies(low):
                if last == i - 1 >= first:
                    break
            else:
                last = i
        return (first, last) if last >= 0 else None

    def before_apposition(self, comma: int) -> tuple[Phrase | None, Phrase | None]:
        """The noun phrase before what stands between commas, the last of them at `comma`; and a name that stands there.

        "Ann Roe, 67, a clerk in Norwick, Pa., said" has several such stretches: an age, a place and a clause are none.
        """
        stretches: list[Phrase] = []  # from right to left
        last, i = comma - 1, comma - 1
        while i >= 0 and self.kind(i) not in (".", ":") and not self.speech(i) and comma - i < 2 * REACH:
            if self.kind(i) in (",", "-"):
                stretches.append((i + 1, last))
                last = i - 1
            i -= 1
        if comma - i < 2 * REACH:
            stretches.append((i + 1, last))
        apposed = None
        for n, (begin, end) in enumerate(stretches):
            further = stretches[n + 1] if n + 1 < len(stretches) else None
            if end < begin:
                break
            if n and not (further and self._stands_beside(begin, end)):
                if self.low(begin) in ("and", "or") and further and self._stands_beside(*further):
                    break  # "Gov. Roe, a lawyer, and Gov. Mill, who ..., said": both
                who = self.leftward(end)
                return (who, apposed) if who and self.speaks(who) else (None, None)
            apposed = (begin, end) if self.is_name(begin, end) else apposed
        return None, None

    def name_behind(self, last: int) -> Phrase | None:
        """The name between commas behind the noun phrase that ends at `last`: "said her mother, Ana Roe"."""
        if self.kind(last + 1) != "," or self.capital(last):
            return None
        end = last + 1 + len(self.until_mark(last + 2, 6))
        return (last + 2, end) if self.is_name(last + 2, end) else None

    def is_name(self, first: int, last: int) -> bool:
        """Whether these are two to five words of a name: capitals, and "van" or "bin" between them."""
        words = range(first, last + 1)
        return (
            2 <= len(words) <= 5
            and self.capital(last)
            and all(self.capital(i) or self.low(i) in v.PARTICLES for i in words)
        )

    def head(self, phrase: Phrase) -> int:
        """Its noun: the last word before a preposition."""
        first, last = phrase
        return next((i - 1 for i in range(first + 1, last + 1) if self._inside(i)), last)

    def speaks(self, phrase: Phrase) -> bool:
        """Whether it names somebody, a body or a document: a name, a noun of the list, "two of the hostages"."""
        head = self.head(phrase)
        low = self.low(head).removesuffix("’s").removesuffix("'s")
        alone = head == phrase[0] and (low in v.PRONOUNS or low in v.ALONE)
        return alone or v.is_source(low) or (self.capital(head) and low not in v.TIMES)

    # --- reading ---

    def _read(self, start: int, end: int) -> None:
        closing = ""
        for m in re.compile(_TOKEN).finditer(self._sentence, start, end):
            text, stop = m[0], m.end()
            if closing or (self.items and m.start() < self.items[-1].end):  # in brackets; the dot of "Mr."
                closing = "" if text == closing else closing
            elif text in _BRACKETS and _BRACKETS[text] in self._sentence[stop : min(end, stop + 80)]:
                closing = _BRACKETS[text]
            elif text[0].isalnum() or text == "&":
                stop = self._word_end(text, stop, end)
                text = self._sentence[m.start() : stop]
                low = text if len(text) > 1 and text.isupper() else text.lower()
                self.items.append(Item(text, low, m.start(), stop, "word"))
            else:
                kind = {",": ",", "–": "-", "—": "-", "-": "-", ":": ":"}.get(text, ".")
                self.items.append(Item(text, text, m.start(), stop, kind))

    def _word_end(self, text: str, stop: int, end: int) -> int:
        """Where a word ends whose dot ends no sentence, or whose apostrophe closes no quotation."""
        following = self._sentence[stop : min(stop + 3, end)]
        dotted = text in _DOTTED or "." in text or (len(text) == 1 and text.isupper())
        dot = following[:1] == "." and (dotted or re.match(r"\.(?:[,;]|\s[a-z\d])", following))
        plural = following[:1] in ("’", "'") and text[-1] == "s" and following[1:2].isspace()  # the pilots' union
        return stop + 1 if dot or plural else stop

    def _read_quotation(self, start: int, end: int) -> None:
        """Amid a clause, a title ("Harbor Lights") or a word or two are no speech."""
        inside = self._sentence[start:end]
        words = re.findall(r"\w[\w’'-]*", inside[:200])
        titled = all(word[0].isupper() or word[0].isdigit() or len(word) < 4 for word in words)
        spoken = len(words) > 2 or inside.rstrip("”\"»’'")[-1:] in ",?!"
        amid = bool(self.items) and self.items[-1].kind == "word"
        self.items.append(Item(inside[:1], "", start, end, "quote", not amid or (spoken and not titled)))

    # --- what a noun phrase holds ---

    def _holds(self, i: int, last: int) -> bool:
        """Whether the word `i` may stand in a noun phrase that ends at `last`."""
        low, before = self.low(i), self.low(i - 1)
        if self.kind(i) != "word":
            return self.kind(i) == "quote" and not self.speech(i) and before != "" and i < last
        if (self.capital(i) and before and low not in v.AUXILIARIES) or low in v.DETERMINERS:
            return True
        if low in v.PREPOSITIONS:
            return low in v.INNER and before != "" and i < last and (before not in v.STOPS or before in v.DETERMINERS)
        if low in v.STOPS or (low in v.PARTICIPLES and (v.is_source(before) or self.capital(i - 1))):
            return False
        held = not before or before in v.HOLDING or before.endswith((*_POSSESSIVE, "ly"))
        if v.is_adverb(low):
            return held and i < last
        if low in v.FORMS:
            noun = low in v.HOMOGRAPHS
            return (held or low in v.SOURCES) if noun else held and i < last and v.FORMS[low][1] != "s"
        if _participle(low) and low not in v.SOURCES:
            return held or not (self.capital(i - 1) or v.is_source(before))
        return True

    def _opened(self, first: int, last: int) -> Phrase | None:
        """The noun phrase without what opens the sentence ("On Monday the union") or tells a time; None for none."""
        low = self.low(first)
        timed = low in v.DAYS or (low in v.OPENING_TIME and self.low(first + 1) in v.TIMES)
        adverb = v.is_adverb(low) and low not in v.DETERMINERS and first < last
        if low in v.PREPOSITIONS or timed or adverb:
            behind = range(first + 1, last + 1)
            begins = (i for i in behind if self._begins(i) and self.low(i - 1) not in v.PREPOSITIONS)
            police = last if low in v.PREPOSITIONS and v.is_source(self.low(last)) and self.capital(last - 1) else -1
            first = next(begins, police)
        if first < 0 or self.kind(first) != "word" or self.low(first) in v.NOBODY:
            return None
        while last > first and first <= (before := self.before_time(last)) < last:
            last = before
        cut_off = self.low(last) in v.DETERMINERS and (first < last or self.low(last) not in v.ALONE)
        return None if cut_off else (first, last)

    def _begins(self, i: int) -> bool:
        """Whether a noun phrase begins with the word `i`."""
        low = self.low(i)
        return low in v.DETERMINERS or low in v.PRONOUNS or self.items[i].text.rstrip(".") in TITLES

    def _before_clause(self, i: int, joints: int) -> Phrase | None:
        """The noun phrase before "who has", where `i` is the verb of the clause."""
        for verb in (i, i - 1):
            if self.low(verb - 1) in ("who", "which") and (verb == i or v.is_adverb(self.low(verb))):
                return self.leftward(verb - 2, joints)
        return None

    def _belongs(self, i: int) -> bool:
        """Whether the preposition `i` goes on with a noun ("a man in the crowd"), not the saying ("in a letter")."""
        following = self.until_mark(i + 1, 4)
        return bool(following) and self.low(i) != "on" and not any(w in v.MEDIA or w in v.TIMES for w in following)

    def _stands_beside(self, begin: int, end: int) -> bool:
        """Whether a stretch between commas belongs to a noun phrase further left."""
        low = self.low(begin)
        if low in v.BESIDE or low in v.PREPOSITIONS or low[:1].isdigit() or _participle(low):
            return True
        office = self.capital(begin) and v.is_source(low) and not self.is_name(begin, end)
        return office and any(self.low(i) == "of" for i in range(begin, end))  # "Director of the Norwick study"

    def _inside(self, i: int) -> bool:
        return self.low(i) in v.PREPOSITIONS and not self.capital(i)


def _participle(word: str) -> bool:
    return word in v.PARTICIPLES or word.endswith(("ed", "ing"))


def _modifies(word: str) -> bool:
    """Whether a word that stands before a noun does not end a noun phrase itself."""
    verb = word in v.FORMS and word not in v.HOMOGRAPHS
    return v.is_adverb(word) or verb or (word.endswith(("ed", "ing")) and not v.is_source(word))
