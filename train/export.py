"""Write the files that use a model without torch: model.onnx, and model.int8.onnx if it is nearly as good.

    python -m train.export [--config FILE] [--key value]

model.onnx must give torch's scores on validation sentences to 1e-3, else nothing is written. int8 is kept only if it
holds the limits below, and is then what `Classifier.load` takes: the first rung of a ladder that does, on which each
rung computes less of the model in the quickest way (train/engine/int8.py). All of it goes into export.json in the
checkpoint.
"""

import json
import logging
import os
import shutil
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from transformers import PreTrainedModel

from onrecord.calibration import softmax
from onrecord.classifier import CheckpointError, Classifier
from onrecord.inference import backends
from onrecord.inference.backends import INT8, ONNX, RECORD, WEIGHTS, OnnxBackend, TorchBackend, sha256
from train.calibrate import temperature
from train.config import Config, Stop, parse, run
from train.corpus.splits import load_split, refuse_other_data, rows_of, with_labels
from train.engine.first_token import read_first_token
from train.engine.int8 import Site, find_sites, harms, ladder, processor, quantised, set_scales
from train.measure.metrics import calibration_error, macro_f1

PARITY = 1e-3  # largest difference of a score (logit) from torch; sums in another order made 1.2e-4 on AVX-512
PARITY_ROWS = 500  # validation sentences that this is looked at on
LIMITS = {  # of int8 on validation, as export.json has them
    "macro_f1_lost": 0.003,
    "equal_labels": 0.985,  # at least; of the others, at most
    "calibration_error_added": 0.005,
    "moved_by_the_batch": 1e-3,  # a probability, with what else runs in its sentence's batch; fp32 moves by 1e-6
}
BATCH_ROWS = 150  # sentences that this is looked at on
RANGES = 100  # training sentences, or thereabouts, whose activations set the scales of int8
UNFINISHED = ".export-"  # before the names of directories that are worked in: nobody keeps a copy under such a one
HARM_ROWS = 16  # and on whose scores the harm of each matrix is measured


