"""From an article to labelled sentences whose offsets index its text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from onrecord.article.language import foreign
from onrecord.article.sentences import sentences
from onrecord.article.speakers import speakers
from onrecord.article.webpage import address, is_html, main_text, publication_day
from onrecord.classifier import Classifier, Prediction
from onrecord.defaults import DATED, HEDGED

if TYPE_CHECKING:  # loaded by `read` when there are dates to resolve: they are slow to import
    from onrecord.dates.diary import Event
    from onrecord.dates.resolve import When


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an article: `article.text[start:end] == text`, counted in characters (code points)."""

    text: str
    start: int
    end: int
    paragraph: int  # 0-based; a paragraph is a line that is not blank, or several of a text wrapped to a width
    prediction: Prediction
    speaker: str | None = None  # who is said to have said it, in the sentence's own words ("he" too); None: not said
    speaker_name: str | None = None  # the same by the fullest name in the article; None if a pronoun may mean several
    speaker_inherited: bool = False  # the words are those of another sentence, whose quotation this one continues
    dates: tuple[When, ...] = ()  # every time expression that is resolved, where the day of publication is known


@dataclass(frozen=True, slots=True)
class Article:
    """An article as it was read."""

    text: str  # what offsets index: the string given, or the main text of the page given
    statements: list[Statement]  # in order; between two of them lies nothing but white space
    published: date | None = None  # as given or as the page says; a datetime if the time of day was given
    source: str | None = None  # the address, as given or as the page says
    events: list[Event] = field(default_factory=list)  # what is planned, doubted, moved or called off, and when
    language: str | None = None  # of a text that is plainly not English, and not to be read so: ISO 639-1


class Predicts(Protocol):
    """What an article is labelled with: a Classifier, or what asks one."""

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        """See Classifier.predict."""
        ...


def read(
    text_or_html: str,
    published: date | str | None = None,
    classifier: Predicts | None = None,
    *,
    html: bool | None = None,
    zone: str | None = None,
    source: str | None = None,
    dated: str = DATED,
    hedged: str = HEDGED,
) -> Article:
    """Label every sentence of an article, in order. Loads the default checkpoint if no classifier is given.

    Offsets index the string given. Only of an HTML page, recognised by how it begins (html=None) or declared
    (html=True), is the main text extracted first: there offsets index `Article.text`, and the page itself is not kept.
    `published` is a date, a datetime, or either in ISO 8601; None stands for the day that a page names, if it names
    one, in `zone` where that is given, and `Article.published` says which. With it the time expressions of every
    sentence are resolved, clock times in the IANA zone `zone` if they name none, and the events made of them: of
    sentences labelled `dated` and `hedged`.
    `source` is the address of the article, by which its events are known again after an edit; None stands for the one
    that a page names. Raises ValueError for another `published`, an unknown zone, XML and a page without text,
    TypeError for what is no string, ModuleNotFoundError for a page where the extra `html` is not installed.
    """
    if not isinstance(text_or_html, str):
        raise TypeError(
            f"read takes the article as a string, not {type(text_or_html).__name__}; decode bytes first, e.g. "
            f"data.decode('utf-8')"
        )
    day = published_date(published)
    page = is_html(text_or_html) if html is None else html
    if html is None and not page and text_or_html.lstrip("\ufeff \t\r\n").startswith(("<?xml", "<rss", "<feed")):
        raise ValueError("this is XML, perhaps a feed, and neither text nor a web page: give the text of one article")
    text = main_text(text_or_html) if page else text_or_html
    if page:
        day = publication_day(text_or_html, zone) if day is None else day
        source = address(text_or_html) if source is None else source
    spans = sentences(text)
    if not spans:
        return Article(text, [], day, source)
    predictions = (classifier or Classifier.load()).predict(text[start:end] for start, end, _ in spans)
    statements = []
    for (start, end, paragraph), prediction, who in zip(spans, predictions, speakers(text, spans), strict=True):
        sentence = text[start:end]
        words, name, inherited = (who.words, who.name, who.inherited) if who else (None, None, False)
        dates = _dates(sentence, day, zone, prediction.label == dated)
        statements.append(Statement(sentence, start, end, paragraph, prediction, words, name, inherited, dates))
    events = _events(statements, day, source, dated, hedged)
    return Article(text, statements, day, source, events, foreign(text))


def _dates(sentence: str, day: date | None, zone: str | None, scheduling: bool) -> tuple[When, ...]:
    if day is None:
        return ()
    from onrecord.dates.resolve import find_dates

    return tuple(find_dates(sentence, day, zone, scheduling=scheduling))


def _events(statements: list[Statement], day: date | None, source: str | None, dated: str, hedged: str) -> list[Event]:
    if day is None:
        return []
    from onrecord.dates.diary import diary

    return diary(statements, day, source=source, dated=dated, hedged=hedged)


def published_date(published: date | str | None) -> date | None:
    """The day of publication as a date or datetime. Raises ValueError for others, and beyond the years 1000 to 9000.

    "Last week" and time zones lead out of the years 1 to 9999, which are all that Python knows.
    """
    day = published if published is None or isinstance(published, date) else _iso_date(published)
    if day is not None and not 1000 <= day.year <= 9000:
        raise ValueError(f"published lies in the year {day.year}; give one from 1000 to 9000")
    return day


def _iso_date(text: object) -> date:
    for kind in (date, datetime):
        try:
            return kind.fromisoformat(text)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            continue
    raise ValueError(f"published is {text!r}: give a day such as 2024-05-02, or a time such as 2024-05-02T18:30+02:00")
