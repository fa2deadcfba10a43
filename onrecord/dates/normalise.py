"""The text as the patterns read it: a blank for any white space, letters without accents, one kind of hyphen.

A run of blanks is one blank, so that no pattern with two ways to share a run out between its parts can take long over
it.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache


def plain(text: str) -> tuple[str, Sequence[int]]:
    """The text in plain characters, and for each of them its index in `text`."""
    if text.isascii() and " ".join(text.split()) == text:
        return text, range(len(text))
    plainer = text.translate(_substitutes())
    kept = [
        i
        for i, c in enumerate(plainer)
        if not (c.isspace() and plainer[i - 1 : i].isspace()) and not (c > "\u02ff" and unicodedata.combining(c))
    ]
    return "".join(" " if plainer[i].isspace() else plainer[i] for i in kept), kept


@cache
def _substitutes() -> dict[int, str]:
    """One character for one: Latin letters without their accents, and of
    the six hyphens and dashes the three in use.
    """
    table = {
        0x2010: "-",
        0x2011: "-",
        0x2012: "–",
        0x2015: "—",
        0x2212: "–",
        **dict(zip(map(ord, "ŁłØøĐđı"), "LlOoDdi", strict=True)),
    }
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        letter = unicodedata.normalize("NFD", chr(code))[0]
        if letter.isascii():
            table[code] = letter
    return table
