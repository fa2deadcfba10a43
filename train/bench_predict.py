"""How fast is predicting? Both sides in one run, on the same sentences: read the ratios, the machine may be busy.

    python -m train.bench_predict [--rows 400] [--rounds 3] [--key value]

Sentences are drawn from the validation split. Writes bench-predict.json into runs/NAME.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from random import Random

import transformers

from onrecord.backends import FILES
from onrecord.classifier import CheckpointError, Classifier
from onrecord.threads import threads
from train.config import Config, Stop, parse, run
from train.splits import rows_of

STARTS = {
    "onrecord": "from onrecord import Classifier; Classifier.load({0!r}).predict('The talks will resume.')",
    "pipeline": "from transformers import pipeline; pipeline('text-classification', model={0!r})('The talks will resume.')",
}


def main(config: Config, rows: int, rounds: int) -> int:
    """Print and store sentences per second and seconds from process start to first prediction."""
    texts = [r["text"] for r in rows_of(config, "validation")]
    texts = Random(0).sample(texts, min(rows, len(texts)))
    pipeline = transformers.pipeline("text-classification", model=str(config.checkpoint), device="cpu")
    systems: dict[str, Callable[[], object]] = {"pipeline, batch_size 32": lambda: pipeline(texts, batch_size=32)}
    for name in ("torch", "onnx", "int8"):
        if name not in FILES or (config.checkpoint / FILES[name]).is_file():
            try:
                systems[name] = _predict(Classifier.load(config.checkpoint, backend=name), texts)
            except CheckpointError as error:
                raise Stop(str(error)) from error
    best = dict.fromkeys(systems, float("inf"))
    for _ in range(rounds):  # in turns, so that what else runs on the machine hits all alike; the best round counts
        for name, system in systems.items():
            started = time.perf_counter()
            system()
            best[name] = min(best[name], time.perf_counter() - started)
    starts = {name: min(_seconds(code.format(str(config.checkpoint))) for _ in range(rounds)) for name, code in STARTS.items()}
    base = best["pipeline, batch_size 32"]
    found = {"rows": len(texts), "threads": threads(), "sentences_per_second": {name: round(len(texts) / s, 1) for name, s in best.items()},
             "ratio_to_pipeline": {name: round(base / s, 2) for name, s in best.items()}, "seconds_to_first_prediction": starts}  # fmt: skip
    (config.run_dir / "bench-predict.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))
    return 0


def _predict(classifier: Classifier, texts: list[str]) -> Callable[[], object]:
    return lambda: classifier.predict(texts)


def _seconds(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return round(time.perf_counter() - started, 2)


def _command() -> int:
    config, options = parse(
        prog="train.bench_predict",
        rows=dict(type=int, default=400, help="sentences"),
        rounds=dict(type=int, default=3, help="times each side runs; the best counts"),
    )
    return main(config, **options)


if __name__ == "__main__":
    run(_command)