def main(config: Config) -> int:
    """Export, judge, and put into the checkpoint what holds.

    Raises Stop, with nothing written, if fp32 does not equal torch.
    """
    beside = [path for name in (WEIGHTS, *backends.BESIDE) if (path := config.checkpoint / name).is_file()]
    digests = {path.name: sha256(path) for path in beside}  # of what is read next: a training may replace it meanwhile
    try:
        classifier = Classifier.load(config.checkpoint, backend="torch")
    except CheckpointError as error:
        raise Stop(str(error)) from error
    assert isinstance(classifier.backend, TorchBackend)
    config = with_labels(config)
    refuse_other_data(config)
    rows = rows_of(config.corpus, "validation")
    texts, targets = [r["text"] for r in rows], np.array([config.corpus.labels.index(r["label"]) for r in rows])
    weights, pad = backends.weights_fingerprint(config.checkpoint / WEIGHTS), classifier.backend.pad

    def opened(file: Path) -> Classifier:
        return Classifier(OnnxBackend(file, pad), classifier.tokens, classifier.labels)

    for left_over in config.run_dir.glob(f"{UNFINISHED}*"):  # of an export that was killed
        if left_over.is_dir():
            shutil.rmtree(left_over)
    with tempfile.TemporaryDirectory(dir=config.run_dir, prefix=UNFINISHED) as folder:
        fp32, int8 = Path(folder) / ONNX, Path(folder) / INT8
        step = max(1, len(texts) // PARITY_ROWS)
        reference, _ = classifier.logits(texts[::step])
        model = to_onnx(classifier.backend.model, fp32)
        save(model, fp32, weights)
        exact = opened(fp32)
        scores, speed = timed(exact, texts)
        difference = float(np.abs(scores[::step] - reference).max())
        if not difference <= PARITY:
            raise Stop(
                f"model.onnx differs from torch by {difference:.2g} on validation scores, {PARITY:g} is allowed; "
                "nothing was written"
            )
        t = temperature(scores, targets)
        moved_fp32 = moved_by_batch(exact, texts, t)
        del exact, classifier.backend.model
        tried: list[dict[str, Any]] = []
        for static, total in rungs(model, sample_of(config, classifier), pad):
            made = quantised(model, total, {site.source for site in static})
            save(made, int8, weights)
            del made
            verdict = rung_of(static, total) | {"bytes": int8.stat().st_size}
            verdict |= judge(scores, opened(int8), texts, targets, t)
            tried.append(verdict)
            print(f"int8, {shown(verdict)}", flush=True)
            if verdict["holds"]:
                break
            int8.unlink()
        kept = [file.name for file in (fp32, int8) if file.exists()]
        record: dict[str, Any] = {
            "default": "int8" if INT8 in kept else "onnx",
            "limits": LIMITS,
            "parity": difference,
            "moved_by_the_batch": moved_fp32,
            "bytes": fp32.stat().st_size,
            "sentences_per_cpu_second": speed,
            "validation_rows": len(texts),
            "int8": tried,
            "kept": kept,
            "cpu": processor(),
            "versions": {name: version(name) for name in ("torch", "onnx", "onnxruntime")},
        }
        record["sha256"] = digests | {name: sha256(Path(folder) / name) for name in kept}
        install(config.checkpoint, Path(folder), record)
    default = f"int8 is the default: {tried[-1]['rung']}" if INT8 in kept else "no int8 held, fp32 is the default"
    print(f"{ONNX}: scores differ from torch by at most {difference:.1g}; {default}")
    return 0


def install(checkpoint: Path, folder: Path, record: dict[str, Any]) -> None:
    """Move the files that are kept into the checkpoint. Their record is written last: without it nothing is whole."""
    (checkpoint / RECORD).unlink(missing_ok=True)
    (checkpoint / INT8).unlink(missing_ok=True)
    for name in record["kept"]:
        os.replace(folder / name, checkpoint / name)
    fresh = folder / RECORD
    fresh.write_text(json.dumps(record, indent=2) + "\n")
    os.replace(fresh, checkpoint / RECORD)


def sample_of(config: Config, classifier: Classifier) -> list[list[int]]:
    """Token ids of some hundred training sentences from all over the split."""
    known = load_split(config.corpus, "train")
    texts = known.select(range(0, len(known), max(1, len(known) // RANGES)))["text"]
    return [row for windows in classifier.tokens.encode(texts) for row in windows]


def rungs(model: onnx.ModelProto, rows: list[list[int]], pad: int) -> list[tuple[list[Site], list[Site]]]:
    """The ladder: the sites to be static, and all of them, with scales set by these rows of token ids."""
    sites = find_sites(model)
    set_scales(model, sites, rows, pad)
    harm = harms(model, sites, rows[:: max(1, len(rows) // HARM_ROWS)][:HARM_ROWS], pad)
    return [(static, sites) for static in ladder(sites, harm)]


def rung_of(static: list[Site], total: list[Site]) -> dict[str, Any]:
    """What stands in export.json of a rung: its name, and which matrices are not static."""
    share = sum(site.work for site in static) / sum(site.work for site in total)
    names = {site.source for site in static}
    return {
        "rung": f"static products: {len(static)} of {len(total)}, {share:.0%} of the work",
        "by_blocks": [site.label for site in total if site.source not in names],
    }


def shown(verdict: dict[str, Any]) -> str:
    """A rung and what became of it, on one line."""
    line = f"{verdict['rung']}, {verdict['bytes'] / 1e6:.1f} MB: {'kept' if verdict['holds'] else 'refused'}"
    if "equal_labels" in verdict:
        line += (
            f", {verdict['equal_labels']:.1%} of the labels equal, macro-F1 {-verdict['macro_f1_lost']:+.4f}, "
            f"calibration error {verdict['calibration_error_added']:+.4f}, "
            f"{verdict['sentences_per_cpu_second']:g} sentences per CPU-second"
        )
    return line + (f", {verdict['reason']}" if "reason" in verdict else "")


def timed(classifier: Classifier, texts: list[str]) -> tuple[np.ndarray, float]:
    """Scores (N, K) and sentences per second of CPU time."""
    started = time.process_time()
    scores, _ = classifier.logits(texts)
    return scores, round(len(texts) / (time.process_time() - started), 1)


def moved_by_batch(classifier: Classifier, texts: list[str], t: float) -> float:
    """The largest difference that being batched with others makes to a probability at temperature t.

    Looked at on some 150 texts from all over the split.
    """
    sample = texts[:: max(1, len(texts) // BATCH_ROWS)]
    together, alone = (softmax(classifier.logits(sample, budget)[0] / t) for budget in (4096, 1))
    return round(float(np.abs(together - alone).max()), 6)


def to_onnx(model: PreTrainedModel, path: Path) -> onnx.ModelProto:
    """A graph with inputs input_ids and attention_mask (batch, tokens), any of both, and output logits (batch, labels).

    The model is changed in place to what makes the quickest file: the last layer for the first token only, and eager
    attention, whose graph lacks the guards of the fused one. Together 16% more sentences per CPU-second. `path` is
    written on the way.
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
            model,
            (),
            kwargs={"input_ids": ids, "attention_mask": (ids != pad).long()},
            dynamic_shapes={"input_ids": dynamic, "attention_mask": dynamic},
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamo=True,
            optimize=True,
            verbose=False,
        )
    assert program is not None
    program.save(path, external_data=False)
    return onnx.load(path)


def save(model: onnx.ModelProto, path: Path, weights: str) -> None:
    """Write an ONNX file that says which weights it was made from, so that it is never used beside others."""
    onnx.helper.set_model_props(model, {backends.STAMP: weights})
    onnx.save(model, path)


def judge(
    reference: np.ndarray, classifier: Classifier, texts: list[str], targets: np.ndarray, t: float
) -> dict[str, Any]:
    """Figures of a classifier against `reference` scores (N, K) at temperature t, and whether they hold the limits.

    It ends early, after a quarter, a half or three quarters of the texts, when too many labels differ already.
    """
    scores, seconds = np.zeros_like(reference), time.process_time()
    for part in range(4):
        scores[part::4], _ = classifier.logits(texts[part::4])
        done = np.arange(len(texts)) % 4 <= part
        if not np.isfinite(scores).all():
            return {"holds": False, "reason": "some scores are not finite"}
        differ = int((reference.argmax(1) != scores.argmax(1))[done].sum())
        if differ > (1 - LIMITS["equal_labels"]) * len(texts):
            return {"holds": False, "reason": f"{differ} of the first {done.sum()} labels differ"}
    seconds = time.process_time() - seconds
    exact, quick = (macro_f1(targets.tolist(), s.argmax(1).tolist(), s.shape[1]) for s in (reference, scores))
    lost = exact - quick
    worse = calibration_error(softmax(scores / t), targets) - calibration_error(softmax(reference / t), targets)
    neighbours, most = moved_by_batch(classifier, texts, t), LIMITS["moved_by_the_batch"]
    holds = lost <= LIMITS["macro_f1_lost"] and worse <= LIMITS["calibration_error_added"] and neighbours <= most
    verdict: dict[str, Any] = {
        "holds": bool(holds),
        "macro_f1_lost": round(float(lost), 5),
        "equal_labels": round(1 - differ / len(texts), 5),
        "calibration_error_added": round(float(worse), 5),
        "moved_by_the_batch": neighbours,
        "sentences_per_cpu_second": round(len(texts) / seconds, 1),
    }
    if neighbours > most:
        verdict["reason"] = f"probabilities move with the batch, by more than {most:g}"
    return verdict


def _command() -> int:
    config, _ = parse(prog="train.export")
    return main(config)


if __name__ == "__main__":
    run(_command)
