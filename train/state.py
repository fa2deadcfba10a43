"""The whole state of a training on disk, so that one that was killed goes on as if it had not been: runs/NAME/state/STEP.

A state is two files: tensors.safetensors and state.json, which holds everything else and the SHA-256 of the first. No pickle is read.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file

from train.config import Config, Stop

FORMAT = 1
FREE = {"run", "output", "save_every", "log_every"}  # keys that may differ on --resume: no weight depends on them
KEPT = 2


class Unsound(Exception):
    """Why a state cannot be continued from."""


@dataclass
class Position:
    """Where a training stands and what early stopping remembers. `batch` is the number of this epoch's batches that are done."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    stale: int = 0
    best: dict[str, float] | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Saved:
    """A state as read: `tensors` is model/NAME, averaged/NAME, optimizer/INDEX/KEY and best/NAME; `generators` has one entry per process."""

    position: Position
    tensors: dict[str, torch.Tensor]
    generators: list[dict[str, Any]]
    scaler: dict[str, Any] | None

    def part(self, name: str) -> dict[str, torch.Tensor]:
        """The tensors under NAME/, without that prefix."""
        return {key.removeprefix(f"{name}/"): value for key, value in self.tensors.items() if key.startswith(f"{name}/")}


def fingerprint(*contents: Iterable[Any]) -> str:
    """SHA-256 of rows in their order: two trainings with equal fingerprints see the same data."""
    digest = hashlib.sha256()
    for rows in contents:
        for row in rows:
            digest.update(f"{row!r}\n".encode())
        digest.update(b"\0")
    return digest.hexdigest()


def generators(device: torch.device) -> dict[str, Any]:
    """The state of every generator of this process, ready for JSON."""
    name, keys, *rest = np.random.get_state()
    found = {"python": random.getstate(), "numpy": [name, [int(key) for key in keys], *rest], "torch": torch.get_rng_state().tolist()}
    return found | ({"cuda": torch.cuda.get_rng_state(device).tolist()} if device.type == "cuda" else {})


