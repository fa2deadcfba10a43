"""Does memory grow with the rows? Train the same number of steps on more and more rows, their text repeated, and watch
the process.

    python -m bench.memory [--rows 10000 100000 1000000] [--steps 60] [--key value]

Each size in a process of its own. Counted is the process's own memory (RssAnon of proc(5), highest of samples taken
every 0.1 s); pages of the Arrow file, which the kernel takes back when it needs them, are not its own. Writes
OUTPUT/bench-memory.json and .png. Linux only.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from matplotlib.figure import Figure
from rich.bar import Bar
from rich.console import Console
from rich.table import Table

from train.config import Config, Corpus, Stop, changed, parse, run
from train.corpus.splits import load_split, sign


def main(config: Config, sizes: list[int], steps: int) -> list[dict[str, float]]:
    """Rows, GiB at the peak and seconds of each size. Raises Stop if a training fails."""
    with tempfile.TemporaryDirectory() as scratch:
        return [measured(config, rows, steps, Path(scratch) / str(rows)) for rows in sizes]


def measured(config: Config, rows: int, steps: int, root: Path) -> dict[str, float]:
    """One training, watched from outside."""
    repeated(config.corpus, rows, root / "data")
    short = changed(
        config,
        output=str(root / "runs"),
        corpus__data=str(root / "data"),
        engine__max_steps=steps,
        engine__save_every=0,
        engine__train_share=1.0,
    )
    (root / "config.yaml").write_text(yaml.safe_dump(short.model_dump()))
    started, peak = time.monotonic(), 0
    with open(root / "output.txt", "w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "train.fit", "--config", str(root / "config.yaml")],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        while process.poll() is None:
            peak = max(peak, own_memory(process.pid))
            time.sleep(0.1)
    if process.returncode:
        raise Stop(
            f"training on {rows} rows failed with code {process.returncode}:\n"
            f"{(root / 'output.txt').read_text()[-2000:]}"
        )
    return {"rows": rows, "gib": peak / 2**20, "seconds": time.monotonic() - started}


def own_memory(process: int) -> int:
    """KiB of a process's anonymous resident memory; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon")), 0)


def repeated(corpus: Corpus, rows: int, directory: Path) -> None:
    """A data/ directory whose train split is the config's, again and again until it has `rows` rows; the other splits
    as they are.
    """
    directory.mkdir(parents=True)
    for path in Path(corpus.data).iterdir():
        if path.is_file():
            (directory / path.name).write_bytes(path.read_bytes())
    table = load_split(corpus, "train").data.table
    schema = pq.read_schema(Path(corpus.data) / "train.parquet")  # knows the names of the labels
    with pq.ParquetWriter(directory / "train.parquet", schema) as file:
        for start in range(0, rows, len(table)):
            file.write_table(pa.table(table.slice(0, min(len(table), rows - start)).columns, schema=schema))
    sign(directory)


def plot(sizes: list[dict[str, float]], path: Path) -> None:
    """Peak memory against rows, from zero up, so that what is flat looks flat."""
    figure = Figure(figsize=(6, 3), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([size["rows"] for size in sizes], [size["gib"] for size in sizes], marker="o")
    axes.set(
        xscale="log",
        ylim=(0, 1.25 * max(size["gib"] for size in sizes)),
        xlabel="rows of train",
        ylabel="the process's own memory at its peak, GiB",
    )
    figure.savefig(path, dpi=150)


def _command() -> int:
    config, options = parse(
        prog="bench.memory",
        rows=dict(type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="sizes of the train split"),
        steps=dict(type=int, default=60, help="optimiser steps on each"),
    )
    sizes = main(config, options["rows"], options["steps"])
    table = Table("rows", "peak GiB", "", "seconds", box=None)
    for size in sizes:
        table.add_row(
            f"{size['rows']:,}",
            f"{size['gib']:.2f}",
            Bar(max(s["gib"] for s in sizes), 0, size["gib"], width=40),
            f"{size['seconds']:.0f}",
        )
    Console(width=100).print(table)
    path = Path(config.output) / "bench-memory.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(sizes, indent=2) + "\n")
    plot(sizes, path.with_suffix(".png"))
    print(f"written to {path} and {path.with_suffix('.png').name}")
    return 0


if __name__ == "__main__":
    run(_command)
