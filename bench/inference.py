"""Predicting against what people would use instead: speed, start-up, memory. All sides in one run, in turns.

    python -m bench.inference [--model CHECKPOINT ...] [--rows 2000] [--rounds 3] [--config FILE] [--key value]
    python -m bench.inference --floor 3 --rows 100

Read the ratios: the machine may be busy. Sentences are drawn from the training split, whose answers nobody looks at
here. Writes bench-inference.json into the output directory (runs). With `--floor` only the default backend and
transformers' pipeline are measured, and the exit status is 1 if the ratio of their rates is below the floor.
"""

import importlib.util
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

import torch
import transformers
from sklearn.linear_model import LogisticRegression

from bench.matrices import matrix_rate, needed_operations
from onrecord.classifier import CheckpointError, Classifier
from onrecord.inference.backends import FILES, TorchBackend
from onrecord.inference.files import read_object
from onrecord.inference.threads import threads
from onrecord.tables.parts import write_whole
from train.config import Config, Stop, parse, run
from train.corpus.splits import rows_of
from train.engine.encoders import minilm_directory, mpnet_directory
from train.engine.int8 import processor

OURS = {"int8": "onrecord, int8", "onnx": "onrecord, fp32", "torch": "onrecord, torch"}
BARE, BATCHED = "pipeline", "pipeline, batch_size=32"
HEAD, SETFIT = "sentence-transformers + logistic head", "SetFit"
ENCODERS = {"bert": minilm_directory, "mpnet": mpnet_directory}  # by model_type: what HEAD and SETFIT encode with
SINGLES, RUN = 50, 10  # sentences given one by one; a side answers ten in a row, or it would find its caches empty
LIST, LISTS = 32, 10  # short lists
ONE, SHORT, MANY = "one", "short", "all"
STARTS = 3  # cold starts of each side
HEAD_ROWS = 100  # labelled sentences that the logistic heads are fitted on: their quality is not what is measured
SENTENCE = "The talks will resume on Monday."
START = {
    "onrecord": f"from onrecord import Classifier; Classifier.load({{0!r}}).predict({SENTENCE!r})",
    BARE: f"from transformers import pipeline; pipeline('text-classification', model={{0!r}})({SENTENCE!r})",
}
MEMORY = """
import sys; from onrecord import Classifier
Classifier.load(sys.argv[1], backend=sys.argv[2]).predict(sys.stdin.read().splitlines())
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@dataclass(frozen=True)
class System:
    """One way to label sentences: a list of them, and one."""

    many: Callable[[list[str]], object]
    one: Callable[[str], object]


@dataclass(frozen=True)
class Spread:
    """The median of several rounds, and how far they lie apart."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Rounded to three figures, which is more than rounds agree on."""
        return cls(*(float(f"{value:.3g}") for value in (statistics.median(values), min(values), max(values))))

    def __str__(self) -> str:
        return f"{self.median:g} ({self.least:g}–{self.most:g})"


def main(config: Config, rows: int, rounds: int, models: Sequence[str] = (), floor: float | None = None) -> int:
    """Measure each checkpoint, print its tables, store everything; 1 if a ratio is below the floor.

    Raises Stop for a checkpoint without model.onnx, and for more rows than there are.
    """
    known = rows_of(config.corpus, "train")
    if HEAD_ROWS + rows > len(known):
        raise Stop(
            f"--rows {rows}: {config.corpus.data} has {len(known)} training sentences, {HEAD_ROWS} of which the "
            "logistic heads need; ask for fewer"
        )
    drawn = Random(0).sample(known, HEAD_ROWS + rows)
    labelled, texts = drawn[:HEAD_ROWS], [row["text"] for row in drawn[HEAD_ROWS:]]
    checkpoints = [Path(model) for model in models] or [config.checkpoint]
    if floor is not None:
        return max(check_floor(checkpoint, texts, rounds, floor) for checkpoint in checkpoints)
    target = config.run_dir.parent / "bench-inference.json"
    target.parent.mkdir(parents=True, exist_ok=True)  # now: minutes are measured before it is written
    measurements = {}
    for checkpoint in checkpoints:
        measurements[str(checkpoint)] = figures = measured(checkpoint, labelled, texts, rounds)
        print(f"{render(str(checkpoint), figures)}\n", flush=True)
    write_whole(target, f"{json.dumps(measurements, indent=2)}\n".encode())
    print(f"all figures: {target}")
    return 0


