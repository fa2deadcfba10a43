"""What waits is bounded, and given up in time."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from onrecord import Classifier, Prediction
from onrecord.service import limits as service_limits
from onrecord.service.app import application
from onrecord.service.batching import RequestBatches
from tests.onrecord.service.conftest import Slow, refused


def test_queue_is_bounded_and_the_loop_stays_free(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_limits, "WAITING", 2)
    slow = Slow(classifier)
    with TestClient(application(slow)) as client, ThreadPoolExecutor(3) as pool:  # type: ignore[arg-type]
        accepted = [pool.submit(client.post, "/v1/predict", json={"texts": [f"Text {i}."]}) for i in range(3)]
        try:
            until = time.monotonic() + 60
            while client.get("/readyz").status_code == 200 and time.monotonic() < until:
                # answered while the model is busy
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
        assert client.get("/readyz").status_code == 200
        assert client.post("/v1/predict", json={"texts": ["a"]}).status_code == 200


def test_a_request_that_waits_too_long_is_given_up(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_limits, "WAITING_SECONDS", 0.3)
    slow = Slow(classifier)
    with TestClient(application(slow)) as client, ThreadPoolExecutor(2) as pool:  # type: ignore[arg-type]
        try:
            # holds the model, and the turn of the jobs
            reading = pool.submit(client.post, "/v1/read", json={"text": "He left."})
            slow.wait_until_asked(1)
            for path, body in (("/v1/predict", {"texts": ["Late."]}), ("/v1/read", {"text": "Late."})):
                found = client.post(path, json=body)
                refused(found, 503, "given up", "0.3 seconds")
                assert found.headers["retry-after"]
        finally:
            slow.go.set()
        assert reading.result().json()["statements"][0]["text"] == "He left."
        # nobody asked the model about what was late
        assert client.post("/v1/predict", json={"texts": ["a"]}).status_code == 200 and slow.asked == 2


def test_characters_that_wait_are_bounded(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_limits, "WAITING_CHARACTERS", 20)
    slow = Slow(classifier)
    with TestClient(application(slow)) as client, ThreadPoolExecutor(1) as pool:  # type: ignore[arg-type]
        try:
            accepted = pool.submit(client.post, "/v1/predict", json={"texts": ["Twenty characters, or more."]})
            slow.wait_until_asked(1)
            found = client.post("/v1/predict", content=b"no JSON")  # nobody parses it, which keeps time for the model
            refused(found, 429, "come again")
            assert found.headers["retry-after"] and "connection" not in found.headers
            refused(client.get("/readyz"), 503)
        finally:
            slow.go.set()
        assert accepted.result().status_code == 200
        assert client.post("/v1/predict", json={"texts": ["a"]}).status_code == 200


def test_an_article_and_sentences_are_answered_together(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_line: list[list[str]] = []

    async def predict(batches: RequestBatches, texts: list[str], patience: float | None = None) -> list[Prediction]:
        in_line.append(texts)
        return await answer(batches, texts, patience)

    answer = RequestBatches.predict
    monkeypatch.setattr(RequestBatches, "predict", predict)
    slow = Slow(classifier)
    with TestClient(application(slow)) as client, ThreadPoolExecutor(3) as pool:  # type: ignore[arg-type]
        slow.go.set()
        client.post("/v1/read", json={"text": "Warm."})  # the reading process listens from here on
        slow.go.clear()
        try:
            first = pool.submit(client.post, "/v1/predict", json={"texts": ["First."]})
            slow.wait_until_asked(2)
            others = [
                pool.submit(client.post, "/v1/read", json={"text": "He left. She stayed."}),
                pool.submit(client.post, "/v1/predict", json={"texts": ["Last."]}),
            ]
            until = time.monotonic() + 60
            while (
                not {"He left.", "Last."} <= {text for texts in in_line for text in texts} and time.monotonic() < until
            ):
                time.sleep(0.01)
        finally:
            slow.go.set()
        assert [f.result().status_code for f in (first, *others)] == [200, 200, 200] and slow.asked == 3
        assert "onrecord_batch_texts_sum 5.0" in client.get("/metrics").text
