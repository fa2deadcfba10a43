"""The `onrecord` command. Exit codes: 0 done, 1 something the message explains, 2 wrong usage."""

import dataclasses
import importlib.metadata
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from onrecord.article import read as read_article
from onrecord.classifier import DEFAULT, CheckpointError, Classifier

# A command's output is its own: no load reports or bars of transformers, which reads these when torch is loaded.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

app = typer.Typer(help="What does a news sentence put on record?", no_args_is_help=True, pretty_exceptions_enable=False)
Model = Annotated[str, typer.Option("--model", help="checkpoint directory or hub id")]
Prior = Annotated[str | None, typer.Option("--prior", help="label shares of the text you type: a name that the checkpoint knows, uniform or data")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]
COLOURS = ("white", "yellow", "red", "green", "bright_black", "cyan", "magenta", "blue")  # by label number; the label stands there as a word too


def _fail(message: str) -> typer.Exit:
    print(f"error: {message}", file=sys.stderr)
    return typer.Exit(1)


def _load(model: str, prior: str | None) -> Classifier:
    try:
        return Classifier.load(model, prior=prior)
    except (CheckpointError, ValueError) as error:
        raise _fail(str(error)) from None


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _fail(f"{name} is not UTF-8 (byte {error.start} is 0x{data[error.start]:02x}); convert it first, e.g. `iconv -f cp1252 -t utf-8`") from None


@app.command()
def predict(
    texts: Annotated[list[str], typer.Argument(help="sentences; - reads one a line from standard input")],
    model: Model = str(DEFAULT),
    prior: Prior = None,
    as_json: AsJson = False,
) -> None:
    """Type sentences. A ? behind the confidence: too unsure to be answered within the error promised."""
    given: list[str] = []
    for text in texts:
        given += [line for line in _decode(sys.stdin.buffer.read(), "standard input").splitlines() if line.strip()] if text == "-" else [text]
    classifier = _load(model, prior)
    for p in classifier.predict(given):
        print(
            json.dumps(dataclasses.asdict(p), ensure_ascii=False)
            if as_json
            else f"{p.label:12}{p.confidence:6.1%}{'?' if p.abstained else ' '} {p.text}{f'  [read in {p.windows} windows]' if p.windows > 1 else ''}"
        )


@app.command()
def read(
    file: Annotated[str, typer.Argument(help="article as plain text, UTF-8; - for standard input")],
    model: Model = str(DEFAULT),
    prior: Prior = None,
    as_json: AsJson = False,
) -> None:
    """Type every sentence of an article. A ? behind the confidence: too unsure to be answered within the error promised."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise _fail(f"cannot read {file}: {error.strerror}") from None
    article = _decode(data, file)
    classifier = _load(model, prior)
    statements = read_article(article, classifier)
    if as_json:
        print(json.dumps([dataclasses.asdict(s) for s in statements], ensure_ascii=False, indent=1))
        return
    table = Table("label", "conf.", "sentence", box=None, pad_edge=False, padding=(0, 2, 1, 0))
    colours = dict(zip(classifier.labels, COLOURS, strict=False))
    for s in statements:
        colour = colours.get(s.prediction.label, "white")
        confidence = f"{s.prediction.confidence:.0%}{'?' if s.prediction.abstained else ''}"
        table.add_row(Text(s.prediction.label, style=f"bold {colour}"), confidence, Text(s.text, style=colour))
    Console().print(table)


@app.command()
def info(model: Annotated[str, typer.Argument(help="checkpoint directory or hub id")] = str(DEFAULT)) -> None:
    """What a checkpoint is: labels, priors, backend, versions, and the metrics of its model card."""
    from huggingface_hub import ModelCard  # here, not above: the other commands do without

    classifier = _load(model, None)
    lines = {"model": model, "labels": ", ".join(classifier.labels), "window": f"{classifier.max_tokens} tokens"}
    lines["backend"] = f"{classifier.backend.name} {classifier.backend.version}"
    lines |= {name: importlib.metadata.version(name) for name in ("onrecord", "tokenizers", "numpy")}
    if classifier.calibration:
        for name, shares in classifier.calibration.priors.items():
            lines[f"prior {name}"] = ", ".join(f"{label} {share:g}" for label, share in shares.items())
        lines["prior in use"] = classifier.rule.prior
    if (card := Path(model) / "README.md").is_file():
        for result in ModelCard.load(card).data.eval_results or []:
            lines[f"{result.metric_name}, {result.dataset_split}"] = f"{result.metric_value:g}"
    for name, value in lines.items():
        print(f"{name:44}{value}")


if __name__ == "__main__":
    app()
