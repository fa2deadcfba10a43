"""What the model has to beat: the majority label, a list of cue words, and TF-IDF with logistic regression.

All are trained on the same split as the model (the cue list is written by hand and learns nothing).
"""

import re
from collections.abc import Sequence

from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

WORDS = "TF-IDF + logistic regression"  # the one that a model must be better than


def cue_words(texts: Sequence[str], labels: Sequence[str], majority: int, cues: dict[str, str]) -> list[int]:
    """Label numbers by the first of the `cues` (label -> regular expression) that stands in a text, else `majority`."""
    known = [(labels.index(label), re.compile(pattern, re.IGNORECASE)) for label, pattern in cues.items()]
    return [next((number for number, pattern in known if pattern.search(text)), majority) for text in texts]


class Baselines:
    """All of them, fitted once; `cues` that name other labels than these are left out."""

    def __init__(self, texts: list[str], targets: list[int], labels: Sequence[str], cues: dict[str, str]) -> None:
        """`targets` are label numbers of the training `texts`."""
        self._labels, self._cues = labels, cues if cues and set(cues) <= set(labels) else {}
        self._majority = DummyClassifier(strategy="most_frequent").fit(texts, targets)
        rare = 2 if len(texts) >= 1000 else 1  # of a handful of texts, hardly a word stands in two
        self._linear = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=rare),
            LogisticRegression(C=10, max_iter=2000, class_weight="balanced"),
        ).fit(texts, targets)

    def predict(self, texts: list[str]) -> dict[str, list[int]]:
        """Name of each baseline -> its label numbers for `texts`, one at least."""
        majority = self._majority.predict(texts).tolist()
        by_cues = {"cue words": cue_words(texts, self._labels, majority[0], self._cues)} if self._cues else {}
        return {"majority": majority} | by_cues | {WORDS: self._linear.predict(texts).tolist()}
