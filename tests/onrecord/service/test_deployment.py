"""What docs/deployment.md and the Dockerfile tell people to run is run, or at least read by the program it is for."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from onrecord.cli import app
from tests.conftest import ROOT
from train.config import Config

DOCS = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
IMAGE = (ROOT / "constraints-image.txt").read_text(encoding="utf-8")
RUN_HERE = "from onrecord.cli import app; app()"


def block(language: str, holds: str) -> str:
    """The one code block of docs/deployment.md in this language with these words."""
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL) if holds in text]
    assert len(found) == 1, (language, holds)
    return found[0]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, rest), continuation lines joined, comments left out."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    return [
        (name, rest.strip()) for name, rest in re.findall(r"(?m)^([A-Z]+) (.*)$", "\n".join(lines).replace("\\\n", " "))
    ]


def only(name: str) -> str:
    """The rest of the instruction that stands there once."""
    found = [rest for instruction, rest in instructions() if instruction == name]
    assert len(found) == 1, name
    return found[0]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}


@pytest.fixture(scope="module")
def started(exported: Config) -> Iterator[tuple[subprocess.Popen, int]]:
    """The image's start command, with a checkpoint and a port of ours, and this machine's address for all addresses."""
    port = free_port()
    words = json.loads(only("ENTRYPOINT"))
    ours = {"0.0.0.0": "127.0.0.1", "8000": str(port)}
    assert words[0] == "onrecord" and set(ours) <= set(words)
    server = subprocess.Popen(
        [sys.executable, "-c", RUN_HERE, *(ours.get(word, word) for word in words[1:])],
        env=environment() | {"ONRECORD_MODEL": str(exported.checkpoint)},  # in place of the wheel
        stderr=subprocess.PIPE,
    )
    try:
        until = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5)
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < until, server.stderr and server.stderr.read()
                time.sleep(0.1)
        yield server, port
    finally:
        server.kill()
        server.wait()


def health(port: int) -> int:
    """Exit status of the image's health check, asked of this port."""
    words = json.loads(re.sub(r"^.*? CMD ", "", only("HEALTHCHECK")))
    assert words[-3:-1] == ["python", "-c"] and ":8000/" in words[-1]
    return subprocess.run(
        [*words[:-3], sys.executable, "-c", words[-1].replace(":8000/", f":{port}/")],
        env=environment() | {"http_proxy": "http://127.0.0.1:9"},  # as Docker sets it where it is configured so
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


def test_the_image_starts_a_service_whose_health_check_tells_life_from_death(
    started: tuple[subprocess.Popen, int],
) -> None:
    server, port = started
    assert health(port) == 0
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/predict",
        json.dumps({"texts": ["They denied it."]}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert len(json.load(answer)["predictions"]) == 1
    assert only("STOPSIGNAL") == "SIGTERM"
    server.send_signal(signal.SIGTERM)
    assert server.wait(60) in (0, -signal.SIGTERM)
    assert health(port) != 0


def test_the_image_is_made_of_what_is_there_and_of_nothing_else() -> None:
    names = [name for name, _ in instructions()]
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert patterns[0] == "*"
    let_in = {pattern.removeprefix("!") for pattern in patterns if pattern.startswith("!")}
    copied = {path for name, rest in instructions() if name == "COPY" for path in rest.split()[:-1]}
    assert copied == let_in == {"constraints-image.txt", "dist/*.whl"}  # `make wheels` writes dist/
    (install,) = [rest for name, rest in instructions() if name == "RUN" and "pip install" in rest]
    assert "--require-hashes -r /src/constraints-image.txt" in install and "--no-index --no-deps /src/*.whl" in install
    assert re.fullmatch(r"python:3\.11-slim@sha256:[0-9a-f]{64}", only("FROM"))
    user = only("USER")
    assert fnmatch(user, "[1-9]*:[1-9]*")
    assert names.index("USER") > max(i for i, name in enumerate(names) if name == "RUN")
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert f"--uid {user.split(':')[0]} " in "".join(rest for name, rest in instructions() if name == "RUN")


def test_the_image_installs_what_the_service_needs_each_file_by_its_digest() -> None:
    blocks = re.findall(r"(?m)^(\S+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", IMAGE)
    assert "".join(f"{name}=={version} \\\n{digests}" for name, version, digests in blocks) == IMAGE
    pinned = {name: version for name, version, _ in blocks}
    everything = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines())
    assert pinned.items() <= everything.items() and "torch" not in pinned
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][name] for name in ("serve", "html", "diary"))]
    assert {Requirement(line).name for lines in lists for line in lines} <= set(pinned)


