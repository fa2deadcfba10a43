"""`onrecord info`: what a checkpoint is."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from onrecord.card import read_card
from onrecord.cli.command import answering, fail
from onrecord.cli.loading import load
from onrecord.cli.options import AsJson, Model
from onrecord.defaults import CHECKPOINT
from onrecord.inference.files import read_object

if TYPE_CHECKING:
    from onrecord.classifier import Classifier


def info(
    path: Annotated[str | None, typer.Argument(hidden=True)] = None,  # what --model was called before
    model: Model = str(CHECKPOINT),
    as_json: AsJson = False,
) -> None:
    """What a checkpoint is: labels, priors, promises, backend, versions, its export, and its model card's metrics."""
    model = path or model
    classifier = load(model, None)
    try:
        described = describe(classifier, model)
    except ValueError as error:
        raise fail(str(error)) from None
    with answering():
        if as_json:
            print(json.dumps(described, ensure_ascii=False, indent=1))
            return
        for name, value in _lines(described):
            print(f"{name:44}{value}")


def describe(classifier: Classifier, model: str) -> dict[str, Any]:
    """A checkpoint as JSON: numbers are numbers, and what it does not have is null.

    Raises ValueError if export.json or the model card is not what train.export and train.evaluate write.
    """
    calibration, rule = classifier.calibration, classifier.rule
    exported = Path(model) / "export.json"
    try:
        results, _ = read_card(classifier.card)
    except ValueError as error:
        raise ValueError(
            f"{model}/README.md: {error}; mend it, or write it again with `python -m train.evaluate`"
        ) from None
    return {
        "model": model,
        "labels": list(classifier.labels),
        "window": classifier.max_tokens,
        "backend": {"name": classifier.backend.name, "version": classifier.backend.version},
        "versions": {name: importlib.metadata.version(name) for name in ("onrecord", "tokenizers", "numpy")},
        "calibration": calibration
        and {
            "priors": calibration.priors,
            "prior": rule.prior,
            "threshold": None if rule.threshold == math.inf else rule.threshold,  # null: nothing is sure enough
            "max_error": calibration.max_error,
            "coverage": calibration.coverage,
        },
        "export": _export(exported) if exported.is_file() else None,
        "metrics": [dataclasses.asdict(result) for result in results],
    }


def _export(path: Path) -> dict[str, Any]:
    """What train.export says of the ONNX files: on which CPU they were judged, and why int8 is there or not."""
    record = read_object(path)
    try:
        kept, cpu, rungs = record["kept"], record["cpu"], record["int8"]
        words = [*kept, cpu["machine"], *cpu["features"], *(rung["rung"] for rung in rungs)]
        if not all(isinstance(word, str) for word in words):
            raise TypeError("a name is no text")
        return {
            "files": kept,
            "cpu": {"machine": cpu["machine"], "features": cpu["features"]},
            "int8": [{"rung": r["rung"], "kept": bool(r["holds"]), "reason": r.get("reason")} for r in rungs],
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not what train.export wrote ({error!r}); run it again") from None


def _rung(rung: dict[str, Any]) -> str:
    refused = "refused" if rung["reason"] is None else f"refused, {rung['reason']}"
    return f"{rung['rung']}: {'kept' if rung['kept'] else refused}"


def _lines(described: dict[str, Any]) -> list[tuple[str, str]]:
    """The same as names and values to print."""
    lines = [("model", described["model"]), ("labels", ", ".join(described["labels"]))]
    lines += [("window", f"{described['window']} tokens"), ("backend", " ".join(described["backend"].values()))]
    lines += described["versions"].items()
    if calibration := described["calibration"]:
        for name, shares in calibration["priors"].items():
            lines.append((f"prior {name}", ", ".join(f"{label} {share:g}" for label, share in shares.items())))
        threshold, error = calibration["threshold"], calibration["max_error"]
        lines.append(("prior in use", calibration["prior"]))
        lines.append(
            (
                "answers from confidence",
                f"none would keep the error within {error:.3g}"
                if threshold is None
                else f"{threshold:.3f}, so that at most {error:.0%} of the answers are wrong",
            )
        )
        lines.append(("label sets", f"hold {calibration['coverage']:.0%} of each label's sentences"))
    if export := described["export"]:
        lines.append(("exported files", ", ".join(export["files"])))
        lines.append(("judged on", f"{export['cpu']['machine']} {' '.join(export['cpu']['features'])}"))
        lines.append(("int8", "; ".join(map(_rung, export["int8"]))))
    for result in described["metrics"]:
        split = f", {result['split']}" if result["split"] else ""
        lines.append((f"{result['name']}{split}", f"{result['value']:g}"))
    return lines
