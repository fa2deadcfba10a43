"""Training says how many texts it cuts."""

import json
from pathlib import Path

import pytest

from tests.conftest import changed
from train import fit
from train.config import Config
from train.engine.encoded import encode
from train.engine.model import load_model
from train.engine.truncation import cut_rows


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