def measured(checkpoint: Path, labelled: list[dict], texts: list[str], rounds: int) -> dict[str, Any]:
    """Every figure of one checkpoint."""
    systems = ours(checkpoint) | others(checkpoint, labelled)
    default = OURS[_loaded(checkpoint).backend.name]
    rates = in_turns(systems, texts, rounds)
    spread = {name: {size: Spread.of(rate) for size, rate in sizes.items()} for name, sizes in rates.items()}
    starts = cold_starts(checkpoint)
    kept = [name for name in FILES if (checkpoint / FILES[name]).is_file()]
    memory = {FILES[name]: resident(checkpoint, name, texts[:500]) for name in kept}
    torch.set_num_threads(threads())
    peak, operations = matrix_rate(time.perf_counter), operations_of(checkpoint, texts) / len(texts)
    share = {name: operations * spread[OURS[name]][MANY].median / peak for name in kept}

    def ratio(name: str, other: str, size: str) -> float | None:
        """How many times as fast as the other: the median of the rounds, in each of which both had their turn."""
        if other not in rates:
            return None
        return statistics.median(a / b for a, b in zip(rates[name][size], rates[other][size], strict=True))

    measures = {
        f"{OURS[backend]}: the long list against {other}, ratio": ratio(OURS[backend], other, MANY)
        for backend in kept
        for other in (BARE, BATCHED, HEAD, SETFIT)
    }
    first = {name: starting.median for name, starting in starts.items()}
    measures |= {
        f"{default}: one sentence against pipeline, ratio": ratio(default, BARE, ONE),
        "cold start to first answer against pipeline, ratio": first[BARE] / first["onrecord"],
        "cold start to first answer, seconds": first["onrecord"],
    }
    measures |= {f"resident memory at its peak, {file}, MB": size for file, size in memory.items()}
    measures |= {f"share of the machine's fp32 matrix-product rate, {OURS[name]}": share[name] for name in kept}
    if "int8" in kept:
        measures["share of four times that rate, which VNNI allows int8"] = share["int8"] / 4
    libraries = ["torch", "transformers", "onnxruntime", *(["sentence-transformers"] if HEAD in systems else [])]
    return {
        "sentences": len(texts),
        "mean_words": round(statistics.mean(len(text.split()) for text in texts), 1),
        "rounds": rounds,
        "threads": threads(),
        "cpu": processor(),
        "versions": {name: version(name) for name in [*libraries, *(["setfit"] if SETFIT in systems else [])]},
        "default": default,
        "sentences_per_second": {
            name: {size: vars(rate) for size, rate in sizes.items()} for name, sizes in spread.items()
        },
        "seconds_to_first_answer": {name: vars(rate) for name, rate in starts.items()},
        "peak_resident_mb": memory,
        "bytes": {FILES[name]: (checkpoint / FILES[name]).stat().st_size for name in kept},
        "matrix_product_gflops": round(peak / 1e9, 1),
        "gflop_a_sentence": round(operations / 1e9, 3),
        "measures": {name: None if figure is None else round(figure, 2) for name, figure in measures.items()},
    }


def check_floor(checkpoint: Path, texts: list[str], rounds: int, floor: float) -> int:
    """0 if the default backend is `floor` times as fast as the pipeline on a list of these texts, else 1."""
    quick, pipeline = _loaded(checkpoint), _pipeline(checkpoint)
    ratios = []
    for _ in range(rounds):
        ours, theirs = _seconds(quick.predict, texts), _seconds(pipeline, texts)
        ratios.append(theirs / ours)
    ratio = statistics.median(ratios)
    verdict = "holds" if ratio >= floor else "is below"
    print(
        f"{checkpoint}, {quick.backend.name}, {len(texts)} sentences: {Spread.of(ratios)} times the rate of the "
        f"pipeline; {verdict} the floor of {floor:g}"
    )
    return int(ratio < floor)


def ours(checkpoint: Path) -> dict[str, System]:
    """Every backend that the checkpoint has, loaded."""
    names = [name for name in OURS if name == "torch" or (checkpoint / FILES[name]).is_file()]
    if "onnx" not in names:
        raise Stop(f"{checkpoint} holds no {FILES['onnx']}: run `python -m train.export`")
    loaded = {OURS[name]: _loaded(checkpoint, name) for name in names}
    return {name: System(classifier.predict, classifier.predict) for name, classifier in loaded.items()}


def others(checkpoint: Path, labelled: list[dict]) -> dict[str, System]:
    """What people would use instead, of what is installed: pipelines of the same weights, heads on the same encoder."""
    pipeline = _pipeline(checkpoint)
    systems = {
        BARE: System(pipeline, pipeline),
        BATCHED: System(lambda texts: pipeline(texts, batch_size=32), pipeline),
    }
    directory = ENCODERS.get(str(read_object(checkpoint / "config.json").get("model_type")))
    if directory is None or importlib.util.find_spec("sentence_transformers") is None:
        return systems
    from sentence_transformers import SentenceTransformer

    base = str(directory())
    texts, labels = [row["text"] for row in labelled], [row["label"] for row in labelled]
    encoder = SentenceTransformer(base, device="cpu")
    head = LogisticRegression(max_iter=1000).fit(encoder.encode(texts), labels)
    systems[HEAD] = System(
        lambda texts: head.predict(encoder.encode(texts)), lambda text: head.predict(encoder.encode([text]))
    )
    if importlib.util.find_spec("setfit") is not None:
        from setfit import SetFitModel

        setfit = SetFitModel(model_body=SentenceTransformer(base, device="cpu"), model_head=head)
        systems[SETFIT] = System(setfit.predict, lambda text: setfit.predict([text]))
    return systems


