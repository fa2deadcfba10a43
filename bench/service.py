"""The service under load: with batches and without, at 70% of it, overload, a soak, SIGTERM, SIGKILL. Linux only.

python -m bench.service [--seconds 15] [--rounds 3] [--overload 60] [--soak 15] [--config FILE] [--key value]

It starts `onrecord serve` itself. Load generator and service share the machine: read the ratios. Sentences are drawn
from the training split. Writes bench-service.json into the output directory (runs).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import numpy as np

from onrecord.classifier import Classifier
from onrecord.inference.threads import threads
from onrecord.tables.parts import write_whole
from train.config import Config, Stop, parse, run
from train.corpus.splits import rows_of
from train.engine.int8 import processor

CLIENTS = 32
SENTENCES = 2000
START_SECONDS = 120.0  # a server that is not ready by then will not be
SERVE = """
import sys
from onrecord.service import limits as service_limits
service_limits.BATCH_CHARACTERS = service_limits.BATCH_CHARACTERS if sys.argv[2] == "batches" else 0
from onrecord.cli import app
app(["serve", "--port", "0", "--model", sys.argv[1]])
"""


@dataclass
class Load:
    """What came back to clients."""

    statuses: Counter[str] = field(default_factory=Counter)  # and what broke instead of an answer
    answered: list[float] = field(default_factory=list)  # seconds of each request that was answered with 200
    lost: int = 0  # sent before the service was told to stop, and never answered
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests answered with 200 a second."""
        return len(self.answered) / self.seconds

    def figures(self) -> dict[str, Any]:
        """For the report."""
        p50, p99 = np.percentile(self.answered, [50, 99]) * 1000 if self.answered else (np.nan, np.nan)
        return {
            "per_second": round(self.rate, 1),
            "p50_ms": round(p50),
            "p99_ms": round(p99),
            "statuses": dict(self.statuses),
        }


@dataclass(frozen=True)
class Server:
    """A running service."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    @property
    def resident(self) -> int:
        """Bytes of memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024


@contextmanager
def serving(config: Config, kind: str = "batches") -> Iterator[Server]:
    """`onrecord serve`, ready; of the kind "single" it gives the model one text at a time.

    Raises Stop if it does not start.
    """
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        with open(log, "wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(config.checkpoint), kind], stdout=file, stderr=file
            )
        try:
            until = time.monotonic() + START_SECONDS
            while (
                not (address := re.search(r"on (http://\S+)", log.read_text()))
                or "startup complete" not in log.read_text()
            ):
                if process.poll() is not None or time.monotonic() > until:
                    raise Stop(f"the service did not start: {log.read_text().strip()}")
                time.sleep(0.02)
            yield Server(process, address[1], log)
        finally:
            process.kill()
            process.wait()


async def closed_loop(
    server: Server, texts: list[str], clients: int, seconds: float, before_end: Callable[[], None] | None = None
) -> Load:
    """So many clients, each of which asks as soon as it was answered.

    With `before_end`, that is called after `seconds`, and they ask until they are not let in.
    """
    load, sentences = Load(), cycle(texts)
    begun = time.monotonic()
    stopped = float("inf")

    async def client(session: aiohttp.ClientSession) -> None:
        while time.monotonic() - begun < seconds or before_end:
            sent = time.monotonic()
            if not await _ask(session, server, next(sentences), load):
                # what is sent in the moment of stopping may find its connection closed
                load.lost += sent < stopped - 0.1
                return

    async with _session() as session:
        running = [asyncio.create_task(client(session)) for _ in range(clients)]
        if before_end:
            await asyncio.sleep(seconds)
            before_end()
            stopped = time.monotonic()
        await asyncio.gather(*running)
    load.seconds = time.monotonic() - begun
    return load


