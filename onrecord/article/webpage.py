"""What a web page says: its main text, by trafilatura (the extra `html`), its day of publication and its address.

The page is simplified first: trafilatura cuts sentences at inline tags and line breaks, and takes time quadratic in the
rows of a table, which it then leaves out.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from onrecord.dates.zones import zone_named

# its warnings are for those who set up logging; a user is told by our error
logging.getLogger("trafilatura").addHandler(logging.NullHandler())

ELEMENTS = 20_000  # that are read of a page; an article with its page around it has a few thousand
FIRST_YEAR = 1990  # of pages
ADDRESS = 2_000  # characters of a page's own address: it stands behind each of its events
ROWS = 20  # of a table that may hold an article, as pages of the nineties do; one with more is data

_PROLOGUE = r"[\s\ufeff]*(?>(?:<\?xml[^>]*>|<!--.*?-->)\s*)*"  # a comment ends at its first -->: no other is tried
_BEGINNING = _PROLOGUE + r"<(?:!doctype\s+html|html|head|body)\b"
_FRAGMENT = _PROLOGUE + r"<(article|main|section|div|h1|p)\b[^>]*>"

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # trafilatura gives up at one of these
_URL = re.compile(r"https?://\S+")
_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "dd", "dt", "figcaption")
_STRUCK = ("del", "s", "strike")  # corrected by who wrote it, so no longer said
_STYLES = ("b", "i", "em", "strong", "u", "small", "big", "mark", "font", "sub", "sup", "cite", "abbr", "acronym")
_SPANS = ("span", "q", "code", "kbd", "samp", "var", "dfn", "ins", "time", "bdi", "bdo", "tt", "nobr")
_INLINE = frozenset([*_STYLES, *_SPANS, "a", "br", "wbr", "img"])
_PUBLISHED = frozenset(
    """article:published_time og:published_time og:article:published_time datepublished dc.date.issued
    dcterms.issued parsely-pub-date sailthru.date""".split()
)
_ARTICLES = frozenset(
    """Article NewsArticle ReportageNewsArticle AnalysisNewsArticle OpinionNewsArticle BackgroundNewsArticle
    ReviewNewsArticle BlogPosting LiveBlogPosting Report""".split()
)


def is_html(text: str) -> bool:
    """Whether this is an HTML page: it begins like one, or with an element of text that is closed later.

    A tag further on proves nothing.
    """
    if re.match(_BEGINNING, text, re.IGNORECASE | re.DOTALL):
        return True
    fragment = re.match(_FRAGMENT, text, re.IGNORECASE | re.DOTALL)
    return bool(fragment and re.search(rf"</{fragment[1]}\s*>", text[fragment.end() :], re.IGNORECASE))


def publication_day(html: str, zone: str | None = None) -> date | None:
    """The day of publication that a page names as such, in its metadata or else in JSON-LD, in ISO 8601.

    None if it names none, several, or one that can be read in two ways: no day is better than a wrong one. Days in the
    text and days of changes are not looked at. Of a moment with an offset it is the day in the IANA zone `zone`, if
    one is given: an American evening is the next day in UTC, which many pages give. Raises ModuleNotFoundError as
    main_text does, ValueError for an unknown zone.
    """
    tree = _tree(html)
    if tree is None:
        return None
    local = zone_named(zone)
    for texts in (_named_days(tree), _linked_days(tree)):
        days = {day for text in texts if (day := _iso_day(text, local))}
        if days:
            return days.pop() if len(days) == 1 else None
    return None


def address(html: str) -> str | None:
    """The address that a page gives as its own (canonical link, og:url); None if it gives none, or a longer one.

    Raises ModuleNotFoundError as main_text does.
    """
    tree = _tree(html)
    if tree is None:
        return None
    links = [link.get("href") for link in tree.iter("link") if (link.get("rel") or "").lower() == "canonical"]
    named = [meta.get("content") for meta in tree.iter("meta") if (meta.get("property") or "").lower() == "og:url"]
    return next((url for url in [*links, *named] if url and len(url) <= ADDRESS and _URL.fullmatch(url)), None)


def main_text(html: str) -> str:
    """The article in a page, a paragraph a line, without navigation, comments and tables.

    Raises ValueError if there is none, or if the page has more than ELEMENTS elements beside its tables;
    ModuleNotFoundError where trafilatura is not installed.
    """
    text = None
    tree = _tree(html)
    if tree is not None:
        _take_out_tables(tree)
        elements = sum(1 for _ in tree.iter())
        if elements > ELEMENTS:
            raise ValueError(
                f"this HTML page has {elements} elements beside tables, and {ELEMENTS} are read;"
                " save the text of the article and read that"
            )
        _take_out_control_characters(tree)
        _take_out_inline_tags(tree)
        text = _trafilatura().extract(tree, include_comments=False, include_tables=False)
    if not text or not text.strip():
        raise ValueError(
            "no text found in this HTML page; is it filled in by a script? Save the text itself and read that"
        )
    return str(text)


def _tree(html: str) -> Any:
    """The page as lxml's tree; None if it cannot be one."""
    return _trafilatura().load_html(html)


