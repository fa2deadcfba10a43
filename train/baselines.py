"""What the model has to beat: the majority label, a list of cue words, and TF-IDF with logistic regression.

All are trained on the same split as the model (the cue list is written by hand and learns nothing).
"""

import re
from collections.abc import Sequence

from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

# In the order of the guidelines' questions; the first that matches wins, else the majority label.
CUES = {
    "none": r"\?[\"”’']?$|^\W*(thank you|thanks|read more|photo|picture|by [A-Z])\b",
    "denial": r"\b(den(y|ies|ied)|reject(s|ed)|dismiss(es|ed)|disput(es|ed)|rul(es|ed) out|not true|untrue|false|no plans|not guilty|never)\b",
    "hedge": r"\b(may|might|could|possibly|perhaps|(un)?likely|appears?|seems?|suggests?|believes?|thinks?|suspects?|hopes?|whether|if|unclear|"
    r"allegedly|reportedly|probably|declined)\b",
    "scheduling": r"\b(will|to|is|are|due|scheduled|slated|set)\b.*\b((mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|tonight|"
    r"next (week|month|year)|january|february|march|april|june|july|august|september|october|november|december)\b",
}


def cue_words(texts: Sequence[str], labels: Sequence[str], majority: int) -> list[int]:
    """Label numbers by the first cue that matches. `labels` must have those of CUES."""
    known = [(labels.index(label), re.compile(pattern, re.IGNORECASE)) for label, pattern in CUES.items()]
    return [next((number for number, pattern in known if pattern.search(text)), majority) for text in texts]


def predict_baselines(train_texts: list[str], train_labels: list[int], texts: list[str], labels: Sequence[str]) -> dict[str, list[int]]:
    """Name of each baseline -> its label numbers for `texts`. Cue words are for the labels they were written for, and left out for others."""
    majority = DummyClassifier(strategy="most_frequent").fit(train_texts, train_labels)
    rare = 2 if len(train_texts) >= 1000 else 1  # of a handful of texts, hardly a word stands in two
    linear = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=rare), LogisticRegression(C=10, max_iter=2000, class_weight="balanced"))
    linear.fit(train_texts, train_labels)
    first = majority.predict(texts).tolist()
    cues = {"cue words": cue_words(texts, labels, first[0] if first else 0)} if set(CUES) <= set(labels) else {}
    return {"majority": first, **cues, "TF-IDF + logistic regression": linear.predict(texts).tolist()}
