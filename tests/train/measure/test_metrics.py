"""Figures agree with scikit-learn, and intervals are wider where articles are few."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from train.measure.metrics import calibration_error, macro_f1, measure, notes

LABELS = ["a", "b", "c"]


@pytest.fixture
def sample() -> tuple[list[int], list[int], list[str]]:
    random = np.random.default_rng(0)
    targets = random.integers(0, 3, 300)
    predicted = np.where(random.random(300) < 0.7, targets, random.integers(0, 3, 300))
    return targets.tolist(), predicted.tolist(), [f"d{i // 10}" for i in range(300)]


def test_as_scikit_learn(sample: tuple) -> None:
    targets, predicted, documents = sample
    figures = measure(targets, predicted, LABELS, documents)
    assert figures["accuracy"] == pytest.approx(accuracy_score(targets, predicted), abs=1e-4)
    assert (
        figures["macro_f1"]
        == pytest.approx(f1_score(targets, predicted, average="macro"), abs=1e-4)
        == pytest.approx(macro_f1(targets, predicted, 3), abs=1e-4)
    )
    expected = precision_recall_fscore_support(targets, predicted)
    for i, label in enumerate(LABELS):
        for name, value in zip(("precision", "recall", "f1", "support"), expected, strict=True):
            assert figures["labels"][label][name] == pytest.approx(value[i], abs=1e-4)


def test_the_interval_holds_the_value_and_whole_articles_widen_it(sample: tuple) -> None:
    targets, predicted, documents = sample
    by_sentence = measure(targets, predicted, LABELS, list(map(str, range(300))))
    clumped = measure(sorted(targets), [p for _, p in sorted(zip(targets, predicted, strict=True))], LABELS, documents)
    low, high = by_sentence["accuracy_interval"]
    assert low < by_sentence["accuracy"] < high
    assert clumped["accuracy_interval"][1] - clumped["accuracy_interval"][0] > high - low


def test_a_label_never_predicted_counts_zero() -> None:
    figures = measure([0, 1, 2], [0, 1, 1], LABELS, ["d"] * 3)
    assert figures["labels"]["c"]["f1"] == 0
    assert figures["macro_f1"] == pytest.approx((1 + 2 / 3 + 0) / 3, abs=1e-4)


def test_calibration_error() -> None:
    targets = np.array([0, 0, 0, 1])
    sure, fair = np.array([[0.99, 0.01]] * 4), np.array([[0.75, 0.25]] * 4)
    assert calibration_error(fair, targets) == pytest.approx(0)
    assert calibration_error(sure, targets) == pytest.approx(0.24)


def test_calibration_error_by_hand() -> None:
    # bins of 1/15: 0.70 and 0.72 share one (mean 0.71, half right), 0.95 has its own (right): (2 * 0.21 + 1 * 0.05) / 3
    probabilities = np.array([[0.70, 0.30], [0.72, 0.28], [0.05, 0.95]])
    assert calibration_error(probabilities, np.array([0, 1, 1])) == pytest.approx((2 * 0.21 + 0.05) / 3)


def test_intervals_are_those_of_a_bootstrap_over_documents() -> None:
    # 100 documents of one sentence, 80 right: the interval of accuracy is near the binomial one, 0.8 ± 1.96 * 0.04
    targets, predicted = [0] * 100, [0] * 80 + [1] * 20
    alone = measure(targets, predicted, ["a", "b"], [str(i) for i in range(100)])["accuracy_interval"]
    assert alone == pytest.approx([0.72, 0.88], abs=0.015)
    # five documents: far wider
    together = measure(targets, predicted, ["a", "b"], [str(i // 20) for i in range(100)])["accuracy_interval"]
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])


def test_a_label_that_does_not_occur_is_told_and_left_out_of_macro_f1() -> None:
    # c does not occur and is answered once; its figures are none, and the wrong answer costs a: (2/3 + 1) / 2
    targets, predicted = [0, 0, 1], [0, 2, 1]
    figures = measure(targets, predicted, LABELS, ["d", "e", "f"])
    assert figures["labels"]["c"] == {
        "precision": None,
        "recall": None,
        "f1": None,
        "f1_interval": None,
        "support": 0,
    } and figures["absent"] == {"c": 1}
    assert (
        figures["macro_f1"]
        == pytest.approx((2 / 3 + 1) / 2, abs=1e-4)
        == pytest.approx(macro_f1(targets, predicted, 3), abs=1e-4)
    )
    assert figures["macro_f1_interval"][1] == 1
    assert notes(figures, "articles") == [
        "absent: c (answered 1 times); macro-F1 goes over a, b",
        "interval from 3 articles: a bootstrap over so few is a rough guess, and often too narrow",
    ]


def test_nothing_is_told_where_all_labels_occur_in_many_documents(sample: tuple) -> None:
    targets, predicted, documents = sample
    assert notes(measure(targets, predicted, LABELS, documents)) == []


def test_one_answer_to_everything_is_told() -> None:
    documents = [f"d{i}" for i in range(40)]
    targets = [i % 3 for i in range(40)]
    assert any(
        note.startswith("every answer is b: nothing was learned")
        for note in notes(measure(targets, [1] * 40, LABELS, documents))
    )
    assert not notes(measure(targets, [1] * 39 + [2], LABELS, documents))
    assert not any("every answer" in note for note in notes(measure([1] * 40, [1] * 40, LABELS, documents)))
