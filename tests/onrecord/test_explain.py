"""Occlusion: the effect of a word is what the probability loses without it."""

import numpy as np
import pytest

from onrecord.explain import explain

LABELS = ("claim", "denial")


def model(texts: list[str]) -> np.ndarray:
    """Denial at 0.9 if "not" is in it, less 0.2 if "perhaps" is."""
    denial = np.array([0.1 + 0.8 * ("not" in text.split()) - 0.1 * ("perhaps" in text.split()) for text in texts])
    return np.stack([1 - denial, denial], axis=1)


def test_effects_of_the_words() -> None:
    found = explain("He did not perhaps  go.", LABELS, model)
    assert (found.label, found.confidence) == ("denial", pytest.approx(0.8))
    assert [word.text for word in found.words] == ["He", "did", "not", "perhaps", "go."]
    assert [word.effect for word in found.words] == pytest.approx([0, 0, 0.8, -0.1, 0])
    assert all(found.text[word.start : word.end] == word.text for word in found.words)


def test_another_label_than_the_likeliest() -> None:
    found = explain("He did not go.", LABELS, model, label="claim")
    assert found.confidence == pytest.approx(0.1) and found.words[2].effect == pytest.approx(-0.8)
    with pytest.raises(ValueError, match="'hedge' is not one of claim, denial"):
        explain("He went.", LABELS, model, label="hedge")


def test_the_words_are_left_out_one_at_a_time() -> None:
    asked: list[str] = []
    explain(" One  two\nthree ", LABELS, lambda texts: (asked.extend(texts), model(texts))[1])
    assert asked == [" One  two\nthree ", "two\nthree", "One three", "One  two"]


@pytest.mark.parametrize("text", ["", "  ", "One"])
def test_few_words(text: str) -> None:
    assert len(explain(text, LABELS, model).words) == len(text.split())
