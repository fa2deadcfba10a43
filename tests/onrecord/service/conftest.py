"""What the tests of the service share: the tiny classifier behind a client, held or broken, and what a refusal is."""

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient

from onrecord import Classifier, Prediction
from onrecord.service.app import application
from onrecord.service.server import Connection

SECRET = "Zzyzx the confidential sentence"
JSON = {"Content-Type": "application/json"}
FRONT_MATTER = """---
model-index:
- name: m
  results:
  - task: {type: text-classification}
    dataset: {name: d, type: d, split: test}
    metrics:
    - {type: f1, value: 0.75, name: macro-F1}
---
"""  # of a model card


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


@contextmanager
def listening(classifier: object, token: str | None = None) -> Iterator[int]:
    """The port of a server in a thread, which must end at the end."""
    app = application(classifier, token=token)  # type: ignore[arg-type]
    server = uvicorn.Server(uvicorn.Config(app, http=Connection, log_level="error", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as socket_:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket_]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield socket_.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(60)
    assert not thread.is_alive()


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
            assert self.go.wait(60)  # so that a test that fails ends
        return self._classifier.predict(texts)

    def wait_until_asked(self, times: int) -> None:
        """Come back when the model was asked so often, or after a minute."""
        until = time.monotonic() + 60
        while self.asked < times and time.monotonic() < until:
            time.sleep(0.01)


class Broken(Slow):
    """A classifier that fails with the text in its message."""

    def predict(self, texts: list[str]) -> object:
        texts = list(texts)
        if texts != ["Ready?"]:
            raise RuntimeError(f"cannot do {texts[0]}")
        return self._classifier.predict(texts)


class Planner:
    """The tiny classifier, but a sentence that says perhaps is a hedge, and any other one an entry of a diary."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def __getattr__(self, name: str) -> object:
        return getattr(self._classifier, name)

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        labelled = [(text, "hedge" if "Perhaps" in text else "scheduling") for text in texts]
        return [Prediction(text, label, 1.0, {label: 1.0}, 1, False, (label,)) for text, label in labelled]


@pytest.fixture(scope="module")
def planner(checkpoint: Path) -> Planner:
    return Planner(Classifier.load(checkpoint))
