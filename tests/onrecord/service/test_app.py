"""The service as a client meets it: its answers are those of Python."""

import json
import re
import sys

import pytest
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from onrecord import Classifier, read
from onrecord.service import articles
from onrecord.service import limits as service_limits
from onrecord.service.app import application
from onrecord.service.messages import CalendarRequest, ReadRequest
from tests.onrecord.service.conftest import Planner, refused


def test_predict_answers_as_python_does(client: TestClient, classifier: Classifier) -> None:
    texts = ["They denied it.", "", "Perhaps “tomorrow” — 🎉.", "They denied it."]
    found = client.post("/v1/predict", json={"texts": texts}).json()["predictions"]
    assert [p["text"] for p in found] == texts
    for answer, expected in zip(found, classifier.predict(texts), strict=True):
        assert (answer["label"], answer["windows"], answer["label_set"]) == (
            expected.label,
            expected.windows,
            list(expected.label_set),
        )
        assert answer["probabilities"] == pytest.approx(expected.probabilities) and answer[
            "confidence"
        ] == pytest.approx(expected.confidence)
    assert client.post("/v1/predict", json={"texts": []}).json() == {"predictions": []}


def test_read_answers_as_python_does(planner: Planner) -> None:
    article = "Leaders 🎉 to meet\n\n“We will go,” Roe said. The vote is set for tomorrow at 3 p.m."
    body = {"text": article, "published": "2024-05-02", "zone": "Europe/London"}
    with TestClient(application(planner)) as client:  # type: ignore[arg-type]
        found = client.post("/v1/read", json=body).json()
        assert client.post("/v1/read", json={"text": " "}).json()["statements"] == []
    assert found["text"] == article and found["published"] == "2024-05-02"
    expected = read(article, "2024-05-02", planner, zone="Europe/London").statements
    assert [
        (s["text"], s["start"], s["end"], s["paragraph"], s["speaker"], s["prediction"]["label"])
        for s in found["statements"]
    ] == [(s.text, s.start, s.end, s.paragraph, s.speaker, s.prediction.label) for s in expected]
    assert found["statements"][1]["speaker"] == "Roe"
    assert [(d["kind"], d["first"], d["text"]) for d in found["statements"][2]["dates"]] == [
        ("instant", "2024-05-03T15:00:00+01:00", "tomorrow at 3 p.m.")
    ]


def test_read_takes_text_for_text_and_html_for_html(client: TestClient) -> None:
    text = "The Senate voted on Monday to pass the budget, after three weeks of talks."
    page = f"<html><body><article><p>{text}</p></article></body></html>"
    assert client.post("/v1/read", json={"text": page}).json()["text"] == page
    assert client.post("/v1/read", json={"html": page}).json()["text"] == text
    refused(client.post("/v1/read", json={"html": "<html></html>"}), 422, "no text found")


def test_html_without_its_extra(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(HTTPException, match=r"onrecord\[html\]") as refusal:
        articles.answer(planner, ReadRequest(html="<p>Yes.</p>"))
    assert refusal.value.status_code == 501


def test_the_calendar_of_last_time_tells_which_event_a_moved_one_is(planner: Planner) -> None:
    def asked(text: str, before: str | None = None) -> CalendarRequest:
        return CalendarRequest(text=text, published="2024-05-02", source="https://a.example/skarra", before=before)

    def uids(calendar: str) -> list[str]:
        return re.findall(r"UID:(\S+)", calendar)

    first = bytes(articles.calendar(planner, asked("The Skarra summit will open on May 6.")).body).decode()
    edit = "The Skarra summit will open on May 7. A fair will be held on May 9."
    alone = bytes(articles.calendar(planner, asked(edit)).body).decode()
    again = bytes(articles.calendar(planner, asked(edit, first)).body).decode()
    assert uids(first)[0] not in uids(alone)
    assert uids(again)[0] == uids(first)[0] and len(set(uids(again))) == 2
    found = json.loads(articles.answer(planner, asked(edit, first)))["events"]
    assert [event["uid"] for event in found] == uids(again)
    with pytest.raises(HTTPException, match="calendar of last time") as refusal:
        articles.calendar(planner, asked(edit, first[: len(first) // 2]))
    assert refusal.value.status_code == 422
    for nothing in ("", alone.replace("https://a.example/skarra", "https://b.example/")):
        assert uids(bytes(articles.calendar(planner, asked(edit, nothing)).body).decode()) == uids(alone)


def test_model_and_probes(client: TestClient, classifier: Classifier) -> None:
    found = client.get("/v1/model").json()
    assert found["labels"] == list(classifier.labels)
    assert found["prior"] == classifier.rule.prior
    assert found["backend"] == classifier.backend.name
    assert (
        found["versions"]["torch" if classifier.backend.name == "torch" else "onnxruntime"]
        == classifier.backend.version
    )
    assert found["limits"]["texts"] == service_limits.TEXTS
    assert found["limits"]["body_bytes"] == service_limits.BODY_BYTES
    assert client.get("/healthz").json() == {"status": "alive"} and client.get("/readyz").json() == {"status": "ready"}
    for probe in ("/healthz", "/readyz"):
        assert (client.head(probe).status_code, client.head(probe).content) == (200, b"")
    assert (
        client.get("/openapi.json").json()["components"]["schemas"]["PredictRequest"]["properties"]["texts"]["maxItems"]
        == service_limits.TEXTS
    )


def test_the_schema_says_of_each_operation_what_it_does(client: TestClient) -> None:
    operations = [
        operation for path in client.get("/openapi.json").json()["paths"].values() for operation in path.values()
    ]
    assert len(operations) >= 8 and all(
        len(o["tags"]) == 1 and o["summary"] and "\n" not in o["description"] for o in operations
    )
    assert len({o["summary"] for o in operations} | {o["description"] for o in operations}) == 2 * len(operations)


def test_not_ready_before_the_model_has_answered(classifier: Classifier) -> None:
    # without `with` nothing is started
    refused(TestClient(application(classifier)).get("/readyz"), 503, "not answered yet")


def test_unknown_address_and_method(client: TestClient) -> None:
    refused(client.get("/v1/nothing"), 404, "/openapi.json")
    refused(client.post("/v1/predict/", json={"texts": []}), 404)
    assert "POST" in client.get("/v1/predict").headers["allow"]
    refused(client.get("/v1/predict"), 405, "Allow")
