"""Search hyperparameters by Optuna: python -m train.sweep [--space FILE] [--section.key value]; docs/own-labels.md."""

from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import optuna
import yaml
from optuna.trial import FixedTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from onrecord.tables.parts import write_whole
from train import fit
from train.config import Config, Stop, changed, differences, flat, parse, read_yaml, reasons, run
from train.corpus.splits import built
from train.engine.state import WEIGHTS_DEPEND_ON, rows_digest

SEARCHED = [key for key in WEIGHTS_DEPEND_ON if key.startswith("engine.")]


def main(config: Config, space: str) -> None:
    """Run what study.db lacks of the trials; write best.yaml, a config for train.fit; print what mattered."""
    plan, root = read_plan(space, config), Path(config.output) / f"{config.run}-sweep"
    root.mkdir(parents=True, exist_ok=True)
    data = built(config.corpus.data)  # a study of other data is another one
    file, name = f"sqlite:///{root}/study.db", rows_digest([plan["space"], plan["seeds"], flat(config), data])
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2)  # Li et al. 2020
    try:
        study = optuna.create_study(
            storage=file, study_name=name, load_if_exists=True, direction="maximize", pruner=pruner
        )
    except SQLAlchemyError as error:  # another file, or half of one
        reason = str(error).strip().splitlines()[0]
        raise Stop(f"{root}/study.db cannot be read ({reason}): move it away to begin anew") from error
    study.sampler = optuna.samplers.TPESampler(seed=config.seed + len(study.trials))  # goes on, and draws nothing twice
    finished = study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))
    study.optimize(lambda trial: objective(trial, plan, config, root), n_trials=plan["trials"] - len(finished))
    if not study.get_trials(states=(TrialState.COMPLETE,)):
        raise Stop(f"no trial of {space} was completed: their losses were no numbers; lower its learning rates")
    best = yaml.safe_dump(differences(changed(config, **study.best_params)), sort_keys=False)
    write_whole(root / "best.yaml", best.encode())
    print(f"best: {study.best_value:.4f} with {study.best_params}; python -m train.fit --config {root}/best.yaml")
    print(f"importance (PED-ANOVA): {optuna.importance.get_param_importances(study)}")


def read_plan(path: str, config: Config) -> dict[str, Any]:
    """trials, seeds and space of configs/sweep.yaml. Raises Stop for what the config or Optuna cannot take."""
    try:
        plan = read_yaml(Path(path).read_text(encoding="utf-8"))
        for name, values in plan["space"].items():
            for value in values if isinstance(values, list) else (values["low"], values["high"]):
                changed(config, **{name: value})
                suggest(FixedTrial({name: value}), name, values)
        for seed in plan["seeds"]:
            changed(config, seed=seed)
        if fixed := set(plan["space"]) - set(SEARCHED):  # of other data, figures would be those of other sentences
            raise ValueError(
                f"{', '.join(sorted(fixed))} cannot be searched, but the keys of engine that weights hang on"
            )
        if not plan["seeds"] or not range(plan["trials"]):
            raise ValueError("trials and seeds cannot be empty")
        return plan
    except (OSError, yaml.YAMLError, AttributeError, LookupError, TypeError, ValueError) as error:
        reason = " ".join(f"{type(error).__name__}: {reasons(error)}".split())
        raise Stop(f"--space {path}: {reason}; configs/sweep.yaml is an example") from error


def suggest(trial: Trial | FixedTrial, name: str, values: list[Any] | dict[str, Any]) -> Any:
    """A choice of a list, or a number from low to high: a whole one where both ends are."""
    if isinstance(values, list):
        return trial.suggest_categorical(name, values)
    whole = isinstance(values["low"], int) and isinstance(values["high"], int)
    return (trial.suggest_int if whole else trial.suggest_float)(name, **values)


def objective(trial: Trial, plan: dict[str, Any], config: Config, root: Path) -> float:
    """Mean validation metric over the seeds. Raises TrialPruned where the first seed is weak or a loss is no number."""
    keys, scores = {name: suggest(trial, name, values) for name, values in plan["space"].items()}, list[float]()

    def report(epoch: int, value: float) -> None:
        trial.report(value, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

    try:
        for seed in plan["seeds"]:  # only the first has rungs; no checkpoint is kept, the best config is fitted again
            with TemporaryDirectory(dir=root) as output:
                trained = changed(config, **keys, seed=seed, output=output, engine__save_every=0)
                scores.append(fit.main(trained, on_epoch=None if scores else report)[config.measure.metric])
        return mean(scores)
    except fit.Diverged as error:
        raise optuna.TrialPruned from error


if __name__ == "__main__":
    config, options = parse(prog="train.sweep", space=dict(default="configs/sweep.yaml", help="what is searched"))
    run(lambda: main(config, **options))
