"""Text of others on a terminal, which obeys control characters and those that turn the direction of a line."""

import re

_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def escaped(text: str) -> str:
    """A text with its hidden characters as escapes such as \\x1b, \\n and \\u202e."""
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def visible(text: str) -> str:
    """The same for one line that people read: white space is single blanks."""
    return escaped(" ".join(text.split()))
