"""A sweep searches by the validation metric, prunes, and goes on after a kill as if nothing had happened."""

import fcntl
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

from tests.conftest import changed
from train import fit, sweep
from train.config import DEFAULTS, Config, Stop, load

SPACE = "{trials: 8, seeds: [1, 2], space: {engine.learning_rate: {low: 1.0e-6, high: 3.0e-3, log: true}, engine.weight_decay: [0.0, 0.1]}}"
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


def trials(config: Config) -> list[tuple]:
    """All that a study knows but the time."""
    study = optuna.load_study(study_name="sweep", storage=f"sqlite:///{config.output}/own-sweep/study.db")
    return [(t.number, t.state.name, t.params, t.value, t.intermediate_values) for t in study.trials]


def fitted(own: Config, on_epoch: Callable[[int, float], None]) -> dict[str, float]:
    """A training made up, for what is the sweep's alone: the metric is a known function of the keys, the seed and the epoch."""
    value = 0.5 + 0.1 * math.log10(own.engine.learning_rate / 1e-6) + own.seed / 100
    for epoch in range(1, 5):
        on_epoch(epoch, value - 1 / epoch)
    return {own.measure.metric: value}


def killed_at_report(number: int, config: dict[str, Any], plan: str) -> None:
    """Runs the sweep in this process until SIGKILL comes right after the report with this number."""
    real, seen = optuna.Trial.report, []

    def report(self: optuna.Trial, value: float, step: int) -> None:
        real(self, value, step)
        seen.append(step)
        if len(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    optuna.Trial.report = report  # type: ignore[method-assign]
    fit.main = fitted  # type: ignore[assignment]
    sweep.main(Config.model_validate(config), plan)


@pytest.mark.slow
def test_a_killed_sweep_goes_on_where_it_was(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(fit, "main", fitted)
    plan = space(tmp_path)
    best = sweep.main(config, plan)
    whole = trials(config)
    states = [state for _, state, *_ in whole]
    assert len(whole) == 8 and set(states[:5]) == set(states[5:]) == {"COMPLETE", "PRUNED"}
    assert "trial 8/8" in capsys.readouterr().out

    again = changed(config, output=str(tmp_path / "again"))
    assert len(whole[5][-1]) > 1, "this trial should report twice"
    reports = sum(len(reported) for *_, reported in whole[:5]) + 2  # the second of the sixth trial
    process = fresh_processes.Process(target=killed_at_report, args=(reports, again.model_dump(), plan))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert [state for _, state, *_ in trials(again)] == [*states[:5], "RUNNING"]
    assert sweep.main(again, plan) == best
    assert trials(again) == whole
    assert "trial 5/8" not in (said := capsys.readouterr().out) and "trial 6/8" in said


def test_what_a_sweep_leaves(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    config = changed(config, engine__max_steps=3)
    plan = space(tmp_path, SPACE.replace("[1, 2]", "[1]"))
    best = sweep.main(config, plan, trials=2)
    root = Path(config.output) / "own-sweep"
    assert sorted(path.name for path in root.iterdir()) == ["best.yaml", "lock", "study.db"]
    assert "importance: unknown" in capsys.readouterr().out  # three steps of a tiny model: all trials are alike
    found = load(root / "best.yaml")
    assert found == changed(config, **best)
    assert yaml.safe_load((root / "best.yaml").read_text()).keys() <= yaml.safe_load(DEFAULTS.read_text()).keys()
    assert (
        sweep.main(config, plan, trials=2) == best and "trial " not in capsys.readouterr().out
    )  # nothing is left to do
    for other, named in (
        (changed(config, engine__epochs=3), "engine.epochs"),
        (changed(config, measure__metric="accuracy"), "measure.metric"),
    ):
        with pytest.raises(Stop, match=f"was made with another {named}; undo that, or give another --run"):
            sweep.main(other, plan)
    with pytest.raises(Stop, match="another space or seeds"):
        sweep.main(config, space(tmp_path))
    with open(root / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Stop, match="another sweep is running"):
            sweep.main(config, space(tmp_path))


def test_the_value_is_the_mean_over_seeds_and_importance_finds_the_key_that_matters(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """A training made up: the metric is a known function of a key and the seed."""
    seen = []

    def judged(own: Config, on_epoch: Callable[[int, float], None]) -> dict[str, float]:
        seen.append((own.seed, own.measure.metric))
        value = (1.0 if own.engine.weight_decay == 0.1 else 0.5) + own.seed / 100
        on_epoch(1, value)
        return {"f1:hedge": value, "macro_f1": 0.0}

    monkeypatch.setattr(fit, "main", judged)
    monkeypatch.setattr(optuna.Trial, "should_prune", lambda self: False)
    config = changed(config, measure__metric="f1:hedge")
    assert sweep.main(config, space(tmp_path), trials=12)["engine.weight_decay"] == 0.1
    assert {round(value, 9) for *_, value, _ in trials(config)} == {1.015, 0.515}
    assert seen == [(1, "f1:hedge"), (2, "f1:hedge")] * 12
    assert all(set(reported.values()) <= {1.01, 0.51} for *_, reported in trials(config)), "only the first seed reports"
    first, second = (line for line in capsys.readouterr().out.splitlines() if line.startswith("importance "))
    assert first.startswith("importance engine.weight_decay") and second.startswith("importance engine.learning_rate")
    assert "weight_decay" in (Path(config.output) / "own-sweep" / "importance.svg").read_text()


def test_a_loss_that_is_no_number_ends_a_trial_and_another_fault_the_sweep(config: Config, tmp_path: Path) -> None:
    with pytest.raises(Stop, match="none of 2 trials was completed"):
        sweep.main(config, space(tmp_path, "{trials: 2, seeds: [1], space: {engine.head_learning_rate: [1.0e+38]}}"))
    assert [state for _, state, *_ in trials(config)] == ["PRUNED", "PRUNED"]
    with pytest.raises(Stop, match="max_tokens = 4096"):
        sweep.main(
            changed(config, output=str(tmp_path / "other")),
            space(tmp_path, "{trials: 2, seeds: [1], space: {engine.max_tokens: [4096]}}"),
        )


@pytest.mark.parametrize(
    ("content", "message"),
    [("{trials: 0, seeds: [1], space: {engine.epochs: [1]}}", "trials: Input should be greater than 0"), ("{seeds: [1", "while parsing a flow"),
     ("{trials: 1, seeds: [1], space: {learnin_rate: [1]}}", "learnin_rate cannot be searched"),
     ("{trials: 1, seeds: [1], space: {seed: [1]}}", "seed cannot be searched"),
     ("{trials: 1, seeds: [1], space: {engine.epochs: {low: 0, high: 3}}}", "engine.epochs cannot be 0: engine.epochs: Input should be greater than 0"),
     ("{trials: 1, seeds: [1], space: {engine.epochs: {low: 3, high: 2}}}", "low must not be above high"),
     ("{trials: 1, seeds: [1], space: {engine.weight_decay: {low: 0, high: 1, log: true}}}", "log needs low above 0")],
)  # fmt: skip
def test_a_wrong_space_is_told_in_one_line(config: Config, tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(Stop) as stop:
        sweep.main(config, space(tmp_path, content))
    assert message in str(stop.value) and "\n" not in str(stop.value)
    assert not Path(config.output).exists()


def test_the_shipped_space_is_sound() -> None:
    assert sweep.read_plan(str(DEFAULTS.parent / "sweep.yaml"), load()).trials
