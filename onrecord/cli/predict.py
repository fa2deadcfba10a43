"""`onrecord predict`: sentences given, or lines as they arrive."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from onrecord.cli.command import LEFT_OUT, fail, printing, standard_input
from onrecord.cli.loading import load_and_note
from onrecord.cli.options import AsJson, Backend, Coverage, MaxError, Model, OnError, Prior
from onrecord.terminal import escaped

if TYPE_CHECKING:
    from onrecord.classifier import Classifier, Prediction


def predict(
    texts: Annotated[
        list[str],
        typer.Argument(help="sentences, not files; - reads one a line from standard input, answers as they come"),
    ],
    model: Model = None,
    prior: Prior = None,
    max_error: MaxError = None,
    coverage: Coverage = None,
    backend: Backend = None,
    as_json: AsJson = False,
    on_error: Annotated[
        OnError,
        typer.Option(
            "--on-error",
            help="what becomes of a line that is not UTF-8: left out and named on standard error, or the end",
        ),
    ] = "skip",
) -> None:
    """Label sentences. A ? behind the confidence: too unsure to be answered within the error promised."""
    classifier = load_and_note(model, prior, max_error, coverage, backend)
    bad = 0
    try:
        for text in texts:
            if text == "-":
                bad += _predict_lines(standard_input(), classifier, as_json, on_error)
            else:
                if os.path.isfile(text):
                    told = f"{text!r} is labelled as a sentence, though there is a file of that name: - < FILE reads it"
                    print(f"warning: {escaped(told)}", file=sys.stderr)
                _print(classifier.predict([text]), as_json)
    except OSError as error:
        raise fail(f"standard input cannot be read: {error.strerror}") from None
    if bad:
        raise typer.Exit(LEFT_OUT)


def _predict_lines(stream: BinaryIO, classifier: Classifier, as_json: bool, on_error: OnError) -> int:
    """Answer a stream; the number of bad lines."""
    from onrecord.tables.lines import incoming_lines

    bad = 0
    for lines in incoming_lines(stream):
        for line in lines:
            if line.fault:
                bad += 1
                message = f"line {line.number} {line.fault}"
                if on_error == "fail":
                    _print(classifier.predict(before.text for before in lines if before.number < line.number), as_json)
                    raise fail(
                        f"{message}; leave such lines out with --on-error skip, or convert them first, e.g. "
                        "`iconv -f cp1252 -t utf-8`"
                    )
                print(f"left out: {message}", file=sys.stderr, flush=True)
        _print(classifier.predict(line.text for line in lines if not line.fault), as_json)
    return bad


def _print(predictions: list[Prediction], as_json: bool) -> None:
    with printing():
        for p in predictions:
            if as_json:
                print(json.dumps(dataclasses.asdict(p), ensure_ascii=False))
                continue
            windows = f"  [read in {p.windows} windows]" if p.windows > 1 else ""
            sure = "?" if p.abstained else " "
            print(f"{escaped(p.label):12}{p.confidence:6.1%}{sure} {escaped(p.text)}{windows}")
