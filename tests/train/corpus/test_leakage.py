"""Nearly equal texts stay on one side of the splits, and to find them costs no time that grows with their pairs."""

from pathlib import Path

import pytest

from tests.train.corpus.conftest import config_of, read, rows, save
from train import build
from train.corpus import leakage
from train.corpus.sources import WHOLE


def test_nearly_equal_texts_stay_together_where_splits_are_made(tmp_path: Path) -> None:
    records = rows(60)
    copies = [row | {"text": row["text"] + " x"} for row in records]
    parts, _ = build.checked(config_of(tmp_path, source__files=save(tmp_path / "mine.csv", records + copies)))
    for name in build.SPLITS:
        texts = {s.text.removesuffix(" x") for s in parts[name]}
        assert 2 * len(texts) == len(parts[name])


def test_a_text_repeated_many_times_costs_no_pairs_and_stays_on_one_side(tmp_path: Path) -> None:
    """1,500 copies in 1,500 groups would be a million pairs."""
    records = [*rows(60), *({"text": f"Same old story{'!' * (i % 3)}", "label": "up"} for i in range(1500))]
    parts, _ = build.checked(
        config_of(
            tmp_path,
            source__files=save(tmp_path / "mine.csv", records),
            corpus__validation_share=0.2,
            corpus__test_share=0.2,
        )
    )
    assert sorted(sum(s.text.startswith("Same") for s in parts[name]) for name in build.SPLITS) == [0, 0, 1500]
    assert not build.near_duplicates(parts)


def test_texts_of_one_template_cost_a_pair_each(tmp_path: Path) -> None:
    """A thousand of them were half a million pairs, and took 16 s; ten thousand would have taken half an hour."""
    records = [
        {"text": f"The temperature at the weather station of Pellmouth was {i} degrees at noon.", "label": "up"}
        for i in range(100, 250)
    ]
    parts, _ = read(config_of(tmp_path, source__files=save(tmp_path / "mine.csv", records + rows(40))))
    pairs = build.near_duplicates({s.doc: [s] for s in parts[WHOLE]})
    assert len(pairs) == 149 and all(similarity >= 0.7 for similarity, *_ in pairs)
    made, _ = build.checked(config_of(tmp_path, source__files=str(tmp_path / "mine.csv")))
    assert sum(any("Pellmouth" in s.text for s in part) for part in made.values()) == 1, "all are in one split"


def test_texts_that_are_nearly_of_one_template_cost_no_exact_comparison_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All were compared with all: a thousand of them took a minute, ten thousand would have taken hours."""
    words = iter(row["text"].split() for row in rows(150))
    form = "The temperature at the weather station of {} was {} degrees at noon, people said."
    records = [{"text": form.format(*next(words)[:2]), "label": "up"} for _ in range(150)]
    records.append({"text": records[70]["text"].replace("noon", "night"), "label": "up"})
    parts, _ = read(config_of(tmp_path, source__files=save(tmp_path / "mine.csv", records + rows(2))))
    made = []
    monkeypatch.setattr(leakage, "shingles", lambda text, real=leakage.shingles: made.append(1) or real(text))
    ((_, _, first, _, second),) = build.near_duplicates({s.doc: [s] for s in parts[WHOLE]})
    assert (first.text, second.text) == (records[70]["text"], records[150]["text"])
    assert len(made) <= (leakage.LOOK + 1) * len(records + rows(2))