async def open_loop(server: Server, texts: list[str], rate: float, seconds: float) -> tuple[Load, list[int]]:
    """Requests at a rate, whether those before were answered or not; and the service's memory once a second."""
    load, sentences, memory = Load(), cycle(texts), []
    begun = time.monotonic()
    running = set()
    async with _session() as session:
        for number in range(int(rate * seconds)):
            if (early := begun + number / rate - time.monotonic()) > 0:
                await asyncio.sleep(early)
            task = asyncio.create_task(_ask(session, server, next(sentences), load))
            running.add(task)
            task.add_done_callback(running.discard)
            if number % max(1, int(rate)) == 0:
                memory.append(server.resident)
        await asyncio.gather(*running)
    load.seconds = time.monotonic() - begun
    return load, memory


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(120))


async def _ask(session: aiohttp.ClientSession, server: Server, text: str, load: Load) -> bool:
    """Whether there was an answer."""
    begun = time.monotonic()
    try:
        async with session.post(f"{server.url}/v1/predict", json={"texts": [text]}) as response:
            body = await response.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        load.statuses[type(error).__name__] += 1
        return False
    load.statuses[str(response.status)] += 1
    if response.status == 200:
        load.answered.append(time.monotonic() - begun)
        assert json.loads(body)["predictions"][0]["text"] == text
    return True


def main(config: Config, seconds: float, rounds: int, overload: float, soak: float) -> int:
    """Measure, print, store. Raises Stop without a checkpoint."""
    if not (config.checkpoint / "config.json").is_file():
        raise Stop(f"no checkpoint at {config.checkpoint}: run `make train` first")
    rows = rows_of(config.corpus, "train")
    texts = [row["text"] for row in Random(0).sample(rows, min(SENTENCES, len(rows)))]
    figures: dict[str, Any] = {
        "clients": CLIENTS,
        "threads": threads(),
        "cpu": processor(),
        "load_before": os.getloadavg()[0],
    }
    figures["model_alone"] = model_alone(config, texts[:160], rounds)
    _show("the model alone, sentences a second by sentences in a call", figures["model_alone"])
    figures |= throughput(config, texts, seconds, rounds)
    _show("throughput", figures["batches"], figures["single"], f"ratio {figures['ratio']}")
    with serving(config) as server:
        steady = open_loop(server, texts, 0.7 * figures["batches"]["per_second"], seconds)
        figures["steady"] = asyncio.run(steady)[0].figures()
        _show("at 70% of the requests it can answer", figures["steady"])
        if overload:
            figures["overload"] = overloaded(server, texts, 5 * figures["batches"]["per_second"], overload)
            _show("overload", figures["overload"])
        if soak:
            figures["soak"] = soaked(server, texts, 60 * soak)
            _show("soak", figures["soak"])
        begun = time.monotonic()
        server.process.kill()
        server.process.wait()
        with serving(config) as again:  # at once, as systemd and container engines do
            figures["killed"] = {
                "seconds_to_ready": round(time.monotonic() - begun, 1),
                "answers": dict(asyncio.run(closed_loop(again, texts, 1, 1)).statuses),
            }
            _show("SIGKILL and started again", figures["killed"])
            figures["sigterm"] = stopped(again, texts, min(seconds, 5))
            _show("SIGTERM under load", figures["sigterm"])
    target = config.run_dir.parent / "bench-service.json"
    write_whole(target, f"{json.dumps(figures, indent=2)}\n".encode())
    print(f"\nall figures: {target}")
    return 0


def model_alone(config: Config, texts: list[str], rounds: int) -> dict[int, float]:
    """Sentences a second of the best round, by sentences in a call: what batches can give at most."""
    classifier = Classifier.load(config.checkpoint)
    seconds = dict.fromkeys((1, CLIENTS), float("inf"))
    for _ in range(rounds):
        for size in seconds:
            begun = time.monotonic()
            for start in range(0, len(texts), size):
                classifier.predict(texts[start : start + size])
            seconds[size] = min(seconds[size], time.monotonic() - begun)
    return {size: round(len(texts) / taken, 1) for size, taken in seconds.items()}


