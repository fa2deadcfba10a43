"""What the service counts, for Prometheus. No label holds words of a client's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from onrecord.classifier import Prediction

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """Those of one application: two in a process do not mix."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "onrecord_requests",
            "Requests; status 0: the client had gone",
            ["method", "path", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "onrecord_request_seconds",
            "From the head of a request to the end of its answer",
            ["path"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._waiting = Gauge(
            "onrecord_requests_waiting", "Requests that are being answered or wait for it", registry=self._registry
        )
        self._texts = Histogram(
            "onrecord_batch_texts", "Texts that the model was given at once", buckets=SIZES, registry=self._registry
        )
        self._together = Histogram(
            "onrecord_batch_requests", "Requests that these texts came from", buckets=SIZES, registry=self._registry
        )
        self._labels = Counter(
            "onrecord_predictions", "Texts by the label they got", ["label"], registry=self._registry
        )
        self._abstained = Counter("onrecord_abstentions", "Texts whose label is too unsure", registry=self._registry)
        for label in labels:
            self._labels.labels(label)  # shown from the beginning, as 0

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        """A request is over. `method` and `path` must be among a known few."""
        self._requests.labels(method, path, status).inc()
        self._seconds.labels(path).observe(seconds)

    def waiting(self, count: Callable[[], int]) -> None:
        """Where to look how many requests wait."""
        self._waiting.set_function(count)

    def batch(self, requests: int, texts: int) -> None:
        """The model is given a batch."""
        self._together.observe(requests)
        self._texts.observe(texts)

    def labelled(self, predictions: Sequence[Prediction]) -> None:
        """The model has answered."""
        for prediction in predictions:
            self._labels.labels(prediction.label).inc()
        self._abstained.inc(sum(prediction.abstained for prediction in predictions))

    def page(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self._registry)
