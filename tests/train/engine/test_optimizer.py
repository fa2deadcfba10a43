"""The learning rate by step, and who learns how fast."""

from itertools import pairwise

import pytest

from tests.conftest import LABELS, changed
from train.config import Config
from train.engine.model import load_model
from train.engine.optimizer import learning_rate, parameter_groups


def test_learning_rate_rises_to_its_peak_and_falls_to_zero() -> None:
    rates = [learning_rate(step, 100, 2.0, 0.1) for step in range(101)]
    assert rates[0] == 0.2 and max(rates) == rates[9] == rates[10] == 2.0 and rates[100] == 0
    assert all(a > b for a, b in pairwise(rates[10:]))
    assert learning_rate(0, 1, 2.0, 0.0) == 2.0


def test_vectors_do_not_decay_and_the_head_has_its_own_rate(settings: Config) -> None:
    config = changed(settings, engine__learning_rate=1e-4, engine__head_learning_rate=1e-3)
    _, model = load_model(config.engine, LABELS)
    groups = parameter_groups(model, config.engine)
    names = {id(p): name for name, p in model.named_parameters()}
    assert sorted(names.values()) == sorted(names[id(p)] for group in groups for p in group["params"])
    for group in groups:
        for p in group["params"]:
            assert group["weight_decay"] == (config.engine.weight_decay if p.ndim >= 2 else 0)
            head = "classifier" in names[id(p)] or "pooler" in names[id(p)]
            assert group["peak"] == (1e-3 if head else 1e-4), names[id(p)]


def test_lower_layers_learn_more_slowly(settings: Config) -> None:
    config = changed(settings, engine__learning_rate=1e-4, engine__head_learning_rate=1e-3, engine__layer_decay=0.5)
    _, model = load_model(config.engine, LABELS)
    names = {id(p): name for name, p in model.named_parameters()}
    peaks = {names[id(p)]: group["peak"] for group in parameter_groups(model, config.engine) for p in group["params"]}
    for part, peak in (("embeddings.word", 2.5e-5), ("layer.0.", 5e-5), ("layer.1.", 1e-4), ("classifier", 1e-3)):
        rates = {value for name, value in peaks.items() if part in name}
        assert len(rates) == 1 and rates.pop() == pytest.approx(peak), part
