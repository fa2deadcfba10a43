"""The service as a client meets it: answers, each limit made to happen, and what an attacker tries."""

import asyncio
import base64
import dataclasses
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from typer.testing import CliRunner

from onrecord import Classifier, read
from onrecord.cli import app as command
from onrecord.service import app as service
from onrecord.service import articles
from onrecord.service import limits as service_limits
from onrecord.service import messages as service_messages
from onrecord.service.app import application
from onrecord.service.middleware import WITH_BODY, Gate

SECRET = "Zzyzx the confidential sentence"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def classifier(checkpoint: Path) -> Classifier:
    return Classifier.load(checkpoint)


@pytest.fixture(scope="module")
def client(classifier: Classifier) -> Iterator[TestClient]:
    with TestClient(application(classifier)) as client:
        yield client


def refused(found: httpx.Response, status: int, *words: str) -> dict:
    """The problem document that this response must be."""
    assert found.status_code == status, found.text
    assert found.headers["content-type"] == "application/problem+json"
    document = found.json()
    assert document["status"] == status and document["title"] and document["type"] == "about:blank"
    assert all(word in found.text for word in words), found.text
    assert "Traceback" not in found.text and ".py" not in found.text
    return document


class Slow:
    """The classifier, held until it is let go."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier, self.go = classifier, threading.Event()
        self.asked = 0  # times, without the first

    def __getattr__(self, name: str) -> object:
        return getattr(self._classifier, name)

    def predict(self, texts: list[str]) -> object:
        texts = list(texts)
        if texts != ["Ready?"]:  # the first one, before there are clients
            assert threading.current_thread().name.startswith("model")
            self.asked += 1
            assert self.go.wait(15)  # so that a test that fails ends
        return self._classifier.predict(texts)


class Broken(Slow):
    """A classifier that fails with the text in its message."""

    def predict(self, texts: list[str]) -> object:
        texts = list(texts)
        if texts != ["Ready?"]:
            raise RuntimeError(f"cannot do {texts[0]}")
        return self._classifier.predict(texts)


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


def test_read_answers_as_python_does(
    client: TestClient, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = "Leaders 🎉 to meet\n\n“We will go,” Roe said. The vote is set for tomorrow at 3 p.m."
    label = classifier.predict("The vote is set for tomorrow at 3 p.m.").label
    monkeypatch.setattr(
        articles, "read", lambda *args, **more: read(*args, **more, dated=label)
    )  # whatever the tiny model makes of it
    found = client.post("/v1/read", json={"text": article, "published": "2024-05-02", "zone": "Europe/London"}).json()
    assert found["text"] == article and found["published"] == "2024-05-02"
    expected = read(article, "2024-05-02", classifier, zone="Europe/London", dated=label).statements
    assert [
        (s["text"], s["start"], s["end"], s["paragraph"], s["speaker"], s["prediction"]["label"])
        for s in found["statements"]
    ] == [(s.text, s.start, s.end, s.paragraph, s.speaker, s.prediction.label) for s in expected]
    assert found["statements"][1]["speaker"] == "Roe"
    assert [(d["kind"], d["first"], d["text"]) for d in found["statements"][2]["dates"]] == [
        ("instant", "2024-05-03T15:00:00+01:00", "tomorrow at 3 p.m.")
    ]
    assert client.post("/v1/read", json={"text": " "}).json()["statements"] == []


def test_read_takes_text_for_text_and_html_for_html(client: TestClient) -> None:
    page = "<html><body><article><p>The Senate voted on Monday to pass the budget, after three weeks of talks.</p></article></body></html>"
    assert client.post("/v1/read", json={"text": page}).json()["text"] == page
    assert client.post("/v1/read", json={"html": page}).json()["text"].startswith("The Senate")
    refused(client.post("/v1/read", json={"html": "<html></html>"}), 422, "no text found")


def test_html_without_its_extra(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    refused(client.post("/v1/read", json={"html": "<p>Yes.</p>"}), 501, "onrecord[html]")


def test_model_and_probes(client: TestClient, classifier: Classifier) -> None:
    found = client.get("/v1/model").json()
    assert (
        found["labels"] == list(classifier.labels)
        and found["prior"] == classifier.rule.prior
        and found["backend"] == classifier.backend.name
    )
    assert (
        found["versions"]["torch" if classifier.backend.name == "torch" else "onnxruntime"]
        == classifier.backend.version
    )
    assert (
        found["limits"]["texts"] == service_limits.TEXTS and found["limits"]["body_bytes"] == service_limits.BODY_BYTES
    )
    assert client.get("/healthz").json() == {"status": "alive"} and client.get("/readyz").json() == {"status": "ready"}
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
    refused(
        TestClient(application(classifier)).get("/readyz"), 503, "not answered yet"
    )  # without `with` nothing is started


def test_unknown_address_and_method(client: TestClient) -> None:
    refused(client.get("/v1/nothing"), 404, "/openapi.json")
    refused(client.post("/v1/predict/", json={"texts": []}), 404)
    assert "POST" in client.get("/v1/predict").headers["allow"]
    refused(client.get("/v1/predict"), 405, "Allow")


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ({"texts": ["a", 1]}, "#/texts/1", "string"),
        ({"texts": "a"}, "#/texts", "list"),
        ({"text": "a"}, "#/texts", "required"),
        ({"texts": [], "a/b~": 1}, "#/a~1b~0", "not permitted"),
        ({"texts": ["a"] * (service_limits.TEXTS + 1)}, "#/texts", str(service_limits.TEXTS)),
        (
            {"texts": ["a", "b" * (service_limits.TEXT_CHARACTERS + 1)]},
            "#/texts/1",
            str(service_limits.TEXT_CHARACTERS),
        ),
        ({"texts": ["a" * service_limits.TEXT_CHARACTERS] * 41}, "#/texts", str(service_limits.CHARACTERS)),
    ],
)
def test_predict_names_what_is_wrong(client: TestClient, body: dict, pointer: str, words: str) -> None:
    document = refused(client.post("/v1/predict", json=body), 422, words)
    assert pointer in [fault["pointer"] for fault in document["errors"]]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "either text or html"),
        ({"text": "a", "html": "b"}, "either text or html"),
        ({"text": "a", "published": "May 2"}, "2024-05-02"),
        ({"text": "a", "published": "0001-01-01"}, "from 1000 to 9000"),
        ({"text": "a", "published": "9999-12-31"}, "from 1000 to 9000"),
        ({"text": "a", "zone": "Mars/Olympus"}, "Europe/London"),
        ({"text": "a", "zone": "../../etc/passwd"}, "Europe/London"),
        ({"text": "a " * (service_limits.CHARACTERS // 2 + 1)}, str(service_limits.CHARACTERS)),
        ({"text": "He left.\n\n" + "a" * (service_limits.TEXT_CHARACTERS + 1)}, "sentence 2, which begins"),
    ],
)
def test_read_names_what_is_wrong(client: TestClient, body: dict, words: str) -> None:
    refused(client.post("/v1/read", json=body), 422, words)


def test_long_main_text_of_a_page(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_limits, "CHARACTERS", 50)
    page = "<html><body><article><p>The Senate voted on Monday to pass the budget, after three weeks of talks.</p></article></body></html>"
    refused(client.post("/v1/read", json={"html": page}), 422, "main text has")


def test_only_the_first_faults_are_told(client: TestClient) -> None:
    document = refused(client.post("/v1/predict", json={"texts": [1] * 30}), 422, "30 things", "20 of them not shown")
    assert len(document["errors"]) == service_limits.ERRORS


DEEP = b'{"texts": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"texts": ["\xff\xfe"]}', 400),
        (b'{"texts": ["a"', 400),
        (b"", 422),
        (b"[]", 422),
        (b"null", 422),
        (b'"a"', 422),
        (DEEP, 400),
        (b'{"texts": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, 400),
        (b'{"texts": ' + b"[" * 500 + b"]" * 500 + b"}", 422),
        (b'{"texts": [NaN, Infinity, -Infinity]}', 422),
        (b'{"texts": NaN, "NaN": NaN}', 422),
        (b'{"texts": [1e999]}', 422),
        (b'{"texts": [' + b"9" * 5000 + b"]}", 400),
        (b'{"texts": ["\\ud800"]}', 422),
        (b'{"texts": [], "\\udfff": "\\udfff"}', 422),
        (b'{"texts": ["\\u0000"]}', 200),
        (b'\xef\xbb\xbf{"texts": []}', 200),
    ],
)
def test_hostile_bodies(client: TestClient, body: bytes, status: int) -> None:
    found = client.post("/v1/predict", content=body, headers=JSON)
    assert found.status_code == status, found.text
    if status != 200:
        refused(found, status)


def test_half_a_character(client: TestClient) -> None:
    for path, body in (
        ("predict", {"texts": ["a\ud800"]}),
        ("read", {"text": "a\ud800"}),
        ("read", {"html": "a\ud800"}),
        ("read", {"text": "a", "zone": "\ud800"}),
    ):
        refused(client.post(f"/v1/{path}", content=json.dumps(body), headers=JSON), 422)
    refused(
        client.post("/v1/read", content=json.dumps({"html": "a\ud800"}), headers=JSON),
        422,
        "character 1 is half of a surrogate pair",
    )


def test_content_type(client: TestClient) -> None:
    refused(
        client.post("/v1/predict", content=b'{"texts": []}', headers={"Content-Type": "text/plain"}),
        422,
        "Content-Type: application/json",
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["/v1/predict", "/v1/read"]),
    st.dictionaries(
        st.sampled_from(["texts", "text", "html", "published", "zone", "x"]),
        st.recursive(
            st.none()
            | st.booleans()
            | st.floats()
            | st.integers()
            | st.text(max_size=40)
            | st.sampled_from(["2024-05-02", "UTC", "\ud800"]),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=8,
        ),
    ),
)
def test_no_body_makes_the_service_fail(client: TestClient, path: str, body: dict) -> None:
    found = client.post(path, content=json.dumps(body).encode(), headers=JSON)
    if found.status_code != 200:
        refused(found, 422)


def test_too_large_a_body(client: TestClient) -> None:
    size = service_limits.BODY_BYTES
    most = b'{"texts": []}'.ljust(size)
    assert client.post("/v1/predict", content=most, headers=JSON).status_code == 200
    refused(client.post("/v1/predict", content=most + b" ", headers=JSON), 413, str(size))


def test_a_body_in_chunks(client: TestClient) -> None:
    found = client.post("/v1/predict", content=iter([b'{"te', b'xts": ["a"]}']), headers=JSON)
    assert "content-length" not in found.request.headers and len(found.json()["predictions"]) == 1
    refused(client.post("/v1/predict", content=iter([b" " * 100_000] * 11), headers=JSON), 413)


def gated(chunks: AsyncIterator[bytes]) -> list[Message]:
    """What the gate alone answers to a body that comes like this and never ends; there is no app behind it that could."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": await anext(chunks), "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    async def no_app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("the body never ended")

    scope = {"type": "http", "method": "POST", "path": "/v1/predict", "headers": []}
    asyncio.run(Gate(no_app, None)(scope, receive, send))
    return sent


