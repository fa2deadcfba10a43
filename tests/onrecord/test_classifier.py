"""Any string has an answer, in order, whatever it is batched with."""

import dataclasses
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file, save_file

from onrecord import Classifier, Prediction
from onrecord.classifier import CheckpointError
from tests.conftest import LABELS


@pytest.fixture(scope="module")
def classifier(checkpoint: Path) -> Classifier:
    return Classifier.load(checkpoint)


def test_one_and_many(classifier: Classifier) -> None:
    one = classifier.predict("The talks will resume on Monday.")
    assert isinstance(one, Prediction) and classifier.predict([one.text]) == [one]
    assert list(one.probabilities) == list(classifier.labels) == LABELS
    assert sum(one.probabilities.values()) == pytest.approx(1)
    assert one.confidence == max(one.probabilities.values()) == one.probabilities[one.label]
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.label = "claim"  # type: ignore[misc]


def test_order_is_kept_and_the_batch_does_not_matter(classifier: Classifier) -> None:
    texts = [f"Sentence {i} " + "word " * ((i * 37) % 90) for i in range(150)]
    together = classifier.predict(texts)
    assert [p.text for p in together] == texts
    for p in together[::10]:
        alone = classifier.predict(p.text)
        assert alone.label == p.label and alone.probabilities == pytest.approx(p.probabilities, abs=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t",
        "😀🎉",
        "\x00\x07\x1b[31m",
        "Председатель отказался.",
        "会谈将于周一恢复。",
        "\ud800 lone",
        "a" * 5000,
        "مرحبا",
        "\u202eabc",
    ],
)
def test_odd_strings(classifier: Classifier, text: str) -> None:
    p = classifier.predict(text)
    assert p.text == text and p.label in LABELS and np.isfinite(p.confidence)


def test_a_long_sentence_is_read_to_its_end_in_windows(classifier: Classifier) -> None:
    long, short = classifier.predict(["word " * 20_000, "word"])
    assert len(long.text) == 100_000 and long.windows > 20_000 // classifier.max_tokens and short.windows == 1
    start = "word " * classifier.max_tokens
    (one, other), windows = classifier.logits([start + "said " * 200, start + "tomorrow " * 200])
    assert windows[0] == windows[1] > 1 and not np.allclose(one, other)  # what differs lies behind the first window


def test_windows_are_combined_by_tokens(classifier: Classifier) -> None:
    text = "word " * 300 + "tomorrow"
    rows = classifier.tokens.encode([text])[0]
    apart = np.array([classifier.backend.logits([row])[0] for row in rows])
    assert len(rows) == 2 and classifier.logits([text])[0][0] == pytest.approx(
        np.average(apart, axis=0, weights=[len(row) for row in rows]), abs=1e-5
    )
    assert set(rows[0][-20:-1]) == set(rows[1][1:20])  # they overlap


def test_a_stream_gives_the_same_in_constant_memory(classifier: Classifier) -> None:
    texts = [f"Sentence {i} " + "word " * (i % 7) for i in range(50)]
    for a, b in zip(classifier.predict_stream(iter(texts), chunk=8), classifier.predict(texts), strict=True):
        assert a.text == b.text and a.probabilities == pytest.approx(b.probabilities, abs=1e-5)
    seen = 0

    def endless() -> Iterator[str]:
        nonlocal seen
        while True:
            seen += 1
            yield "One."

    assert len(list(islice(classifier.predict_stream(endless(), chunk=8), 20))) == 20 and seen == 24
    with pytest.raises(TypeError, match="item 9 is int"):
        list(classifier.predict_stream(["a"] * 9 + [3], chunk=8))  # type: ignore[list-item]
    with pytest.raises(TypeError, match="not str"):
        list(classifier.predict_stream("a"))
    with pytest.raises(ValueError, match="chunk is 0"):
        list(classifier.predict_stream(["a"], chunk=0))


def test_rows_of_a_series_stay_in_their_order(classifier: Classifier) -> None:
    """By its index they came out in another one; a string was taken for a list of characters."""
    texts = ["He said so.", "Perhaps, perhaps."]
    series = pd.Series(texts, index=[1, 0])
    assert np.array_equal(classifier.probabilities(series), classifier.probabilities(texts))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not one string"):
        classifier.probabilities("He said so.")


def test_empty_list_generator_and_numpy(classifier: Classifier) -> None:
    assert classifier.predict([]) == []
    assert [p.text for p in classifier.predict(text for text in ("a", "b"))] == ["a", "b"]
    found = classifier.predict(np.array(["One.", "Two."]))
    assert [(p.text, type(p.text)) for p in found] == [("One.", str), ("Two.", str)]
    assert (
        classifier.predict(np.str_("One.")) == found[0] or classifier.predict(np.str_("One.")).label == found[0].label
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["a", None], "item 1 is NoneType"),
        (["a", b"b"], "item 1 is bytes"),
        (b"a", "not bytes"),
        (3, "not int"),
        ([["a"]], "item 0 is list"),
        ({"text": "a"}, "not dict; of a table give the column"),
        (pd.DataFrame({"text": ["a"]}), "not DataFrame; of a table give the column"),
    ],
)
def test_what_is_no_string_is_refused(classifier: Classifier, given: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        classifier.predict(given)  # type: ignore[call-overload]


def test_no_checkpoint_says_what_makes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CheckpointError, match=r"train it first, with `python -m train\.fit`"):
        Classifier.load(tmp_path / "nothing")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match="run `make train` in a clone"):
        Classifier.load()
    for directory, way in (
        ("runs/default-half/checkpoint", "run `make curve` first"),
        ("runs/mine/checkpoint", "`python -m train.fit --run mine`"),
    ):
        with pytest.raises(CheckpointError, match=f"no checkpoint at {directory}: .*{way}"):
            Classifier.load(directory)
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        Classifier.load(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match="could not be loaded"):
        Classifier.load(tmp_path)


def test_a_model_that_was_not_trained_to_classify_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    target = tmp_path / "headless"
    shutil.copytree(checkpoint, target)
    weights = {
        name: value
        for name, value in load_file(target / "model.safetensors").items()
        if not name.startswith("classifier.")
    }
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match=r"lacks classifier\.bias, classifier\.weight"):
        Classifier.load(target)
    (target / "model.safetensors").write_bytes((checkpoint / "model.safetensors").read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="could not be loaded"):
        Classifier.load(target)


def test_it_shows_what_it_is(classifier: Classifier) -> None:
    assert (
        repr(classifier) == f"Classifier(labels={classifier.labels}, backend={classifier.backend.name!r}, prior='data')"
    )


def test_of_long_texts_few_are_tokenised_together(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight texts of a megabyte took 670 MB, and up to 512 are tokenised together."""
    classifier = Classifier.load(checkpoint)
    long, short = ["She denied it. " * 20] * 9, ["She said so."] * 600
    before = classifier.predict(long + short)
    monkeypatch.setattr("onrecord.classifier.LONG", 1)
    together: list[list[str]] = []
    encode = classifier.tokens.encode
    monkeypatch.setattr(classifier.tokens, "encode", lambda texts: together.append(list(texts)) or encode(texts))
    assert [p.label for p in classifier.predict(long + short)] == [p.label for p in before]
    assert [len(texts) for texts in together if texts[0] == long[0]] == [1] * 9
    assert max(len(texts) for texts in together) > 9
