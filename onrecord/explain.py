"""Which words does an answer hang on?

Occlusion (Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks", section 4.1; for words Li
et al. 2016, arXiv:1612.08220): leave one word out and see how far the label's probability moves. This is the model's
sensitivity, not its reason: a shortened sentence may be one that nobody would write, and words that act together
share nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the sentence: `text[start:end]`, between white space."""

    text: str
    start: int
    end: int
    effect: float  # the label's probability with the word less that without it, -1 to 1; above 0: for the label


@dataclass(frozen=True, slots=True)
class Explanation:
    """How far each word carries the answer."""

    text: str
    label: str
    confidence: float
    words: tuple[Word, ...]


def explain(
    text: str, labels: Sequence[str], probabilities: Callable[[list[str]], np.ndarray], label: str | None = None
) -> Explanation:
    """Occlude each word of `text` for `label` (None = the most probable one).

    `probabilities` maps n texts to (n, labels). Costs one run of the model a word, in one call. Raises ValueError for
    a label that is not one of `labels`.
    """
    if label is not None and label not in labels:
        raise ValueError(f"label {label!r} is not one of {', '.join(labels)}")
    spans = [match.span() for match in WORD.finditer(text)]
    without = [f"{text[:start].rstrip()} {text[end:].lstrip()}".strip() for start, end in spans]
    rows = probabilities([text, *without])  # (1 + words, labels)
    column = int(rows[0].argmax()) if label is None else list(labels).index(label)
    confidence = float(rows[0, column])
    words = tuple(
        Word(text[start:end], start, end, confidence - float(row[column]))
        for (start, end), row in zip(spans, rows[1:], strict=True)
    )
    return Explanation(text, labels[column], confidence, words)