def throughput(config: Config, texts: list[str], seconds: float, rounds: int) -> dict[str, Any]:
    """Both kinds of service take turns; of each the round of the median rate."""
    with serving(config) as batches, serving(config, "single") as single:
        loads: dict[str, list[Load]] = {"batches": [], "single": []}
        for _ in range(rounds):
            for kind, server in (("batches", batches), ("single", single)):
                loads[kind].append(asyncio.run(closed_loop(server, texts, CLIENTS, seconds)))
        ratios = sorted(a.rate / b.rate for a, b in zip(loads["batches"], loads["single"], strict=True))
        figures: dict[str, Any] = {
            kind: sorted(runs, key=lambda load: load.rate)[rounds // 2].figures() for kind, runs in loads.items()
        }
        alone = asyncio.run(closed_loop(batches, texts, 1, min(seconds, 5)))
    return figures | {
        "ratio": round(ratios[rounds // 2], 2),
        "ratios": [round(ratio, 2) for ratio in ratios],
        "one_client": alone.figures(),
    }


def overloaded(server: Server, texts: list[str], rate: float, seconds: float) -> dict[str, Any]:
    """More requests than can be answered.

    Memory: at the beginning, after half of the time, and the most in the second half.
    """
    load, memory = asyncio.run(open_loop(server, texts, rate, seconds))
    again = asyncio.run(closed_loop(server, texts, 1, 2)).statuses
    half = memory[len(memory) // 2 :]
    return load.figures() | {
        "arriving_per_second": round(rate),
        "memory_mb": [round(resident / 1e6, 1) for resident in (memory[0], half[0], max(half))],
        "afterwards": dict(again),
    }


def soaked(server: Server, texts: list[str], seconds: float) -> dict[str, Any]:
    """The clients ask for long. The first fifth is warm-up; memory: after that, and at the end."""
    memory = []

    async def watched() -> Load:
        async def watch() -> None:
            while True:
                memory.append(server.resident)
                await asyncio.sleep(seconds / 100)

        watching = asyncio.create_task(watch())
        try:
            return await closed_loop(server, texts, CLIENTS, seconds)
        finally:
            watching.cancel()

    load = asyncio.run(watched())
    warm, end = memory[len(memory) // 5], float(np.mean(memory[-5:]))
    return load.figures() | {
        "minutes": seconds / 60,
        "memory_mb": [round(warm / 1e6, 1), round(end / 1e6, 1)],
        "growth_percent": round(100 * (end / warm - 1), 2),
    }


def stopped(server: Server, texts: list[str], seconds: float) -> dict[str, Any]:
    """SIGTERM while all clients ask, after so many seconds."""
    time.sleep(1)  # the log tells of an answer after the client has it: those of the measure before are to be in it
    before = _logged(server)
    load = asyncio.run(closed_loop(server, texts, CLIENTS, seconds, lambda: server.process.send_signal(signal.SIGTERM)))
    server.process.wait(60)
    logged = _logged(server) - before
    return {
        "answered": load.statuses["200"],
        "answered_by_the_log": logged["200"],
        "others_in_the_log": logged.total() - logged["200"],
        "lost": load.lost,
    }


def _logged(server: Server) -> Counter[str]:
    """Answers to clients by status, as the service's log has them."""
    return Counter(re.findall(r"POST /v1/predict (\d+)", server.log.read_text()))


def _show(title: str, *figures: object) -> None:
    print(f"{title}:", *figures, sep="\n  ", flush=True)


def _command() -> int:
    config, options = parse(
        prog="bench.service",
        seconds=dict(type=float, default=15, help="of each round of the throughput"),
        rounds=dict(type=int, default=3, help="that each kind of service is measured, in turns; the median counts"),
        overload=dict(type=float, default=60, help="seconds of five times as many requests as it can answer; 0: none"),
        soak=dict(type=float, default=15, help="minutes of even load; 0: none"),
    )
    return main(config, **options)


if __name__ == "__main__":
    run(_command)