def test_a_body_without_end_is_left_unread() -> None:
    taken = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b" " * 100_000

    start, end = gated(chunks())
    assert (
        start["status"] == 413
        and (b"connection", b"close") in start["headers"]
        and json.loads(end["body"])["status"] == 413
    )
    assert taken == service_limits.DISCARDED_BYTES // 100_000 + 1


def test_a_body_that_trickles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_limits, "BODY_SECONDS", 0.05)

    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    start, end = gated(chunks())
    assert start["status"] == 408 and b"within 0.05 seconds" in end["body"]


def answered(method: str, path: str, headers: dict[str, str], token: str | None = None) -> list[Message]:
    """What the gate and an app that reads no body answer, while nothing of a body may be asked for."""
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("a body was read")

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response("answered")(scope, receive, send)

    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(Gate(app, token)({"type": "http", "method": method, "path": path, "headers": lines}, receive, send))
    return sent


@pytest.mark.parametrize("head", [{"content-length": "50"}, {"transfer-encoding": "chunked"}])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/healthz"), ("POST", "/v1/nothing"), ("GET", "/v1/predict"), ("PUT", "/v1/read")]
)
def test_no_body_is_read_where_none_is_taken(method: str, path: str, head: dict[str, str]) -> None:
    start, end = answered(method, path, head)
    assert end["body"] == b"answered" and (b"connection", b"close") in start["headers"]


