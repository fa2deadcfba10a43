"""A sweep searches by the validation metric, prunes, and goes on with what a kill left of its study."""

import math
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from optuna.trial import TrialState

from tests.conftest import changed
from train import fit, sweep
from train.config import DEFAULTS, Config, Stop, differences, load
from train.corpus.splits import sign

RATES = "engine.learning_rate: {low: 1.0e-6, high: 3.0e-3, log: true}"
SPACE = f"{{trials: 8, seeds: [1, 2], space: {{{RATES}, engine.weight_decay: [0.0, 0.1]}}}}"
fresh_processes = multiprocessing.get_context("forkserver")
fresh_processes.set_forkserver_preload(["train.sweep"])


@pytest.fixture
def config(settings: Config, tmp_path: Path) -> Config:
    """Data without a test split: a sweep that opened it would fail."""
    shutil.copytree(settings.corpus.data, tmp_path / "data")
    (tmp_path / "data" / "test.parquet").unlink()
    return changed(settings, corpus__data=str(tmp_path / "data"), output=str(tmp_path / "runs"), run="own")


def space(tmp_path: Path, content: str = SPACE) -> str:
    (tmp_path / "space.yaml").write_text(content)
    return str(tmp_path / "space.yaml")


def root(config: Config) -> Path:
    return Path(config.output) / "own-sweep"


def studies(config: Config) -> list[list[optuna.trial.FrozenTrial]]:
    """The trials of each study."""
    storage = f"sqlite:///{root(config)}/study.db"
    return [optuna.load_study(study_name=name, storage=storage).trials for name in optuna.get_all_study_names(storage)]


def states(config: Config) -> list[str]:
    (trials,) = studies(config)
    return [trial.state.name for trial in trials]


def invented_training(config: Config, on_epoch: Callable[[int, float], None] | None) -> dict[str, float]:
    """For what is the sweep's alone: the metric is a known function of the keys, the seed and the epoch."""
    value = 0.5 + 0.1 * math.log10(config.engine.learning_rate / 1e-6) + config.seed / 100
    for epoch in range(1, 5):
        if on_epoch:
            on_epoch(epoch, value - 1 / epoch)
    return {config.measure.metric: value}


def killed_at_report(number: int, config: dict[str, Any], plan: str) -> None:
    """Runs the sweep in this process until SIGKILL comes right after the report with this number."""
    real, steps = optuna.Trial.report, []

    def report(self: optuna.Trial, value: float, step: int) -> None:
        real(self, value, step)
        steps.append(step)
        if len(steps) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    optuna.Trial.report = report  # type: ignore[method-assign]
    fit.main = invented_training  # type: ignore[assignment]
    sweep.main(Config.model_validate(config), plan)


