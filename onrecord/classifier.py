"""The one road from sentences to labels: CLI, article reader, evaluation and gate all call `Classifier`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import overload

import numpy as np

from onrecord.calibration import DATA, Calibration, Rule
from onrecord.checkpoints import CheckpointError, Place, find_checkpoint
from onrecord.explain import Explanation, explain
from onrecord.inference import backends
from onrecord.inference.backends import Backend, BackendError
from onrecord.inference.files import read_config
from onrecord.inference.tokens import Tokens, ahead, batches, side_by_side

TOKENISED_TOGETHER = 512  # texts tokenised together
LONG = 2000  # characters; of longer texts fewer, as the tokens of a megabyte take 80 in memory


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model reads in one sentence."""

    text: str
    label: str  # the most probable one
    confidence: float  # its probability, 0 to 1
    probabilities: dict[str, float]  # every label, in the checkpoint's order; they add up to 1
    windows: int  # overlapping ones in which the sentence was read; 1 unless it was longer than the model reads at once
    abstained: bool  # too unsure to be answered within the error promised; False if the checkpoint was never calibrated
    label_set: tuple[str, ...]  # labels that the coverage promised does not exclude; all of them if never calibrated

    def record(self) -> dict[str, str | float | bool | int | list[str]]:
        """The same as one flat row for a table, without the text.

        Six decimals: those behind them depend on what a sentence was batched with.
        """
        return {
            "label": self.label,
            "confidence": round(self.confidence, 6),
            **{f"probability_{label}": round(p, 6) for label, p in self.probabilities.items()},
            "abstained": self.abstained,
            "label_set": list(self.label_set),
            "windows": self.windows,
        }


