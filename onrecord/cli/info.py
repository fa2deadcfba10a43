"""`onrecord info`: what a checkpoint is."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from onrecord.card import read_card
from onrecord.cli.command import fail, printing
from onrecord.cli.loading import load
from onrecord.cli.options import AsJson, Model
from onrecord.inference.files import read_export
from onrecord.terminal import escaped

if TYPE_CHECKING:
    from onrecord.classifier import Classifier


def info(
    path: Annotated[str | None, typer.Argument(hidden=True)] = None,  # what --model was called before
    model: Model = None,
    as_json: AsJson = False,
) -> None:
    """What a checkpoint is: labels, priors, promises, backend, versions, its export, and its model card's metrics."""
    classifier = load(path or model, None)
    try:
        described = describe(classifier)
    except ValueError as error:
        raise fail(str(error)) from None
    with printing():
        if as_json:
            print(json.dumps(described, ensure_ascii=False, indent=1))
            return
        for name, value in _lines(described):
            print(f"{escaped(name):44}{escaped(value)}")


def describe(classifier: Classifier) -> dict[str, Any]:
    """A checkpoint as JSON: numbers are numbers, and what it does not have is null.

    Raises ValueError if export.json or the model card is not what train.export and train.evaluate write.
    """
    calibration, rule, place = classifier.calibration, classifier.rule, classifier.place
    try:
        results, _ = read_card(classifier.card)
    except ValueError as error:
        raise ValueError(
            f"{place.directory}/README.md: {error}; mend it, or write it again with `python -m train.evaluate`"
        ) from None
    return {
        "model": place.source,
        "why": place.reason,
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
        "export": read_export(place.directory),
        "metrics": [dataclasses.asdict(result) for result in results],
    }


def _rung(rung: dict[str, Any]) -> str:
    refused = "refused" if rung["reason"] is None else f"refused, {rung['reason']}"
    return f"{rung['rung']}: {'kept' if rung['kept'] else refused}"


def _lines(described: dict[str, Any]) -> list[tuple[str, str]]:
    """The same as names and values to print."""
    lines = [("model", described["model"]), ("why this one", described["why"])]
    lines += [("labels", ", ".join(described["labels"]))]
    lines += [("window", f"{described['window']} tokens"), ("backend", " ".join(described["backend"].values()))]
    lines += described["versions"].items()
    if calibration := described["calibration"]:
        for name, shares in calibration["priors"].items():
            lines.append((f"prior {name}", ", ".join(f"{label} {share:g}" for label, share in shares.items())))
        threshold, error = calibration["threshold"], calibration["max_error"]
        kept = f"{threshold or 0:.3f}, so that at most {error:.0%} of the answers are wrong"
        none = f"none would keep the error within {error:.3g}"
        lines.append(("prior in use", calibration["prior"]))
        lines.append(("answers from confidence", none if threshold is None else kept))
        lines.append(("label sets", f"hold {calibration['coverage']:.0%} of each label's sentences"))
    if export := described["export"]:
        lines.append(("exported files", ", ".join(export["files"])))
        lines.append(("judged on", f"{export['cpu']['machine']} {' '.join(export['cpu']['features'])}"))
        lines.append(("int8", "; ".join(map(_rung, export["int8"]))))
    for result in described["metrics"]:
        split = f", {result['split']}" if result["split"] else ""
        lines.append((f"{result['name']}{split}", f"{result['value']:g}"))
    return lines
