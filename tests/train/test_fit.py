"""Training learns, repeats itself to the bit, takes other architectures, and fails in words."""

import json
import math
import os
import shutil
import signal
from pathlib import Path

import pytest
import torch
import transformers
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.conftest import LABELS, changed, weights
from train import build, fit
from train.config import Config, Stop
from train.corpus.splits import load_split, refuse_other_data, sign
from train.engine.average import MovingAverage
from train.engine.checkpoint import save_checkpoint
from train.engine.encoders import minilm_directory
from train.engine.model import TINY, load_model
from train.engine.precision import with_precision
from train.engine.state import States

real = MovingAverage.update_parameters


@pytest.mark.slow
def test_it_learns(settings: Config) -> None:
    """More epochs learn the cue words of the test corpus; a broken loss, schedule or label order would not pass."""
    best = fit.main(changed(settings, run="longer", engine__epochs=25, engine__patience=25))
    assert best["macro_f1"] > 0.9


@pytest.mark.slow
def test_two_runs_give_equal_weights_and_another_seed_does_not(settings: Config) -> None:
    runs = [changed(settings, run=run, seed=seed) for run, seed in (("once", 1), ("again", 1), ("other", 2))]
    for config in runs:  # one behind the other: sums of floats hang on the number of threads
        fit.main(config)
    first, again, other = map(weights, runs)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.slow
