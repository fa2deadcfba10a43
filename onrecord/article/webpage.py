"""The main text of a web page, by trafilatura (the extra `html`), which is imported for pages only."""

import logging
import re
from datetime import date
from typing import Any

logging.getLogger("trafilatura").addHandler(
    logging.NullHandler()
)  # its warnings are for those who set up logging; a user is told by our error

_PROLOGUE = r"[\s\ufeff]*(?>(?:<\?xml[^>]*>|<!--.*?-->)\s*)*"  # a comment ends at its first -->: trying the others too would take for ever
_BEGINNING = re.compile(_PROLOGUE + r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_FRAGMENT = re.compile(_PROLOGUE + r"<(article|main|section|div|h1|p)\b[^>]*>", re.IGNORECASE | re.DOTALL)


def is_html(text: str) -> bool:
    """Whether this is an HTML page: it begins like one, or with an element of text that is closed later. A tag further on proves nothing."""
    if _BEGINNING.match(text):
        return True
    fragment = _FRAGMENT.match(text)
    return bool(fragment and re.search(rf"</{fragment[1]}\s*>", text[fragment.end() :], re.IGNORECASE))


def publication_day(html: str) -> date | None:
    """The day of publication that a page names in its metadata, JSON-LD or a marked-up time; None if it names none. Dates in the text are not looked at.

    Raises ModuleNotFoundError as main_text does.
    """
    found = _trafilatura().extract_metadata(html, extensive=False).date
    return date.fromisoformat(found) if found else None


def address(html: str) -> str | None:
    """The address that a page gives as its own (canonical link, og:url); None if it gives none. Raises ModuleNotFoundError as main_text does."""
    found = _trafilatura().extract_metadata(html, extensive=False).url
    return str(found) if found else None


def main_text(html: str) -> str:
    """The article in a page, a paragraph a line, without navigation, comments and tables. Raises ValueError if there is none."""
    text = _trafilatura().extract(html, include_comments=False, include_tables=False)
    if not text or not text.strip():
        raise ValueError(
            "no text found in this HTML page; is it filled in by a script? Save the text itself and read that"
        )
    return str(text)


def _trafilatura() -> Any:
    try:
        import trafilatura
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "reading HTML needs trafilatura: pip install 'onrecord[html]'", name=error.name
        ) from None
    return trafilatura
