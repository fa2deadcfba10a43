"""Search hyperparameters by Optuna: python -m train.sweep [--space configs/sweep.yaml] [--trials N] [--key value]

The objective is the validation metric, meaned over the seeds; test is never opened. Asynchronous successive halving (Li et al. 2020) ends weak
trials at an epoch of their first seed. The study lies in OUTPUT/RUN-sweep/study.db. A sweep that was killed goes on with the same command, and
draws and prunes what it would have: the trial that was cut off is run again. best.yaml beside it is a config for train.fit.
"""

import fcntl
import os
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import matplotlib
import optuna
import yaml
from matplotlib.figure import Figure
from optuna.trial import TrialState
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from train import fit
from train.config import FIELDS, Config, Stop, changed, differences, flat, parse, reasons, run

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


class Range(BaseModel):
    """Numbers from low to high; whole ones where both ends are. log: an even draw of magnitudes."""

    model_config = ConfigDict(extra="forbid")
    low: int | float
    high: int | float
    log: bool = False


class Plan(BaseModel):
    """configs/sweep.yaml."""

    model_config = ConfigDict(extra="forbid")
    trials: Annotated[int, Field(gt=0)]
    seeds: Annotated[list[int], Field(min_length=1)]
    space: Annotated[dict[str, Range | list[Any]], Field(min_length=1)]


def read_plan(path: str, config: Config) -> Plan:
    """Raises Stop if the file is missing or wrong, or if an end of a range or a choice is nothing that the config's key can be."""
    try:
        plan = Plan.model_validate(yaml.safe_load(Path(path).read_text()))
    except ValidationError as error:
        raise Stop(f"--space {path}: {reasons(error)}") from error
    except (OSError, yaml.YAMLError) as error:
        raise Stop(f"--space {path}: {' '.join(str(error).split())}") from error
    for name, values in plan.space.items():
        if name not in FIELDS or name in ("seed", "run", "output", "measure.metric"):
            raise Stop(
                f"--space {path}: {name} cannot be searched; give a key of configs/default.yaml other than seed, run, output and measure.metric"
            )
        for value in values if isinstance(values, list) else (values.low, values.high):
            try:
                changed(config, **{name: value})
            except ValidationError as error:
                raise Stop(f"--space {path}: {name} cannot be {value!r}: {reasons(error)}") from error
        if isinstance(values, Range) and (values.low > values.high or (values.log and values.low <= 0)):
            raise Stop(
                f"--space {path}: {name} goes from {values.low} to {values.high}; low must not be above high, and log needs low above 0"
            )
    return plan


def main(config: Config, space: str, trials: int | None = None) -> dict[str, Any]:
    """Run what is left of the trials; write best.yaml and importance.svg; print the best. Returns the best trial's keys."""
    plan = read_plan(space, config)
    root = Path(config.output) / f"{config.run}-sweep"
    root.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # a failed trial's reason is ours to print
    with _alone(root):
        study = _open(
            root,
            {
                "space": plan.model_dump(mode="json")["space"],
                "seeds": plan.seeds,
                "config": flat(config),
            },
        )
        wanted = trials or plan.trials
        while (done := len(study.get_trials(deepcopy=False))) < wanted:
            study.sampler = optuna.samplers.TPESampler(
                seed=config.seed + done
            )  # by number: a sweep that goes on draws what it would have drawn
            study.optimize(lambda trial: objective(trial, plan, config, root), n_trials=1)
            last = study.trials[-1]
            print(
                f"trial {done + 1}/{wanted}  {last.state.name.lower()}  {'' if last.value is None else f'{config.measure.metric} {last.value:.4f}  '}{last.params}",
                flush=True,
            )
        if not study.get_trials(states=(TrialState.COMPLETE,)):
            raise Stop(
                f"none of {done} trials was completed (their losses were no numbers); lower the learning rates in {space} and give another --run"
            )
        (root / "best.yaml").write_text(
            yaml.safe_dump(differences(changed(config, **study.best_params)), sort_keys=False)
        )
        print(
            f"best: {config.measure.metric} {study.best_value:.4f} with {study.best_params}; python -m train.fit --config {root / 'best.yaml'}"
        )
        _plot_importance(study, root / "importance.svg")
        return study.best_params


