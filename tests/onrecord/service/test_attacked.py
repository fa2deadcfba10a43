"""The service as it runs, under what fuzzers and attackers send. ONRECORD_FUZZED: the number of cases."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import pytest
import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from uvicorn.server import ServerState

from onrecord import Classifier
from onrecord.service import limits
from onrecord.service.server import Connection
from tests.onrecord.service.conftest import Slow, listening

CASES = int(os.environ.get("ONRECORD_FUZZED", "200"))
OPERATIONS = [
    *((path, "POST") for path in ("/v1/predict", "/v1/read", "/v1/calendar")),
    *((path, "GET") for path in ("/v1/model", "/v1/card", "/healthz", "/readyz", "/metrics")),
]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
QUICK = [HealthCheck[name] for name in ("function_scoped_fixture", "too_slow", "filter_too_much", "data_too_large")]
SECONDS = 30  # by then anything is answered: longer is a hang


@pytest.fixture(scope="module")
def port(checkpoint: Path) -> Iterator[int]:
    """Of a service that listens, and that ends even after all that."""
    with listening(Classifier.load(checkpoint)) as port:
        yield port


@pytest.fixture(scope="module")
def client(port: int) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def schema(port: int) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")


def test_the_schema_is_tested_whole(schema: schemathesis.BaseSchema) -> None:
    found = [operation.ok() for operation in schema.get_all_operations()]
    assert sorted((operation.path, operation.method.upper()) for operation in found) == sorted(OPERATIONS)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_what_the_schema_says_is_so(schema: schemathesis.BaseSchema, path: str, method: str) -> None:
    @settings(max_examples=CASES // 4 if method == "POST" else 3, deadline=None, suppress_health_check=QUICK)
    @given(case=schema[path][method].as_strategy())
    def holds(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS, timeout=SECONDS)

    holds()


@pytest.mark.slow
@settings(max_examples=CASES // 2, deadline=None, suppress_health_check=QUICK)
@given(
    st.sampled_from(["/v1/predict", "/v1/read"]),
    st.binary(max_size=300)
    | st.builds(
        lambda body, place, noise: json.dumps(body).encode()[:place] + noise + json.dumps(body).encode()[place:],
        st.dictionaries(
            st.sampled_from(["texts", "text", "html", "published", "zone"]),
            st.none() | st.text(max_size=30) | st.lists(st.text(max_size=30), max_size=3),
        ),
        st.integers(0, 60),
        st.binary(max_size=6),
    ),
)
def test_no_bytes_make_it_fail(client: httpx.Client, path: str, body: bytes) -> None:
    found = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert found.status_code in (200, 400, 422)
    assert found.headers["content-type"] == f"application/{'' if found.status_code == 200 else 'problem+'}json"


def test_a_body_of_a_hundred_megabytes(port: int, client: httpx.Client) -> None:
    for head in (b"Content-Length: 100000000", b"Transfer-Encoding: chunked"):
        with socket.create_connection(("127.0.0.1", port), SECONDS) as rude:
            rude.sendall(
                b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + head + b"\r\n\r\n"
            )
            sent, piece = 0, b" " * 100_000
            try:
                while sent < 100_000_000:
                    rude.sendall(piece if b"Length" in head else b"186a0\r\n" + piece + b"\r\n")
                    sent += len(piece)
            except (BrokenPipeError, ConnectionResetError):  # cut off
                pass
            assert sent < 100_000_000
        assert client.get("/healthz").status_code == 200


def test_slow_clients_do_not_keep_others_out(port: int, client: httpx.Client) -> None:
    slow = [socket.create_connection(("127.0.0.1", port), SECONDS) for _ in range(200)]
    try:
        for i, connection in enumerate(slow):
            # half a head; the rest have half a body, which holds one of the places for bodies
            connection.sendall(
                b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Le" + (b"ngth: 50\r\n\r\n{" if i >= 160 else b"")
            )
        for i in range(3):
            assert client.post("/v1/predict", json={"texts": [f"Text {i}."]}).status_code == 200
    finally:
        for connection in slow:
            connection.close()


def test_half_heads_take_no_place_from_those_who_ask(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 5)
    slow = Slow(Classifier.load(checkpoint))
    with listening(slow) as port, ThreadPoolExecutor(1) as pool:
        address, more = f"http://127.0.0.1:{port}", {"timeout": 60, "trust_env": False}
        asked = pool.submit(httpx.post, f"{address}/v1/predict", json={"texts": ["He left."]}, **more)
        slow.wait_until_asked(1)
        half = [socket.create_connection(("127.0.0.1", port), SECONDS) for _ in range(20)]
        for connection in half:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHo")
        for _ in range(3):
            assert httpx.get(f"{address}/healthz", **more).status_code == 200
        slow.go.set()
        assert asked.result().status_code == 200
        still_open = 0
        for connection in half:
            connection.settimeout(0.01)
            try:
                connection.recv(1)
            except TimeoutError:
                still_open += 1
            except ConnectionResetError:
                pass
            connection.close()
        assert 0 < still_open <= 5


class Counting(set):  # type: ignore[type-arg]
    """A set that counts how many of it are looked at."""

    looked_at = 0

    def __iter__(self) -> Iterator[Connection]:
        for connection in super().__iter__():
            self.looked_at += 1
            yield connection


class Nowhere(asyncio.Transport):
    """What a connection writes to here."""

    closed = False

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def test_a_flood_of_connections_costs_little_and_closes_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 1000)
    state, config, loop = ServerState(), uvicorn.Config(FastAPI()), asyncio.new_event_loop()
    config.load()
    state.connections = there = Counting()
    transports = [Nowhere() for _ in range(2000)]
    for transport in transports:
        Connection(config, state, {}, loop).connection_made(transport)
    loop.close()
    assert sum(not transport.closed for transport in transports) == 1000
    assert not any(transport.closed for transport in transports[-100:])  # those who are about to ask
    assert there.looked_at < 300 * 1000


def test_a_body_in_tiny_chunks_lets_others_have_their_turn(
    port: int, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, received = [], Connection.data_received
    monkeypatch.setattr(
        Connection, "data_received", lambda one, data: (sizes.append(len(data)), received(one, data))[1]
    )
    body = b"".join(b"1\r\n%c\r\n" % byte for byte in json.dumps({"texts": [" " * 20_000]}).encode()) + b"0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), SECONDS) as rude:
        head = b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        rude.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + body)
        assert b" 422 " in rude.makefile("rb").readline()
    assert sum(sizes) > len(body) and max(sizes) <= limits.READ_BYTES


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET " + b"/a" * 50_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /%ff%00/../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ],
)
def test_no_head_makes_it_fail(port: int, client: httpx.Client, request_: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), SECONDS) as rude:
        try:
            rude.sendall(request_)
            answer = rude.makefile("rb").readline()
        except ConnectionResetError:  # cut off while it sends
            answer = b""
    assert answer == b"" or answer.split()[1] in (b"200", b"400", b"404", b"413", b"422", b"431")
    assert client.get("/healthz").status_code == 200


@pytest.mark.slow
def test_a_newsroom_at_work_gets_its_answers(port: int, tmp_path: Path) -> None:
    """Locust counts what is neither an answer nor a 429 with its Retry-After; its exit status is 1 if there was any."""
    load = Path(__file__).with_name("locustfile.py")
    options = "--headless --users 16 --spawn-rate 16 --run-time 4s --stop-timeout 30 --json --skip-log".split()
    words = [sys.executable, "-m", "locust", "-f", load, "--host", f"http://127.0.0.1:{port}", *options]
    found = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert found.returncode == 0, found.stderr
    asked = {row["name"]: row["num_requests"] for row in json.loads(found.stdout)}
    assert asked["/v1/predict"] > 16 and asked["/v1/read"]
