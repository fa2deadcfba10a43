"""The persons whom an article names, and the fullest name that it gives each. In doubt two mentions are two persons."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from onrecord.article import vocabulary as v
from onrecord.article.titles import TITLES

NEAR = 1500  # characters back from a pronoun in which the person it means was last named
NAMESAKES = 20  # of one surname; more are not told apart
MENTIONS = 200  # names before a pronoun that are looked at; more, and it means several

_WORD = r"[^\W\d_][\w’'-]*\.?"
_NOUN = r"\b(?:an?|the|his|her|their|its|my|our|one|another|whose)\s((?:[\w’'-]+\s){0,2}?)([\w-]+)\b"
_SUFFIXES = v.words("Jr Sr II III IV")
_OPENERS = v.STOPS | v.DETERMINERS | v.PREPOSITIONS  # capitalised because they open a sentence
_WORDED_TITLES = v.words(
    "President Vice Prime Minister Deputy Foreign Finance Defence Defense Interior Justice Health Education Home",
    "Energy Chancellor Governor Lieutenant Senator Representative Congressman Congresswoman Councilman Councilwoman",
    "Councillor Mayor Commissioner Secretary Speaker Ambassador Envoy Judge Chief Attorney General Colonel Major",
    "Captain Sergeant Commander Admiral Brigadier Corporal Marshal Sheriff Inspector Superintendent Detective",
    "Constable Officer Professor Doctor Coach Sir Dame Lord Lady Baroness Baron Count King Queen Prince Princess",
    "Sheikh Emir Sultan Pope Cardinal Archbishop Bishop Father Brother Sister Mother Rabbi Imam Ayatollah Pastor",
    "Reverend Monsignor Deacon Abbot Mufti Swami Pandit Former Acting Assistant Executive Director",
)
_COURTESY = v.words("Mr Mrs Ms Mx Mme Mlle Miss")
_MALE = v.words("Mr Sir Lord King Prince Pope Cardinal Father Fr Msgr Shri Sri Brother Sheikh Councilman Congressman")
_FEMALE = v.words(
    "Mrs Ms Mme Mlle Miss Dame Lady Queen Princess Baroness Smt Kum Sister Mother Councilwoman Congresswoman"
)
_MEN = v.words(
    "man boy father brother son husband widower uncle spokesman chairman businessman councilman congressman king",
    "prince policeman fisherman groundsman salesman",
)
_WOMEN = v.words(
    "woman girl mother sister daughter wife widow aunt spokeswoman chairwoman businesswoman councilwoman congresswoman",
    "queen princess policewoman actress",
)


@dataclass(slots=True)
class Person:
    """Somebody whom the article names."""

    title: str
    given: tuple[str, ...]  # first and middle names; empty where only "Maj. Singh" is named
    surname: str
    first: int  # where the article names them so first
    known: bool = False  # has a title or speaks: no place, no firm
    sex: str = ""  # "he", "she", or not told

    @property
    def name(self) -> str:
        """As full as the article has it."""
        return " ".join(filter(None, (self.title, *self.given, self.surname)))


class Names:
    """The persons of an article."""

    def __init__(self, text: str, speakers: Iterable[tuple[int, int]]) -> None:
        """`speakers`: (start, end) in the text where frames name one, in order."""
        self.text = text
        self._by_surname: dict[str, list[Person]] = {}
        self._mentions: list[tuple[int, Person]] = []  # where each is named, in order
        self._headline = text.find("\n", len(text) - len(text.lstrip()))  # where the first line ends
        spoken = sorted(speakers)
        at = 0
        for start, end in _runs(text):
            while at < len(spoken) and spoken[at][1] < end:
                at += 1
            speaks = at < len(spoken) and spoken[at][0] <= start
            before = re.search(r"(\w+)[ \u00a0]$", text[max(0, start - 12) : start])
            self._add(start, text[start:end], speaks, before[1].lower() if before else "")
        self._by_given: dict[str, list[Person]] = {}
        self._by_title: dict[str, list[Person]] = {}
        for person in (person for namesakes in self._by_surname.values() for person in namesakes):
            if person.given:
                self._by_given.setdefault(person.given[0], []).append(person)
            if person.title:
                self._by_title.setdefault(person.title.split()[-1], []).append(person)

    def person(self, words: str, position: int) -> Person | None:
        """The one person whom these words at `position` may name; None if it is nobody, or may be several.

        A surname alone is explained by a name before it, but that of a headline by one behind it.
        """
        parts = _parts(_run_at_end(words))
        if parts is None:
            return self._holder(words)
        title, given, surname = parts
        candidates = [p for p in self._by_surname.get(surname, []) if _same(p.given, given)]
        if not candidates and not given and not title:
            candidates = [p for p in self._by_given.get(surname, [])[:NAMESAKES] if p.known]
        if not given and position > self._headline:
            candidates = [p for p in candidates if p.first <= position]
        return candidates[0] if len(candidates) == 1 else None

    def fullest(self, words: str, position: int) -> str:
        """The fullest name of the one whom these words name; if several or nobody, the name alone or the words."""
        if person := self.person(words, position):
            return person.name
        title, given, surname = _parts(_run_at_end(words)) or ("", (), "")
        return " ".join(filter(None, (title, *given, surname))) if given or title else words

    def meant(self, pronoun: str, position: int, speaker: Person | None) -> Person | None:
        """The one person whom "he", "she", "him" or "her" at `position` may mean; None if there are several, or none.

        That is `speaker`, who spoke in the sentence before, if since then nobody else was named who may be meant; or
        else the only one of the article so far, if no one was spoken of since then who has no name.
        """
        sex = {"him": "he", "her": "she"}.get(pronoun.lower(), pronoun.lower())
        if sex not in ("he", "she"):
            return None
        end = bisect_left(self._mentions, position, key=lambda mention: mention[0])
        others = {"he": "she", "she": "he"}[sex]
        left: dict[int, tuple[int, Person]] = {}
        for start, person in reversed(self._mentions[max(0, end - MENTIONS) : end]):
            if person is speaker and person.sex != others and all(not p.known for _, p in left.values()):
                person.sex = sex
                return person
            if person.sex != others:
                left.setdefault(id(person), (start, person))
        if len(left) != 1 or end > MENTIONS:
            return None
        ((start, person),) = left.values()
        near, excluded = position - start <= NEAR, _WOMEN if sex == "he" else _MEN
        if not near or not person.known or any(noun not in excluded for noun in _people(self.text[start:position])):
            return None
        person.sex = sex
        return person

    def _add(self, start: int, run: str, speaks: bool, before: str) -> None:
        parts = _parts(run)
        if parts is None:
            return
        title, given, surname = parts
        words = {word.lower() for word in (*given, surname)}
        nobody = words & (v.BODIES | v.DAYS | v.DOCUMENTS | v.MONTHS - v.FIRST_NAMES) or len(given) > 3
        if nobody or (before in ("the", "a", "an") and not title) or (run.isupper() and len(run) > 4):
            return
        same = [p for p in self._by_surname.get(surname, []) if _same(p.given, given)]
        if not given and not title:  # "Roe", or a place
            if len(same) == 1:
                self._mentions.append((start, same[0]))
            return
        if len(same) == 1:
            person = same[0]
        elif before in ("in", "at", "from", "near", "to", "of") and not title and not speaks:
            return  # a place
        else:
            namesakes = self._by_surname.setdefault(surname, [])
            if len(namesakes) == NAMESAKES:
                return
            person = Person("", given, surname, start)
            namesakes.append(person)
        if len(given) > len(person.given):
            person.given = given
        courtesy = title.rstrip(".") in _COURTESY
        if len(title) > len(person.title) and (not courtesy or given or not person.given):
            person.title = title
        person.known |= bool(title) or speaks
        person.sex = person.sex or _sex(title)
        self._mentions.append((start, person))

    def _holder(self, words: str) -> Person | None:
        """The one person of the article who has the title that "the mayor" names."""
        found = re.fullmatch(r"[Tt]he (\w+)", words)
        if not found or found[1].capitalize() not in _WORDED_TITLES:
            return None
        holders = self._by_title.get(found[1].capitalize(), [])
        return holders[0] if len(holders) == 1 else None


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each run of words in capitals, with particles between them: "Mr. Ludwig van Dam"."""
    start = end = -1
    particle = False
    for m in re.finditer(_WORD, text):
        word = m[0]
        bare = word.rstrip(".")
        beside = text[end : m.start()] in (" ", "\u00a0") or (particle and text[m.start() - 1] == " ")
        follows = start >= 0 and beside
        if follows and bare in v.PARTICLES:
            particle = True
            continue
        if start >= 0 and not (follows and word[0].isupper()):
            yield start, end
            start = -1
        particle = False
        if not word[0].isupper():
            continue
        if start < 0:
            start = m.start()
        end = m.end() if bare in TITLES or len(bare) == 1 or bare in _SUFFIXES else m.start() + len(bare)
        if re.search(r"[’']s?$", bare):
            yield start, end - (2 if bare.endswith("s") else 1)
            start = -1
        elif word.endswith(".") and end < m.end():
            yield start, end
            start = -1
    if start >= 0:
        yield start, end