def _take_out_tables(tree: Any) -> None:
    """Take tables of data out of the tree, and leave the small ones in whose cells paragraphs stand."""
    for table in list(tree.iter("table")):
        few = sum(1 for _ in table.iter("tr")) <= ROWS
        if table.getparent() is not None and not (few and next(table.iter("p", "h1", "br"), None) is not None):
            table.drop_tree()


def _take_out_control_characters(tree: Any) -> None:
    """Make blanks of what references such as &#11; stand for and XML does not have."""
    for element in tree.iter():
        for part in ("text", "tail"):
            text = getattr(element, part)
            if text and _NOT_XML.search(text):
                setattr(element, part, _NOT_XML.sub(" ", text))


def _take_out_inline_tags(tree: Any) -> None:
    """Make text of what stands in inline tags, and a blank of a line break: neither ends a sentence. Two breaks do."""
    from lxml import etree

    for struck in list(tree.iter(*_STRUCK)):
        if struck.getparent() is not None:
            struck.drop_tree()
    breaks = list(tree.iter("br"))
    single = [br for br in breaks if not (_breaks(br, br.getnext()) or _breaks(br.getprevious(), br))]
    for br in single:
        br.tag, br.tail = "wbr", f" {br.tail or ''}"
    for q in tree.iter("q"):
        q.text, q.tail = f"“{q.text or ''}", f"”{q.tail or ''}"
    etree.strip_tags(tree, *_STYLES, "wbr")
    for block in tree.iter(*_BLOCKS, "div", "td"):
        if block.tag in ("div", "td") and any(part.tag not in _INLINE for part in block.iterdescendants()):
            continue  # it holds paragraphs, and may be anything
        for hidden in block.xpath(".//*[@hidden or contains(translate(@style, ' ', ''), 'display:none')]"):
            if hidden.getparent() is not None:
                hidden.drop_tree()
        linked = sum(len(link.text_content()) for link in block.iter("a"))
        # a block of links is left to trafilatura, which takes it for navigation
        etree.strip_tags(block, *_SPANS, *(["a"] if 2 * linked < len(block.text_content()) else []))


def _breaks(first: Any, second: Any) -> bool:
    """Whether these are two line breaks with nothing between them."""
    both = first is not None and second is not None and first.tag == second.tag == "br"
    return both and not (first.tail or "").strip()


def _named_days(tree: Any) -> Iterator[str]:
    """What the metadata call the day of publication."""
    for element in tree.iter("meta"):
        names = " ".join(element.get(key) or "" for key in ("property", "name", "itemprop")).lower().split()
        if not _PUBLISHED.isdisjoint(names):
            yield element.get("content") or ""


def _linked_days(tree: Any) -> Iterator[str]:
    """What JSON-LD calls the day of publication of an article."""
    for script in tree.iter("script"):
        if (script.get("type") or "").lower().strip() != "application/ld+json":
            continue
        try:
            linked = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        for entry in _entries(linked):
            kinds = entry.get("@type")
            if not _ARTICLES.isdisjoint(map(str, kinds if isinstance(kinds, list) else [kinds])):
                yield str(entry.get("datePublished") or "")


def _entries(linked: Any) -> Iterator[dict[str, Any]]:
    """The objects of JSON-LD that describe a page, also those in lists, graphs and `mainEntity`."""
    waiting = [linked]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, list):
            waiting += entry
        elif isinstance(entry, dict):
            yield entry
            waiting += [entry[key] for key in ("@graph", "mainEntity") if key in entry]


def _iso_day(text: str, local: ZoneInfo | None) -> date | None:
    """The day of an ISO 8601 date or date and time; None for everything else, such as 05/02/2024.

    None too for the years before pages, which stand where a program had no day: 0001-01-01, 1970-01-01.
    """
    written = re.match(r"\d{4}-\d\d-\d\d(?=$|[T\s])", text.strip())
    try:
        day = date.fromisoformat(written[0]) if written else date.min
    except ValueError:
        return None
    if day.year < FIRST_YEAR:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return day
    return moment.astimezone(local).date() if local and moment.tzinfo else day


def _trafilatura() -> Any:
    try:
        import trafilatura
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "reading HTML needs trafilatura: pip install 'onrecord[html]'", name=error.name
        ) from None
    return trafilatura
