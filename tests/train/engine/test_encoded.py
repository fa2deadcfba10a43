"""Tokens on disk are those of the tokenizer, made once; training says how many texts it cuts."""

import json
from pathlib import Path

import pytest

from tests.conftest import LABELS
from train import fit
from train.config import Config, changed
from train.corpus.splits import load_split
from train.engine import encoded as module
from train.engine.encoded import cut_rows, encode, encoded
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


def test_only_texts_with_more_tokens_than_the_limit_are_cut(settings: Config) -> None:
    tokenizer, _ = load_model(settings.engine, ["a", "b"])
    texts = ["one", "one two three", "one two three four", "", "one two three four five six"]
    for limit, cut in ((5, 2), (6, 1), (7, 1), (8, 0)):  # with [CLS] and [SEP] they have 3, 5, 6, 2 and 8 tokens
        assert cut_rows(texts, map(len, encode(texts, tokenizer, limit)), tokenizer, limit) == cut


def test_the_count_is_printed_and_kept(settings: Config, capsys: pytest.CaptureFixture) -> None:
    config = changed(settings, run="short", engine__max_tokens=12, engine__max_steps=1)
    fit.main(config)
    kept = json.loads((Path(config.checkpoint) / "training.json").read_text())["cut_rows"]
    assert kept["train"] > 0
    assert f"longer than max_tokens = 12 and cut there: {kept['train']} of " in capsys.readouterr().out
    fit.main(changed(settings, run="long", engine__max_steps=1))
    assert "cut there" not in capsys.readouterr().out
