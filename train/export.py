"""Write the files that use a model without torch: model.onnx, and model.int8.onnx if it is nearly as good.

    python -m train.export [--config FILE] [--key value]

model.onnx must give torch's scores on the validation split to 1e-3, else nothing is written. Quantising ruins some small models: int8 is kept
only if it holds the limits below; the first rung of a ladder that does is taken, and each rung leaves more in fp32. All of it goes into
export.json in the checkpoint. Activations are scaled by ranges seen in training sentences (static quantisation): scaled by the batch they
stand in, as dynamic quantisation does, what a sentence gets depends on its neighbours.
"""

import json
import logging
import os
import platform
import shutil
import tempfile
import time
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from transformers import PreTrainedModel

from onrecord.calibration import softmax
from onrecord.classifier import CheckpointError, Classifier
from onrecord.inference.backends import (
    INT8,
    ONNX,
    RECORD,
    STAMP,
    WEIGHTS,
    OnnxBackend,
    TorchBackend,
    fingerprint,
    padded,
    sha256,
)
from train.calibrate import temperature
from train.config import Config, Stop, parse, run
from train.corpus.splits import load_split, refuse_other_data, rows_of, with_labels
from train.engine.first_token import read_first_token
from train.measure.metrics import calibration_error, macro_f1

PARITY = (
    1e-3  # largest difference of a score (logit), ONNX fp32 against torch; sums in another order made 1.2e-4 on AVX-512
)
F1_LOSS, EQUAL, ECE_LOSS = (
    0.005,
    0.98,
    0.005,
)  # what int8 may lose of validation macro-F1, must keep of the labels, may add to the calibration error
BATCH = 1e-3  # by how much a probability may move with the batch its sentence runs in; fp32 moves by 1e-6
SAMPLE = 150  # sentences that this is looked at on
RANGES = 100  # training sentences, or thereabouts, whose activations set the scales of int8


