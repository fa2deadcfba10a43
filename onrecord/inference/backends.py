"""What computes the scores: ONNX Runtime, which is all that using a model takes, or torch, for GPUs and training.

A backend turns rows of token ids into raw scores; it knows neither texts nor labels.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, get_args

import numpy as np

from onrecord.inference import BackendName
from onrecord.inference.threads import threads

if TYPE_CHECKING:
    import onnxruntime

ONNX, INT8 = "model.onnx", "model.int8.onnx"  # of train.export; the second only if it is nearly as good
FILES = {"onnx": ONNX, "int8": INT8}
WEIGHTS = "model.safetensors"
STAMP = "weights"  # metadata of an ONNX file: the fingerprint of the weights it was made from
MANIFEST = "manifest.json"  # of a model wheel: the SHA-256 of each of its files
RECORD = "export.json"  # written last by train.export: what was exported, the default, the SHA-256 of each file
BESIDE = ("config.json", "tokenizer.json", "tokenizer_config.json")  # that decide what the scores mean


class BackendError(Exception):
    """No backend can serve the wish; the message says what to install or run."""


class Backend(Protocol):
    """Scores of rows of token ids."""

    name: str
    version: str  # of the library that computes
    pad: int  # the token id that fills a batch's shorter rows
    budget: int  # tokens of a batch, padding included, with which it is quickest
    callers: int  # batches that it computes side by side, each asked for from a thread of its own

    def logits(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        """Raw scores (len(rows), labels) as float64 of one batch, padded here to its longest row."""
        ...


class OnnxBackend:
    """An ONNX file on the CPU, one thread a batch, and as many batches side by side as the container grants threads."""

    # What such a batch computes stays in a core's cache: 136 sentences per CPU-second, 108 at 2048 tokens, 128 at 128.
    budget = 512

    def __init__(self, path: Path, pad: int, name: str = "onnx") -> None:
        import onnxruntime  # here, not above: --help stays quick

        self.name, self.version, self.pad, self.callers = name, onnxruntime.__version__, pad, threads()
        try:
            self._session = _session(path)
        except Exception as error:  # each of its errors is a class of its own, under RuntimeError or Exception
            raise BackendError(
                f"{path} could not be loaded ({str(error).strip().splitlines()[0]}); "
                "write it again with `python -m train.export`"
            ) from error
        if not _made_from(self._session.get_modelmeta().custom_metadata_map.get(STAMP), path.parent / WEIGHTS):
            raise BackendError(
                f"{path} was not made from the {WEIGHTS} beside it: write it again with `python -m train.export`, "
                "delete it, or ask for backend='torch'"
            )

    def logits(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        """See Backend."""
        ids, mask = padded(rows, self.pad)
        return self._session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0].astype(np.float64)


def _session(path: Path) -> onnxruntime.InferenceSession:
    """The file made ready to run. Raises what onnxruntime raises."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # errors only: a command's output is its own
    # onnxruntime 1.32's fused kernel of adding and normalising is slower than the two apart: by 8% of all time in fp32,
    # by 12% in int8 (LOG.md).
    return onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
    )


class TorchBackend:
    """The safetensors weights in transformers, on any torch device."""

    callers = 1

    def __init__(self, source: str, pad: int, device: str = "cpu") -> None:
        import torch
        from transformers import AutoModelForSequenceClassification
        from transformers.utils import logging

        self.name, self.version, self.pad = "torch", str(torch.__version__), pad
        # a GPU wants its thousands of cores filled; not measured on one
        self.budget = OnnxBackend.budget if device == "cpu" else 16_384
        if device == "cpu":
            torch.set_num_threads(min(threads(), torch.get_num_threads()))
        bars = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()
        try:
            model, report = AutoModelForSequenceClassification.from_pretrained(source, output_loading_info=True)
        except Exception as error:  # whatever transformers makes of a config that people edit
            reason = str(error).strip() or type(error).__name__
            raise BackendError(f"{source} could not be loaded: {reason.splitlines()[0]}") from error
        finally:
            if bars:
                logging.enable_progress_bar()
        if report["missing_keys"]:
            raise BackendError(
                f"{source} is no trained classifier: it lacks {', '.join(sorted(report['missing_keys']))}; "
                "train it with `python -m train.fit`"
            )
        self.model: Any = model.to(torch.device(device)).eval()

    def logits(self, rows: Sequence[Sequence[int]]) -> np.ndarray:
        """See Backend."""
        import torch

        ids, mask = (torch.from_numpy(array).to(self.model.device) for array in padded(rows, self.pad))
        with torch.inference_mode():
            return self.model(input_ids=ids, attention_mask=mask).logits.double().cpu().numpy()


def padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[np.ndarray, np.ndarray]:
    """Token ids and attention mask, each (rows, longest row) of int64."""
    ids = np.full((len(rows), max(map(len, rows))), pad, dtype=np.int64)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)], mask[i, : len(row)] = row, 1
    return ids, mask


def weights_fingerprint(weights: Path) -> str:
    """SHA-256 over the header of a safetensors file and the first and last KiB of every tensor.

    A training moves them all, and the whole file would take 0.2 s. Raises ValueError for what is no whole safetensors
    file, such as the pointer that git leaves where git-lfs is not installed.
    """
    with open(weights, "rb") as file:
        head = file.read(8)
        length, size = int.from_bytes(head, "little"), os.fstat(file.fileno()).st_size
        if length > size:
            raise ValueError(
                f"{weights} is no whole safetensors file: its header would have {length:,} bytes, and it has {size:,}"
            )
        head += file.read(length)
        digest = hashlib.sha256(head)
        tensors = json.loads(head[8:])
        if not isinstance(tensors, dict) or not all(isinstance(tensor, dict) for tensor in tensors.values()):
            raise ValueError(f"{weights} is no safetensors file: its header does not describe tensors")
        for tensor in tensors.values():
            if "data_offsets" not in tensor:  # the file's own metadata
                continue
            start, end = (len(head) + offset for offset in tensor["data_offsets"])
            if end > size:
                raise ValueError(
                    f"{weights} is no whole safetensors file: a tensor ends at byte {end:,}, the file at {size:,}"
                )
            for place in (start, max(start, end - 1024)):
                file.seek(place)
                digest.update(file.read(min(1024, end - place)))
    return digest.hexdigest()


def _made_from(stamp: str | None, weights: Path) -> bool:
    """Whether an ONNX file with this stamp has the weights beside it; true where none lie there."""
    try:
        return stamp == weights_fingerprint(weights)
    except FileNotFoundError:
        return True
    except ValueError:  # no safetensors file, or half of one
        return False


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file's bytes: 0.1 s of CPU for the 91 MB of MiniLM, 0.5 s for the 439 MB of MPNet."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_changed(directory: Path, name: str) -> None:
    """Raise BackendError if a checkpoint's file `name` is not, to the last byte, the one that train.export recorded.

    Weights that were never exported have no record and pass; an ONNX file without one does not.
    """
    recorded = _recorded(directory).get(name)
    if recorded is None:
        if name == WEIGHTS and not (directory / RECORD).exists():
            return
        raise BackendError(
            f"{directory / RECORD} does not say what {name} must be: write it again with `python -m train.export`"
            + (f", after deleting {RECORD}" if name == WEIGHTS else "")
        )
    if sha256(directory / name) != recorded:
        raise BackendError(
            f"{directory / name} was changed after the export (its SHA-256 is not that of {RECORD}): restore it, or "
            f"delete {RECORD} and run `python -m train.export` if the weights were changed on purpose"
        )


