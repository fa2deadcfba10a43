"""Tokens on disk are those of the tokenizer, made once, and edited anew in each epoch."""

from pathlib import Path
from random import Random

import datasets
import pytest

from tests.conftest import LABELS, changed
from train.config import Config
from train.corpus.splits import load_split
from train.engine import encoded as module
from train.engine.encoded import encode, encoded
from train.engine.model import load_model
from train.measure.edits import augment


def test_rows_are_made_once_and_read_again(settings: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split, (tokenizer, _) = load_split(settings, "train", tmp_path), load_model(settings, LABELS)
    first = encoded(split, tokenizer, settings, epoch=0)
    assert first["input_ids"][:] == encode(split["text"][:], tokenizer, settings.max_tokens)
    assert first["length"][:] == [len(row) for row in first["input_ids"]]
    assert Path(first.cache_files[0]["filename"]).is_relative_to(tmp_path)
    monkeypatch.setattr(module, "encode", None)  # would fail if it were called
    assert encoded(split, tokenizer, settings, epoch=1)["input_ids"][:] == first["input_ids"][:]
    with pytest.raises(TypeError):  # it is asked again where the answer may differ
        encoded(split, tokenizer, changed(settings, max_tokens=16), epoch=1)


def test_edits_are_drawn_by_seed_and_epoch(settings: Config, tmp_path: Path) -> None:
    datasets.Dataset.from_dict({"text": [f"They meet {n} times on Monday." for n in range(3000)]}).to_parquet(
        str(tmp_path / "rows.parquet")
    )
    split = datasets.Dataset.from_parquet(
        str(tmp_path / "rows.parquet"), cache_dir=str(tmp_path)
    )  # on disk: what was made is found again by its name
    tokenizer, _ = load_model(settings, LABELS)
    config = changed(settings, augment=["weekday", "number"], augment_share=0.5)
    found = [encoded(split, tokenizer, config, epoch)["input_ids"][:] for epoch in (0, 1, 0)]
    edited = augment(split["text"][:], config.augment, 0.5, Random(f"{config.seed}/1"))
    assert found[1] == encode(edited, tokenizer, 256) != found[0] == found[2]
    for other in (changed(config, seed=2), changed(config, augment_share=0.1)):
        assert encoded(split, tokenizer, other, epoch=1)["input_ids"][:] != found[1]
    assert encoded(split, tokenizer, config)["input_ids"][:] == encode(
        split["text"][:], tokenizer, 256
    )  # no epoch: as they are
