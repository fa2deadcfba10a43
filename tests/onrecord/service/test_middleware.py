"""What every request passes: the host, the token, the limits of its body; and what no log or failure tells."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi.testclient import TestClient
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from onrecord import Classifier
from onrecord.service import limits as service_limits
from onrecord.service.app import application
from onrecord.service.middleware import WITH_BODY, Gate
from tests.onrecord.service.conftest import JSON, SECRET, Broken, refused


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
    """What the gate alone answers to a body that comes like this and never ends; no app stands behind it."""
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
    assert start["status"] == 413
    assert (b"connection", b"close") in start["headers"]
    assert json.loads(end["body"])["status"] == 413
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


@pytest.fixture(scope="module")
def desk(classifier: Classifier) -> Iterator[TestClient]:
    with TestClient(application(classifier, hosts=["Desk.example"])) as client:
        yield client


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((host, 200) for host in ("localhost", "LOCALHOST:8000", "a.localhost:8000", "localhost.", "127.0.0.1:8000")),
        *((host, 200) for host in ("[::1]:8000", "[::1]", "192.168.0.7", "desk.example", "desk.example:443")),
        *((host, 421) for host in ("evil.example", "localhost.evil.example", "desk.example.evil.example:8000")),
        *((host, 421) for host in ("127.0.0.1.evil.example", "notlocalhost", "2130706433", "desk")),
    ],
)
def test_a_page_whose_name_was_made_to_point_here_gets_nothing(desk: TestClient, host: str, status: int) -> None:
    found = desk.post("/v1/predict", json={"texts": []}, headers={"Host": host})
    assert found.status_code == status == desk.get("/", headers={"Host": host}).status_code
    if status != 200:
        refused(found, 421, "--allowed-host")


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


def test_bodies_at_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_limits, "BODIES", 0)
    assert refused(client.post("/v1/predict", json={"texts": []}), 429) and client.get("/healthz").status_code == 200


def test_every_answer_has_safe_headers(client: TestClient) -> None:
    for found in (
        client.get("/v1/model"),
        client.get("/nothing"),
        client.post("/v1/predict", json={}),
        client.post("/v1/predict", content=b" " * 2_000_000),
        client.get("/metrics"),
    ):
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["referrer-policy"] == "no-referrer"
        assert found.headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
        assert found.headers["cache-control"] == "no-store"


def test_pages_of_other_sites(classifier: Classifier) -> None:
    desk, other = "https://desk.example", "https://other.example"
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    with TestClient(application(classifier, token="t0ken", cors=[desk])) as client:
        # a browser sends no token with this question
        found = client.options("/v1/predict", headers=asked | {"Origin": desk})
        assert found.status_code == 200
        assert found.headers["access-control-allow-origin"] == desk
        assert found.headers["x-content-type-options"] == "nosniff"
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
    assert "RuntimeError at" in caplog.text and "conftest.py" in caplog.text
    assert "POST /v1/predict 500" in caplog.text and "Zzyzx" not in caplog.text


def test_no_text_in_logs(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "onrecord")
    client.post("/v1/predict?text=Zzyzx", json={"texts": [SECRET]})
    client.post("/v1/predict", json={"texts": SECRET, SECRET: 1})
    client.post("/v1/read", json={"text": SECRET, "published": "Zzyzx"})
    client.get("/Zzyzx")
    client.request("ZZYZX", "/v1/model")
    told = [record.getMessage().split(" ")[:3] for record in caplog.records if record.name == "onrecord.service"]
    assert told[:3] == [["POST", "/v1/predict", "200"], ["POST", "/v1/predict", "422"], ["POST", "/v1/read", "422"]]
    assert len(told) == 5
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
        assert schema["paths"]["/v1/predict"]["post"]["security"]
        assert "security" not in schema["paths"]["/healthz"]["get"]
