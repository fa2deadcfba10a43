"""The command `onrecord serve`, its socket and its end."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import pytest
import uvicorn
from typer.testing import CliRunner

from onrecord.cli import app as command
from onrecord.service import app as service
from onrecord.service import limits
from onrecord.service.server import Connection
from tests.onrecord.service.conftest import JSON, SECRET, refused


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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        *(
            (["--allowed-host", name], "give a name alone")  # no request has one of these as its name
            for name in ("https://desk.example", "desk.example:8000", "desk.example.", "*.desk.example", "")
        ),
        (["--host", ""], "--host is empty"),  # of a variable that is not set: it let all other machines in
    ],
)
def test_who_is_let_in_is_not_misread(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.setattr("onrecord.service.server.run", lambda *_: True)
    found = CliRunner().invoke(command, ["serve", "--port", "0", "--model", str(checkpoint), *words])
    assert found.exit_code == 1 and message in found.stderr and found.stderr.count("\n") == 1, found.output


def test_command_errors_are_one_line(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ["--model", str(checkpoint)]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        cases = [
            (
                ["--port", port, *model],
                f"error: cannot listen on 127.0.0.1, port {port} (Address already in use); "
                "give another --port or --host\n",
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
        assert server.config.http is Connection  # as in the tests that attack
        assert server.config.timeout_keep_alive > 60  # longer than a proxy keeps an idle connection
        with socket.create_connection(sockets[0].getsockname()), sockets[0].accept()[0] as accepted:
            seen.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(uvicorn.Server, "run", run)
    CliRunner().invoke(command, ["serve", "--port", "0", "--model", str(checkpoint)])
    assert seen and seen[0]


def test_as_many_descriptors_are_taken_as_may_be(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """asyncio accepts two thousand connections before one can be closed, and without descriptors logs each failure."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    seen = []
    monkeypatch.setattr(
        uvicorn.Server, "run", lambda *_, **__: seen.append(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    )
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(before[0], 512), before[1]))
        CliRunner().invoke(command, ["serve", "--port", "0", "--model", str(checkpoint)])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert seen == [min(before[1], 10 * limits.CONNECTIONS)]


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
        head = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        head += b"Content-Length: %d\r\n\r\n"
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
            for body in (b"x" * 3_000_000, iter([b"x" * 100_000] * 30)):
                # by its length, in chunks: sent to the end, and told why it is refused
                refused(client.post("/v1/predict", content=body, headers=JSON), 413)
            with socket.create_connection(("127.0.0.1", port)) as rude:
                # refused by its length alone, nothing of it was sent
                rude.sendall(
                    b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t0ken\r\n"
                    b"Content-Length: 100000000\r\n\r\n"
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
