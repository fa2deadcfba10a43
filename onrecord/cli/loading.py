"""From the options of a command to the classifier that answers it."""

from __future__ import annotations

import json
import math
import os
import sys
from typing import TYPE_CHECKING

import typer

from onrecord.cli.command import fail
from onrecord.cli.options import SHARES
from onrecord.inference import BackendName

if TYPE_CHECKING:  # loaded by the commands that need it: `--help` stays quick
    from onrecord.calibration import WishError
    from onrecord.classifier import Classifier

# A command's output is its own: no load reports or bars of transformers, which reads these when torch is loaded.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def load(
    model: str | None,
    prior: str | None,
    max_error: float | None = None,
    coverage: float | None = None,
    backend: BackendName | None = None,
    device: str = "cpu",
) -> Classifier:
    """The checkpoint at `model`, or the one that Classifier.load takes unnamed.

    One that cannot be had, or not so, ends the command with one line; of one whose calibration is gone another tells.
    """
    from onrecord.calibration import WishError
    from onrecord.classifier import CheckpointError, Classifier
    from onrecord.inference.backends import RECORD

    try:
        classifier = Classifier.load(
            model, device, backend=backend, prior=shares_of(prior), max_error=max_error, coverage=coverage
        )
    except WishError as error:
        raise bad_wish(error, max_error, coverage) from None
    except (CheckpointError, ValueError) as error:
        raise fail(str(error)) from None
    except (RuntimeError, AssertionError) as error:  # as torch refuses a device
        raise fail(f"device {device!r}: {str(error).strip().splitlines()[0]}") from None
    if classifier.calibration is None and (classifier.place.directory / RECORD).is_file():  # exported, so meant for use
        print(
            f"note: {classifier.place.source} has no calibration.json, so confidences are raw and no answer has a ?; "
            "copy it from where this checkpoint comes from, or run `python -m train.calibrate`",
            file=sys.stderr,
            flush=True,
        )
    return classifier


def load_and_note(
    model: str | None,
    prior: str | None,
    max_error: float | None,
    coverage: float | None,
    backend: BackendName | None,
    device: str = "cpu",
) -> Classifier:
    """The same; where nothing is sure enough for the error promised, standard error says so once."""
    classifier = load(model, prior, max_error, coverage, backend, device)
    if classifier.rule.threshold == math.inf and classifier.calibration:
        wanted = classifier.calibration.max_error if max_error is None else max_error
        print(
            "note: on this checkpoint's validation sentences no confidence keeps the error within "
            f"{wanted:.3g}, so every answer has a ?; --max-error allows more",
            file=sys.stderr,
            flush=True,
        )
    return classifier


def shares_of(prior: str | None) -> str | dict[str, float] | None:
    """A prior as Classifier.load takes it: what begins as a JSON object is label -> share, anything else a name.

    Raises typer.BadParameter.
    """
    if prior is None or not prior.lstrip().startswith("{"):
        return prior
    try:
        shares = json.loads(prior)
    except ValueError as error:
        raise typer.BadParameter(f"--prior {prior} is no JSON ({error}); give it as in '{SHARES}'") from None
    if odd := [label for label, share in shares.items() if type(share) not in (int, float)]:
        raise typer.BadParameter(f"--prior: the share of {', '.join(odd)} is no number; give it as in '{SHARES}'")
    return shares


def bad_wish(error: WishError, *shares: float | None) -> typer.BadParameter:
    """What Typer says of a wish that makes no sense."""
    meant = "; a share is meant, so 0.05 is 5%" if any(share is not None and share >= 1 for share in shares) else ""
    return typer.BadParameter(f"{error}{meant}")
