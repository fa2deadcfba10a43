"""Search hyperparameters by Optuna: python -m train.sweep [--space configs/sweep.yaml] [--trials N] [--key value]

The objective is the validation metric; test is never opened. Asynchronous successive halving (Li et al. 2020) ends weak trials at an epoch of their
first seed. The study lies in OUTPUT/RUN-sweep/study.db and goes on where it stopped; best.yaml beside it is a config for train.fit.
"""

import shutil
import statistics
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from train import fit
from train.config import DEFAULTS, Config, Stop, parse, run


class Range(BaseModel):
    """Numbers from low to high; whole ones where both ends are."""

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


def read_plan(path: str) -> Plan:
    """Raises Stop if the file is missing or wrong, or names a key that no config has."""
    try:
        plan = Plan.model_validate(yaml.safe_load(Path(path).read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise Stop(f"--space {path}: {error}") from error
    if unknown := set(plan.space) - set(Config.model_fields):
        raise Stop(f"--space {path}: {', '.join(sorted(unknown))} is no key of configs/default.yaml")
    return plan


def main(config: Config, space: str, trials: int | None = None) -> dict[str, Any]:
    """Run what is left of the trials, write best.yaml, print the importance of each key. Returns the best trial's keys."""
    try:
        import optuna
    except ImportError as error:
        raise Stop("train.sweep needs optuna: pip install -e '.[sweep]'") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    plan = read_plan(space)
    root = Path(config.output) / f"{config.run}-sweep"
    root.mkdir(parents=True, exist_ok=True)
    storage = f"sqlite:///{root / 'study.db'}"
    study = optuna.create_study(study_name=config.run, storage=storage, direction="maximize", load_if_exists=True,
                                pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2))  # fmt: skip
    asked = {"space": plan.model_dump(mode="json")["space"], "seeds": plan.seeds, "config": config.model_dump(mode="json")}
    if study.user_attrs.get("asked", asked) != asked:
        raise Stop(f"{root / 'study.db'} was made for another space or config; give another --run, or delete it")
    study.set_user_attr("asked", asked)
    for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):  # left by a process that was killed
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    # another seed after a resume, else the same first draws would come again
    study.sampler = optuna.samplers.TPESampler(seed=config.seed + len(study.trials))

    def objective(trial: optuna.Trial) -> float:
        chosen = {name: _suggest(trial, name, values) for name, values in plan.space.items()}
        found = []
        for seed in plan.seeds:
            own = Config.model_validate(config.model_dump() | chosen | {"seed": seed, "output": str(root), "run": f"trial-{trial.number}-seed-{seed}"})

            def report(epoch: int, value: float, first: bool = not found) -> None:
                if first:
                    trial.report(value, epoch)
                    if trial.should_prune():
                        raise optuna.TrialPruned

            found.append(fit.main(own, on_epoch=report)[config.metric])
            shutil.rmtree(own.checkpoint)  # the best config is fitted again; forty checkpoints would fill a disk
        return statistics.mean(found)

    finished = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    study.optimize(objective, n_trials=max(0, (trials or plan.trials) - len(study.get_trials(states=finished))))
    defaults = yaml.safe_load(DEFAULTS.read_text())
    best = {key: value for key, value in config.model_dump().items() if value != defaults[key]} | study.best_params
    (root / "best.yaml").write_text(yaml.safe_dump(best, sort_keys=False))
    print(f"best of {len(study.get_trials(states=finished))} trials: {config.metric} {study.best_value:.4f} with {study.best_params}; {root / 'best.yaml'}")
    if len(study.get_trials(states=finished[:1])) > 1:
        print("\n".join(f"importance {name:20}{share:7.1%}" for name, share in optuna.importance.get_param_importances(study).items()))
    return study.best_params


def _suggest(trial: Any, name: str, values: Range | list[Any]) -> Any:
    if isinstance(values, list):
        return trial.suggest_categorical(name, values)
    draw = trial.suggest_int if isinstance(values.low, int) and isinstance(values.high, int) else trial.suggest_float
    return draw(name, values.low, values.high, log=values.log)


def _command() -> int:
    config, options = parse(
        prog="train.sweep",
        space=dict(type=str, default="configs/sweep.yaml", help="YAML with trials, seeds and space"),
        trials=dict(type=int | None, default=None, help="number of trials in all, instead of the file's"),
    )
    main(config, **options)
    return 0


if __name__ == "__main__":
    run(_command)