def _recorded(directory: Path) -> dict[str, str]:
    """File name -> SHA-256 as train.export recorded it; nothing where there is no record that can be read."""
    try:
        return dict(json.loads((directory / RECORD).read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def refuse_others(directory: Path, calibrated: str) -> None:
    """Raise BackendError if a file of BESIDE is not the export's, or the calibration is of other weights.

    `calibrated` is the SHA-256 of the weights that calibration.json was made with. Exports and calibrations of before
    2026-12 name none, here "".
    """
    digests = _recorded(directory)
    for name in BESIDE:
        if name in digests and not ((directory / name).is_file() and sha256(directory / name) == digests[name]):
            raise BackendError(
                f"{directory / name} is not the one that {RECORD} names, so answers would be wrong: restore it, or "
                f"delete {RECORD} and run `python -m train.export` if it was changed on purpose"
            )
    weights = directory / WEIGHTS
    trained = digests.get(WEIGHTS) or (sha256(weights) if calibrated and weights.is_file() else None)
    if calibrated and trained not in (calibrated, None):
        raise BackendError(
            f"{directory / 'calibration.json'} was made with other weights than these: delete it and run "
            "`python -m train.calibrate`"
        )


def refuse_unlisted(directory: Path) -> None:
    """Raise BackendError if a file is not the one that manifest.json lists, where there is one, as in the model wheels.

    ONNX files are left to refuse_changed, which reads the one in use by export.json, and export.json is listed here.
    """
    path = directory / MANIFEST
    if not path.is_file():
        return
    try:
        listed = dict(json.loads(path.read_text(encoding="utf-8"))["sha256"])
        changed = [name for name in listed if not name.endswith(".onnx") and sha256(directory / name) != listed[name]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BackendError(f"{path} or a file it lists cannot be read ({error}); install the wheel again") from error
    if changed:
        raise BackendError(
            f"{directory / changed[0]} was changed: its SHA-256 is not in {MANIFEST}; install the wheel again"
        )


def default(directory: Path) -> str:
    """The quickest backend of the exported files whose gate held, as train.export recorded it; else the exact one.

    Records of before 2026-12 name none: their int8 was held to wider limits.
    """
    try:
        wish = json.loads((directory / RECORD).read_text(encoding="utf-8")).get("default")
    except (OSError, ValueError, AttributeError, RecursionError):  # refuse_changed names what is wrong with it
        wish = None
    return "int8" if wish == "int8" and (directory / INT8).is_file() else "onnx"


def choose(directory: Path, backend: str | None, device: str) -> str:
    """Which backend serves: the one asked for, or the default ONNX file on the CPU, else torch.

    Raises ValueError for a wish that makes no sense, BackendError for one that cannot be met.
    """
    if backend not in (None, *get_args(BackendName)):
        raise ValueError(f"backend {backend!r} is unknown; there are {', '.join(get_args(BackendName))}")
    if backend in FILES and device != "cpu":
        raise ValueError(f"backend {backend!r} runs on the CPU only; device {device!r} needs backend='torch'")
    if backend is None and device == "cpu":
        backend = default(directory)
        if not (directory / FILES[backend]).is_file():
            backend = None
    wanted = FILES.get(backend or "torch", WEIGHTS)
    if (directory / MANIFEST).is_file() and not (directory / wanted).is_file():
        raise BackendError(
            f"{directory} is a model wheel and holds no {wanted}: leave backend and device out, or name a checkpoint "
            "of `make train`"
        )
    if backend in FILES:
        if not (directory / FILES[backend]).is_file():
            why = "; it is kept only if it holds the limits, see export.json there" if backend == "int8" else ""
            raise BackendError(f"{directory} holds no {FILES[backend]}: run `python -m train.export`{why}")
        return backend
    if not all(map(importlib.util.find_spec, ("torch", "transformers"))):
        reason = (
            ""
            if backend == "torch" or device != "cpu"
            else f"{directory} holds no {ONNX} (`python -m train.export` writes it), and without it "
        )
        raise BackendError(f"{reason}torch and transformers are needed: run `pip install 'onrecord[torch]'`")
    return "torch"
