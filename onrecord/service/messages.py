"""What goes into the service and comes out. Predictions, statements and dates are the Python API's own."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from onrecord.article.read import Statement, published_date
from onrecord.classifier import Prediction
from onrecord.dates.diary import Event
from onrecord.dates.resolve import When
from onrecord.service import limits


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"character {error.start} is half of a surrogate pair; send the whole character") from None
    return text


def _is_date(published: str) -> str:
    published_date(published)
    return published


def _is_zone(zone: str) -> str:
    if zone not in zones():
        raise ValueError("unknown zone; give an IANA name such as Europe/London")
    return zone


Text = Annotated[str, AfterValidator(_encodable)]
Day = Annotated[str, Field(max_length=40), AfterValidator(_is_date)]
Zone = Annotated[str, AfterValidator(_is_zone)]


@cache
def zones() -> set[str]:
    """The IANA zones known here.

    A client's zone is looked up among them, so that no file is opened by a name that a client gave.
    """
    return available_timezones()


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")  # a misspelt name is an error, not ignored

    @model_validator(mode="before")
    @classmethod
    def _few_unknown(cls, body: Any) -> Any:
        """More unknown names than would be told are one error: to make one of each holds all others up for a second."""
        if isinstance(body, dict) and len(unknown := body.keys() - cls.model_fields.keys()) > limits.ERRORS:
            raise ValueError(f"{len(unknown)} names are unknown; there are {', '.join(cls.model_fields)}")
        return body


class PredictRequest(_Request):
    """Sentences to label."""

    texts: list[Annotated[Text, Field(max_length=limits.TEXT_CHARACTERS)]] = Field(
        max_length=limits.TEXTS, examples=[["The talks will resume on Monday."]]
    )

    @field_validator("texts")
    @classmethod
    def _together(cls, texts: list[str]) -> list[str]:
        if (size := sum(map(len, texts))) > limits.CHARACTERS:
            raise ValueError(f"the texts have {size} characters together; {limits.CHARACTERS} may be sent at once")
        return texts


class PredictResponse(BaseModel):
    """A prediction for each text, in their order."""

    predictions: list[Prediction]


class ReadRequest(_Request):
    """An article, as text or as an HTML page, and when it was published."""

    text: Annotated[Text, Field(max_length=limits.CHARACTERS)] | None = Field(
        None, examples=["“We will go,” he said. The vote is set for June 3."]
    )
    html: Text | None = Field(None, description="a web page, of which the main text is read")
    published: Day | None = Field(
        None,
        description="day or time of publication, ISO 8601; null stands for the one that a page names, and without any "
        "no dates are resolved",
        examples=["2024-05-02"],
    )
    zone: Zone | None = Field(None, description="IANA zone of clock times that name none", examples=["Europe/London"])
    source: Annotated[Text, Field(max_length=2_000)] | None = Field(
        None,
        description="address of the article, by which its events are known again after an edit; null stands for the "
        "one that a page names",
        examples=["https://news.example/skarra-summit"],
    )
    before: Text | None = Field(
        None,
        description="the calendar (iCalendar) that was written of the article last time: an event is known "
        "again by its day or words, and keeps the UID that it has there (needs the extra `diary` and the same source)",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> ReadRequest:
        if (self.text is None) == (self.html is None):
            raise ValueError("give either text or html")
        return self


class CalendarRequest(ReadRequest):
    """An article, and the form in which its events are asked for."""

    form: Literal["ics", "superdesk", "jsonld"] = Field(
        "ics",
        description="iCalendar (needs the extra `diary`), Superdesk Planning's event JSON, or schema.org's Event as "
        "JSON-LD",
    )


class ReadResponse(BaseModel):
    """The article as it was read.

    Offsets of statements count characters (code points) of `text`, those of dates characters of their statement.
    """

    text: str = Field(description="the text given, or the main text of the page given")
    statements: list[Statement]
    published: date | datetime | None = Field(description="as given, or as the page says")
    source: str | None = Field(description="the address, as given or as the page says")
    events: list[Event] = Field(description="what is planned, doubted, moved or called off, in the order of the text")
    language: str | None = Field(description="of a text that is plainly not English, and not to be read so: ISO 639-1")


# imported by onrecord.article.read only when needed
ReadResponse.model_rebuild(_types_namespace={"When": When, "Event": Event})


class ModelResponse(BaseModel):
    """What answers."""

    labels: list[str]
    dated: str | None = Field(
        description="the label whose sentences are diary entries; null if the model knows no such label"
    )
    prior: str = Field(description="the label shares that the probabilities are for")
    backend: str
    window: int = Field(description="tokens read at once; a longer text is read in several windows")
    versions: dict[str, str]
    limits: dict[str, int | float]


class Status(BaseModel):
    """Of a probe."""

    status: str
