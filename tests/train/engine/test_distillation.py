"""Soft labels by hand, and rows without one."""

import hashlib
import json
import math
import shutil
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from onrecord import Classifier
from onrecord.calibration import softmax
from tests.conftest import changed, weights
from train import build, fit, teach
from train.config import Config, Stop, load
from train.corpus.splits import load_split
from train.engine.distillation import distillation_loss, read_teacher, write_teacher

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


def test_kept_beside_the_splits_and_found_by_text(tmp_path: Path) -> None:
    """A row that was rewritten has none; damaged files and other labels end in a line with the way out."""
    corpus = load(corpus__data=str(tmp_path)).corpus.model_copy(update={"labels": ["no", "yes"]})
    assert read_teacher(corpus, ["One."]) == (None, None)
    path = write_teacher(corpus, ["One.", "Two."], torch.tensor([[0.9, 0.1], [0.25, 0.75]]), "abc")
    rows, teacher = read_teacher(corpus, ["Two.", "Three.", "One."])
    assert rows is not None and teacher == "abc" and rows[1].isnan().all()
    assert rows[[0, 2]].flatten().tolist() == pytest.approx([0.25, 0.75, 0.9, 0.1], abs=1e-3)
    with pytest.raises(Stop, match=r"engine\.teacher_share: 0"):
        read_teacher(corpus.model_copy(update={"labels": ["no", "maybe"]}), ["One."])
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(Stop, match=r"cannot be read.*train\.teach"):
        read_teacher(corpus, ["One."])


@pytest.mark.slow
def test_teach_then_fit(settings: Config, checkpoint: Path, tmp_path: Path) -> None:
    """teach writes what the checkpoint says; it changes what is learned; build keeps the file and --check passes."""
    shutil.copytree(settings.corpus.data, tmp_path / "data")
    config = changed(settings, corpus__data=str(tmp_path / "data"))
    train = load_split(config.corpus, "train")
    assert teach.main(config) == 0
    soft, teacher = read_teacher(config.corpus, train["text"])
    logits, _ = Classifier.load(checkpoint, backend="torch").logits(list(train["text"][:50]))
    assert soft is not None and soft[:50].numpy() == pytest.approx(softmax(logits), abs=2e-3)
    assert teacher == hashlib.sha256((checkpoint / "model.safetensors").read_bytes()).hexdigest()
    build.main(config)
    assert build.main(config, check=True) == 0
    plain = changed(settings, run="untaught", engine__max_steps=4)
    taught = changed(config, run="taught", engine__max_steps=4)
    ignored = changed(taught, run="ignored", engine__teacher_share=0.0)
    for each in (plain, taught, ignored):
        fit.main(each)
    assert json.loads((taught.checkpoint / "training.json").read_text())["teacher"] == teacher
    assert not torch.equal(weights(plain)["classifier.weight"], weights(taught)["classifier.weight"])
    assert torch.equal(weights(plain)["classifier.weight"], weights(ignored)["classifier.weight"])


def test_teach_without_a_checkpoint_says_how_to_get_one(settings: Config) -> None:
    with pytest.raises(Stop, match="holds no checkpoint; train it with"):
        teach.main(changed(settings, run="never"))
