"""What a body may hold: each fault is named, and none makes the service fail."""

import json

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onrecord.dates.resolve import find_dates
from onrecord.service import limits
from onrecord.service.messages import ReadRequest, published_date
from tests.onrecord.service.conftest import JSON, refused


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ({"texts": ["a", 1]}, "#/texts/1", "string"),
        ({"texts": "a"}, "#/texts", "list"),
        ({"text": "a"}, "#/texts", "required"),
        ({"texts": [], "a/b~": 1}, "#/a~1b~0", "not permitted"),
        ({"texts": ["a"] * (limits.TEXTS + 1)}, "#/texts", str(limits.TEXTS)),
        ({"texts": ["a", "b" * (limits.TEXT_CHARACTERS + 1)]}, "#/texts/1", str(limits.TEXT_CHARACTERS)),
        ({"texts": ["a" * limits.TEXT_CHARACTERS] * 41}, "#/texts", str(limits.CHARACTERS)),
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
        ({"text": "a " * (limits.CHARACTERS // 2 + 1)}, str(limits.CHARACTERS)),
        ({"text": "He left.\n\n" + "a" * (limits.TEXT_CHARACTERS + 1)}, "sentence 2, which begins"),
    ],
)
def test_read_names_what_is_wrong(client: TestClient, body: dict, words: str) -> None:
    refused(client.post("/v1/read", json=body), 422, words)


def test_long_main_text_of_a_page(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CHARACTERS", 50)
    text = "The Senate voted on Monday to pass the budget, after three weeks of talks."
    page = f"<html><body><article><p>{text}</p></article></body></html>"
    refused(client.post("/v1/read", json={"html": page}), 422, "main text has")


def test_only_the_first_faults_are_told(client: TestClient) -> None:
    document = refused(client.post("/v1/predict", json={"texts": [1] * 30}), 422, "30 things", "20 of them not shown")
    assert len(document["errors"]) == limits.ERRORS


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
    found = client.post("/v1/read", content=json.dumps({"html": "a\ud800"}), headers=JSON)
    refused(found, 422, "character 1 is half of a surrogate pair")


def test_content_type(client: TestClient) -> None:
    found = client.post("/v1/predict", content=b'{"texts": []}', headers={"Content-Type": "text/plain"})
    refused(found, 422, "Content-Type: application/json")


QUICK = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
SCALARS = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=40)
VALUES = st.recursive(
    SCALARS | st.sampled_from(["2024-05-02", "UTC", "\ud800"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["texts", "text", "html", "published", "zone", "x"])


@settings(max_examples=60, deadline=None, suppress_health_check=QUICK)
@given(st.sampled_from(["/v1/predict", "/v1/read"]), st.dictionaries(NAMES, VALUES))
def test_no_body_makes_the_service_fail(client: TestClient, path: str, body: dict) -> None:
    found = client.post(path, content=json.dumps(body).encode(), headers=JSON)
    if found.status_code != 200:
        refused(found, 422)


def test_many_unknown_names_are_one_error(client: TestClient) -> None:
    for path in ("/v1/predict", "/v1/read"):
        found = client.post(path, json={f"{i:x}": 1 for i in range(80_000)})
        assert len(refused(found, 422, "80000 names are unknown; there are text")["errors"]) == 1


def test_published_years_that_are_let_in_cannot_overflow() -> None:
    texts = ["It met last week.", "It meets next weekend.", "It opens in 99999 weeks.", "It shut 99 years ago."]
    for day in ("1000-01-01", "9000-12-31T23:59-12:00"):
        published = published_date(ReadRequest.model_validate({"text": "a", "published": day}).published)
        assert published is not None
        for text in texts:
            for zone in (None, "Pacific/Kiritimati"):
                find_dates(text, published, zone)
