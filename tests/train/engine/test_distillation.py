"""Soft labels by hand, and rows without one."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.conftest import changed, weights
from train import fit
from train.config import Config, Stop, load
from train.corpus.splits import load_split, sign
from train.engine.distillation import distillation_loss, teacher_probabilities

NAN = float("nan")


def test_by_hand() -> None:
    """Two labels, T = 2: the teacher (0.8, 0.2) softened is (2/3, 1/3), as 0.8 and 0.2 have the roots 2 : 1."""
    logits, gold = torch.tensor([[2 * math.log(3.0), 0.0]]), torch.tensor([1])  # softened by 2: (3/4, 1/4)
    engine = load(engine__teacher_share=0.25, engine__teacher_temperature=2.0).engine
    divergence = 2 / 3 * math.log((2 / 3) / (3 / 4)) + 1 / 3 * math.log((1 / 3) / (1 / 4))
    expected = 0.25 * 4 * divergence + 0.75 * math.log(10)  # the label has probability 1/10
    found = distillation_loss(logits, gold, torch.tensor([[0.8, 0.2]]), engine)
    assert found.item() == pytest.approx(expected, abs=1e-5)


def test_a_row_without_a_teacher_counts_by_its_label_alone() -> None:
    logits, gold = torch.randn(4, 3, requires_grad=True), torch.tensor([0, 1, 2, 0])
    engine = load(engine__teacher_share=0.5).engine
    loss = distillation_loss(logits, gold, torch.full((4, 3), NAN), engine)
    assert loss.item() == pytest.approx(cross_entropy(logits, gold, reduction="sum").item(), abs=1e-6)
    (slope,) = torch.autograd.grad(loss, logits)
    (expected,) = torch.autograd.grad(cross_entropy(logits, gold, reduction="sum"), logits)
    assert torch.allclose(slope, expected, atol=1e-6)


def test_the_column_as_numbers() -> None:
    found = teacher_probabilities([[0.9, 0.1], None], 2)
    assert found[0].tolist() == pytest.approx([0.9, 0.1]) and found[1].isnan().all()
    with pytest.raises(Stop, match="has 3 probabilities, there are 2 labels"):
        teacher_probabilities([[0.9, 0.1, 0.0]], 2)


@pytest.mark.slow
def test_a_teacher_that_is_always_sure_of_another_label_is_learned(settings: Config, tmp_path: object) -> None:
    """Without teachers, or with a share of 0, the labels decide; a column changes the weights."""
    import shutil
    from pathlib import Path

    data = Path(str(tmp_path)) / "data"
    shutil.copytree(settings.corpus.data, data)
    train = load_split(settings.corpus, "train")
    soft = [None if i % 2 else [0.96, 0.01, 0.01, 0.01, 0.01] for i in range(len(train))]
    train.add_column("teacher", soft).to_parquet(str(data / "train.parquet"))
    sign(data)
    plain = changed(settings, run="untaught", engine__max_steps=4)
    taught = changed(plain, run="taught", corpus__data=str(data))
    ignored = changed(taught, run="ignored", engine__teacher_share=0.0)
    for config in (plain, taught, ignored):
        fit.main(config)
    assert not torch.equal(weights(plain)["classifier.weight"], weights(taught)["classifier.weight"])
    assert torch.allclose(weights(plain)["classifier.weight"], weights(ignored)["classifier.weight"], atol=1e-6)