def _run_at_end(words: str) -> str:
    """The capitals before the first preposition of a noun phrase: "Lars Holm" of "economist Lars Holm of Norwick"."""
    if re.search(r"\b(?:and|&)\b", words):
        return ""
    head = re.split(rf" (?:{'|'.join(sorted(v.INNER))}) ", words, maxsplit=1)[0]
    runs = list(_runs(head))
    if not runs or runs[-1][1] < len(head):
        return ""
    start, end = runs[-1]
    run = head[start:end]
    opened = re.match(r"(?:The|An?|This|That|His|Her|Its|Their|Our|My)\b", run)
    return "" if opened and _parts(run.partition(" ")[2]) is None else run


def _parts(run: str) -> tuple[str, tuple[str, ...], str] | None:
    """(title, given names, surname) of a run of capitals; None if nothing is left without what opens a sentence."""
    words = run.split()
    begin = 0
    while begin < len(words) and (words[begin].lower() in _OPENERS or v.is_adverb(words[begin].lower())):
        article = words[begin].lower() in v.DETERMINERS
        begin += 1
        following = words[begin] if begin < len(words) else ""
        if article and following and not (following.rstrip(".") in TITLES or following in _WORDED_TITLES):
            return None  # The White House
    words = words[begin:]
    titled = [i for i, word in enumerate(words[:-1]) if word.rstrip(".") in TITLES or word in _WORDED_TITLES]
    last = titled[-1] + 1 if titled else 0
    first = last
    while first and (words[first - 1].rstrip(".") in TITLES or words[first - 1] in _WORDED_TITLES):
        first -= 1
    title, rest = " ".join(words[first:last]), words[last:]
    suffix: list[str] = []
    while len(rest) > 1 and rest[-1].rstrip(".") in _SUFFIXES:
        suffix.insert(0, rest.pop())
    if not rest or (len(rest) == 1 and (rest[0].rstrip(".") in TITLES or rest[0] in _WORDED_TITLES)):
        return None
    particle = next((i for i, word in enumerate(rest) if i and word in v.PARTICLES), len(rest) - 1)
    return title, tuple(rest[:particle]), " ".join([*rest[particle:], *suffix])


def _same(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    """Whether two rows of given names may be one person's: one is empty, or the first names or initials agree."""
    if not a or not b:
        return True
    first, second = a[0].rstrip("."), b[0].rstrip(".")
    return first == second or (min(len(first), len(second)) == 1 and first[0] == second[0])


def _sex(title: str) -> str:
    words = {word.rstrip(".") for word in title.split()}
    return "he" if words & _MALE else "she" if words & _FEMALE else ""


def _people(text: str) -> Iterator[str]:
    """The nouns in it that mean one person who is not named: "the driver", "his wife"."""
    for m in re.finditer(_NOUN, text, re.IGNORECASE):
        for noun in (*m[1].split(), m[2]):
            if noun.lower() in v.PEOPLE and not noun.endswith("s"):
                yield noun.lower()