def test_the_compose_file_fits_the_image() -> None:
    service = yaml.safe_load(block("yaml", "services:"))["services"]["onrecord"]
    assert service["command"] == ["--token-env", "ONRECORD_TOKEN"] and "volumes" not in service
    assert service["ports"] == [f"127.0.0.1:8000:{only('EXPOSE')}"]
    flags = block("", "docker run --rm --read-only")
    for key, flag in (
        ("mem_limit", "--memory"),
        ("cpus", "--cpus"),
        ("pids_limit", "--pids-limit"),
        ("tmpfs", "--tmpfs"),
        ("cap_drop", "--cap-drop"),
    ):
        said = service[key][0] if isinstance(service[key], list) else service[key]
        assert f"{flag} {said} " in flags
    assert service["read_only"] and f"--stop-timeout {service['stop_grace_period'].removesuffix('s')} " in flags


def options_of(command: str) -> set[str]:
    import typer

    serve = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    return {option for parameter in serve.params for option in parameter.opts}


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    unit = block("ini", "[Service]")
    start = re.search(r"(?m)^ExecStart=(\S+) serve (.*)$", unit)
    assert start and set(re.findall(r"--[\w-]+", start[2])) <= options_of("serve")
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here")
    path = tmp_path / "onrecord.service"
    path.write_text(unit.replace(start[1], sys.executable))
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0 and "onrecord.service" not in found.stderr, found.stderr
    path.write_text(unit.replace(start[1], sys.executable).replace("NoNewPrivileges", "NoNewPrivilege"))
    assert (
        "onrecord.service"
        in subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, check=False
        ).stderr
    )
    path.write_text(unit)
    promised = re.search(r"a score of at most ([\d.]+)", DOCS)
    assert promised
    limit = str(round(float(promised[1]) * 10))
    scored = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={limit}", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert scored.returncode == 0, scored.stdout + scored.stderr


RAY_SERVE = """
import json, sys, urllib.request
import ray
from ray import serve
import replicas
ray.init(address="local", include_dashboard=False, num_cpus=4, log_to_driver=False)
serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
serve.run(replicas.app)
address = f"http://127.0.0.1:{sys.argv[1]}/v1/predict"
body = json.dumps({"texts": ["They denied it."]}).encode()
request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
with urllib.request.urlopen(request, timeout=60) as answer:
    found = json.load(answer)["predictions"]
running = serve.status().applications["default"].deployments
print(len(found), [list(d.replica_states.values()) for d in running.values()])
serve.shutdown()
"""


def test_ray_serve_runs_the_replicas(exported: Config, tmp_path: Path) -> None:
    try:
        import ray.serve  # noqa: F401
    except ImportError as error:
        pytest.skip(f"ray[serve] is not installed: {error}")
    (tmp_path / "replicas.py").write_text(block("python", "serve.ingress"))
    ours = environment() | {
        "ONRECORD_MODEL": str(exported.checkpoint),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",
        "RAY_AUTH_MODE": "disabled",
    }
    ours["PYTHONPATH"] = os.pathsep.join([str(tmp_path), ours["PYTHONPATH"]])
    found = subprocess.run(
        [sys.executable, "-c", RAY_SERVE, str(free_port())],
        env=ours,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert found.stdout.splitlines()[-1:] == ["1 [[2]]"], found.stderr[-2000:]


def test_the_threat_model_names_tests_that_there_are() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"(?m)^(?:async )?def (test_\w+)", path.read_text())
    }
    assert len(named) > 10 and named <= there, named - there
