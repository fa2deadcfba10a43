"""The small JSON files of a checkpoint, which people edit: checked as they are read, named if something is wrong."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NUMBERED_FROM_PADDING = {"camembert", "mpnet", "roberta", "xlm-roberta"}  # their positions begin behind the padding id


@dataclass(frozen=True)
class Config:
    """What of config.json and tokenizer_config.json is read here."""

    labels: tuple[str, ...]  # in the order of the model's scores
    pad: int  # the token id that fills a batch's shorter rows
    limits: tuple[int, ...]  # tokens of a window, as each of the two files has it, if it has


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises ValueError, naming the file, if it holds anything else; OSError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON ({error})") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds {type(content).__name__}, not an object")
    return content


def read_config(directory: Path) -> Config:
    """What the two files say. Raises ValueError, naming the file and the key, OSError if there is no config.json."""
    path, settings = directory / "config.json", directory / "tokenizer_config.json"
    config = read_object(path)
    names = config.get("id2label")
    if not names:
        raise ValueError(f"{path} names no labels (id2label)")
    numbered = [names.get(str(i)) for i in range(len(names))] if isinstance(names, dict) else [None]
    labels = [label for label in numbered if isinstance(label, str)]
    if len(set(labels)) < len(numbered):
        raise ValueError(f"{path}: id2label is {_shown(names)}; it must give each number from 0 a name of its own")
    pad = config.get("pad_token_id")
    if not (pad is None or (type(pad) is int and pad >= 0)):
        raise ValueError(f"{path}: pad_token_id is {_shown(pad)}, no token's number")
    reserved = (pad or 0) + 1 if str(config.get("model_type")) in NUMBERED_FROM_PADDING else 0
    sources = [(path, "max_position_embeddings", config, reserved)]
    if settings.is_file():
        sources.append((settings, "model_max_length", read_object(settings), 0))
    limits = []
    for file, key, content, without in sources:
        limit = content.get(key)
        if limit is None:
            continue
        if not (type(limit) in (int, float) and without < limit < math.inf):
            raise ValueError(f"{file}: {key} is {_shown(limit)}, no number of tokens")
        limits.append(int(limit) - without)
    return Config(tuple(labels), pad or 0, tuple(limits))


def read_export(directory: Path) -> dict[str, Any] | None:
    """What train.export says of the ONNX files here: on which CPU they were judged, and why int8 is there or not.

    None where it never ran. Raises ValueError for a record that it did not write.
    """
    path = directory / "export.json"
    if not path.is_file():
        return None
    record = read_object(path)
    try:
        kept, cpu, rungs = record["kept"], record["cpu"], record["int8"]
        words = [*kept, cpu["machine"], *cpu["features"], *(rung["rung"] for rung in rungs)]
        if not all(isinstance(word, str) for word in words):
            raise TypeError("a name is no text")
        return {
            "files": [name for name in kept if (directory / name).is_file()],  # a model wheel has one of them
            "cpu": {"machine": cpu["machine"], "features": cpu["features"]},
            "int8": [{"rung": r["rung"], "kept": bool(r["holds"]), "reason": r.get("reason")} for r in rungs],
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not what train.export wrote ({error!r}); run it again") from None


def _shown(value: object) -> str:
    """A value from a file, on one line and not too long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
