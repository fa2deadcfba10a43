"""Articles that clients send: read as `onrecord.read` reads them, within the limits, and their events as files."""

from __future__ import annotations

import json
from collections.abc import Iterable

from fastapi.responses import Response
from starlette.exceptions import HTTPException

from onrecord.article.read import Article, Predicts, read
from onrecord.article.record import dumps, record
from onrecord.classifier import Prediction
from onrecord.dates.forms import as_before, to_ics, to_jsonld, to_superdesk
from onrecord.service import limits
from onrecord.service.messages import CalendarRequest, ReadRequest

MEDIA_TYPES = {  # of the forms of a calendar
    "ics": "text/calendar",
    "superdesk": "application/json",
    "jsonld": "application/ld+json",
}
NAMES = {"ics": "diary.ics", "superdesk": "diary.json", "jsonld": "diary.jsonld"}


def answer(classifier: Predicts, request: ReadRequest) -> bytes:
    """The article as JSON. Raises HTTPException for one that cannot be read."""
    return dumps(record(_read(classifier, request))).encode()


def calendar(classifier: Predicts, request: CalendarRequest) -> Response:
    """The events of the article as a file.

    Raises HTTPException for one that cannot be read, or of which the day of publication is not known.
    """
    article = _read(classifier, request)
    if article.published is None:
        raise HTTPException(422, "published is missing: 'Monday' is a date only for who knows when it was written")
    try:
        content = {
            "ics": lambda: to_ics(article, (request.before or "").encode() or None),
            "superdesk": lambda: json.dumps(to_superdesk(article), ensure_ascii=False).encode(),
            "jsonld": lambda: json.dumps(to_jsonld(article), ensure_ascii=False).encode(),
        }[request.form]()
    except ImportError as error:
        raise HTTPException(501, str(error)) from None
    return Response(
        content,
        headers={"Content-Disposition": f'attachment; filename="{NAMES[request.form]}"'},
        media_type=f"{MEDIA_TYPES[request.form]}; charset=utf-8",
    )


def _read(classifier: Predicts, request: ReadRequest) -> Article:
    page = request.text is None
    try:
        article = read(
            (request.html if page else request.text) or "",
            request.published,
            _Bounded(classifier, page),
            html=page,
            zone=request.zone,
            source=request.source,
        )
        return as_before(article, request.before.encode()) if request.before else article
    except ImportError as error:
        raise HTTPException(501, str(error)) from None
    except ValueError as error:
        raise HTTPException(422, str(error)) from None


class _Bounded:
    """A model that is asked about no more than one request may ask."""

    def __init__(self, classifier: Predicts, page: bool) -> None:
        self._classifier, self._page = classifier, page

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        """See Classifier.predict. Raises HTTPException for a sentence, or the text of a page, that is too long."""
        sentences = list(texts)
        if self._page and (size := sum(map(len, sentences))) > limits.CHARACTERS:
            raise HTTPException(
                422, f"the page's main text has {size} characters; {limits.CHARACTERS} may be sent at once"
            )
        if len(sentences) > limits.SENTENCES:
            raise HTTPException(422, f"the text has {len(sentences)} sentences; {limits.SENTENCES} may be sent at once")
        for n, sentence in enumerate(sentences, 1):
            if len(sentence) > limits.TEXT_CHARACTERS:
                raise HTTPException(
                    422,
                    f"sentence {n}, which begins {sentence[:20]!r}, has {len(sentence)} characters; "
                    f"{limits.TEXT_CHARACTERS} are read: put line breaks between paragraphs",
                )
        return self._classifier.predict(sentences)
