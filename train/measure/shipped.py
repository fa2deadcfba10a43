"""What ships beside the weights: does each backend say what torch says?"""

from pathlib import Path
from typing import Any

import numpy as np

from onrecord.classifier import Classifier
from onrecord.inference.backends import FILES, RECORD, WEIGHTS, sha256
from train.config import Stop, read_record
from train.measure.gate import FAIL
from train.measure.metrics import macro_f1

DECIDING = (WEIGHTS, RECORD, "calibration.json")  # the record pins the ONNX files and the tokenizer
SAMPLE = 1000  # sentences, from all over the split: agreement to a third of a percent


def measure_backends(checkpoint: Path, texts: list[str], targets: list[int]) -> dict[str, Any]:
    """backend -> macro-F1 and the share of labels that are torch's, for torch and every ONNX file in the checkpoint.

    `targets` are label numbers. Beside them the lowest agreement and the most macro-F1 that any backend loses against
    torch. Raises CheckpointError for a file that cannot be used.
    """
    step = max(1, len(texts) // SAMPLE)
    texts, targets = texts[::step], targets[::step]
    names = ["torch", *(name for name, file in FILES.items() if (checkpoint / file).is_file())]
    figures: dict[str, dict[str, float]] = {}
    reference = np.zeros(0)
    for name in names:
        classifier = Classifier.load(checkpoint, backend=name)
        answers = classifier.probabilities(texts).argmax(1)
        reference = answers if name == "torch" else reference
        figures[name] = {
            "macro_f1": round(macro_f1(targets, answers.tolist(), len(classifier.labels)), 4),
            "equal_labels": round(float((answers == reference).mean()), 4),
        }
    best = figures["torch"]["macro_f1"]
    return {
        "rows": len(texts),
        "backends": figures,
        "lowest_agreement": min(f["equal_labels"] for f in figures.values()),
        "macro_f1_lost": round(max(best - f["macro_f1"] for f in figures.values()), 4),
    }


def deciding_files(checkpoint: Path) -> dict[str, str]:
    """Name -> SHA-256 of the files of a checkpoint that decide what it answers and promises."""
    return {name: sha256(path) for name in DECIDING if (path := checkpoint / name).is_file()}


def refuse_other_figures(checkpoint: Path, metrics: Path) -> None:
    """Raise Stop if `metrics` were not measured on the checkpoint as it is, but before its last export, for one, or if
    they failed the gate that they were held to.
    """
    record = read_record(metrics, dict, "write it again with train.evaluate")
    if record.get("files") != deciding_files(checkpoint):
        raise Stop(f"{checkpoint} was calibrated or exported after {metrics} was measured: run train.evaluate again")
    if failed := [verdict["figure"] for verdict in record.get("gate", []) if verdict["outcome"] == FAIL]:
        raise Stop(
            f"{checkpoint} failed its gate in {', '.join(failed)} ({metrics}): train a better one, or measure it "
            "without a gate (train.evaluate --measure.gate null)"
        )