class Classifier:
    """A fine-tuned checkpoint, ready to label sentences. Make one with `Classifier.load`."""

    def __init__(
        self,
        backend: Backend,
        tokens: Tokens,
        labels: Sequence[str],
        calibration: Calibration | None = None,
        rule: Rule | None = None,
        card: str = "",
        place: Place | None = None,
    ) -> None:
        self.backend = backend
        self.tokens = tokens
        self.labels = tuple(labels)
        self.calibration = calibration
        self.card = card  # the model card: README.md of the checkpoint, "" if there is none
        self.place = place or Place("", Path(), "made of its parts")  # where it was loaded from, and why from there
        self.rule = rule or Rule(DATA, 1.0, np.zeros(len(self.labels)), 0.0, np.zeros(len(self.labels)))

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str] | None = None,
        device: str = "cpu",
        *,
        revision: str | None = None,
        backend: str | None = None,
        prior: str | Mapping[str, float] | None = None,
        max_error: float | None = None,
        coverage: float | None = None,
    ) -> Classifier:
        """Load a checkpoint: a directory, the name of an installed model wheel, or the id of a model of the hub.

        Without a path: the one that the environment variable ONRECORD_MODEL names, else runs/default/checkpoint where
        it is here, else an installed model wheel, onrecord-model-base before onrecord-model-small. `revision` is a
        branch, a tag or a commit of a model of the hub.

        `backend` is "int8" (model.int8.onnx, quickest), "onnx" (model.onnx, exact) or "torch". None takes, on the CPU,
        int8 if the export found it nearly as good, else model.onnx; where there is neither, and on other devices,
        torch. `device` is "cpu" or a torch device such as "cuda".

        The rest is worked out from the calibration in the checkpoint, whose defaults stand for None. `prior` is the
        label shares of the text to be labelled: "data", the training data's and the default, a name such as "news" or
        "uniform", or a mapping label -> share. `max_error` is the share of wrong labels allowed among answered
        sentences, `coverage` the share of each label's sentences whose label set has it.

        Raises CheckpointError if there is nothing to load, if files do not belong together, such as an ONNX file, a
        tokenizer or a calibration of another training, or if there is no calibration for such a wish; WishError, a
        ValueError, for a wish that makes no sense.
        """
        place = find_checkpoint(path, revision)
        try:
            return cls._load(place, device, revision, backend, prior, max_error, coverage)
        except OSError as error:  # a file that may not be read, or that the disk does not give
            raise CheckpointError(f"{place.source} could not be loaded: {error}") from error

    @classmethod
    def _load(
        cls,
        place: Place,
        device: str,
        revision: str | None,
        backend: str | None,
        prior: str | Mapping[str, float] | None,
        max_error: float | None,
        coverage: float | None,
    ) -> Classifier:
        """See load; raises OSError too."""
        path, directory = place.source, place.directory
        try:
            config = read_config(directory)
            tokens, pad = Tokens.read(directory, config.limits), config.pad
        except ValueError as error:
            raise CheckpointError(f"{path} could not be loaded: {str(error).strip().splitlines()[0]}") from error
        made = _backend(place, revision, backend, device, pad)
        try:
            calibration = Calibration.read(directory)
            backends.refuse_others(directory, calibration.weights if calibration else "")
        except (ValueError, BackendError) as error:
            raise CheckpointError(str(error)) from error
        if calibration is None and not (prior is max_error is coverage is None):
            raise CheckpointError(
                f"{path} was never calibrated, so it has no answer to prior, max_error or coverage: "
                "run `python -m train.calibrate`"
            )
        loaded = cls(made, tokens, config.labels, calibration, card=_card(directory), place=place)
        if (width := made.logits([[pad]]).shape[1]) != len(loaded.labels):
            raise CheckpointError(f"{path}: config.json names {len(loaded.labels)} labels, the model scores {width}")
        if calibration is not None:
            if tuple(calibration.shares) != loaded.labels:
                raise CheckpointError(
                    f"{path}: calibration.json is for {', '.join(calibration.shares)}, the model knows "
                    f"{', '.join(loaded.labels)}; delete it and run `python -m train.calibrate`"
                )
            loaded.rule = calibration.rule(prior, max_error, coverage)
        return loaded

    def __repr__(self) -> str:
        return f"Classifier(labels={self.labels}, backend={self.backend.name!r}, prior={self.rule.prior!r})"

    @property
    def max_tokens(self) -> int:
        """Tokens in one window; longer sentences are read in several."""
        return self.tokens.max_tokens

    @overload
    def predict(self, texts: str) -> Prediction: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, texts: Iterable[str]) -> list[Prediction]: ...
    def predict(self, texts: str | Iterable[str]) -> Prediction | list[Prediction]:
        """Label one sentence, or many in their order.

        Any string has an answer, the empty one too: the model is asked, nothing is guessed or dropped. Raises
        TypeError, naming the position, for anything that is not a string.
        """
        if isinstance(texts, str):
            return self.predict([texts])[0]
        if isinstance(texts, bytes | Mapping) or not isinstance(texts, Iterable) or hasattr(texts, "columns"):
            raise TypeError(
                f"predict takes a string or an iterable of strings, not {type(texts).__name__}; of a table give the "
                "column, e.g. table['text']"
            )
        return self._predict([_checked(i, text) for i, text in enumerate(texts)])

    def predict_stream(self, texts: Iterable[str], chunk: int = 1024) -> Iterator[Prediction]:
        """The same answers one by one, in order and in constant memory: `texts` may be endless.

        `chunk` sentences are read before the first comes back. A larger chunk leaves less padding, a smaller one
        answers sooner. Raises TypeError, naming the position, for anything that is not a string, ValueError for a
        `chunk` below 1.
        """
        if chunk < 1:
            raise ValueError(f"chunk is {chunk}; it must be 1 or more")
        if isinstance(texts, str | bytes | Mapping) or not isinstance(texts, Iterable) or hasattr(texts, "columns"):
            raise TypeError(f"predict_stream takes an iterable of strings, not {type(texts).__name__}")
        numbered = enumerate(texts)
        while sentences := [_checked(i, text) for i, text in islice(numbered, chunk)]:
            yield from self._predict(sentences)

    def _predict(self, texts: list[str]) -> list[Prediction]:
        logits, windows = self.logits(texts)
        probabilities = self.rule.probabilities(logits)
        answered, sets = self.rule.answered(probabilities), self.rule.sets(probabilities)
        return [
            Prediction(
                text=text,
                label=self.labels[row.argmax()],
                confidence=float(row.max()),
                probabilities=dict(zip(self.labels, row.tolist(), strict=True)),
                windows=read,
                abstained=not sure,
                label_set=tuple(label for label, inside in zip(self.labels, chosen, strict=True) if inside),
            )
            for text, row, read, sure, chosen in zip(texts, probabilities, windows, answered, sets, strict=True)
        ]

    def explain(self, text: str, label: str | None = None) -> Explanation:
        """How far each word of `text` carries the answer, for `label` or the most probable one.

        See onrecord/explain.py for what that means. Costs one run of the model a word. Raises ValueError for a label
        the model does not know, TypeError for anything that is not a string.
        """
        return explain(_checked(0, text), self.labels, self.probabilities, label)

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """The same answers as one array (len(texts), len(labels)), rows adding up to 1."""
        return self.rule.probabilities(self.logits(texts)[0])

    def logits(self, texts: Sequence[str], budget: int | None = None) -> tuple[np.ndarray, list[int]]:
        """Raw scores (len(texts), len(labels)) as float64, and for each text the number of windows it was read in.

        Texts go through in groups of like length, one being tokenised while the model is at the one before, within a
        group in batches of `budget` tokens (None = what suits the backend), and come back in their order. The scores
        of a text of several windows are the mean of theirs, weighted by tokens. Raises TypeError for a single string.
        """
        if isinstance(texts, str):
            raise TypeError("give a list of strings, not one string")
        texts = list(texts)  # the rows of a pandas Series, in their order; texts[i] is the one that its index names i
        scores, windows = np.zeros((len(texts), len(self.labels))), np.ones(len(texts), dtype=int)
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        lengths = [max(len(texts[i]), LONG) for i in order]
        groups = [[order[i] for i in group] for group in batches(lengths, TOKENISED_TOGETHER * LONG)]
        tokenised = ahead(lambda group: self.tokens.encode([texts[i] for i in group]), groups)
        for group, encoded in zip(groups, tokenised, strict=True):
            scores[group] = self._scores(encoded, budget or self.backend.budget)
            windows[group] = [len(pieces) for pieces in encoded]
        return scores, windows.tolist()

    def _scores(self, encoded: Sequence[Sequence[Sequence[int]]], budget: int) -> np.ndarray:
        """(texts, labels) of texts given as windows of token ids."""
        rows = [row for pieces in encoded for row in pieces]
        weights = np.array([len(row) for row in rows], dtype=float)
        scores = np.zeros((len(rows), len(self.labels)))
        cut = batches([len(row) for row in rows], budget)
        answers = side_by_side(lambda batch: self.backend.logits([rows[i] for i in batch]), cut, self.backend.callers)
        for batch, logits in zip(cut, answers, strict=True):
            scores[batch] = logits
        first = np.cumsum([0, *map(len, encoded[:-1])])  # of each text's windows, which lie side by side
        return np.add.reduceat(scores * weights[:, None], first) / np.add.reduceat(weights, first)[:, None]


def _backend(place: Place, revision: str | None, name: str | None, device: str, pad: int) -> Backend:
    """The backend `name`, None for the default, of files that are as they were exported. Raises CheckpointError."""
    try:
        chosen = backends.choose(place.directory, name, device)
        if (place.directory / (file := backends.FILES.get(chosen, backends.WEIGHTS))).is_file():
            backends.refuse_changed(place.directory, file)
        if chosen == "torch":
            weights = find_checkpoint(place.source, revision, weights=True).directory
            return backends.TorchBackend(os.fspath(weights), pad, device)
        return backends.OnnxBackend(place.directory / file, pad, chosen)
    except BackendError as error:
        raise CheckpointError(str(error)) from error


def _card(directory: Path) -> str:
    """The model card beside the weights. It answers nothing: one that is missing or cannot be decoded stops nobody."""
    path = directory / "README.md"
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _checked(position: int, text: object) -> str:
    if not isinstance(text, str):
        raise TypeError(f"predict takes strings; item {position} is {type(text).__name__}: {text!r:.80}")
    return str(text)  # a numpy string becomes an ordinary one
