"""A document's split is decided once, and shares are what was asked for."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from train.config import Stop
from train.corpus.assign_splits import FILE, deal, read_splits, write_splits_file

SHARES = {"train": 0.75, "validation": 0.1, "test": 0.15}


def documents(first: int, count: int) -> dict[str, Counter[str]]:
    """Documents of one to thirty rows over five labels, one of them rare."""
    random = Random(first)
    labels, weights = ["claim", "hedge", "denial", "scheduling", "none"], [60, 20, 3, 10, 7]
    return {
        f"d{i:05}": Counter(random.choices(labels, weights, k=random.randint(1, 30)))
        for i in range(first, first + count)
    }


def rows_by_split(strata: dict[str, Counter[str]], dealt: dict[str, str]) -> dict[str, Counter[str]]:
    rows: dict[str, Counter[str]] = {name: Counter() for name in SHARES}
    for doc, counts in strata.items():
        rows[dealt[doc]].update(counts)
    return rows


def test_no_document_moves_when_500_come() -> None:
    old = documents(0, 600)
    before = deal(old, {}, SHARES, seed=7)
    everything = old | documents(600, 500)
    after = deal(everything, before, SHARES, seed=7)
    assert set(after) == set(everything)
    assert {doc: after[doc] for doc in old} == before
    # the new ones are dealt too
    assert Counter(after[doc] for doc in set(everything) - set(old)).keys() == SHARES.keys()
    assert deal(everything, {}, SHARES, seed=7) != after  # dealt anew they would have moved: the test can fail


@pytest.mark.parametrize("test_share", [0.1, 0.15, 0.3, 0.4, 0.55])
def test_every_stratum_gets_the_share_asked_for(test_share: float) -> None:
    strata = documents(0, 800)
    shares = {"train": 0.9 - test_share, "validation": 0.1, "test": test_share}
    rows = rows_by_split(strata, deal(strata, {}, shares, seed=7))
    total = sum(rows.values(), Counter())
    for name, share in shares.items():
        assert rows[name].total() / total.total() == pytest.approx(share, abs=0.005)
        for label, count in total.items():
            assert rows[name][label] / count == pytest.approx(share, abs=0.02), (name, label)


def test_the_file_keeps_what_was_decided(tmp_path: Path) -> None:
    write_splits_file(tmp_path, {"b": "test", "a": "train"})
    write_splits_file(tmp_path, {"c": "behaviour", "a": "test"})  # a is decided already
    assert (tmp_path / FILE).read_text() == "a\ttrain\nb\ttest\nc\tbehaviour\n"
    assert read_splits(tmp_path) == {"a": "train", "b": "test", "c": "behaviour"}


@pytest.mark.parametrize("line", ["a", "a\tholdout", "\ttest", "a test", "b\ttrain"])
def test_a_faulty_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / FILE).write_text(f"b\ttest\n{line}\n")
    with pytest.raises(Stop, match=f"{FILE}:2"):
        read_splits(tmp_path)
