"""The memory bench watches a real training and repeats rows as it says."""

from pathlib import Path

import pytest
from matplotlib.axes import Axes

from bench import memory as bench_memory
from tests.conftest import changed
from train.config import Config, Stop
from train.corpus.splits import load_split


def test_a_split_is_repeated(settings: Config, tmp_path: Path) -> None:
    bench_memory.repeated(settings.corpus, 500, tmp_path / "data")
    split, many = (
        load_split(settings.corpus, "train"),
        load_split(changed(settings, corpus__data=str(tmp_path / "data")).corpus, "train"),
    )
    assert len(many) == 500 and many.features == split.features
    assert many["text"][:] == (split["text"][:] * 5)[:500]


@pytest.mark.slow
def test_it_watches_the_training(settings: Config) -> None:
    small, large = bench_memory.main(settings, [300, 3000], steps=3)
    assert (small["rows"], large["rows"]) == (300, 3000)
    assert all(0.05 < size["gib"] < 4 for size in (small, large))  # torch alone is more, a tiny model less


def test_the_plot_is_of_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    real = Axes.plot
    monkeypatch.setattr(
        Axes, "plot", lambda self, x, y, **style: (drawn.append((x, y, self)), real(self, x, y, **style))[1]
    )
    bench_memory.plot([{"rows": 100, "gib": 1.5}, {"rows": 10_000, "gib": 1.6}], tmp_path / "memory.png")
    ((rows, gib, axes),) = drawn
    assert (rows, gib) == ([100, 10_000], [1.5, 1.6]) and axes.get_ylim()[0] == 0
    assert (tmp_path / "memory.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_training_that_fails_says_why(settings: Config, tmp_path: Path) -> None:
    with pytest.raises(Stop, match=r"training on 10 rows failed with code 1:(.|\n)*is none of minilm, mpnet, tiny"):
        bench_memory.measured(changed(settings, engine__model=str(tmp_path / "nowhere")), 10, 1, tmp_path / "scratch")