def objective(trial: optuna.Trial, plan: Plan, config: Config, root: Path) -> float:
    """Mean validation metric of the trial's keys over the plan's seeds. Raises TrialPruned where the first seed is weak or its loss is no number."""
    chosen = {name: _suggest(trial, name, values) for name, values in plan.space.items()}
    found: list[float] = []

    def report(epoch: int, value: float) -> None:
        if not found:  # seeds after the first have no rungs of their own
            trial.report(value, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned

    for seed in plan.seeds:
        # A trial that is cut off is run again, so it saves no states; forty checkpoints would fill a disk, and the best config is fitted again.
        own = changed(config, **chosen, seed=seed, output=str(root), run="trial", engine__save_every=0)
        shutil.rmtree(own.run_dir, ignore_errors=True)
        try:
            found.append(fit.main(own, on_epoch=report)[config.measure.metric])
        except fit.Diverged as error:
            raise optuna.TrialPruned from error
        finally:
            shutil.rmtree(own.run_dir, ignore_errors=True)
    return statistics.mean(found)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Raises Stop if another sweep works in this directory. The kernel drops the lock of a process that is killed."""
    with open(root / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Stop(f"another sweep is running in {root}; wait for it, or give another --run") from error
        yield


def _open(root: Path, asked: dict[str, Any]) -> optuna.Study:
    """The study in `root`, made if it is not there. Raises Stop if it was made for another space or config.

    Unfinished trials are dropped, as if they had not begun: the pruner would count what they reported twice.
    """
    study = _study(root / "study.db")
    was = study.user_attrs.get("asked", asked)
    if was != asked:
        changed = [key for key in asked["config"] if asked["config"][key] != was["config"].get(key)] or [
            "space or seeds"
        ]
        raise Stop(f"{root / 'study.db'} was made with another {', '.join(changed)}; undo that, or give another --run")
    study.set_user_attr("asked", asked)
    finished = study.get_trials(states=FINISHED)
    if len(finished) < len(study.get_trials(deepcopy=False)):
        (root / "fresh.db").unlink(missing_ok=True)
        fresh = _study(root / "fresh.db")
        fresh.set_user_attr("asked", asked)
        fresh.add_trials(finished)
        os.replace(root / "fresh.db", root / "study.db")
        study = _study(root / "study.db")
    return study


def _study(path: Path) -> optuna.Study:
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2)
    return optuna.create_study(
        study_name="sweep", storage=f"sqlite:///{path}", direction="maximize", load_if_exists=True, pruner=pruner
    )


def _suggest(trial: optuna.Trial, name: str, values: Range | list[Any]) -> Any:
    if isinstance(values, list):
        return trial.suggest_categorical(name, values)
    if isinstance(values.low, int) and isinstance(values.high, int):
        return trial.suggest_int(name, values.low, values.high, log=values.log)
    return trial.suggest_float(name, values.low, values.high, log=values.log)


def _plot_importance(study: optuna.Study, path: Path) -> None:
    """Bars of each key's share in the variance of the finished trials' values, and the same as text. Needs two trials that differ."""
    if len({trial.value for trial in study.get_trials(states=(TrialState.COMPLETE,))}) < 2:
        print("importance: unknown, there are no two completed trials that differ")
        return
    shares = optuna.importance.get_param_importances(
        study, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0)
    )
    print("\n".join(f"importance {name:20}{share:7.1%}" for name, share in shares.items()))
    figure = Figure(figsize=(6, 0.6 + 0.4 * len(shares)), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(list(shares)[::-1], list(shares.values())[::-1])
    axes.set(xlim=(0, 1), xlabel=f"share in the variance of {len(study.trials)} trials")
    with matplotlib.rc_context(
        {"svg.fonttype": "none"}
    ):  # letters, not outlines: the page's fonts are used, and words can be found
        figure.savefig(path)


def _command() -> int:
    config, options = parse(
        prog="train.sweep",
        space=dict(type=str, default="configs/sweep.yaml", help="YAML with trials, seeds and space"),
        trials=dict(type=int, default=None, help="number of trials in all, instead of the file's"),
    )
    main(config, **options)
    return 0


if __name__ == "__main__":
    run(_command)
