"""What is counted."""

import dataclasses

from fastapi.testclient import TestClient

from onrecord import Classifier
from onrecord.service.app import application
from tests.onrecord.service.conftest import SECRET, Slow


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
        assert metric(client, "onrecord_predictions_total", label=sure[0]["label"]) >= 1
        assert metric(client, "onrecord_requests_waiting") == 0
        assert metric(client, "onrecord_abstentions_total") == 0 and "zzyzx" not in client.get("/metrics").text.lower()


def test_abstentions_are_counted(classifier: Classifier) -> None:
    class Unsure(Slow):
        def predict(self, texts: list[str]) -> object:
            return [dataclasses.replace(p, abstained=True) for p in self._classifier.predict(list(texts))]

    with TestClient(application(Unsure(classifier))) as client:  # type: ignore[arg-type]
        client.post("/v1/predict", json={"texts": ["a", "b"]})
        assert metric(client, "onrecord_abstentions_total") == 2
