"""Soft labels: a teacher's probabilities beside the label of a row (Hinton, Vinyals and Dean 2015)."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softmax

from train.config import Corpus, Engine, Stop
from train.corpus.splits import TEACHER


def distillation_loss(logits: torch.Tensor, gold: torch.Tensor, teacher: torch.Tensor, engine: Engine) -> torch.Tensor:
    """Sum over the rows of teacher_share × T² × KL(teacher ‖ model), both softened by T, + the rest × cross entropy.

    `logits` and `teacher` are (rows, labels), `gold` (rows,). A row whose `teacher` is nan counts by its label alone.
    T² keeps the gradients as large as those of the labels, whatever T is.
    """
    share, t = engine.teacher_share, engine.teacher_temperature
    by_label = cross_entropy(logits, gold, reduction="none")  # (rows,)
    taught = teacher.isfinite().all(1)
    known = torch.where(taught[:, None], teacher, torch.ones_like(teacher))  # nan × 0 would be nan in the gradient
    softened = softmax(known.clamp_min(1e-8).log() / t, 1)
    by_teacher = t**2 * kl_div(log_softmax(logits / t, 1), softened, reduction="none").sum(1)
    return torch.where(taught, share * by_teacher + (1 - share) * by_label, by_label).sum()


def write_teacher(corpus: Corpus, texts: Sequence[str], probabilities: torch.Tensor, teacher: str) -> Path:
    """data/teacher.parquet: a digest of each text and its probabilities, (rows, labels); `teacher` is the weights'
    digest.
    """
    columns = {"text": [digest(text) for text in texts], "probabilities": probabilities.half().numpy().tolist()}
    kinds = {"text": pa.binary(8), "probabilities": pa.list_(pa.float16(), probabilities.shape[1])}
    table = pa.table({name: pa.array(column, kinds[name]) for name, column in columns.items()})
    about = {"teacher": teacher, "labels": json.dumps(corpus.labels)}
    path = Path(corpus.data) / TEACHER
    fresh = path.with_suffix(".new")
    pq.write_table(table.replace_schema_metadata(about), fresh, compression="zstd")
    os.replace(fresh, path)
    return path


def read_teacher(corpus: Corpus, texts: Iterable[str]) -> tuple[torch.Tensor | None, str | None]:
    """(rows, labels) probabilities for these texts, nan for a text that has none, and the teacher's digest.

    (None, None) where data/ has no teacher.parquet. Raises Stop if it is damaged, or was made for other labels.
    """
    path = Path(corpus.data) / TEACHER
    if not path.is_file():
        return None, None
    try:
        table = pq.read_table(path)
        about = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
        labels, teacher = json.loads(about["labels"]), about["teacher"]
        known = dict(zip(table["text"].to_pylist(), table["probabilities"].to_pylist(), strict=True))
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise Stop(f"{path} cannot be read: {error}; make it again with train.teach, or delete it") from error
    if labels != corpus.labels:
        raise Stop(
            f"{path} has soft labels for {labels}, the data has {corpus.labels}; make it again with train.teach, "
            "delete "
            "it, or set engine.teacher_share: 0"
        )
    none = [float("nan")] * len(labels)
    return torch.tensor([known.get(digest(text), none) for text in texts], dtype=torch.float32), teacher


def digest(text: str) -> bytes:
    """Eight bytes that stand for a text: the first of its SHA-256."""
    return hashlib.sha256(text.encode()).digest()[:8]