def set_generators(found: dict[str, Any], device: torch.device) -> None:
    """Undo `generators`."""
    version, internal, gauss = found["python"]
    random.setstate((version, tuple(internal), gauss))
    name, keys, *rest = found["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), *rest))
    torch.set_rng_state(torch.tensor(found["torch"], dtype=torch.uint8))
    if device.type == "cuda":
        torch.cuda.set_rng_state(torch.tensor(found["cuda"], dtype=torch.uint8), device)


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """INDEX/KEY -> tensor: moments and step counts. The groups are not kept: the config gives them, and the rate is a function of the step."""
    return {f"{index}/{key}": value for index, values in optimizer.state_dict()["state"].items() for key, value in values.items()}


def set_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    """Undo `optimizer_tensors`."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        index, key = name.split("/")
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


class States:
    """The states of one run. `identity` says what a state must match to be continued: config, data, number of processes.

    Only one process may write. What this run neither wrote nor continues is deleted at its first write, not earlier.
    """

    def __init__(self, config: Config, data: str, processes: int) -> None:
        self.directory = config.run_dir / "state"
        kept = {key: value for key, value in config.model_dump().items() if key not in FREE}
        self.identity = {"format": FORMAT, "processes": processes, "data": data, "config": json.loads(json.dumps(kept))}
        self.own: list[Path] = []

    def found(self) -> list[Path]:
        """Finished state directories, oldest first."""
        return sorted((path for path in self.directory.glob("*") if path.name.isdigit()), key=lambda path: int(path.name))

    def newest(self) -> Path | None:
        """The state of the latest step, whoever wrote it."""
        return self.found()[-1] if self.found() else None

    def newest_sound(self) -> tuple[Saved, list[str]]:
        """The newest state that can be continued and why each newer one was refused. Raises Stop if there is none."""
        refused: list[str] = []
        paths = self.found()
        for at in reversed(range(len(paths))):
            try:
                saved = self._read(paths[at])
            except Unsound as reason:
                refused.append(f"state {paths[at]} is refused: {reason}")
                continue
            self.own = paths[: at + 1]
            return saved, refused
        if refused:
            raise Stop("--resume: no state can be continued.\n" + "\n".join(refused) + "\nMend that, or start anew without --resume")
        raise Stop(f"--resume: {self.directory} holds no state (a run that ended well removes its own); start without --resume, or name the run with --run and --output")

    def _read(self, path: Path) -> Saved:
        try:
            head = json.loads((path / "state.json").read_text())
            identity = head["identity"]
            if identity["format"] != FORMAT:
                raise Unsound(f"it has format {identity['format']}, this code reads {FORMAT}")
            self._compare(identity)
            content = (path / "tensors.safetensors").read_bytes()
            if (digest := hashlib.sha256(content).hexdigest()) != head["sha256"]:
                raise Unsound(f"tensors.safetensors is damaged: {len(content)} bytes, sha256 {digest[:12]} where {head['sha256'][:12]} was written")
            return Saved(Position(**head["position"]), load(content), head["generators"], head["scaler"])
        except OSError as error:
            raise Unsound(f"{Path(error.filename or path).name} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, SafetensorError) as error:
            raise Unsound(f"state.json or tensors.safetensors is damaged: {type(error).__name__} {error}") from error

    def _compare(self, identity: dict[str, Any]) -> None:
        """Raises Unsound with every difference between a state's identity and this run's."""
        was, now = identity["config"], self.identity["config"]
        different = [f"{key} was {was.get(key)!r}, is {now.get(key)!r}" for key in sorted(was.keys() | now.keys()) if was.get(key) != now.get(key)]
        if different:
            raise Unsound("it is of another config: " + "; ".join(different))
        if identity["data"] != self.identity["data"]:
            raise Unsound("it was trained on other data: texts, labels or tokens of train or validation have changed")
        if identity["processes"] != self.identity["processes"]:
            raise Unsound(f"it was written by {identity['processes']} processes, this run has {self.identity['processes']}")

    def write(self, saved: Saved) -> Path:
        """Write a state so that a reader, or a crash at any moment, sees all of it or nothing. Raises Stop when the disk does not take it."""
        target, fresh = self.directory / str(saved.position.step), self.directory / "unfinished"
        try:
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            tensors = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in saved.tensors.items()}
            save_file(tensors, fresh / "tensors.safetensors")
            with open(fresh / "tensors.safetensors", "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())
            head = {"identity": self.identity, "position": asdict(saved.position), "generators": saved.generators, "scaler": saved.scaler, "sha256": digest}
            with open(fresh / "state.json", "w", encoding="utf-8") as file:
                json.dump(head, file)
                file.flush()
                os.fsync(file.fileno())
            _sync_directory(fresh)
            if target.exists():  # refused on --resume, or left by the run that this one replaces
                shutil.rmtree(target)
            os.replace(fresh, target)
            _sync_directory(self.directory)
        except (OSError, SafetensorError) as error:
            shutil.rmtree(fresh, ignore_errors=True)
            whole = [path.name for path in self.own]
            way_out = f"make room, then --resume goes on from step {whole[-1]}" if whole else "make room, or set save_every: 0"
            raise Stop(f"the state of step {saved.position.step} cannot be written to {self.directory}: {error}; {way_out}") from error
        self.own = [*(path for path in self.own if path != target), target][-KEPT:]
        for path in self.found():
            if path not in self.own:
                shutil.rmtree(path)
        return target

    def remove(self) -> None:
        """After a good end there is nothing to resume."""
        shutil.rmtree(self.directory, ignore_errors=True)


def _sync_directory(path: Path) -> None:
    """Make the names in a directory as durable as the files."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Interruption:
    """Within `with`, SIGTERM and SIGINT only leave their number in `received`; the loop looks at it between two steps."""

    def __init__(self) -> None:
        self.received = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():  # Python allows handlers there alone
            self._before = {number: signal.signal(number, self._note) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = number

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
