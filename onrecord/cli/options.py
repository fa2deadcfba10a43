"""The options that several commands take."""

from typing import Annotated, Literal

import typer

from onrecord.inference import BackendName

SHARES = '{"claim": 0.8, "hedge": 0.1, ...}'  # a prior with all labels


OnError = Literal["skip", "fail"]  # what becomes of bad lines and rows
Engine = Literal["local", "ray"]  # what `score` runs on
TableFormat = Literal["csv", "tsv", "jsonl", "parquet", "xlsx"]  # what `score` reads and writes
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="checkpoint directory, name of an installed model wheel, or hub id; if not given, what ONRECORD_MODEL "
        "names, runs/default/checkpoint where it is here, or the installed model wheel",
    ),
]
Prior = Annotated[
    str | None,
    typer.Option(
        "--prior",
        help="label shares of the text you bring: a name that the checkpoint knows, uniform, data, or each label's "
        f"share as JSON, {SHARES}",
    ),
]
MaxError = Annotated[
    float | None,
    typer.Option(
        "--max-error",
        help="share of wrong labels allowed among the answers without a ?, 0 to 1; default: the checkpoint's",
    ),
]
Coverage = Annotated[
    float | None,
    typer.Option(
        "--coverage",
        help="share of each label's sentences whose label_set must hold it, 0 to 1; default: the checkpoint's",
    ),
]
SafeCsv = Annotated[
    bool,
    typer.Option("--safe-csv", help="in CSV an apostrophe before cells that begin with = + - @, as formulas do"),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]
Backend = Annotated[
    BackendName | None,
    typer.Option(
        "--backend",
        help="int8 (quickest, some labels differ), onnx (exact) or torch; if not given, int8 where it was found nearly "
        "as good, else onnx: `onrecord info`",
    ),
]
