"""Tokens on disk are those of the tokenizer, made once."""

from pathlib import Path

import pytest

from tests.conftest import LABELS
from train.config import Config
from train.corpus.splits import load_split
from train.engine import encoded as module
from train.engine.encoded import encode, encoded
from train.engine.model import load_model


def test_rows_are_made_once_and_read_again(settings: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split, (tokenizer, _) = load_split(settings.corpus, "train", tmp_path), load_model(settings.engine, LABELS)
    first = encoded(split, tokenizer, settings.engine.max_tokens)
    assert first["input_ids"][:] == encode(split["text"][:], tokenizer, settings.engine.max_tokens)
    assert first["length"][:] == [len(row) for row in first["input_ids"]]
    assert Path(first.cache_files[0]["filename"]).is_relative_to(tmp_path)
    monkeypatch.setattr(module, "encode", None)  # would fail if it were called
    assert encoded(split, tokenizer, settings.engine.max_tokens)["input_ids"][:] == first["input_ids"][:]
    with pytest.raises(TypeError):  # it is asked again where the answer may differ
        encoded(split, tokenizer, 16)