def in_turns(systems: dict[str, System], texts: list[str], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Sentences per second of each system, by the list's length and by round.

    Those of single sentences and short lists are the median of several. The sides take turns list by list, and another
    one begins each round, so that what else runs on the machine hits all alike.
    """
    lists = {
        ONE: [texts[i : i + RUN] for i in range(0, min(len(texts), SINGLES), RUN)],
        SHORT: [texts[i : i + LIST] for i in range(0, min(len(texts), LIST * LISTS), LIST)],
        MANY: [texts],
    }
    per_round: dict[str, dict[str, list[float]]] = {name: {size: [] for size in lists} for name in systems}
    names = list(systems)
    for number in range(rounds):
        turn = names[number % len(names) :] + names[: number % len(names)]
        for size, of_length in lists.items():
            rates: dict[str, list[float]] = {name: [] for name in names}
            for sentences in of_length:
                for name in turn:
                    system = systems[name]
                    if size == ONE:
                        rates[name] += [1 / _seconds(system.one, text) for text in sentences]
                    else:
                        rates[name].append(len(sentences) / _seconds(system.many, sentences))
            for name in names:
                per_round[name][size].append(statistics.median(rates[name]))
    return per_round


def cold_starts(checkpoint: Path) -> dict[str, Spread]:
    """Seconds from nothing to the first answer, in a process of its own each time."""
    taken: dict[str, list[float]] = {name: [] for name in START}
    for _ in range(STARTS):
        for name, code in START.items():
            command = [sys.executable, "-c", code.format(str(checkpoint))]
            taken[name].append(_seconds(lambda: subprocess.run(command, check=True, capture_output=True)))  # noqa: B023
    return {name: Spread.of(seconds) for name, seconds in taken.items()}


def resident(checkpoint: Path, backend: str, texts: list[str]) -> float:
    """Peak of resident memory, in MB of 10^6 bytes, of a process that loads the backend and labels these sentences.

    Linux only.
    """
    command = [sys.executable, "-c", MEMORY, str(checkpoint), backend]
    process = subprocess.run(
        command, input="\n".join(texts), capture_output=True, text=True, check=True, encoding="utf-8"
    )
    return round(int(process.stdout) * 1024 / 1e6, 1)


def operations_of(checkpoint: Path, texts: list[str]) -> int:
    """Floating-point operations of the matrix products that these sentences cannot do without."""
    classifier = Classifier.load(checkpoint, backend="torch")
    assert isinstance(classifier.backend, TorchBackend)
    lengths = [len(row) for windows in classifier.tokens.encode(texts) for row in windows]
    return needed_operations(classifier.backend.model, lengths)


def render(model: str, stored: dict[str, Any]) -> str:
    """The rates and the measures made of them as two tables in Markdown."""
    rates, starts = stored["sentences_per_second"], stored["seconds_to_first_answer"]
    lines = [
        f"{model} (default: {stored['default']}): {stored['sentences']} sentences of {stored['mean_words']} words on "
        f"average, {stored['threads']} threads, {stored['rounds']} rounds, medians (least–most)",
        f"{stored['cpu']['machine']} {' '.join(stored['cpu']['features'])}",
        "",
        f"| system | one sentence, ms | lists of {LIST}, sentences/s | list of {stored['sentences']}, sentences/s "
        "| first answer, s |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, sizes in rates.items():
        single = Spread.of([1000 / rate for rate in sizes[ONE].values()])
        start = starts.get("onrecord" if name == stored["default"] else name)
        cells = [name, single, *(Spread(**sizes[size]) for size in (SHORT, MANY)), Spread(**start) if start else ""]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += ["", "| measure | figure |", "| --- | --- |"]
    lines += [
        f"| {name} | {'not measured' if figure is None else figure} |" for name, figure in stored["measures"].items()
    ]
    return "\n".join(lines)


def _loaded(checkpoint: Path, backend: str | None = None) -> Classifier:
    try:
        return Classifier.load(checkpoint, backend=backend)
    except CheckpointError as error:
        raise Stop(str(error)) from error


def _pipeline(checkpoint: Path) -> Callable[..., object]:
    return transformers.pipeline("text-classification", model=str(checkpoint), device="cpu")


def _seconds(function: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started


def _command() -> int:
    config, options = parse(
        prog="bench.inference",
        model=dict(nargs="+", default=[], metavar="CHECKPOINT", help="checkpoints; default: that of the config's run"),
        rows=dict(type=int, default=2000, help="sentences of the long list"),
        rounds=dict(type=int, default=3, help="times each side labels all lists, some five minutes each on two cores"),
        floor=dict(type=float, help="measure only the default backend and the pipeline; fail below this ratio"),
    )
    return main(config, options["rows"], options["rounds"], options["model"], options["floor"])


if __name__ == "__main__":
    run(_command)