@pytest.mark.slow
def test_a_killed_sweep_keeps_its_trials_and_runs_the_rest(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = space(tmp_path)
    process = fresh_processes.Process(target=killed_at_report, args=(10, config.model_dump(), plan))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    (before,) = studies(config)
    assert len(before) > 1 and before[-1].state == TrialState.RUNNING

    monkeypatch.setattr(fit, "main", invented_training)
    sweep.main(config, plan)
    (after,) = studies(config)
    assert [trial.params for trial in after[: len(before)]] == [trial.params for trial in before]
    finished = [trial.state for trial in after if trial.state != TrialState.RUNNING]
    assert len(finished) == 8 and set(finished) == {TrialState.COMPLETE, TrialState.PRUNED}
    rates = [trial.params["engine.learning_rate"] for trial in after]
    assert len(set(rates)) == len(rates), "what goes on draws anew"


def test_what_a_sweep_leaves(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    config = changed(config, engine__max_steps=3)
    plan = space(tmp_path, SPACE.replace("[1, 2]", "[1]").replace("trials: 8", "trials: 2"))
    sweep.main(config, plan)
    (trials,) = studies(config)
    best = max((trial for trial in trials if trial.value is not None), key=lambda trial: trial.value)
    assert sorted(path.name for path in root(config).iterdir()) == ["best.yaml", "study.db"]
    written = root(config) / "best.yaml"
    assert load(written) == changed(config, **best.params)
    assert yaml.safe_load(written.read_text()) == differences(changed(config, **best.params))
    assert f"best: {best.value:.4f} with" in capsys.readouterr().out
    sweep.main(config, plan)
    assert [len(trials) for trials in studies(config)] == [2], "nothing is left to do"


def test_another_config_or_space_is_another_study_and_more_trials_are_not(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "main", invented_training)
    two = SPACE.replace("trials: 8", "trials: 2")
    sweep.main(config, space(tmp_path, two))
    sweep.main(config, space(tmp_path, SPACE.replace("trials: 8", "trials: 3")))
    assert [len(trials) for trials in studies(config)] == [3]
    sweep.main(changed(config, engine__epochs=3), space(tmp_path, two))
    sweep.main(config, space(tmp_path, two.replace("[1, 2]", "[1]")))
    sweep.main(config, space(tmp_path, two.replace("[0.0, 0.1]", "[0.0, 0.2]")))
    (Path(config.corpus.data) / "test.parquet").write_bytes(b"other data")
    sign(Path(config.corpus.data))
    sweep.main(config, space(tmp_path, two))
    assert sorted(len(trials) for trials in studies(config)) == [2, 2, 2, 2, 3]


def test_the_value_is_the_mean_over_seeds_and_importance_names_the_key_that_matters(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """A training made up: the metric is a known function of a key and the seed."""
    trained = []

    def judged(config: Config, on_epoch: Callable[[int, float], None] | None) -> dict[str, float]:
        trained.append((config.seed, config.measure.metric))
        value = (1.0 if config.engine.weight_decay == 0.1 else 0.5) + config.seed / 100
        if on_epoch:
            on_epoch(1, value)
        return {"f1:hedge": value, "macro_f1": 0.0}

    monkeypatch.setattr(fit, "main", judged)
    monkeypatch.setattr(optuna.Trial, "should_prune", lambda self: False)
    config = changed(config, measure__metric="f1:hedge")
    sweep.main(config, space(tmp_path, SPACE.replace("trials: 8", "trials: 12")))
    assert load(root(config) / "best.yaml").engine.weight_decay == 0.1
    (trials,) = studies(config)
    assert {round(trial.value, 9) for trial in trials} == {1.015, 0.515}
    assert trained == [(1, "f1:hedge"), (2, "f1:hedge")] * 12
    reports = [trial.intermediate_values for trial in trials]
    assert all(set(values.values()) <= {1.01, 0.51} for values in reports), "only the first seed reports"
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("importance "))
    shares = yaml.safe_load(line.partition(": ")[2])
    assert shares["engine.weight_decay"] > 0.5 > shares["engine.learning_rate"]


def test_a_loss_that_is_no_number_ends_a_trial_and_another_fault_the_sweep(config: Config, tmp_path: Path) -> None:
    with pytest.raises(Stop, match="their losses were no numbers; lower its learning rates"):
        sweep.main(config, space(tmp_path, "{trials: 2, seeds: [1], space: {engine.head_learning_rate: [1.0e+38]}}"))
    assert states(config) == ["PRUNED", "PRUNED"]
    with pytest.raises(Stop, match="max_tokens = 4096"):
        sweep.main(
            changed(config, output=str(tmp_path / "other")),
            space(tmp_path, "{trials: 2, seeds: [1], space: {engine.max_tokens: [4096]}}"),
        )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{trials: 1.5, seeds: [1], space: {engine.epochs: [1]}}", "TypeError"),
        ("{trials: 1, seeds: 5, space: {engine.epochs: [1]}}", "TypeError"),
        ("{trials: 1, seeds: [one], space: {engine.epochs: [1]}}", "as an integer, not 'one'"),
        ("{trials: 1, seeds: [1], space: [engine.epochs]}", "AttributeError"),
        ("{trials: 0, seeds: [1], space: {engine.epochs: [1]}}", "trials and seeds cannot be empty"),
        ("{trials: 1, seeds: [], space: {engine.epochs: [1]}}", "trials and seeds cannot be empty"),
        ("{seeds: [1", "while parsing a flow"),
        ("{trials: 1, seeds: [1]}", "KeyError: 'space'"),
        ("[1]", "TypeError: list indices"),
        (
            "{trials: 1, seeds: [1], space: {learnin_rate: [1]}}",
            "no key learnin_rate; the nearest is engine.learning_r",
        ),
        ("{trials: 1, seeds: [1], space: {seed: [1]}}", "seed cannot be searched"),
        ("{trials: 1, seeds: [1], space: {measure__metric: [accuracy]}}", "measure__metric cannot be searched"),
        ("{trials: 1, seeds: [1], space: {corpus.split_seed: [1, 2]}}", "corpus.split_seed cannot be searched"),
        ("{trials: 1, seeds: [1], space: {corpus.data: [a, b]}}", "corpus.data cannot be searched"),
        ("{trials: 1, seeds: [1], space: {engine.log_every: [1, 2]}}", "engine.log_every cannot be searched"),
        ("{trials: 1, seeds: [1], space: {engine.epochs: {low: 1}}}", "KeyError: 'high'"),
        ("{trials: 1, seeds: [1], space: {engine.epochs: {low: 1, high: 3, lag: 1}}}", "argument 'lag'"),
        (
            "{trials: 1, seeds: [1], space: {engine.epochs: {low: 0, high: 3}}}",
            "engine.epochs: Input should be greater",
        ),
        ("{trials: 1, seeds: [1], space: {engine.epochs: {low: 3, high: 2}}}", "low=3, high=2"),
        ("{trials: 1, seeds: [1], space: {engine.weight_decay: {low: 0, high: 1.0, log: true}}}", "low"),
    ],
)
def test_a_wrong_space_ends_in_one_line(config: Config, tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(Stop) as stop:
        sweep.main(config, space(tmp_path, content))
    assert message in str(stop.value) and "\n" not in str(stop.value)
    assert not Path(config.output).exists()


def test_a_study_that_is_none_is_named(config: Config, tmp_path: Path) -> None:
    root(config).mkdir(parents=True)
    (root(config) / "study.db").write_text("no database, but somebody's")
    with pytest.raises(Stop, match=r"study\.db cannot be read .*: move it away"):
        sweep.main(config, space(tmp_path))
    assert (root(config) / "study.db").read_text() == "no database, but somebody's"


def test_the_shipped_space_is_sound() -> None:
    assert sweep.read_plan(str(DEFAULTS.parent / "sweep.yaml"), load())["trials"]
