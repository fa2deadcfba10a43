"""The one road from sentences to labels: CLI, article reader, evaluation and gate all call `Classifier`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np

from onrecord.decision import DATA, Calibration, Rule

DEFAULT = Path("runs/default/checkpoint")


class CheckpointError(Exception):
    """There is no usable checkpoint at the place given; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model reads in one sentence."""

    text: str
    label: str  # the most probable one
    confidence: float  # its probability, 0 to 1
    probabilities: dict[str, float]  # every label, in the checkpoint's order; they add up to 1
    truncated: bool  # the sentence was longer than the model reads, and its end was not seen
    abstained: bool  # too unsure to be answered within the error promised; False throughout if the checkpoint was never calibrated
    label_set: tuple[str, ...]  # labels that cannot be excluded at the coverage promised; all of them if never calibrated


class Classifier:
    """A fine-tuned checkpoint, ready to type sentences. Make one with `Classifier.load`."""

    def __init__(self, model: Any, tokenizer: Any, max_tokens: int, calibration: Calibration | None, rule: Rule | None = None) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self.max_tokens = max_tokens
        self.labels: tuple[str, ...] = tuple(model.config.id2label[i] for i in range(model.config.num_labels))
        self.calibration = calibration
        self.rule = rule or Rule(DATA, 1.0, np.zeros(len(self.labels)), 0.0, np.zeros(len(self.labels)))

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str] = DEFAULT,
        device: str = "cpu",
        *,
        prior: str | Mapping[str, float] | None = None,
        max_error: float | None = None,
        coverage: float | None = None,
    ) -> Classifier:
        """Load a checkpoint directory, or a model of the Hugging Face hub by its id (needs the internet).

        `device` is a torch device such as "cpu" or "cuda". The rest is worked out from the calibration in the checkpoint, whose defaults
        stand for None: `prior` is the label shares of the text you will type (a name such as "news", "uniform" or "data", or a mapping
        label -> share), `max_error` the share of wrong labels allowed among answered sentences, `coverage` the share of each label's
        sentences whose label set has it. Raises CheckpointError if there is nothing to load or no calibration for such a wish, ValueError
        for a wish that makes no sense.
        """
        directory = Path(path)
        if not directory.is_dir() and (directory.is_absolute() or directory.parts[:1] in (("runs",), (".",), ("..",)) or directory.exists()):
            raise CheckpointError(f"no checkpoint at {directory}: run `make train` first, or give the path of another one")
        if directory.is_dir() and not (directory / "config.json").is_file():
            raise CheckpointError(f"{directory} holds no config.json, so it is not a checkpoint: run `make train`, or give the directory RUN/checkpoint")
        import torch  # here, not above: `import onrecord` and --help stay quick
        from safetensors import SafetensorError
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils import logging

        bars = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()
        try:
            model, report = AutoModelForSequenceClassification.from_pretrained(path, output_loading_info=True)
            tokenizer = AutoTokenizer.from_pretrained(path)
        except (OSError, ValueError, SafetensorError) as error:
            raise CheckpointError(f"{path} could not be loaded: {str(error).strip().splitlines()[0]}") from error
        finally:
            if bars:
                logging.enable_progress_bar()
        if report["missing_keys"]:
            raise CheckpointError(f"{path} is no trained classifier: it lacks {', '.join(sorted(report['missing_keys']))}; run `make train`")
        limit = min(tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", tokenizer.model_max_length))
        try:
            calibration = Calibration.read(directory)
        except ValueError as error:
            raise CheckpointError(str(error)) from error
        if calibration is None and not (prior is max_error is coverage is None):
            raise CheckpointError(f"{path} was never calibrated, so it has no answer to prior, max_error or coverage: run `python -m train.calibrate`")
        loaded = cls(model.to(torch.device(device)).eval(), tokenizer, limit, calibration)
        if calibration is not None:
            if tuple(calibration.shares) != loaded.labels:
                raise CheckpointError(f"{path}: the calibration is for {', '.join(calibration.shares)}, the model knows {', '.join(loaded.labels)}; calibrate again")
            loaded.rule = calibration.rule(prior, max_error, coverage)
        return loaded

    @overload
    def predict(self, texts: str) -> Prediction: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, texts: Iterable[str]) -> list[Prediction]: ...
    def predict(self, texts: str | Iterable[str]) -> Prediction | list[Prediction]:
        """Type one sentence, or many in their order.

        Any string has an answer, the empty one too: the model is asked, nothing is guessed or dropped. Raises TypeError, naming the
        position, for anything that is not a string.
        """
        if isinstance(texts, str):
            return self.predict([texts])[0]
        if isinstance(texts, bytes) or not isinstance(texts, Iterable):
            raise TypeError(f"predict takes a string or an iterable of strings, not {type(texts).__name__}")
        given = [self._checked(i, text) for i, text in enumerate(texts)]
        logits, truncated = self.logits(given)
        probabilities = self.rule.probabilities(logits)
        answered, sets = self.rule.answered(probabilities), self.rule.sets(probabilities)
        return [
            Prediction(
                text=text,
                label=self.labels[row.argmax()],
                confidence=float(row.max()),
                probabilities=dict(zip(self.labels, row.tolist(), strict=True)),
                truncated=cut,
                abstained=not sure,
                label_set=tuple(label for label, inside in zip(self.labels, chosen, strict=True) if inside),
            )
            for text, row, cut, sure, chosen in zip(given, probabilities, truncated, answered, sets, strict=True)
        ]

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """The same answers as one array (len(texts), len(labels)), rows adding up to 1."""
        return self.rule.probabilities(self.logits(texts)[0])

    def logits(self, texts: Sequence[str], batch_size: int = 32) -> tuple[np.ndarray, list[bool]]:
        """Raw scores (len(texts), len(labels)) as float64, and for each text whether it was truncated.

        Sentences run in batches of like length and come back in the order they were given.
        """
        import torch

        result = np.zeros((len(texts), len(self.labels)))
        tokens: list[list[int]] = []
        truncated: list[bool] = []
        for start in range(0, len(texts), 1000):  # the fast tokenizer works in parallel on a list
            encoded = self._tokenizer([_valid(text) for text in texts[start : start + 1000]], truncation=True, max_length=self.max_tokens, return_overflowing_tokens=True)
            owner = encoded["overflow_to_sample_mapping"]  # a text that overflows comes back as several rows, the first being its beginning
            for i, ids in enumerate(encoded["input_ids"]):
                if i and owner[i] == owner[i - 1]:
                    truncated[-1] = True
                else:
                    tokens.append(ids)
                    truncated.append(False)
        order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))
        with torch.inference_mode():
            for start in range(0, len(order), batch_size):
                rows = order[start : start + batch_size]
                batch = self._tokenizer.pad({"input_ids": [tokens[i] for i in rows]}, return_tensors="pt")
                inputs = {name: batch[name].to(self._model.device) for name in ("input_ids", "attention_mask")}
                result[rows] = self._model(**inputs).logits.double().cpu().numpy()
        return result, truncated

    @staticmethod
    def _checked(position: int, text: object) -> str:
        if not isinstance(text, str):
            raise TypeError(f"predict takes strings; item {position} is {type(text).__name__}: {text!r:.80}")
        return str(text)  # a numpy string becomes an ordinary one


def _valid(text: str) -> str:
    """The same text with lone surrogates, which have no UTF-8 form and which the tokenizer refuses, as question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
