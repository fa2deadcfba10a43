"""Train the same model on the same rows with Hugging Face's Trainer, as people run it and as it is best run, and with
train.fit: how fast is each?

    python -m bench.training [--rows 600] [--key value]

One side after the other, each in a fresh process. Writes OUTPUT/bench.json. Sentences per CPU-second count every epoch
of training, and the validation, tokenising and saving in between, but not imports; they are less disturbed by other
work on the machine than seconds are.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from statistics import median

import datasets
import torch
import yaml
from rich.console import Console
from rich.table import Table

from bench.matrices import matrix_rate, needed_operations
from bench.training_sides import EXAMPLE_TOKENS, SIDES
from train.config import Config, Stop, changed, parse, run
from train.corpus.splits import load_split, sign
from train.engine.encoded import encode
from train.engine.model import load_model

TITLES = {
    "padded": f"(a) Trainer, padded to {EXAMPLE_TOKENS}",
    "grouped": "(b) Trainer, grouped by length",
    "ours": "(c) train.fit",
}
FACTORS = ("sentences_per_cpu_second", "seconds", "memory_gib")  # of which a ratio is told


def main(config: Config, rows: int) -> dict:
    """Measure all sides on about `rows` rows, return what stands in bench.json. Raises Stop if a side fails."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        config = shortened(config, rows, root)
        rates, sides = [], {}
        for name in SIDES:
            rates.append(matrix_rate(time.process_time))
            sides[name] = run_side(name, config, root)
        rates.append(matrix_rate(time.process_time))
        train, validation = load_split(config.corpus, "train"), load_split(config.corpus, "validation")
        flops = needed_flops(config, list(train["text"]), list(validation["text"]))
    for figures in sides.values():
        figures["sentences_per_cpu_second"] = config.engine.epochs * len(train) / figures["cpu_seconds"]
        figures["utilisation"] = flops / figures["cpu_seconds"] / median(rates)
    ours = sides["ours"]
    return {
        "rows": len(train),
        "validation_rows": len(validation),
        "epochs": config.engine.epochs,
        "batch_size": config.engine.batch_size,
        "learning_rate": config.engine.learning_rate,
        "head_learning_rate": config.engine.head_learning_rate,
        "model": config.engine.model,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "load": os.getloadavg(),
        "matrix_flops_per_cpu_second": median(rates),
        "needed_flops": flops,
        "sides": sides,
        "ratios": {
            other: {key: ratio(ours[key], sides[other][key], key) for key in FACTORS}
            for other in sides
            if other != "ours"
        },
    }


def ratio(ours: float, other: float, key: str) -> float:
    """How many times better ours is: of sentences more is better, of seconds and memory less."""
    return ours / other if key == "sentences_per_cpu_second" else other / ours


def shortened(config: Config, rows: int, root: Path) -> Config:
    """Write whole documents, drawn by seed, with `rows` rows of train and an eighth as many of validation, into `root`;
    returns the config that reads them.

    No side stops early.
    """
    data = root / "data"
    data.mkdir()
    shutil.copy(Path(config.corpus.data) / "manifest.json", data)
    for name, wanted in (("train", rows), ("validation", max(1, rows // 8))):
        part = whole_documents(load_split(config.corpus, name), wanted, config.seed)
        part.to_parquet(data / f"{name}.parquet")
    sign(data)
    return changed(config, output=str(root / "runs"), corpus__data=str(data), engine__patience=config.engine.epochs)


def whole_documents(split: datasets.Dataset, rows: int, seed: int) -> datasets.Dataset:
    """Documents drawn by seed until they have `rows` rows, or all of them."""
    counts = Counter(split["doc"])
    documents = sorted(counts)
    Random(seed).shuffle(documents)
    kept: set[str] = set()
    for doc in documents:
        if sum(counts[d] for d in kept) >= rows:
            break
        kept.add(doc)
    return split.filter(lambda doc: doc in kept, input_columns="doc")


def run_side(name: str, config: Config, root: Path) -> dict[str, float]:
    """One side in a process of its own: what training_sides.measured returns.

    Raises Stop with the end of its output if it fails.
    """
    settings, result = root / f"{name}.yaml", root / f"{name}.json"
    settings.write_text(yaml.safe_dump(changed(config, run=name).model_dump()))
    program = [sys.executable, "-m", "bench.training_sides"]
    command = [*program, "--side", name, "--result", str(result), "--config", str(settings)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Stop(f"{TITLES[name]} failed with code {done.returncode}:\n{done.stdout[-2000:]}")
    return json.loads(result.read_text())


def needed_flops(config: Config, train: list[str], validation: list[str]) -> int:
    """Operations of the matrix products of a run: forward and backward for `train`, forward for `validation`, in each
    epoch.
    """
    tokenizer, model = load_model(config.engine, config.corpus.labels)
    once = (
        needed_operations(model, map(len, encode(texts, tokenizer, config.engine.max_tokens)), training)
        for texts, training in ((train, True), (validation, False))
    )
    return config.engine.epochs * sum(once)


def show(result: dict, console: Console) -> None:
    """Print the figures of each side and the ratios of ours to the others."""
    table = Table("", "sentences per CPU-second", "seconds", "peak GiB", "validation macro-F1", "of the matrix rate")
    for name, measured in result["sides"].items():
        figures = (
            measured["sentences_per_cpu_second"],
            measured["seconds"],
            measured["memory_gib"],
            measured["macro_f1"],
        )
        table.add_row(
            TITLES[name],
            *(f"{value:.{digits}f}" for value, digits in zip(figures, (1, 1, 2, 3), strict=True)),
            f"{measured['utilisation']:.0%}",
        )
    for other, ratios in result["ratios"].items():
        table.add_row(
            f"ours against {TITLES[other][:3]}",
            *(f"{ratios[key]:.2f}x" for key in FACTORS),
            f"{result['sides']['ours']['macro_f1'] - result['sides'][other]['macro_f1']:+.3f}",
            "",
        )
    console.print(table)
    console.print(
        f"{result['rows']} rows, {result['epochs']} epochs, batches of {result['batch_size']}, {result['threads']} "
        f"threads, load {result['load'][0]:.1f}. Matrix rate: {result['matrix_flops_per_cpu_second'] / 1e9:.0f} GFLOP "
        "per CPU-second, fp32; the last column is the part of it that goes into products the task cannot do without "
        "(unpadded tokens, last layer for the first token)."
    )


def _command() -> int:
    config, options = parse(
        prog="bench.training", rows=dict(type=int, default=600, help="rows of train to use, in whole documents")
    )
    result = main(config, options["rows"])
    show(result, Console(width=130))
    path = Path(config.output) / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(f"written to {path}")
    return 0


if __name__ == "__main__":
    run(_command)
