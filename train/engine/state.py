"""The whole state of a training on disk, runs/NAME/state/STEP.pt, so that one that was killed goes on as if it had not.

A state is one file of torch.save, read with weights_only=True: tensors and plain values, no code.
"""

import hashlib
import os
import random
import signal
import threading
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object

from train.config import FIELDS, Config, Stop, flat
from train.engine.average import MovingAverage

FREE = {"engine.log_every", "engine.save_every"}  # of the engine's keys
WEIGHTS_DEPEND_ON = [
    key
    for key in FIELDS  # data is compared by its content; the metric chooses the epoch that is kept
    if (key.startswith("engine.") and key not in FREE) or key in ("seed", "corpus.labels", "measure.metric")
]
KEPT = 2  # the second is for the day the first cannot be read


@dataclass
class Position:
    """Where a training stands and what early stopping remembers."""

    step: int = 0
    epoch: int = 0
    batch: int = 0  # of this epoch, done
    stale: int = 0
    best: dict[str, float] = field(default_factory=dict)
    best_weights: dict[str, torch.Tensor] = field(default_factory=dict)
    seconds: float = 0.0


def rows_digest(*contents: Iterable[Any]) -> str:
    """SHA-256 of rows in their order: two trainings with equal fingerprints see the same data."""
    digest = hashlib.sha256()
    for rows in contents:
        for row in rows:
            digest.update(f"{row!r}\n".encode())
        digest.update(b"\0")
    return digest.hexdigest()


def weights_on_cpu(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The weights as they are now, on the CPU; further steps do not change them."""
    return {name: value.detach().to("cpu", copy=True) for name, value in model.state_dict().items()}


def capture(
    accelerator: Accelerator, model: torch.nn.Module, averaged: MovingAverage, optimizer: torch.optim.Optimizer
) -> dict[str, Any]:
    """All that steps change besides the Position. Every process must call it: each has generators of its own."""
    numpy_state: Any = np.random.get_state()  # its stub does not know the tuple
    name, keys, *rest = numpy_state
    generators = {"python": random.getstate(), "numpy": (name, keys.tolist(), *rest), "torch": torch.get_rng_state()}
    if accelerator.device.type == "cuda":
        generators["cuda"] = torch.cuda.get_rng_state(accelerator.device)
    return {
        "model": accelerator.unwrap_model(model).state_dict(),
        "averaged": averaged.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scaler": accelerator.scaler.state_dict() if accelerator.scaler is not None else None,
        "generators": gather_object([generators]),
    }


def restore(
    parts: dict[str, Any],
    accelerator: Accelerator,
    model: torch.nn.Module,
    averaged: MovingAverage,
    optimizer: torch.optim.Optimizer,
) -> None:
    """Undo `capture`."""
    accelerator.unwrap_model(model).load_state_dict(parts["model"])
    averaged.load_state_dict(parts["averaged"])
    optimizer.load_state_dict(parts["optimizer"])
    if accelerator.scaler is not None:
        accelerator.scaler.load_state_dict(parts["scaler"])
    generators = parts["generators"][accelerator.process_index]
    random.setstate(generators["python"])
    name, keys, *rest = generators["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), *rest))
    torch.set_rng_state(generators["torch"])
    if accelerator.device.type == "cuda":
        torch.cuda.set_rng_state(generators["cuda"], accelerator.device)


class States:
    """The states of one run. A state is only continued by a run of the same config, data and number of processes."""

    def __init__(self, config: Config, data: str, processes: int) -> None:
        self.directory = config.run_dir / "state"
        values = flat(config)
        self.identity: dict[str, Any] = {f"config: {key}": values[key] for key in WEIGHTS_DEPEND_ON} | {
            "sha256 of texts, labels and tokens": data,
            "number of processes": processes,
        }

    @staticmethod
    def files(run_dir: Path) -> list[Path]:
        """Finished states of a run, oldest first."""
        paths = (path for path in (run_dir / "state").glob("*.pt") if path.stem.isdigit())
        return sorted(paths, key=lambda path: int(path.stem))

    def finished(self) -> list[Path]:
        """Finished states, oldest first."""
        return self.files(self.directory.parent)

    def refuse_to_overwrite(self) -> None:
        """Raises Stop if an earlier run left a state: starting anew would lose it."""
        if states := self.finished():
            raise Stop(
                f"{states[-1]} was left by a run that did not end: --resume goes on from it; "
                f"delete {self.directory} to start anew"
            )

    def write(self, position: Position, parts: dict[str, Any]) -> Path:
        """Write a state so that a reader, or a crash at any moment, sees all of it or nothing.

        One process only. Raises Stop when the disk does not take it.
        """
        target, fresh = self.directory / f"{position.step}.pt", self.directory / "unfinished"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            with open(fresh, "wb") as file:
                torch.save({"identity": self.identity, "position": vars(position), "parts": parts}, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, target)
            handle = os.open(self.directory, os.O_RDONLY)  # makes the new name as durable as the bytes
            os.fsync(handle)
            os.close(handle)
        except (OSError, RuntimeError) as error:  # torch reports a full disk as RuntimeError
            fresh.unlink(missing_ok=True)
            raise Stop(
                f"the state of step {position.step} cannot be written to {self.directory}: {error}; make room, or set "
                "engine.save_every: 0"
            ) from error
        # A later step than this one is a damaged state that `read` passed over.
        kept = [path for path in self.finished() if int(path.stem) <= position.step][-KEPT:]
        for path in self.finished():
            if path not in kept:
                path.unlink()
        return target

    def read(self) -> tuple[Position, dict[str, Any], list[str]]:
        """The newest undamaged state and a line for each damaged one.

        Raises Stop if there is none, or if it is of another config, data or number of processes.
        """
        damaged: list[str] = []
        for path in reversed(self.finished()):
            try:
                with zipfile.ZipFile(path) as archive:  # torch.load does not look at the checksums
                    if broken := archive.testzip():
                        raise zipfile.BadZipFile(f"wrong checksum of {broken}")
                saved = torch.load(path, map_location="cpu", weights_only=True)
                was, position, parts = saved["identity"], Position(**saved["position"]), saved["parts"]
                if not (isinstance(was, dict) and isinstance(parts, dict) and isinstance(position.step, int)):
                    raise TypeError("a part of another type")
            except Exception as error:  # whatever an edited or cut file makes of it
                damaged.append(f"{path} is damaged ({type(error).__name__}: {error})")
                continue
            both = {key: (was.get(key), self.identity.get(key)) for key in sorted(was.keys() | self.identity.keys())}
            if different := [f"{key} was {old!r}, is {new!r}" for key, (old, new) in both.items() if old != new]:
                raise Stop(
                    f"--resume: {path} belongs to another training: {'; '.join(different)}. Undo that, or delete "
                    f"{self.directory} to start anew"
                )
            return position, parts, damaged
        if damaged:
            reasons = "; ".join(damaged)
            raise Stop(f"--resume: no state can be read. {reasons}. Delete {self.directory} to start anew")
        raise Stop(
            f"--resume: {self.directory} holds no state (a run that ended well removes its own); start without "
            "--resume, or name the run with --run and --output"
        )

    def remove(self) -> None:
        """After a good end there is nothing to resume. Files of others stay."""
        for path in (*self.finished(), self.directory / "unfinished"):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            self.directory.rmdir()


class Interruption:
    """Within `with`, SIGTERM and SIGINT only leave their number in `received`: the loop looks at it between steps."""

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