def main(config: Config) -> int:
    """Export, judge, and put into the checkpoint what holds. Raises Stop, with nothing written, if fp32 does not equal torch."""
    try:
        classifier = Classifier.load(config.checkpoint, backend="torch")
    except CheckpointError as error:
        raise Stop(str(error)) from error
    assert isinstance(classifier.backend, TorchBackend)
    config = with_labels(config)
    refuse_other_data(config)
    rows = rows_of(config.corpus, "validation")
    texts, targets = [r["text"] for r in rows], np.array([config.corpus.labels.index(r["label"]) for r in rows])
    weights = fingerprint(config.checkpoint / WEIGHTS)

    def opened(file: Path) -> Classifier:
        return Classifier(OnnxBackend(file, classifier.backend.pad), classifier.tokens, classifier.labels)

    for left_over in config.run_dir.glob("export.*"):  # of an export that was killed
        if left_over.is_dir():
            shutil.rmtree(left_over)
    with tempfile.TemporaryDirectory(dir=config.run_dir, prefix="export.") as folder:
        fp32, int8 = Path(folder) / ONNX, Path(folder) / INT8
        reference, _ = classifier.logits(texts)
        to_onnx(classifier.backend.model, fp32)
        stamp(fp32, weights)
        found, speed = timed(opened(fp32), texts)
        difference = float(np.abs(found - reference).max())
        if not difference <= PARITY:
            raise Stop(
                f"model.onnx differs from torch by {difference:.2g} on validation scores, {PARITY:g} is allowed; nothing was written"
            )
        t = temperature(found, targets)
        tried: list[dict[str, Any]] = []
        prepared, rungs = ladder(fp32)
        known = load_split(config.corpus, "train")
        sample = classifier.tokens.encode(known.select(range(0, len(known), max(1, len(known) // RANGES)))["text"])
        for name, products in rungs.items():
            quantise(prepared, int8, products, [row for own in sample for row in own], classifier.backend.pad)
            stamp(int8, weights)
            verdict: dict[str, Any] = {
                "rung": name,
                "bytes": int8.stat().st_size,
                "moved_by_the_batch": moved(opened(int8), texts, t),
            }
            if verdict["moved_by_the_batch"] <= BATCH:
                own, own_speed = timed(opened(int8), texts)
                verdict |= {"sentences_per_cpu_second": own_speed} | judge(found, own, targets, t)
            else:  # the other figures would be those of one way to cut the batches
                verdict |= {"holds": False, "reason": f"probabilities move with the batch, by more than {BATCH:g}"}
            tried.append(verdict)
            print("int8, " + ", ".join(f"{key} {value}" for key, value in verdict.items()))
            if verdict["holds"]:
                break
            int8.unlink()
        kept = [file.name for file in (fp32, int8) if file.exists()]
        record: dict[str, Any] = {
                  "parity": difference, "moved_by_the_batch": moved(opened(fp32), texts, t), "bytes": fp32.stat().st_size, "sentences_per_cpu_second": speed,
                  "validation_rows": len(texts), "int8": tried, "kept": kept, "cpu": cpu(),
                  "versions": {name: version(name) for name in ("torch", "onnx", "onnxruntime")}}  # fmt: skip
        record["sha256"] = {
            path.name: sha256(path) for path in (config.checkpoint / WEIGHTS, *(Path(folder) / name for name in kept))
        }
        (config.checkpoint / RECORD).unlink(
            missing_ok=True
        )  # written again last: without it the export is not complete
        (config.checkpoint / INT8).unlink(missing_ok=True)
        for name in kept:
            os.replace(Path(folder) / name, config.checkpoint / name)
        fresh = Path(folder) / RECORD
        fresh.write_text(json.dumps(record, indent=2) + "\n")
        os.replace(fresh, config.checkpoint / RECORD)
    print(
        f"{ONNX}: scores differ from torch by at most {difference:.1g}; {'int8 kept: ' + tried[-1]['rung'] if INT8 in record['kept'] else 'no int8 held, fp32 ships'}"
    )
    return 0


def timed(classifier: Classifier, texts: list[str]) -> tuple[np.ndarray, float]:
    """Scores (N, K) and sentences per second of CPU time."""
    started = time.process_time()
    found, _ = classifier.logits(texts)
    return found, round(len(texts) / (time.process_time() - started), 1)


def moved(classifier: Classifier, texts: list[str], t: float) -> float:
    """The largest difference that being batched with others makes to a probability at temperature t, on some 150 texts from all over the split."""
    sample = texts[:: max(1, len(texts) // SAMPLE)]
    together, alone = (softmax(classifier.logits(sample, budget)[0] / t) for budget in (4096, 1))
    return round(float(np.abs(together - alone).max()), 6)


def to_onnx(model: PreTrainedModel, path: Path) -> None:
    """Write one file with inputs input_ids and attention_mask (batch, tokens), any of both, and output logits (batch, labels).

    The model is changed in place to what makes the quickest file: the last layer for the first token only, and eager attention, whose graph lacks
    the guards of the fused one. Together 16% more sentences per CPU-second.
    """
    read_first_token(model)
    model.set_attn_implementation("eager")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns that torchvision is not there
    pad = model.config.pad_token_id or 0
    ids = torch.tensor([[pad + 2, pad + 3, pad + 4, pad + 5], [pad + 2, pad + 3, pad + 4, pad]])
    dynamic = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of torch, about torch
        program = torch.onnx.export(
            model, (), kwargs={"input_ids": ids, "attention_mask": (ids != pad).long()}, dynamic_shapes={"input_ids": dynamic, "attention_mask": dynamic},
            input_names=["input_ids", "attention_mask"], output_names=["logits"], dynamo=True, optimize=True, verbose=False,
        )  # fmt: skip
    assert program is not None
    program.save(path, external_data=False)


def stamp(path: Path, weights: str) -> None:
    """Write into an ONNX file which weights it was made from, so that it is never used beside others."""
    model = onnx.load(path)
    onnx.helper.set_model_props(model, {STAMP: weights})
    onnx.save(model, path)


class Batches(CalibrationDataReader):
    """Rows of token ids as onnxruntime's quantiser asks for them, eight at a time."""

    def __init__(self, rows: Sequence[Sequence[int]], pad: int) -> None:
        self._batches = iter([padded(rows[i : i + 8], pad) for i in range(0, len(rows), 8)])

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next batch, or None."""
        batch = next(self._batches, None)
        return None if batch is None else dict(zip(("input_ids", "attention_mask"), batch, strict=True))


def ladder(fp32: Path) -> tuple[Path, dict[str, list[str]]]:
    """The file to quantise, beside `fp32`, and rung -> products in int8: those with a matrix of weights; never those of attention, of activations with each other.

    Feed-forward outputs are left out first, those of early layers before all: their inputs have the widest range, and alone in int8 they move the
    scores four to ten times as much as any other matrix (LOG.md).
    """
    prepared = fp32.with_suffix(".prepared.onnx")
    quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
    graph = onnx.load(prepared).graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    weights = {
        node.name: shapes[node.input[1]] for node in graph.node if node.op_type == "MatMul" and node.input[1] in shapes
    }
    down = [name for name, (inside, outside) in weights.items() if inside > outside]  # in the order of the layers
    return prepared, {
        "all matrices": list(weights),
        "without the feed-forward outputs of the first half of the layers": [
            name for name in weights if name not in down[: len(down) // 2]
        ],
        "without feed-forward outputs": [name for name in weights if name not in down],
    }


def quantise(prepared: Path, path: Path, products: list[str], rows: Sequence[Sequence[int]], pad: int) -> None:
    """Write an int8 file: weights per channel in 7 bits, as 8 × 8 bits can overflow 16 on processors without VNNI; activations in 8, scaled by `rows`."""
    logging.getLogger().setLevel(logging.ERROR)  # onnxruntime's quantiser reports every node
    quantize_static(
        prepared, path, Batches(rows, pad), quant_format=QuantFormat.QDQ, calibrate_method=CalibrationMethod.MinMax, op_types_to_quantize=["MatMul"],
        nodes_to_quantize=products, per_channel=True, reduce_range=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
    )  # fmt: skip


def judge(reference: np.ndarray, found: np.ndarray, targets: np.ndarray, t: float) -> dict[str, Any]:
    """Figures of `found` against `reference` scores, each (N, K), at temperature t, and whether they hold the limits."""
    if not np.isfinite(found).all():
        return {"holds": False, "reason": "some scores are not finite"}
    k = reference.shape[1]
    lost = macro_f1(targets.tolist(), reference.argmax(1).tolist(), k) - macro_f1(
        targets.tolist(), found.argmax(1).tolist(), k
    )
    equal = float((reference.argmax(1) == found.argmax(1)).mean())
    worse = calibration_error(softmax(found / t), targets) - calibration_error(softmax(reference / t), targets)
    holds = bool(lost <= F1_LOSS and equal >= EQUAL and worse <= ECE_LOSS)
    return {
        "holds": holds,
        "macro_f1_lost": round(float(lost), 5),
        "equal_labels": round(equal, 5),
        "calibration_error_added": round(float(worse), 5),
    }


def cpu() -> dict[str, Any]:
    """What the figures were measured on: int8 speed and saturation depend on these instructions."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        flags = next((line.split(":")[1].split() for line in lines if line.startswith(("flags", "Features"))), [])
    except OSError:
        flags = []
    return {
        "machine": platform.machine(),
        "features": sorted(
            set(flags) & {"avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm"}
        ),
    }


def _command() -> int:
    config, _ = parse(prog="train.export")
    return main(config)


if __name__ == "__main__":
    run(_command)
