"""What ships beside the weights: does each backend say what torch says?"""

from pathlib import Path
from typing import Any

import numpy as np

from onrecord.classifier import Classifier
from onrecord.inference.backends import FILES
from train.measure.metrics import macro_f1

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
