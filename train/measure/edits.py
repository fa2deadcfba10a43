"""Edits of a sentence that keep its label, for the behaviour test.

Each must keep it by the guidelines: who says a thing, where, on which day and in whose spelling changes nothing, nor
does the typography.
"""

import re
from collections.abc import Callable
from random import Random

from onrecord.dates.calendar_arithmetic import MONTH, MONTHS, WEEKDAYS

UNMISTAKABLE_MONTHS = tuple(month for month in MONTHS if month not in ("March", "May"))  # which are words, too
SURNAMES = (  # of many regions
    "Whitfield Okafor Prado Lindqvist Ramanathan Brandt Castellano Doyle Nakamura Aydin Mensah Kowalczyk "
    "Nguyen Tshabalala Haddad Keawe"
).split()
DATELINES = ("LISBON (Reuters) - ", "OSLO, Norway (AP) — ", "NAIROBI — ", "Seoul: ")
SPELLINGS = [  # British, American
    pair.split("/")
    for pair in (
        "colour/color favour/favor honour/honor neighbour/neighbor harbour/harbor rumour/rumor behaviour/behavior "
        "centre/center theatre/theater defence/defense offence/offense organis/organiz recognis/recogniz "
        "criticis/criticiz apologis/apologiz realis/realiz programme/program travelled/traveled "
        "cancelled/canceled cancelling/canceling"
    ).split()
]
TITLE = re.compile(
    r"\b(Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Sen\.|Rep\.|Gov\.|Gen\.|Judge|Senator|President|Minister) ([A-Z][a-z]+)\b(?! [A-Z])"
)
SAID_LAST = re.compile(
    r"^(?P<what>(?:The|A|An|It|He|She|They|There|This|That|In|On|But|Most|Some|Many|No) [^\"“”]+), "
    r"(?P<who>[^,\"“”]{3,60}?) said\.$"
)
QUOTED_FIRST = re.compile(r"^(?P<what>[\"“][^\"“”]+),(?P<end>[\"”]) (?P<who>[^,;:\"“”]{2,60}?) said\.$")
IN_A_DATE = re.compile(rf"\b(?:{MONTH}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?) $|\bthe $")
BEHIND_A_DAY = re.compile(rf" {MONTH}\b")
BEHIND_AN_HOUR = re.compile(r"(?::\d\d)? ?[ap]\.?m\b", re.IGNORECASE)
NUMBER = re.compile(r"(?<![\w.,:-])(?!(?:19|20)\d\d\b)\d{1,6}(?![\w]|[.,]\d)")


def quotation_style(text: str, random: Random) -> str:
    """Curly quotation marks and apostrophes become straight, straight ones curly."""
    if re.search("[“”‘’]", text):
        return text.translate(str.maketrans("“”‘’", "\"\"''"))
    text = re.sub(r'(^|(?<=[\s(\[—-]))"', "“", text).replace('"', "”")
    return re.sub(r"(^|(?<=[\s(\[—“-]))'", "‘", text).replace("'", "’")


def headline_case(text: str, random: Random) -> str:
    """A headline (up to 14 words, no closing mark) in capitals, one in capitals in ordinary case."""
    if len(text.split()) > 14 or re.search(r"[.!?…\"”’:;,]$", text):
        return text
    return text.capitalize() if text.isupper() else text.upper()


def first_letter(text: str, random: Random) -> str:
    """The first letter becomes small, as behind a colon or a bullet."""
    opens = re.match(r"(?:The|A|An|It|He|She|They|There|This|That|In|On|But) ", text)
    return text[:1].lower() + text[1:] if opens else text


def final_stop_dropped(text: str, random: Random) -> str:
    """A sentence of five words and more loses its full stop, as list items and captions do."""
    return text[:-1] if len(text.split()) > 4 and re.search(r"[a-z]{3}\.$", text) else text


def dash_form(text: str, random: Random) -> str:
    """A dash between words takes another form: closed em, spaced en, two hyphens."""
    forms = ("—", " – ", " -- ")
    return re.sub(
        r"(?<=[\w,”\"’]) ?(?:—|–|--) ?(?=[A-Za-z“\"])|(?<=[\w,”\"’]) - (?=[A-Za-z“\"])",
        lambda m: random.choice([form for form in forms if form != m[0]]),
        text,
    )


def dateline(text: str, random: Random) -> str:
    """A place, and perhaps an agency, stands in front of a sentence of seven words and more."""
    whole = len(text.split()) > 6 and re.search(r"^[A-Z“\"].*[.?!][”\"]?$", text)
    return random.choice(DATELINES) + text if whole else text


def weekday(text: str, random: Random) -> str:
    """Every weekday becomes another one, but not in names (the Sunday Chronicle)."""
    return _swap(text, WEEKDAYS, random)


def month(text: str, random: Random) -> str:
    """Every month but March and May, which are words too, becomes another one."""
    return _swap(text, UNMISTAKABLE_MONTHS, random)


def _swap(text: str, words: tuple[str, ...], random: Random) -> str:
    return re.sub(rf"\b({'|'.join(words)})\b(?! [A-Z])", lambda m: random.choice([w for w in words if w != m[0]]), text)


def number(text: str, random: Random) -> str:
    """The last digit of every number but years changes; days of a month stay under 29, hours under 13."""

    def other(match: re.Match[str]) -> str:
        digits, behind = match[0], text[match.end() :]
        if BEHIND_AN_HOUR.match(behind):
            numbers = [str(n) for n in range(1, 13)]
        elif BEHIND_A_DAY.match(behind) or IN_A_DATE.search(text[: match.start()]):
            numbers = [str(n) for n in range(1, 29)]
        else:
            numbers = [digits[:-1] + digit for digit in "123456789"]
        return random.choice([n for n in numbers if n != digits])

    return NUMBER.sub(other, text)


def name(text: str, random: Random) -> str:
    """The surname behind a title becomes one from another region."""
    return TITLE.sub(lambda m: f"{m[1]} {random.choice([s for s in SURNAMES if s != m[2]])}", text)


def spelling(text: str, random: Random) -> str:
    """British spelling becomes American; in a text without any, American becomes British."""
    for pairs in (SPELLINGS, [(american, british) for british, american in SPELLINGS]):
        changed = text
        for old, new in pairs:
            tail = r"(?!me)" if old == "program" else ""  # `programme` is the other form
            changed = re.sub(rf"\b{old}{tail}", new, changed)
        if changed != text:
            return changed
    return text


def attribution_first(text: str, random: Random) -> str:
    """ "The talks failed, officials said." becomes "Officials said the talks failed." """
    return SAID_LAST.sub(
        lambda m: f"{m['who'][0].upper()}{m['who'][1:]} said {m['what'][0].lower()}{m['what'][1:]}.", text
    )


def quotation_last(text: str, random: Random) -> str:
    """“The talks failed,” she said. becomes She said, “The talks failed.”"""
    return QUOTED_FIRST.sub(lambda m: f"{m['who'][0].upper()}{m['who'][1:]} said, {m['what']}.{m['end']}", text)


def attribution_dropped(text: str, random: Random) -> str:
    """ "The talks failed, officials said." becomes "The talks failed." """
    return SAID_LAST.sub(lambda m: f"{m['what']}.", text)


EDITS: dict[str, Callable[[str, Random], str]] = {
    edit.__name__: edit
    for edit in (
        quotation_style,
        headline_case,
        first_letter,
        final_stop_dropped,
        dash_form,
        dateline,
        weekday,
        month,
        number,
        name,
        spelling,
        attribution_first,
        attribution_dropped,
        quotation_last,
    )
}
