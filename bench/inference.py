"""Predicting against what people would use instead: speed, start-up, memory. Both sides in one run, in turns: read the
ratios, the machine may be busy.

    python -m bench.inference [--rows 2000] [--rounds 1] [--config FILE] [--key value]

Sentences are drawn from the training split, whose answers nobody looks at here. Writes bench-inference.json into the
output directory (runs).
"""

import importlib.util
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from random import Random
from typing import Any

import torch
import transformers
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression
from torch.utils.flop_counter import FlopCounterMode

from onrecord.classifier import CheckpointError, Classifier
from onrecord.inference.backends import FILES, TorchBackend
from onrecord.inference.threads import threads
from train.config import Config, Stop, parse, run
from train.corpus.splits import rows_of
from train.engine.encoders import minilm_directory
from train.engine.first_token import read_first_token
from train.evaluate import write
from train.export import cpu

OURS, INT8, BARE, BATCHED, HEAD, SETFIT = (
    "onrecord",
    "onrecord, int8",
    "pipeline",
    "pipeline, batch_size=32",
    "sentence-transformers + logistic head",
    "SetFit",
)
STARTS = 3  # cold starts of each side; the best counts
HEAD_ROWS = 100  # labelled sentences that the logistic heads are fitted on: their quality is not what is measured
START = {
    OURS: "from onrecord import Classifier; Classifier.load({0!r}).predict('The talks will resume on Monday.')",
    BARE: "from transformers import pipeline; "
    "pipeline('text-classification', model={0!r})('The talks will resume on Monday.')",
}
MEMORY = """
import sys; from onrecord import Classifier
Classifier.load(sys.argv[1], backend=sys.argv[2]).predict(sys.stdin.read().splitlines())
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@dataclass(frozen=True)
class System:
    """One way to type sentences: a list of them, and one."""

    many: Callable[[list[str]], object]
    one: Callable[[str], object]


@dataclass(frozen=True)
class Target:
    """What issue 6 asks of one measure."""

    measure: str
    figure: float | None  # None where the other side is not installed
    reach: float | None  # None where the figure is only to be reported
    far: float | None
    lower: bool = False  # less is better

    def verdict(self) -> str:
        """In one or two words."""
        if self.figure is None:
            return "not measured"
        for limit, words in ((self.far, "far goal"), (self.reach, "reached")):
            if limit is not None and (self.figure <= limit if self.lower else self.figure >= limit):
                return words
        return "reported" if self.reach is None else "missed"


def main(config: Config, rows: int, rounds: int) -> int:
    """Measure, print the table, store everything. Raises Stop without a checkpoint that has model.onnx."""
    known = rows_of(config.corpus, "train")
    if HEAD_ROWS + rows > len(known):
        raise Stop(
            f"--rows {rows}: {config.corpus.data} has {len(known)} training sentences, {HEAD_ROWS} of which the "
            "logistic heads need; ask for fewer"
        )
    drawn = Random(0).sample(known, HEAD_ROWS + rows)
    labelled, texts = drawn[:HEAD_ROWS], [r["text"] for r in drawn[HEAD_ROWS:]]
    systems = systems_of(config, labelled)
    seconds = in_turns({name: _call(system.many, texts) for name, system in systems.items()}, rounds)
    singles = [
        {name: _seconds(system.one, text) for name, system in systems.items()} for text in texts[:100]
    ]  # in turns too
    p50 = {name: statistics.median(taken[name] for taken in singles) for name in systems}
    starts = in_turns(
        {name: _call(_process, code.format(str(config.checkpoint))) for name, code in START.items()}, STARTS
    )
    kept = [name for name in FILES if (config.checkpoint / FILES[name]).is_file()]
    memory = {name: resident(config, name, texts[:500]) for name in kept}
    peak, operations = matrix_rate(), operations_of(config, texts)
    targets = [
        *(
            target
            for name in (OURS, INT8)
            if name in seconds
            for target in throughput(name, {other: taken / seconds[name] for other, taken in seconds.items()})
        ),
        Target("single sentence, p50 against pipeline, ratio", p50[BARE] / p50[OURS], 3, 5),
        Target("cold start to first answer against pipeline, ratio", starts[BARE] / starts[OURS], 5, 10),
        Target("cold start to first answer, seconds", starts[OURS], 1.2, None, lower=True),
        *(
            Target(f"resident memory at its peak, {FILES[name]}, MB", memory[name], 300, 150, lower=True)
            for name in kept
        ),
        *(
            Target(
                f"share of the machine's fp32 matrix-product rate, {name}", operations / seconds[name] / peak, None, 0.7
            )
            for name in (OURS, INT8)
            if name in seconds
        ),
    ]
    libraries = ["torch", "transformers", "onnxruntime", "sentence-transformers"]
    libraries += ["setfit"] if SETFIT in systems else []
    figures: dict[str, Any] = {
        "sentences": len(texts), "mean_words": round(statistics.mean(len(text.split()) for text in texts), 1),
        "rounds": rounds, "starts": STARTS, "threads": threads(), "cpu": cpu(),
        "versions": {name: version(name) for name in libraries},
        "sentences_per_second": {name: round(len(texts) / taken, 1) for name, taken in seconds.items()},
        "single_sentence_p50_ms": {name: round(1000 * taken, 1) for name, taken in p50.items()},
        "seconds_to_first_answer": {name: round(taken, 2) for name, taken in starts.items()},
        "matrix_product_gflops": round(peak / 1e9, 1), "gflop_a_sentence": round(operations / len(texts) / 1e9, 3),
        "targets": [vars(t) | {"figure": t.figure and round(t.figure, 2), "verdict": t.verdict()} for t in targets],
    }  # fmt: skip
    target = config.run_dir.parent / "bench-inference.json"
    write(target, json.dumps(figures, indent=2))
    print(render(figures))
    print(f"\nall figures: {target}")
    return 0


def throughput(name: str, ratio: dict[str, float]) -> list[Target]:
    """The targets for one of our backends, from how many times as long the others took."""
    return [
        Target(f"{name}: sentences/s against pipeline, ratio", ratio[BARE], 6, 10),
        Target(f"{name}: sentences/s against pipeline with batch_size=32, ratio", ratio[BATCHED], 2.5, 4),
        Target(
            f"{name}: sentences/s against sentence-transformers encode + logistic head, ratio", ratio[HEAD], 1.5, 2.5
        ),
        Target(f"{name}: sentences/s against SetFit's predict, ratio", ratio.get(SETFIT), 1.5, 2.5),
    ]


def systems_of(config: Config, labelled: list[dict]) -> dict[str, System]:
    """Every system that is installed, loaded. All have the same base model, ours and the pipelines the same weights."""
    try:
        classifiers = {
            OURS: Classifier.load(config.checkpoint, backend="onnx"),
            f"{OURS}, torch": Classifier.load(config.checkpoint, backend="torch"),
        }
        if (config.checkpoint / FILES["int8"]).is_file():
            classifiers[INT8] = Classifier.load(config.checkpoint, backend="int8")
    except CheckpointError as error:
        raise Stop(str(error)) from error
    systems = {name: System(classifier.predict, classifier.predict) for name, classifier in classifiers.items()}
    pipeline = transformers.pipeline("text-classification", model=str(config.checkpoint), device="cpu")
    systems[BARE] = System(pipeline, pipeline)
    systems[BATCHED] = System(lambda texts: pipeline(texts, batch_size=32), pipeline)
    base = str(minilm_directory())
    texts, labels = [r["text"] for r in labelled], [r["label"] for r in labelled]
    encoder = SentenceTransformer(base, device="cpu")
    head = LogisticRegression(max_iter=1000).fit(encoder.encode(texts), labels)
    systems[HEAD] = System(
        lambda sentences: head.predict(encoder.encode(sentences)), lambda text: head.predict(encoder.encode([text]))
    )
    if importlib.util.find_spec("setfit") is not None:
        from setfit import SetFitModel

        setfit = SetFitModel(model_body=SentenceTransformer(base, device="cpu"), model_head=head)
        systems[SETFIT] = System(setfit.predict, lambda text: setfit.predict([text]))
    return systems


def in_turns(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of each call's best round. They take turns, so that what else runs on the machine hits all alike."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            best[name] = min(best[name], _seconds(call))
    return best


def resident(config: Config, backend: str, texts: list[str]) -> float:
    """Peak of resident memory, in MB of 10^6 bytes, of a process that loads the backend and labels these sentences.

    Linux only.
    """
    process = subprocess.run(
        [sys.executable, "-c", MEMORY, str(config.checkpoint), backend],
        input="\n".join(texts),
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    return int(process.stdout) * 1024 / 1e6


def matrix_rate() -> float:
    """Floating-point operations per second of a product of two 2048 × 2048 matrices in fp32, the best of several."""
    torch.set_num_threads(threads())
    a, b = torch.rand(2048, 2048), torch.rand(2048, 2048)
    return 2 * 2048**3 / min(_seconds(torch.mm, a, b) for _ in range(10))


def operations_of(config: Config, texts: list[str]) -> float:
    """Floating-point operations of the matrix products that these sentences cannot do without (no padding), as torch
    counts them.
    """
    classifier = Classifier.load(config.checkpoint, backend="torch")
    assert isinstance(classifier.backend, TorchBackend)
    model = read_first_token(classifier.backend.model)  # the last layer's other tokens are read by nobody
    model.set_attn_implementation("eager")  # the counter does not know the fused one
    lengths = [len(row) for pieces in classifier.tokens.encode(texts) for row in pieces]
    cost = {}
    for length in set(lengths):
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            model(
                input_ids=torch.zeros(1, length, dtype=torch.long),
                attention_mask=torch.ones(1, length, dtype=torch.long),
            )
        cost[length] = counter.get_total_flops()
    return float(sum(cost[length] for length in lengths))


def render(figures: dict[str, Any]) -> str:
    """The figures and the targets as two tables in Markdown."""
    lines = [
        f"{figures['sentences']} sentences of {figures['mean_words']} words on average, {figures['threads']} threads, "
        f"best of {figures['rounds']} rounds",
        "",
    ]
    lines += ["| system | sentences/s | one sentence, p50 ms | first answer, s |", "| --- | --- | --- | --- |"]
    for name, rate in figures["sentences_per_second"].items():
        lines.append(
            f"| {name} | {rate:g} | {figures['single_sentence_p50_ms'][name]:g} | "
            f"{figures['seconds_to_first_answer'].get(name, '')} |"
        )
    lines += ["", "| measure | figure | reach | far goal | |", "| --- | --- | --- | --- | --- |"]
    for t in figures["targets"]:
        lines.append(
            "| "
            + " | ".join(
                "" if t[key] is None else str(t[key]) for key in ("measure", "figure", "reach", "far", "verdict")
            )
            + " |"
        )
    return "\n".join(lines)


def _call(function: Callable[..., object], *arguments: object) -> Callable[[], object]:
    return lambda: function(*arguments)


def _seconds(function: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - started


def _process(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def _command() -> int:
    config, options = parse(
        prog="bench.inference",
        rows=dict(type=int, default=2000, help="sentences"),
        rounds=dict(
            type=int,
            default=1,
            help="times each side types the whole list, some eight minutes on two cores; the best counts",
        ),
    )
    return main(config, **options)


if __name__ == "__main__":
    run(_command)