@pytest.mark.parametrize("path", WITH_BODY)
def test_no_body_is_read_before_the_token(path: str) -> None:
    start, _ = answered("POST", path, {"content-length": "50"}, token="s3cret")
    assert start["status"] == 401 and (b"connection", b"close") in start["headers"]


def test_a_body_has_one_end(client: TestClient) -> None:
    both = {"Content-Length": "13", "Transfer-Encoding": "chunked"} | JSON
    found = client.post("/v1/predict", content=b'{"texts": []}', headers=both)
    refused(found, 400, "not both")
    assert found.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((host, 200) for host in ("localhost", "LOCALHOST:8000", "a.localhost:8000", "localhost.", "127.0.0.1:8000")),
        *((host, 200) for host in ("[::1]:8000", "[::1]", "192.168.0.7", "desk.example", "desk.example:443")),
        *((host, 421) for host in ("evil.example", "localhost.evil.example", "desk.example.evil.example:8000")),
        *((host, 421) for host in ("127.0.0.1.evil.example", "notlocalhost", "2130706433", "desk")),
    ],
)
def test_a_page_whose_name_was_made_to_point_here_gets_nothing(classifier: Classifier, host: str, status: int) -> None:
    app = application(classifier, hosts=["Desk.example"])
    with TestClient(app) as client:
        found = client.post("/v1/predict", json={"texts": []}, headers={"Host": host})
        assert found.status_code == status == client.get("/", headers={"Host": host}).status_code
        if status != 200:
            refused(found, 421, "--allowed-host")


