"""The bench compares like with like and its figures follow from what it measured."""

import json
from pathlib import Path

import pytest
import torch
from rich.console import Console

from bench import training as bench
from bench import training_sides
from tests.conftest import LABELS
from train.config import Config, Stop, changed
from train.corpus.splits import load_split
from train.engine.model import load_model


def test_whole_documents_are_drawn(settings: Config, tmp_path: Path) -> None:
    config = bench.shortened(settings, 60, tmp_path)
    part, full = load_split(config.corpus, "train"), load_split(settings.corpus, "train")
    assert 60 <= len(part) < 66
    for doc in set(part["doc"]):
        assert list(part["doc"]).count(doc) == list(full["doc"]).count(doc)
    assert config.engine.patience == config.engine.epochs


def test_needed_flops_are_those_of_the_formula(settings: Config) -> None:
    """Two layers, hidden 32, feed-forward 64: keys and values of all tokens, the rest of the last layer of one;
    attention; pooler; head. Backward is double, but for the products with the embeddings' output, which are needed
    there, too."""
    tokenizer, _ = load_model(settings.engine, LABELS)
    text = ["The talks ended."]
    n, d, f = len(tokenizer(text)["input_ids"][0]), 32, 64
    first = n * (4 * d * d + 2 * d * f) + 2 * n * n * d
    last = n * 2 * d * d + (2 * d * d + 2 * d * f) + 2 * n * d
    head = d * d + d * len(LABELS)
    forward = 2 * (first + last + head)
    assert bench.needed_flops(settings, [], text) == settings.engine.epochs * forward
    assert bench.needed_flops(settings, text * 3, []) == settings.engine.epochs * 3 * 3 * forward


@pytest.mark.slow
@pytest.mark.parametrize("pad_to", [128, None])
def test_trainer_sides_pad_as_they_say(
    settings: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pad_to: int | None
) -> None:
    widths = set()
    real = torch.nn.Embedding.forward

    def forward(self: torch.nn.Embedding, tokens: torch.Tensor) -> torch.Tensor:
        widths.add(tokens.shape[-1])
        return real(self, tokens)

    monkeypatch.setattr(torch.nn.Embedding, "forward", forward)
    config = changed(settings, output=str(tmp_path), engine__epochs=1)
    options = {} if pad_to else {"train_sampling_strategy": "group_by_length"}
    assert 0 <= training_sides.with_trainer(config, pad_to, **options) <= 1
    assert widths == {128} if pad_to else max(widths) < 128 and len(widths) > 1
    assert (config.checkpoint / "model.safetensors").exists()


@pytest.mark.slow
def test_the_whole_bench(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        bench, "run_side", lambda name, config, root: training_sides.measured(name, changed(config, run=name))
    )
    monkeypatch.setattr(bench, "matrix_rate", lambda clock: 1e9)
    result = json.loads(json.dumps(bench.main(settings, 60)))
    ours, padded = result["sides"]["ours"], result["sides"]["padded"]
    assert set(result["sides"]) == {"padded", "grouped", "ours"}
    assert ours["sentences_per_cpu_second"] == pytest.approx(
        result["rows"] * settings.engine.epochs / ours["cpu_seconds"]
    )
    assert ours["utilisation"] == pytest.approx(result["needed_flops"] / ours["cpu_seconds"] / 1e9)
    assert result["ratios"]["padded"]["sentences_per_cpu_second"] == pytest.approx(
        padded["cpu_seconds"] / ours["cpu_seconds"]
    )
    assert result["ratios"]["padded"]["seconds"] == pytest.approx(padded["seconds"] / ours["seconds"])
    console = Console(width=130, record=True)
    bench.show(result, console)
    assert f"{result['ratios']['padded']['seconds']:.2f}x" in console.export_text()


@pytest.mark.slow
def test_a_side_that_fails_says_why(settings: Config, tmp_path: Path) -> None:
    broken = changed(settings, corpus__data=str(tmp_path / "nowhere"))
    with pytest.raises(Stop, match=r"train.fit failed with code 1:(.|\n)*run `make data`"):
        bench.run_side("ours", broken, tmp_path)
