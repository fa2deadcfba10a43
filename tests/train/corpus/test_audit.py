"""Each check of the corpus turns red on a corpus made to break it, and stays quiet on a sound one."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from train import build
from train.config import Stop, load
from train.corpus import audit
from train.corpus.rows import Sentence, read_seeds

LABELS = load().corpus.labels
META = {"part": "natural"}


def row(doc: str, order: int, text: str, label: str = "claim", annotators: tuple[str, ...] = ()) -> Sentence:
    return Sentence(doc, order, text, label, META, annotators=annotators, where=f"x.jsonl:{order}")


def by_word(texts: list[str]) -> np.ndarray:
    """A stand-in for MiniLM: a bag of words, hashed by a fixed rule. Equal words in another order are paraphrases."""
    vectors = np.zeros((len(texts), 512))
    for i, text in enumerate(texts):
        for word in text.lower().strip(".").split():
            vectors[i, sum(ord(c) * 31**k for k, c in enumerate(word)) % 512] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def parts(seeds: Path) -> dict[str, list[Sentence]]:
    return build.split(
        read_seeds(str(seeds), LABELS), load(corpus__seeds=str(seeds), corpus__behaviour_groups=1).corpus
    )


@pytest.fixture(autouse=True)
def limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test corpus is small and has a cue word a label by design."""
    monkeypatch.setattr(audit, "SHORTCUT_PRECISION", 1.0)
    monkeypatch.setattr(audit, "SHORTCUT_COVERAGE", 1.0)
    monkeypatch.setitem(audit.REPEATS, "top_opening", 1.0)


def faults(parts: dict[str, list[Sentence]]) -> list[str]:
    return [f for f in audit.audit(parts, LABELS, by_word)[1] if not f.startswith("shortcut: '")]


def test_a_sound_corpus_passes(parts: dict[str, list[Sentence]]) -> None:
    figures, _ = audit.audit(parts, LABELS, by_word)
    assert faults(parts) == []
    assert set(figures) == {
        "length_shortcut",
        "label_issues",
        "label_issues_open",
        "repeated_4grams",
        "top_opening",
        "top_name",
    }


def test_a_paraphrase_across_splits(parts: dict[str, list[Sentence]]) -> None:
    victim = parts["test"][0]
    words = victim.text.rstrip(".").split()
    parts["train"].append(row(parts["train"][0].doc, 99, " ".join(reversed(words)), victim.label))
    (fault,) = faults(parts)
    assert fault.startswith("paraphrase across splits (1.00)") and victim.where in fault and "x.jsonl:99" in fault


def test_few_rows_of_three_groups_have_figures_too() -> None:
    """It ended in a traceback: no n-gram stood in ten rows, and three groups are no five folds."""
    parts = {
        name: [row(name, i, f"{name}{i} one{i}{name} two{name}{i}", ("up", "down")[i % 2]) for i in range(8)]
        for name in build.SPLITS
    }
    figures, _ = audit.audit(parts, ["up", "down"], lambda texts: np.random.default_rng(0).normal(size=(len(texts), 4)))
    assert set(figures) >= {"length_shortcut", "label_issues"}


def test_credits_are_no_paraphrases(parts: dict[str, list[Sentence]]) -> None:
    parts["train"].append(row(parts["train"][0].doc, 99, "With inputs from PTI", "none"))
    parts["test"].append(row(parts["test"][0].doc, 99, "From PTI with inputs", "none"))
    assert faults(parts) == []
    parts["test"].append(row(parts["test"][0].doc, 98, "with from PTI inputs on Monday", "none"))
    parts["train"].append(row(parts["train"][0].doc, 98, "on Monday inputs from PTI with", "none"))
    (fault,) = faults(parts)
    assert "Monday" in fault


def test_one_story_in_two_splits(parts: dict[str, list[Sentence]]) -> None:
    people = "Maria Delgado told Peter Hahn and Lucas Brandt that Ines Okoro had left"
    parts["train"].append(row(parts["train"][0].doc, 98, f"{people} on the early boat."))
    parts["test"].append(
        row(parts["test"][0].doc, 99, f"Nobody believed what {people} behind, it seems, for reasons of state.")
    )
    (fault,) = [f for f in faults(parts) if "story" in f]
    assert "share Ines Okoro, Lucas Brandt, Maria Delgado, Peter Hahn" in fault