def test_the_command_lets_in_local_names_unless_told_otherwise(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = []
    monkeypatch.setattr(service, "application", lambda *_, **more: hosts.append(more["hosts"]))
    monkeypatch.setattr("onrecord.service.server.run", lambda *_: True)
    desk = ["--allowed-host", "desk.example"]
    for words in ([], ["--host", "localhost"], desk, ["--host", "0.0.0.0"], ["--host", "0.0.0.0", *desk]):
        found = CliRunner().invoke(command, ["serve", "--port", "0", "--model", str(checkpoint), *words])
        assert found.exit_code == 0, found.output
    assert hosts == [[], [], ["desk.example"], None, ["desk.example"]]


def test_work_stops_when_its_client_leaves() -> None:
    stopped = False

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal stopped
        assert (await receive())["body"] == b"{}"
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            stopped = True
            raise

    async def leaving() -> list[int]:
        seen: list[int] = []
        messages = iter([{"type": "http.request", "body": b"{}"}, {"type": "http.disconnect"}])

        async def receive() -> Message:
            return next(messages)

        gate = Gate(app, None, observe=lambda method, path, status, seconds: seen.append(status))
        await gate({"type": "http", "method": "POST", "path": "/v1/predict", "headers": []}, receive, receive)  # type: ignore[arg-type]
        return seen

    assert asyncio.run(leaving()) == [0] and stopped


def test_many_unknown_names_are_one_error(client: TestClient) -> None:
    for path in ("/v1/predict", "/v1/read"):
        document = refused(
            client.post(path, json={f"{i:x}": 1 for i in range(80_000)}), 422, "80000 names are unknown; there are text"
        )
        assert len(document["errors"]) == 1


def test_bodies_at_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_limits, "BODIES", 0)
    assert refused(client.post("/v1/predict", json={"texts": []}), 429) and client.get("/healthz").status_code == 200


def test_queue_is_bounded_and_the_loop_stays_free(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_limits, "WAITING", 2)
    slow = Slow(classifier)
    with TestClient(application(slow)) as client, ThreadPoolExecutor(3) as pool:  # type: ignore[arg-type]
        accepted = [pool.submit(client.post, "/v1/predict", json={"texts": [f"Text {i}."]}) for i in range(3)]
        try:
            until = time.monotonic() + 30
            while (
                client.get("/readyz").status_code == 200 and time.monotonic() < until
            ):  # answered while the model is busy
                time.sleep(0.01)
            refused(client.get("/readyz"), 503, "wait")
            assert client.get("/healthz").status_code == 200
            for path, body in (("/v1/predict", {"texts": []}), ("/v1/read", {"text": "a"})):
                found = client.post(path, json=body)
                refused(found, 429, "come again")
                assert int(found.headers["retry-after"]) == service_limits.RETRY_SECONDS
        finally:
            slow.go.set()
        assert [f.result().json()["predictions"][0]["text"] for f in accepted] == ["Text 0.", "Text 1.", "Text 2."]
        assert (
            client.get("/readyz").status_code == 200
            and client.post("/v1/predict", json={"texts": ["a"]}).status_code == 200
        )