def test_accumulation_does_not_change_the_model(
    settings: Config, without_dropout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8 × 1 = 2 × 4 = 1 × 8, dropout off (its random numbers depend on the shape of a batch)."""
    made, passes, counts = [], [], []
    forward = transformers.BertForSequenceClassification.forward
    monkeypatch.setattr(
        transformers.BertForSequenceClassification,
        "forward",
        lambda self, **inputs: (passes.append(self.training), forward(self, **inputs))[1],
    )
    for budget in (8192, 60, 1):
        passes.clear()
        config = changed(
            settings, run=f"micro{budget}", engine__micro_tokens=budget, engine__model=str(without_dropout)
        )
        fit.main(config)
        made.append(weights(config))
        counts.append(sum(passes))
    assert all(torch.allclose(made[0][name], other[name], atol=1e-5) for other in made[1:] for name in made[0])
    assert counts[0] < counts[1] < counts[2] == 2 * split_rows(settings), "a pass a batch, several, and one a row"


def test_the_checkpoint_is_an_ordinary_one(settings: Config, checkpoint: Path) -> None:
    pipe = transformers.pipeline("text-classification", model=str(checkpoint))
    assert pipe("The talks will resume on Monday.")[0]["label"] in LABELS
    assert pipe.model.config.id2label == dict(enumerate(LABELS))
    assert yaml.safe_load((checkpoint / "train_config.yaml").read_text()) == settings.model_dump()
    assert not [path.name for path in checkpoint.iterdir() if path.suffix in (".bin", ".pt", ".pkl")]
    assert json.loads((checkpoint / "training.json").read_text())["epoch"] in (1, 2)


def test_early_stopping_keeps_the_best_epoch(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([0.3, 0.5, 0.4, 0.4, 0.9])
    seen = []

    def validate(accelerator: object, model: torch.nn.Module, *rest: object) -> dict[str, float]:
        seen.append(model.classifier.weight.detach().clone())
        return {"loss": 1.0, "accuracy": 0.5, "macro_f1": next(scores)}

    monkeypatch.setattr(fit, "validate", validate)
    config = changed(settings, run="early", engine__epochs=5, engine__patience=2)
    assert fit.main(config)["epoch"] == 2
    assert len(seen) == 4  # epochs 3 and 4 were no better
    assert torch.equal(weights(config)["classifier.weight"], seen[1])


def test_of_epochs_with_the_same_metric_that_of_the_least_loss_is_kept(
    settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a rare label's F1 is 0 at first, the first epoch was kept, and patience ended the training."""
    losses = iter([1.0, 0.9, 0.8, 0.85])
    monkeypatch.setattr(fit, "validate", lambda *rest: {"loss": next(losses), "accuracy": 0.5, "macro_f1": 0.0})
    config = changed(settings, run="ties", engine__epochs=4, engine__patience=2)
    assert fit.main(config)["epoch"] == 3 and next(losses, None) is None


@pytest.mark.parametrize(("metric", "epoch"), [("macro_f1", 1), ("accuracy", 2), ("f1:denial", 3)])
def test_early_stopping_goes_by_the_metric_of_the_config(
    settings: Config, monkeypatch: pytest.MonkeyPatch, metric: str, epoch: int
) -> None:
    by_epoch = ((0.9, 0.1, 0.1), (0.2, 0.9, 0.2), (0.3, 0.3, 0.9))
    scores = iter([dict(zip(("macro_f1", "accuracy", "f1:denial"), values, strict=True)) for values in by_epoch])
    monkeypatch.setattr(fit, "validate", lambda *rest: {"loss": 1.0} | next(scores))
    reports: list[tuple[int, float]] = []
    config = changed(settings, run="by-metric", engine__epochs=3, engine__patience=3, measure__metric=metric)
    assert fit.main(config, on_epoch=lambda *report: reports.append(report))["epoch"] == epoch
    assert len(reports) == 3 and reports[epoch - 1] == (epoch, 0.9)


def test_the_kept_model_is_the_moving_average(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decay 0 keeps the last step's weights; with any other, the average of few steps reaches back over a ninth of them
    (by hand: 1, 2/11, 3/12, ... are kept).
    """
    trained: list[torch.Tensor] = []

    def keep(model: torch.nn.Module, *rest: object) -> None:
        trained.append(model.classifier.weight.detach().clone())

    monkeypatch.setattr(MovingAverage, "update_parameters", lambda self, model: (keep(model), real(self, model)))
    last = changed(settings, run="last", engine__ema_decay=0.0, engine__max_steps=6)
    fit.main(last)
    assert torch.equal(weights(last)["classifier.weight"], trained[-1])
    slow = changed(settings, run="slow", engine__ema_decay=0.999, engine__max_steps=6)
    trained.clear()
    fit.main(slow)
    expected = trained[0]
    for done, step in enumerate(trained[1:], 1):
        expected = (1 + done) / (10 + done) * expected + 9 / (10 + done) * step
    assert torch.allclose(weights(slow)["classifier.weight"], expected, atol=1e-7) and not torch.equal(
        expected, trained[-1]
    )


def test_a_share_of_the_documents(settings: Config) -> None:
    config = changed(settings, run="share", engine__train_share=0.5, engine__max_steps=2)
    fit.main(config)
    rows, documents = split_rows(settings), len(set(load_split(settings.corpus, "train")["doc"]))
    used = json.loads((config.checkpoint / "training.json").read_text())["rows"]
    assert used % 6 == 0 and used == rows // documents * round(documents / 2)


def test_a_share_without_one_of_the_labels(settings: Config, tmp_path: Path) -> None:
    shutil.copytree(settings.corpus.data, tmp_path / "data")
    train = load_split(settings.corpus, "train")
    denial = LABELS.index("denial")
    train.filter(lambda label: label != denial, input_columns="label").to_parquet(
        str(tmp_path / "data" / "train.parquet")
    )
    with pytest.raises(Stop, match=r"train\.parquet is not the file that train\.build wrote"):
        load_split(changed(settings, corpus__data=str(tmp_path / "data")).corpus, "train")
    sign(tmp_path / "data")
    config = changed(settings, corpus__data=str(tmp_path / "data"), run="no-denial")
    with pytest.raises(
        Stop,
        match=r"no row to train on is labelled denial, so it cannot be learned; raise engine.train_share \(now 1\.0\)",
    ):
        fit.main(config)
    assert not config.checkpoint.exists()


def split_rows(settings: Config) -> int:
    return len(load_split(settings.corpus, "train"))


def test_tensorboard_has_loss_and_learning_rate(settings: Config, checkpoint: Path) -> None:
    events = EventAccumulator(str(next(settings.run_dir.rglob("events.out.tfevents.*")).parent)).Reload()
    assert {"train/loss", "train/learning_rate", "validation/macro_f1"} <= set(events.Tags()["scalars"])
    rates = [event.value for event in events.Scalars("train/learning_rate")]
    assert max(rates) == pytest.approx(settings.engine.learning_rate) and rates[-1] < rates[0]


def test_auto_precision_is_what_the_machine_computes_in(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    auto = changed(settings, engine__precision="auto")
    for capabilities, precision in (({"amx_bf16": True}, "bf16"), ({"avx512_f": True, "avx512_bf16": False}, "no")):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda known=capabilities: known)
        assert with_precision(auto).engine.precision == precision
    assert with_precision(settings) is settings


ARCHITECTURES = {
    "bert": (transformers.BertConfig, {}),
    "roberta": (transformers.RobertaConfig, {"pad_token_id": 0, "max_position_embeddings": 300}),
    "deberta-v2": (transformers.DebertaV2Config, {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]}),
    "modernbert": (
        transformers.ModernBertConfig,
        {"pad_token_id": 0, "cls_token_id": 101, "sep_token_id": 102, "bos_token_id": 101, "eos_token_id": 102},
    ),
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_other_architectures(settings: Config, tmp_path: Path, name: str) -> None:
    """A directory with a base model of another family trains, saves and loads."""
    kind, options = ARCHITECTURES[name]
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm_directory())
    base = transformers.AutoModel.from_config(kind(vocab_size=len(tokenizer), **TINY, **options))
    base.save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    config = changed(settings, engine__model=str(tmp_path / "base"), output=str(tmp_path / "runs"), engine__max_steps=3)
    fit.main(config)
    assert (
        transformers.pipeline("text-classification", model=str(config.checkpoint))("A sentence.")[0]["label"] in LABELS
    )


def test_missing_data(settings: Config, tmp_path: Path) -> None:
    with pytest.raises(Stop, match="run `make data`"):
        fit.main(changed(settings, corpus__data=str(tmp_path), output=str(tmp_path)))


def test_a_build_during_a_training_is_not_taken_for_what_it_learned_from(settings: Config, tmp_path: Path) -> None:
    """The checkpoint named the new build, whose test split held rows that it had learned from."""
    shutil.copytree(settings.corpus.seeds, tmp_path / "seeds")
    config = changed(
        settings,
        output=str(tmp_path / "runs"),
        corpus__seeds=str(tmp_path / "seeds"),
        corpus__data=str(tmp_path / "data"),
        engine__max_steps=1,
    )
    build.main(config)

    def built_anew(epoch: int, value: float) -> None:
        (tmp_path / "seeds" / "splits.tsv").unlink()
        build.main(changed(config, corpus__split_seed=8))

    fit.main(config, on_epoch=built_anew)
    with pytest.raises(Stop, match="was trained on other data"):
        refuse_other_data(config)


def test_a_checkpoint_of_other_data_as_a_beginning_is_told(
    settings: Config, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """Rows added, all dealt anew, and trained on from the model of before: it had learned from the new test split."""
    shutil.copytree(checkpoint, tmp_path / "before")
    config = changed(settings, engine__model=str(tmp_path / "before"), output=str(tmp_path), engine__max_steps=1)
    fit.main(config)
    assert "was trained on other data" not in capsys.readouterr().out
    training = tmp_path / "before" / "training.json"
    training.write_text(json.dumps(json.loads(training.read_text()) | {"data": "of another build"}))
    fit.main(config)
    assert "before was trained on other data" in capsys.readouterr().out


def test_data_for_other_labels(settings: Config, tmp_path: Path) -> None:
    with pytest.raises(Stop, match="was built for the labels"):
        fit.main(changed(settings, corpus__labels=["a", "b"], measure__priors={}, output=str(tmp_path)))


def test_unwritable_output(settings: Config, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Stop, match=r"cannot write to .*--output names another directory"):
        fit.main(changed(settings, output=str(tmp_path / "file")))


def test_too_little_disk(settings: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(Stop, match="GiB are needed"):
        fit.main(changed(settings, output=str(tmp_path)))


def test_unknown_model(settings: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(Stop, match="is none of minilm, mpnet, tiny"):
        fit.main(changed(settings, engine__model=str(tmp_path / "nowhere"), output=str(tmp_path)))


@pytest.mark.parametrize("spoilt", ["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"])
def test_a_spoiled_model_is_one_line(settings: Config, without_dropout: Path, tmp_path: Path, spoilt: str) -> None:
    shutil.copytree(without_dropout, tmp_path / "model")
    path = tmp_path / "model" / spoilt
    if spoilt == "tokenizer_config.json":
        path.write_text(json.dumps(json.loads(path.read_text()) | {"pad_token": None}))
    else:
        path.write_bytes(b"[]")
    with pytest.raises(Stop, match=r"could not be loaded|has no padding token") as stop:
        fit.main(changed(settings, engine__model=str(tmp_path / "model"), output=str(tmp_path)))
    assert "\n" not in str(stop.value)


def test_altered_weights_of_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("train.engine.encoders.MINILM_SHA256", "0" * 64)
    with pytest.raises(Stop, match="has sha256 53aa5117"):
        minilm_directory()


def test_a_loss_that_is_not_finite_stops_the_run_and_leaves_no_checkpoint(
    settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "cross_entropy", lambda logits, *rest, **options: logits.sum() * float("nan"))
    config = changed(settings, run="nan")
    with pytest.raises(Stop, match="the loss is nan at step 1"):
        fit.main(config)
    assert not config.checkpoint.exists()


def test_weights_that_are_no_numbers_are_never_saved(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "cross_entropy", lambda logits, *rest, **options: logits.sum() * float("nan"))
    config = changed(settings, run="nan-state", engine__log_every=1000, engine__save_every=2)
    with pytest.raises(Stop, match="the loss is nan at step 2"):
        fit.main(config)
    assert not list(config.run_dir.rglob("*.pt"))


def test_a_signal_does_not_save_weights_that_are_no_numbers(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def ruin(self: MovingAverage, model: torch.nn.Module) -> None:
        real(self, model)
        if self.n_averaged == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(MovingAverage, "update_parameters", ruin)
    monkeypatch.setattr(fit, "cross_entropy", lambda logits, *rest, **options: logits.sum() * math.nan)
    config = changed(settings, run="nan-signal", engine__log_every=1000)
    with pytest.raises(Stop, match="the loss is nan at step 3"):
        fit.main(config)
    assert not list(config.run_dir.rglob("*.pt"))


@pytest.mark.parametrize("ruined", ["loss", "gradient's norm"])
def test_numbers_that_break_off_leave_the_last_good_state(
    settings: Config, monkeypatch: pytest.MonkeyPatch, ruined: str
) -> None:
    """From step 6 on the loss, or only its gradient (√x at 0), is no number; the state of step 4 stays and holds
    numbers.
    """
    count = iter(range(100))

    def loss(logits: torch.Tensor, *rest: object, **options: object) -> torch.Tensor:
        if not logits.requires_grad or next(count) < 5:
            return logits.square().mean()
        return logits.sum() * math.nan if ruined == "loss" else (logits.sum() * 0).sqrt() * 0

    monkeypatch.setattr(fit, "cross_entropy", loss)
    config = changed(settings, run="broken-off", engine__log_every=1000, engine__save_every=2)
    shutil.rmtree(config.run_dir, ignore_errors=True)
    with pytest.raises(fit.Diverged, match=f"the {ruined} is nan at step 6"):
        fit.main(config)
    states = States(config, "", 1)
    assert [path.name for path in states.finished()] == ["2.pt", "4.pt"] and not config.checkpoint.exists()
    saved = torch.load(states.finished()[-1], weights_only=True)["parts"]
    assert all(value.isfinite().all() for value in (saved["model"] | saved["averaged"]).values())


def test_no_memory_is_explained(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "cross_entropy", lambda logits, *rest, **options: logits.sum() + torch.empty(2**50).sum())
    config = changed(settings, run="memory")
    with pytest.raises(Stop, match=r"lower engine.micro_tokens \(now 8192\)"):
        fit.main(config)
    assert not config.checkpoint.exists()


def test_a_disk_that_fills_up_at_the_tokenizer_is_one_line(
    settings: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library says it by an Exception: a traceback, and the weights were left there, on the full disk."""
    config = changed(settings, output=str(tmp_path))
    tokenizer, model = load_model(config.engine, LABELS)

    def full(*_: object) -> None:
        raise Exception("No space left on device (os error 28)")

    monkeypatch.setattr(tokenizer, "save_pretrained", full)
    with pytest.raises(Stop, match=r"No space left on device .*; make room"):
        save_checkpoint(config, model, tokenizer, {})
    assert not list(config.run_dir.iterdir())


def test_a_crash_while_saving_leaves_the_old_checkpoint(
    settings: Config, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = changed(settings, run="crash")
    shutil.copytree(checkpoint, config.checkpoint)
    before = weights(config)

    def crash(*args: object) -> None:
        raise KeyboardInterrupt

    tokenizer, model = load_model(config.engine, LABELS)
    monkeypatch.setattr(tokenizer, "save_pretrained", crash)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(config, model, tokenizer, {})
    assert all(torch.equal(before[name], value) for name, value in weights(config).items())