@pytest.mark.slow
def test_length_alone(parts: dict[str, list[Sentence]]) -> None:
    every = [s for rows in parts.values() for s in rows]
    assert audit.length_shortcut(every, LABELS) < 0.3
    stretched = {
        name: [row(s.doc, s.order, s.text + " word" * 30 * LABELS.index(s.label), s.label) for s in rows]
        for name, rows in parts.items()
    }
    assert any(f.startswith("shortcut: length alone") for f in faults(stretched))


def test_one_ngram(parts: dict[str, list[Sentence]]) -> None:
    every = [s for rows in parts.values() for s in rows]
    shortcuts = audit.ngram_shortcuts(every, "claim", precision=0.9, coverage=0.5)
    assert {(ngram, label) for ngram, label, *_ in shortcuts} == {
        ("perhaps", "hedge"),
        ("denied", "denial"),
        ("tomorrow", "scheduling"),
        ("why", "none"),
    }
    assert audit.ngram_shortcuts([row("d", i, "perhaps so", LABELS[i % 5]) for i in range(50)], "claim", 0.9, 0.5) == []


@pytest.mark.slow
def test_label_errors_that_one_annotator_saw(parts: dict[str, list[Sentence]], monkeypatch: pytest.MonkeyPatch) -> None:
    every = [s for rows in parts.values() for s in rows]
    random = Random(0)
    wrong = {s.id for s in random.sample([s for s in every if s.label == "denial"], 5)}
    swapped = [
        Sentence(s.doc, s.order, s.text, "hedge" if s.id in wrong else s.label, s.meta, where=s.where) for s in every
    ]
    # an encoder that sees the cue word and nothing else, so that the five stand out
    cues = ("said", "perhaps", "denied", "tomorrow", "why")
    vectors = {s.id: np.array([float(cue in s.text.lower().strip(".").split()) for cue in cues]) for s in swapped}
    assert {s.id for s in audit.label_issues(swapped, vectors, LABELS)} == wrong

    def sees_cues(texts: list[str]) -> np.ndarray:
        return np.array([[float(cue in text.lower().strip(".").split()) for cue in cues] for text in texts])

    monkeypatch.setattr(audit, "OPEN_LABEL_ISSUES", 0.0)
    doubtful = audit.audit({"train": swapped}, LABELS, sees_cues)[1]
    assert sum("likely label error" in f for f in doubtful) == 5
    reviewed = [
        Sentence(s.doc, s.order, s.text, s.label, s.meta, annotators=("hedge", "hedge"), where=s.where) for s in swapped
    ]
    assert not any("likely label error" in f for f in audit.audit({"train": reviewed}, LABELS, sees_cues)[1])


@pytest.mark.parametrize(
    ("text", "limit"),
    [("It was {i} times {i} that the {i} came", "top_opening"), ("{i} so said Maria Delgado {i}", "top_name")],
)
def test_diversity(parts: dict[str, list[Sentence]], text: str, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(audit.REPEATS, "top_opening", 0.02)
    dull = {name: [row(s.doc, s.order, text.format(i=s.id), s.label) for s in rows] for name, rows in parts.items()}
    assert any(f.startswith(f"diversity: {limit}") for f in faults(dull))


def test_the_same_phrases_in_every_document(parts: dict[str, list[Sentence]]) -> None:
    dull = {
        name: [
            row(s.doc, s.order, " ".join(f"word{s.order}x{k}" for k in range(9)) + f" {s.id}", s.label) for s in rows
        ]
        for name, rows in parts.items()
    }
    assert any(f.startswith("diversity: repeated_4grams") for f in faults(dull))


def test_the_command_stops(seeds: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(audit, "audit", lambda parts, labels: ({"label_issues": 3}, ["a fault"]))
    with pytest.raises(Stop, match="the audit found 1 faults"):
        build.main(load(corpus__seeds=str(seeds), corpus__behaviour_groups=1), audit=True)
    assert "label_issues" in capsys.readouterr().out


def test_minilm_sees_a_paraphrase() -> None:
    """The real encoder, once: what the threshold of the config is about."""
    a, b, c = audit.embed(
        [
            "The interview has been edited for length.",
            "This interview was edited and shortened.",
            "Shares fell by three per cent on Monday.",
        ]
    )
    assert a @ b > 0.8 > 0.3 > a @ c