def test_a_request_that_waits_too_long_is_given_up(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_limits, "WAITING_SECONDS", 0.3)
    slow = Slow(classifier)
    with TestClient(application(slow)) as client, ThreadPoolExecutor(2) as pool:  # type: ignore[arg-type]
        try:
            reading = pool.submit(
                client.post, "/v1/read", json={"text": "He left."}
            )  # holds the model, and the turn of the jobs
            until = time.monotonic() + 30
            while slow.asked < 1 and time.monotonic() < until:
                time.sleep(0.01)
            for path, body in (("/v1/predict", {"texts": ["Late."]}), ("/v1/read", {"text": "Late."})):
                found = client.post(path, json=body)
                refused(found, 503, "given up", "0.3 seconds")
                assert found.headers["retry-after"]
        finally:
            slow.go.set()
        assert reading.result().json()["statements"][0]["text"] == "He left."
        assert (
            client.post("/v1/predict", json={"texts": ["a"]}).status_code == 200 and slow.asked == 2
        )  # nobody asked the model about what was late


def test_characters_that_wait_are_bounded(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_limits, "WAITING_CHARACTERS", 20)
    slow = Slow(classifier)
    with TestClient(application(slow)) as client, ThreadPoolExecutor(1) as pool:  # type: ignore[arg-type]
        try:
            accepted = pool.submit(client.post, "/v1/predict", json={"texts": ["Twenty characters, or more."]})
            until = time.monotonic() + 30
            while slow.asked < 1 and time.monotonic() < until:
                time.sleep(0.01)
            refused(client.post("/v1/predict", json={"texts": ["a"]}), 429, "come again")
            refused(client.get("/readyz"), 503)
        finally:
            slow.go.set()
        assert (
            accepted.result().status_code == 200
            and client.post("/v1/predict", json={"texts": ["a"]}).status_code == 200
        )


def test_an_article_and_sentences_are_answered_together(classifier: Classifier) -> None:
    slow = Slow(classifier)
    with TestClient(application(slow)) as client, ThreadPoolExecutor(3) as pool:  # type: ignore[arg-type]
        try:
            first = pool.submit(client.post, "/v1/predict", json={"texts": ["First."]})
            until = time.monotonic() + 30
            while slow.asked < 1 and time.monotonic() < until:
                time.sleep(0.01)
            others = [
                pool.submit(client.post, "/v1/read", json={"text": "He left. She stayed."}),
                pool.submit(client.post, "/v1/predict", json={"texts": ["Last."]}),
            ]
            while (
                not re.search(r"onrecord_requests_waiting 3", client.get("/metrics").text) and time.monotonic() < until
            ):
                time.sleep(0.01)
            time.sleep(0.3)  # the article has been cut into sentences by now
        finally:
            slow.go.set()
        assert [f.result().status_code for f in (first, *others)] == [200, 200, 200] and slow.asked == 2
        assert "onrecord_batch_texts_sum 4.0" in client.get("/metrics").text


def metric(client: TestClient, name: str, **labels: str) -> float:
    """A figure of /metrics, 0 if it is not there."""
    shown = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    line = f"{name}{{{shown}}} " if shown else f"{name} "
    return sum(
        float(text.removeprefix(line)) for text in client.get("/metrics").text.splitlines() if text.startswith(line)
    )


def test_metrics(classifier: Classifier) -> None:
    with TestClient(application(classifier)) as client:
        found = client.get("/metrics")
        assert found.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert metric(client, "onrecord_batch_texts_count") == 0 and "process_resident_memory_bytes" in found.text
        assert all(f'onrecord_predictions_total{{label="{label}"}} 0.0' in found.text for label in classifier.labels)
        sure = client.post("/v1/predict", json={"texts": [SECRET, "a"]}).json()["predictions"]
        client.post("/v1/predict", json={"texts": SECRET})
        client.post("/v1/read", json={"text": f"{SECRET}. He left."})
        client.get("/Zzyzx")
        client.request("ZZYZX", "/v1/model")
        assert metric(client, "onrecord_requests_total", method="POST", path="/v1/predict", status="200") == 1
        assert metric(client, "onrecord_requests_total", method="POST", path="/v1/predict", status="422") == 1
        assert metric(client, "onrecord_requests_total", method="GET", path="(unknown path)", status="404") == 1
        assert metric(client, "onrecord_requests_total", method="(unknown method)", path="/v1/model", status="405") == 1
        assert metric(client, "onrecord_request_seconds_count", path="/v1/predict") == 2
        assert metric(client, "onrecord_batch_texts_sum") == 4 and metric(client, "onrecord_batch_requests_sum") == 2
        assert sum(metric(client, "onrecord_predictions_total", label=label) for label in classifier.labels) == 4
        assert (
            metric(client, "onrecord_predictions_total", label=sure[0]["label"]) >= 1
            and metric(client, "onrecord_requests_waiting") == 0
        )
        assert metric(client, "onrecord_abstentions_total") == 0 and "zzyzx" not in client.get("/metrics").text.lower()


