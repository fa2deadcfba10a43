"""`onrecord explain`: which words an answer hangs on."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from onrecord.cli.command import printing
from onrecord.cli.loading import load
from onrecord.cli.options import AsJson, Backend, Model, Prior
from onrecord.terminal import escaped

BAR = 12  # characters of a bar of 100%


def explain(
    text: Annotated[str, typer.Argument(help="one sentence")],
    model: Model = None,
    prior: Prior = None,
    backend: Backend = None,
    label: Annotated[str | None, typer.Option(help="the label to look at, if not the most probable one")] = None,
    as_json: AsJson = False,
) -> None:
    """Which words does the answer hang on?

    Prints what the label's probability loses without each word (bars to the right), or gains (to the left):
    sensitivity, not the model's reason.
    """
    classifier = load(model, prior, backend=backend)
    try:
        explanation = classifier.explain(text, label)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    with printing():
        if as_json:
            print(json.dumps(dataclasses.asdict(explanation), ensure_ascii=False))
            return
        print(f"{escaped(explanation.label)} {explanation.confidence:.1%}")
        for word in explanation.words:
            against, carried = ("▒" * round(BAR * -word.effect), "▇" * round(BAR * word.effect))  # one of them is empty
            print(f"{word.effect:+7.1%}  {against:>{BAR}}│{carried:<{BAR}}  {escaped(word.text)}")
