"""Edits of a sentence that keep its label: for the behaviour test."""

import re
from collections.abc import Callable
from random import Random

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "April",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)  # not March and May: words, too
SURNAMES = (
    "Whitfield",
    "Okafor",
    "Prado",
    "Lindqvist",
    "Ramanathan",
    "Brandt",
    "Castellano",
    "Doyle",
    "Nakamura",
    "Aydin",
    "Mensah",
    "Kowalczyk",
)
TITLE = re.compile(
    r"\b(Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Sen\.|Rep\.|Gov\.|Gen\.|Judge|Senator|President|Minister) ([A-Z][a-z]+)\b(?! [A-Z])"
)
SAID_LAST = re.compile(
    r"^(?P<what>(?:The|A|An|It|He|She|They|There|This|That|In|On|But|Most|Some|Many|No) [^\"“”]+), (?P<who>[^,\"“”]{3,60}?) said\.$"
)


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


def weekday(text: str, random: Random) -> str:
    """Every weekday becomes another one."""
    return _swap(text, WEEKDAYS, random)


def month(text: str, random: Random) -> str:
    """Every month but March and May, which are words too, becomes another one."""
    return _swap(text, MONTHS, random)


def _swap(text: str, words: tuple[str, ...], random: Random) -> str:
    return re.sub(rf"\b({'|'.join(words)})\b", lambda m: random.choice([w for w in words if w != m[0]]), text)


def number(text: str, random: Random) -> str:
    """The last digit of every number but years changes."""
    return re.sub(
        r"(?<![\d.,])(?!(?:19|20)\d\d\b)(\d{0,5})(\d)(?![\d])",
        lambda m: m[1] + random.choice([d for d in "123456789" if d != m[2]]),
        text,
    )


def name(text: str, random: Random) -> str:
    """The surname behind a title becomes another one."""
    return TITLE.sub(lambda m: f"{m[1]} {random.choice([s for s in SURNAMES if s != m[2]])}", text)


def attribution_first(text: str, random: Random) -> str:
    """ "The talks failed, officials said." becomes "Officials said the talks failed." """
    return SAID_LAST.sub(
        lambda m: f"{m['who'][0].upper()}{m['who'][1:]} said {m['what'][0].lower()}{m['what'][1:]}.", text
    )


def attribution_dropped(text: str, random: Random) -> str:
    """ "The talks failed, officials said." becomes "The talks failed." """
    return SAID_LAST.sub(lambda m: f"{m['what']}.", text)


EDITS: dict[str, Callable[[str, Random], str]] = {
    edit.__name__: edit
    for edit in (quotation_style, headline_case, weekday, month, number, name, attribution_first, attribution_dropped)
}
