"""Batches hold every row once within their budget, tokens are those of transformers, threads those of the container."""

import json
import shutil
from itertools import pairwise
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from onrecord.inference.files import read_config
from onrecord.inference.threads import threads
from onrecord.inference.tokens import OVERLAP, Tokens, batches, side_by_side


@given(st.lists(st.integers(0, 300)), st.integers(1, 3000))
def test_every_row_once_within_the_budget(lengths: list[int], budget: int) -> None:
    found = batches(lengths, budget)
    assert sorted(row for batch in found for row in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= budget for batch in found)


def test_the_tokens_are_those_of_transformers(checkpoint: Path) -> None:
    texts = ["", " ", "One said “no”.", "😀🎉", "\x00\x07", "Председатель", "会谈将于周一恢复。", "Café naïve"]
    assert [
        row for (row,) in Tokens.read(checkpoint, read_config(checkpoint).limits).encode(texts)
    ] == AutoTokenizer.from_pretrained(checkpoint)(texts)["input_ids"]


@pytest.mark.parametrize(
    ("kind", "room"), [("bert", 40), ("distilbert", 40), ("mpnet", 38), ("roberta", 38), ("xlm-roberta", 38)]
)
def test_positions_numbered_from_behind_the_padding_are_fewer(
    checkpoint: Path, tmp_path: Path, kind: str, room: int
) -> None:
    shutil.copy(checkpoint / "tokenizer.json", tmp_path)
    config = {"id2label": {"0": "a"}, "model_type": kind, "max_position_embeddings": 40, "pad_token_id": 1}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert Tokens.read(tmp_path, read_config(tmp_path).limits).max_tokens == room


def test_windows_overlap(checkpoint: Path) -> None:
    tokens = Tokens.read(checkpoint, read_config(checkpoint).limits)
    whole = " ".join(f"{i:x}" for i in range(3 * tokens.max_tokens))
    (windows,) = tokens.encode([whole])
    bare = [window[1:-1] for window in windows]  # without the special tokens
    shared = int(OVERLAP * (tokens.max_tokens - 2))
    assert len(windows) > 2 and shared > 0 and len(set(map(tuple, bare))) == len(bare)
    for one, other in pairwise(bare):
        assert one[-shared:] == other[:shared] and one[-shared - 1 :] != other[: shared + 1]


def test_threads_are_what_the_container_grants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(16)))
    assert threads(tmp_path) == 16
    for text, expected in (("max 100000", 16), ("250000 100000", 3), ("10000 100000", 1)):
        (tmp_path / "cpu.max").write_text(text)
        assert threads(tmp_path) == expected
    (tmp_path / "cpu.max").unlink()
    (tmp_path / "cpu").mkdir()
    for name, value in (("quota", "400000"), ("period", "100000")):
        (tmp_path / "cpu" / f"cpu.cfs_{name}_us").write_text(value)
    assert threads(tmp_path) == 4
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert threads(tmp_path) == 2


def test_side_by_side_keeps_the_order_and_runs_as_many_at_once_as_said() -> None:
    together = Barrier(3, timeout=60)  # broken, and so an error, unless three meet at it

    def work(item: int) -> int:
        together.wait()
        return -item

    assert list(side_by_side(work, range(9), 3)) == [-item for item in range(9)]
    assert list(side_by_side(abs, [-3], 8)) == [3]
    with pytest.raises(ZeroDivisionError):
        list(side_by_side(lambda item: 1 // item, [1, 0, 1], 2))