def test_abstentions_are_counted(classifier: Classifier) -> None:
    class Unsure(Slow):
        def predict(self, texts: list[str]) -> object:
            return [dataclasses.replace(p, abstained=True) for p in self._classifier.predict(list(texts))]

    with TestClient(application(Unsure(classifier))) as client:  # type: ignore[arg-type]
        client.post("/v1/predict", json={"texts": ["a", "b"]})
        assert metric(client, "onrecord_abstentions_total") == 2


def test_every_answer_has_safe_headers(client: TestClient) -> None:
    for found in (
        client.get("/v1/model"), client.get("/nothing"), client.post("/v1/predict", json={}), client.post("/v1/predict", content=b" " * 2_000_000), client.get("/metrics")
    ):  # fmt: skip
        assert (
            found.headers["x-content-type-options"] == "nosniff" and found.headers["referrer-policy"] == "no-referrer"
        )
        assert (
            found.headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
            and found.headers["cache-control"] == "no-store"
        )


def test_docs_page_asks_nobody_else_and_runs_only_its_own_script(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    fetched = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(fetched) == 3
    for address in fetched:
        assert (
            address.startswith("/docs/")
            and client.get(address).status_code == 200
            and client.get(address).headers["x-content-type-options"] == "nosniff"
        )
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert (
        policy["default-src"] == policy["frame-ancestors"] == "'none'"
        and "unsafe" not in policy["script-src"]
        and "http" not in str(policy)
    )
    (inline,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert (
        policy["script-src"] == f"'self' 'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"
    )


def test_pages_of_other_sites(classifier: Classifier) -> None:
    desk, other = "https://desk.example", "https://other.example"
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    with TestClient(application(classifier, token="t0ken", cors=[desk])) as client:
        found = client.options(
            "/v1/predict", headers=asked | {"Origin": desk}
        )  # a browser sends no token with this question
        assert (
            found.status_code == 200
            and found.headers["access-control-allow-origin"] == desk
            and found.headers["x-content-type-options"] == "nosniff"
        )
        assert (
            "access-control-allow-origin"
            not in client.options("/v1/predict", headers=asked | {"Origin": other}).headers
        )
        for token, status in (("t0ken", 200), ("wrong", 401)):
            found = client.post(
                "/v1/predict", json={"texts": []}, headers={"Origin": desk, "Authorization": f"Bearer {token}"}
            )
            assert found.status_code == status and found.headers["access-control-allow-origin"] == desk
            assert "access-control-allow-credentials" not in found.headers
    with TestClient(application(classifier)) as client:
        assert not [
            name
            for name in client.post("/v1/predict", json={"texts": []}, headers={"Origin": desk}).headers
            if name.startswith("access-control")
        ]


def test_failure_tells_client_and_log_no_text(classifier: Classifier, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with TestClient(application(Broken(classifier))) as client:  # type: ignore[arg-type]
        refused(client.post("/v1/predict", json={"texts": [SECRET]}), 500, "its log says where")
        assert client.get("/readyz").status_code == 200  # and it goes on
    assert "RuntimeError at" in caplog.text and "test_app.py" in caplog.text
    assert "POST /v1/predict 500" in caplog.text and "Zzyzx" not in caplog.text


def test_no_text_in_logs(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "onrecord")
    client.post("/v1/predict?text=Zzyzx", json={"texts": [SECRET]})
    client.post("/v1/predict", json={"texts": SECRET, SECRET: 1})
    client.post("/v1/read", json={"text": SECRET, "published": "Zzyzx"})
    client.get("/Zzyzx")
    client.request("ZZYZX", "/v1/model")
    told = [record.getMessage().split(" ")[:3] for record in caplog.records if record.name == "onrecord.service"]
    assert (
        told[:3] == [["POST", "/v1/predict", "200"], ["POST", "/v1/predict", "422"], ["POST", "/v1/read", "422"]]
        and len(told) == 5
    )
    assert "zzyzx" not in "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("onrecord")).lower()


def test_token(classifier: Classifier) -> None:
    with TestClient(application(classifier, token="s3cret-Token")) as client:
        body = {"texts": ["a"]}
        for header in (
            {},
            *(
                {"Authorization": value}
                for value in (
                    "",
                    "Bearer",
                    "Bearer ",
                    "Bearer wrong",
                    "Basic s3cret-Token",
                    "s3cret-Token",
                    b"Bearer \xff\xfe",
                    "Bearer s3cret-token",
                )
            ),
        ):
            found = client.post("/v1/predict", json=body, headers=header)
            refused(found, 401, "Authorization: Bearer")
            assert found.headers["www-authenticate"] == "Bearer"
            assert (
                client.get("/nothing", headers=header).status_code
                == client.get("/v1/model", headers=header).status_code
                == 401
            )
        for scheme in ("Bearer", "bearer"):
            assert (
                client.post("/v1/predict", json=body, headers={"Authorization": f"{scheme} s3cret-Token"}).status_code
                == 200
            )
        assert client.get("/healthz").status_code == client.get("/readyz").status_code == 200
        assert client.get("/metrics").status_code == 401 and client.get("/docs").status_code == 200
        schema = client.get("/openapi.json").json()
        assert (
            schema["paths"]["/v1/predict"]["post"]["security"] and "security" not in schema["paths"]["/healthz"]["get"]
        )


def test_published_years_that_are_let_in_cannot_overflow(classifier: Classifier) -> None:
    from onrecord.dates.resolve import find_dates

    for day in ("1000-01-01", "9000-12-31T23:59-12:00"):
        published = service_messages.published_date(
            service_messages.ReadRequest.model_validate({"text": "a", "published": day}).published
        )
        assert published is not None
        for text in (
            "It met last week.",
            "It meets next weekend.",
            "It opens in 99999 weeks.",
            "It shut 99 years ago.",
        ):
            for zone in (None, "Pacific/Kiritimati"):
                find_dates(text, published, zone)


def test_command_errors_are_one_line(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ["--model", str(checkpoint)]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        cases = [
            (
                ["--port", port, *model],
                f"error: cannot listen on 127.0.0.1, port {port} (Address already in use); give another --port or --host\n",
            ),
            (["--port", "0", "--model", str(tmp_path)], "make train"),
            (["--port", "0", "--prior", "nws", *model], "never calibrated"),
            (["--token-env", "ONRECORD_TEST_TOKEN", *model], "not set"),
            *(
                (["--port", "0", "--cors", origin, *model], "give an origin")
                for origin in ("desk.example", "https://desk.example/", "https://Desk.example", "https://a b")
            ),
        ]
        for words, message in cases:
            found = CliRunner().invoke(command, ["serve", *words])
            assert (
                found.exit_code == 1 and message in found.stderr and found.stderr.count("\n") == 1 and not found.stdout
            ), found.output
    monkeypatch.setenv("ONRECORD_TEST_TOKEN", "to ken")
    assert (
        "without blanks" in CliRunner().invoke(command, ["serve", "--token-env", "ONRECORD_TEST_TOKEN", *model]).stderr
    )
    monkeypatch.delitem(sys.modules, "onrecord.service.server", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    found = CliRunner().invoke(command, ["serve", *model])
    assert found.exit_code == 1 and "pip install 'onrecord[serve]'" in found.stderr and found.stderr.count("\n") == 1


def test_answers_are_not_held_back_by_the_kernel(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Head and body are two writes: with Nagle's algorithm the body waits for the client's delayed acknowledgement."""
    seen = []

    def run(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        assert server.config.timeout_keep_alive > 60  # longer than a proxy keeps an idle connection
        with socket.create_connection(sockets[0].getsockname()), sockets[0].accept()[0] as accepted:
            seen.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(uvicorn.Server, "run", run)
    CliRunner().invoke(command, ["serve", "--port", "0", "--model", str(checkpoint)])
    assert seen and seen[0]


SLOW_SERVER = """
import sys, time
from onrecord import Classifier
from onrecord.cli import app
answer = Classifier.predict
def slowly(self, texts):
    texts = list(texts)
    if texts != ["Ready?"]:
        print("at work", flush=True)
        time.sleep(1)
    return answer(self, texts)
Classifier.predict = slowly
app(["serve", "--port", "0", "--token-env", "ONRECORD_TEST_TOKEN", "--model", sys.argv[1]])
"""


UNREAD_SERVER = """
import sys
from onrecord import Classifier, Prediction
from onrecord.cli import app
from onrecord.service import limits
limits.UNREAD_SECONDS, limits.DRAIN_SECONDS = map(int, sys.argv[2:])
def quickly(self, texts):
    return [Prediction(text, self.labels[0], 1.0, dict.fromkeys(self.labels, 0.2), 1, False, ()) for text in texts]
Classifier.predict = quickly
app(["serve", "--port", "0", "--model", sys.argv[1]])
"""


@pytest.mark.slow
@pytest.mark.parametrize(("unread", "drain"), [(2, 3600), (3600, 2)])  # cut off for its own sake, at the end of all
def test_sigterm_ends_although_a_client_reads_nothing(checkpoint: Path, unread: int, drain: int) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, "-c", UNREAD_SERVER, str(checkpoint), str(unread), str(drain)]
    server = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr
        told = ""
        while "startup complete" not in told:
            told += (line := server.stderr.readline())
            assert line, told
        port = int(re.findall(r"on http://127\.0\.0\.1:(\d+)", told)[0])
        threading.Thread(target=server.stderr.read, daemon=True).start()
        body = json.dumps({"texts": ["He said it. " * 16] * 1000}).encode()
        head = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.settimeout(3)
            lazy.connect(("127.0.0.1", port))
            with pytest.raises(OSError):  # its answers fill all buffers, and then the service takes no more questions
                for _ in range(200):
                    lazy.sendall(head % len(body) + body)
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) in (0, -signal.SIGTERM)
    finally:
        server.kill()
        server.wait()


@pytest.mark.slow
def test_sigterm_answers_what_was_accepted(checkpoint: Path, tmp_path: Path) -> None:
    environment = os.environ | {"ONRECORD_TEST_TOKEN": "t0ken", "PYTHONPATH": os.pathsep.join(sys.path)}
    with open(tmp_path / "log", "wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", SLOW_SERVER, str(checkpoint)], env=environment, stdout=subprocess.PIPE, stderr=log
        )
    try:
        until = time.monotonic() + 120
        while (
            not (told := re.search(r"on http://127\.0\.0\.1:(\d+)", (tmp_path / "log").read_text()))
            or "startup complete" not in (tmp_path / "log").read_text()
        ):
            assert server.poll() is None and time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(0.05)
        port = int(told[1])
        with (
            httpx.Client(
                base_url=f"http://127.0.0.1:{port}",
                headers={"Authorization": "Bearer t0ken"},
                timeout=60,
                trust_env=False,
            ) as client,
            ThreadPoolExecutor(2) as pool,
        ):
            assert client.get("/readyz").json() == {"status": "ready"}
            for body in (
                b"x" * 3_000_000,
                iter([b"x" * 100_000] * 30),
            ):  # by its length, in chunks: sent to the end, and told why it is refused
                refused(client.post("/v1/predict", content=body, headers=JSON), 413)
            with socket.create_connection(
                ("127.0.0.1", port)
            ) as rude:  # refused by its length alone, nothing of it was sent
                rude.sendall(
                    b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t0ken\r\nContent-Length: 100000000\r\n\r\n"
                )
                rude.settimeout(60)
                assert rude.makefile("rb").read().startswith(b"HTTP/1.1 413")
            accepted = [pool.submit(client.post, "/v1/predict", json={"texts": [SECRET]}) for _ in range(2)]
            assert server.stdout and server.stdout.readline() == b"at work\n"
            time.sleep(0.3)  # the other one is waiting for the model by now
            server.send_signal(signal.SIGTERM)
            assert [f.result().json()["predictions"][0]["text"] for f in accepted] == [SECRET, SECRET]
        assert server.wait(60) in (0, -signal.SIGTERM)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        assert (tmp_path / "log").read_text().count("POST /v1/predict 200") == 2 and "Zzyzx" not in (
            tmp_path / "log"
        ).read_text()
    finally:
        server.kill()
        server.wait()
