"""What two runs of scoring must share for one to go on where the other stopped: options, input and checkpoint."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from onrecord import __version__
from onrecord.classifier import Classifier
from onrecord.defaults import PART_ROWS
from onrecord.tables.parts import RUN, ScoreError


@dataclass(frozen=True)
class Options:
    """What decides what a row of output looks like."""

    text_column: str = "text"
    prefix: str = ""  # of the names of the columns added
    part_rows: int = PART_ROWS
    max_error: float | None = None  # what the classifier was loaded with: it decides who is abstained
    coverage: float | None = None  # and what the label sets are
    backend: str | None = None  # and the last digits, or with int8 some labels
    delimiter: str | None = None  # of CSV and TSV; None = by the header
    encoding: str | None = None  # of the input's text; None = by its first bytes, or UTF-8
    safe_csv: bool = False  # whether cells of CSV and TSV that a spreadsheet would run get an apostrophe


def run_identity(
    classifier: Classifier, checkpoint: str | os.PathLike[str], options: Options, source: dict[str, Any]
) -> dict[str, Any]:
    """What two runs must share for one to go on where the other stopped."""
    rule = classifier.rule
    prior = rule.prior if rule.prior != "given" else f"given: {', '.join(f'{shift:.6f}' for shift in rule.shift)}"
    chosen = replace(options, backend=classifier.backend.name)  # which may be another one on another device
    return {
        "onrecord": __version__,
        "input": source,
        "checkpoint": checkpoint_identity(checkpoint),
        "prior": prior,
        "options": asdict(chosen),
    }


def file_identity(path: Path) -> dict[str, Any]:
    """Size and time of change, and SHA-256 of the first and the last MiB: the whole of a large file takes minutes."""
    state = path.stat()
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        digest.update(file.read(1 << 20))
        file.seek(max(0, state.st_size - (1 << 20)))
        digest.update(file.read(1 << 20))
    return {"bytes": state.st_size, "changed": state.st_mtime_ns, "sha256 of its ends": digest.hexdigest()}


def checkpoint_identity(checkpoint: str | os.PathLike[str]) -> str:
    """SHA-256 over the files of a directory that decide what a checkpoint answers."""
    digest = hashlib.sha256()
    for path in sorted(Path(checkpoint).iterdir()):
        if path.suffix in (".json", ".onnx", ".safetensors"):
            with open(path, "rb") as file:
                digest.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\0".encode())
    return digest.hexdigest()


def check_identity(before: str | None, now: dict[str, Any], way_out: str) -> None:
    """Raises ScoreError if parts of another run lie there, naming what differs."""
    if before is None:
        return
    try:
        recorded = json.loads(before)
        different = [name for name in now if recorded.get(name) != now[name]]
    except (ValueError, AttributeError):
        raise ScoreError(f"{RUN} of the parts that lie there cannot be read: {way_out}") from None
    if different:
        what = "; ".join(
            f"{name} was {json.dumps(recorded.get(name))}, is {json.dumps(now[name])}" for name in different
        )
        raise ScoreError(f"parts of another run lie there ({what}): {way_out}, or go on with what they were made with")
