"""The answers of a released checkpoint to the test sentences: what later runs are compared with, pair by pair."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from onrecord.tables.parts import write_whole
from train.config import Stop
from train.measure.paired import mcnemar, randomisation


class Released(BaseModel):
    """One label number a test sentence, in the order of the test split."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    test: str  # fingerprint of the sentences
    labels: list[str]
    answers: list[int]


def read_released(path: Path) -> Released | None:
    """The released answers, or None if there is no such file.

    Raises Stop for a file that is not what `write_released` writes.
    """
    if not path.is_file():
        return None
    try:
        released = Released.model_validate_json(path.read_bytes())
        if not all(0 <= answer < len(released.labels) for answer in released.answers):
            raise ValueError("an answer is no number of a label")
        return released
    except (ValidationError, ValueError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise Stop(
            f"{path} holds no released answers ({reason}); restore it, or delete it and run train.evaluate --release"
        ) from error


def write_released(path: Path, rows: list[dict], answers: list[int], labels: list[str]) -> None:
    """Write the file whole or not at all. `answers` are label numbers in the order of `rows`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = Released(test=rows_fingerprint(rows), labels=labels, answers=answers).model_dump()
    write_whole(path, f"{json.dumps(content, separators=(',', ':'))}\n".encode())


def against_released(path: Path | None, rows: list[dict], answers: list[int], labels: list[str]) -> dict[str, Any]:
    """Macro-F1 of these answers minus that of the released ones, with p; a reason instead if the two cannot be
    compared.

    `answers` are label numbers in the order of the test `rows`. Raises Stop if the file is malformed.
    """
    if path is None:
        return {"reason": "no rule compares with released answers"}
    released = read_released(path)
    if released is None:
        return {"reason": f"nothing released yet ({path.name})"}
    if released.test != rows_fingerprint(rows) or released.labels != labels:
        return {"reason": "the released answers are to another test split"}
    if len(released.answers) != len(rows):
        raise Stop(
            f"{path} holds {len(released.answers)} answers to {len(rows)} sentences; restore it or release again"
        )
    targets = [labels.index(row["label"]) for row in rows]
    documents = [row["doc"] for row in rows]
    difference, p = randomisation(targets, released.answers, answers, len(labels), documents)
    mcnemar_p = mcnemar(targets, released.answers, answers)
    return {"difference": round(difference, 4), "p": round(p, 4), "mcnemar_p": round(mcnemar_p, 4)}


def rows_fingerprint(rows: list[dict]) -> str:
    """sha256 of ids, texts and labels: answers can be compared where it is the same."""
    return hashlib.sha256(json.dumps([[r["id"], r["text"], r["label"]] for r in rows]).encode()).hexdigest()
