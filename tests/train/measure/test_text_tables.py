"""The tables that `train.evaluate` prints."""

from train.measure.baselines import WORDS
from train.measure.metrics import measure
from train.measure.text_tables import render


def test_a_model_that_words_alone_reach_is_told() -> None:
    targets, documents = [0, 1] * 20, [str(i) for i in range(40)]
    right, worse = (measure(targets, answers, ["a", "b"], documents) for answers in (targets, [1, *targets[1:]]))
    for model, words, told in ((right, worse, False), (right, right, True), (worse, right, True)):
        metrics = {"test": model, "baselines": {WORDS: words}, "extra": {}}
        assert ("test: model: macro-F1 is not above that of TF-IDF" in render(metrics, ["a", "b"])) == told
