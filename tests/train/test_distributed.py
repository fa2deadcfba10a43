"""Two processes train the model that one trains."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import yaml
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.utils import DistributedType
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.conftest import ROOT, changed, weights
from train import fit
from train.config import Config, Stop
from train.engine.accelerator import start

LAUNCHERS = {
    "torchrun": ["torch.distributed.run", "--standalone", "--nproc_per_node", "2"],
    # without a GPU it starts two processes on the CPU
    "accelerate": ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"],
    "file": ["accelerate.commands.launch", "--config_file", str(ROOT / "configs/accelerate/two_gpus.yaml")],
}


def launch(config: Config, launcher: str, *options: str, program: str = "") -> subprocess.CompletedProcess:
    """Run train.fit, or a program that is given the config's file, in two processes that share the CPU."""
    file, script = Path(config.output) / f"{config.run}.yaml", Path(config.output) / "programs" / f"{config.run}.py"
    file.write_text(yaml.safe_dump(config.model_dump()))
    if program:
        # in a directory of its own: what lies beside a program can be imported instead of a package of the same name
        script.parent.mkdir(exist_ok=True)
        script.write_text(program)
    run = [str(script), str(file)] if program else ["-m", "train.fit", "--config", str(file), *options]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", *LAUNCHERS[launcher], *run],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def losses(config: Config) -> list[float]:
    events = EventAccumulator(str(next(config.run_dir.glob("**/events.out.tfevents.*")).parent)).Reload()
    return [event.value for event in events.Scalars("train/loss")]


@pytest.fixture(scope="module")
def alone(settings: Config, without_dropout: Path) -> Config:
    """Trained by one process.

    Batches of 7 do not halve evenly, and pieces of 60 tokens give the processes unequal numbers of pieces.
    """
    config = changed(
        settings, run="alone", engine__model=str(without_dropout), engine__batch_size=7, engine__micro_tokens=60
    )
    fit.main(config)
    return config


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_train_what_one_trains(alone: Config, launcher: str) -> None:
    together = changed(alone, run=launcher)
    done = launch(together, launcher)
    assert done.returncode == 0, done.stderr
    assert "2 processes share" in done.stdout
    assert len(losses(alone)) > 20 and losses(together) == pytest.approx(losses(alone), abs=1e-4)
    one, two = (json.loads((config.checkpoint / "training.json").read_text()) for config in (alone, together))
    assert one["steps"] == two["steps"] and all(
        round(one[key], 4) == round(two[key], 4) for key in ("macro_f1", "accuracy", "loss", "epoch")
    )
    expected, got = weights(alone), weights(together)
    assert expected.keys() == got.keys() and all(
        torch.allclose(expected[name], got[name], atol=1e-4) for name in expected
    )


DYING = """
import os, signal, sys
from train import fit
from train.config import load
update = fit.MovingAverage.update_parameters
def counted(self, model):
    update(self, model)
    if self.n_averaged == 11 and os.environ["RANK"] == "1":
        os.kill(os.getpid(), signal.SIGKILL)
fit.MovingAverage.update_parameters = counted
fit.main(load(sys.argv[1]))
"""


@pytest.mark.slow
def test_a_worker_that_dies_ends_the_run_which_goes_on_from_the_last_state(alone: Config) -> None:
    config = changed(alone, run="dying", engine__save_every=4)
    died = launch(config, "torchrun", program=DYING)
    assert died.returncode != 0 and "Signal 9" in died.stderr
    assert sorted(path.stem for path in (config.run_dir / "state").glob("*.pt")) == ["4", "8"]
    assert not config.checkpoint.exists()
    done = launch(config, "torchrun", "--resume")
    assert done.returncode == 0 and "going on from the state of step 8" in done.stdout, done.stderr
    expected, got = weights(alone), weights(config)
    assert all(torch.allclose(expected[name], got[name], atol=1e-4) for name in expected)


@pytest.mark.parametrize("path", sorted((ROOT / "configs/accelerate").glob("*.yaml")), ids=lambda path: path.stem)
def test_launch_files_are_understood(path: Path) -> None:
    """Accelerate raises at an unknown key."""
    config = load_config_from_file(str(path))
    assert config.distributed_type == "MULTI_GPU" and config.num_processes == 2 * config.num_machines
    assert f"configs/accelerate/{path.name}" in path.read_text()  # the line that uses it
    if config.mixed_precision != "no":
        assert f"--engine.precision {config.mixed_precision}" in path.read_text()


@pytest.mark.parametrize(
    ("launched", "joined", "kind", "change", "reason"),
    [
        ("2", 1, DistributedType.NO, {}, "2 processes were launched, Accelerate joined 1"),
        ("2", 2, DistributedType.FSDP, {}, "distributed_type FSDP is not supported; launch it as DDP"),
        ("2", 2, DistributedType.MULTI_CPU, {"engine.compile": True}, "engine.compile: true is for one process"),
    ],
)
def test_what_cannot_be_trained_is_refused(
    settings: Config,
    monkeypatch: pytest.MonkeyPatch,
    launched: str,
    joined: int,
    kind: DistributedType,
    change: dict,
    reason: str,
) -> None:
    monkeypatch.setenv("WORLD_SIZE", launched)
    of_that_kind = SimpleNamespace(num_processes=joined, distributed_type=kind)
    monkeypatch.setattr("train.engine.accelerator.Accelerator", lambda **options: of_that_kind)
    with pytest.raises(Stop, match=reason):
        start(changed(settings, **change))


def test_a_launch_file_does_not_contradict_the_config(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    with pytest.raises(
        Stop,
        match=r"asks for mixed_precision bf16, the config has engine\.precision: no, .* add --engine\.precision bf16",
    ):
        start(settings)
    assert start(changed(settings, engine__precision="bf16")).mixed_precision == "bf16"
