"""An article printed: a row a row, hidden characters shown, the second label told."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from onrecord import Prediction, read
from onrecord.article.html import labels_of
from onrecord.article.read import Article, Statement
from onrecord.article.record import dumps, record
from onrecord.article.show import as_csv, show
from onrecord.terminal import escaped, visible

TEXT = "The vote here\x1b[31m \u202eis set for 3 p.m. Monday.\n\n“We \u2066may go,” Ann Roe said."


class Stub:
    """Two labels cannot be excluded where a sentence says may."""

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        return [
            Prediction(t, "scheduling", 0.46, {"scheduling": 0.46}, 1, False, ("scheduling", *["hedge"] * ("may" in t)))
            for t in texts
        ]


def article() -> Article:
    return read(TEXT, "2024-05-02", Stub(), zone="Europe/London")


def printed(form: str, capsys: pytest.CaptureFixture[str]) -> str:
    show(article(), ["scheduling", "hedge"], "a\u202eb", form)
    return capsys.readouterr().out


def test_a_row_stays_a_row_at_a_lone_carriage_return(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed("csv", capsys) == as_csv(article())
    wrapped = "The vote\ris set."  # a paragraph of lines that end so
    made = Article(wrapped, [Statement(wrapped, 0, len(wrapped), 0, Stub().predict(["may"])[0])])
    for newline in ("", None):  # as csv asks for it, and as many open a file
        (row,) = csv.DictReader(io.StringIO(as_csv(made), newline=newline))
        assert row["text"].split() == wrapped.split() and row["label_set"] == "scheduling/hedge"


def test_cells_that_a_spreadsheet_would_run() -> None:
    text = "=1+1 is what he said."
    made = Article(text, [Statement(text, 0, len(text), 0, Stub().predict([text])[0])])
    for safe, cell in ((False, text), (True, f"'{text}")):
        (row,) = csv.DictReader(io.StringIO(as_csv(made, safe)))
        assert row["text"] == cell and row["start"] == "0"


def test_what_a_terminal_would_obey_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed("", capsys)
    assert "\x1b" not in out and "\u202e" not in out and "\u2066" not in out
    assert "\\x1b[31m" in out and "\\u202e" in out and "scheduling/hedge" in out
    assert visible("a\x9b\u200f \n b") == "a\\x9b\\u200f b" and escaped("a  b\n\u2029") == "a  b\\n\\u2029"


def test_the_page_isolates_the_words_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed("html", capsys)
    assert "<bdi>a\u202eb</bdi>" in out and "<bdi>“We \u2066may go,” Ann Roe said.</bdi>" in out
    assert "scheduling/hedge 46% · <bdi>Ann Roe</bdi>" in out


def test_json_writes_moments_as_the_service_does(capsys: pytest.CaptureFixture[str]) -> None:
    whole = json.loads(printed("json", capsys))
    assert whole == json.loads(dumps(record(article()))) and whole["language"] is None
    rows = [json.loads(line) for line in printed("jsonl", capsys).splitlines()]
    assert rows[0]["dates"][0]["first"] == "2024-05-06T15:00:00+01:00"
    assert whole["statements"] == rows and whole["published"] == "2024-05-02"
    assert whole["events"][0]["when"]["first"] == "2024-05-06T15:00:00+01:00"
    assert (
        dumps([date(2024, 5, 2), datetime(2024, 5, 2, 3, tzinfo=ZoneInfo("UTC"))])
        == '["2024-05-02", "2024-05-02T03:00:00+00:00"]'
    )
    with pytest.raises(TypeError, match="set"):
        dumps({1})


def test_second_label() -> None:
    def told(*label_set: str) -> str:
        return labels_of(Prediction("", "b", 0.5, {}, 1, False, label_set))

    assert (told("a", "b"), told("b"), told("a", "b", "c"), told("a", "c"), told()) == ("b/a", "b", "b", "b", "b")
