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

from tests.conftest import changed, weights
from train import fit
from train.config import DEFAULTS, Config, Stop

ROOT = DEFAULTS.parent.parent
LAUNCHERS = {
    "torchrun": ["torch.distributed.run", "--standalone", "--nproc_per_node", "2"],
    "accelerate": ["accelerate.commands.launch", "--config_file", str(ROOT / "configs/accelerate/two_gpus.yaml")],  # without a GPU it starts two processes on the CPU
}


def launch(config: Config, launcher: str, *options: str) -> subprocess.CompletedProcess:
    """Run train.fit in two processes that share the CPU."""
    file = Path(config.output) / f"{config.run}.yaml"
    file.write_text(yaml.safe_dump(config.model_dump()))
    words = [sys.executable, "-m", *LAUNCHERS[launcher], "-m", "train.fit", "--config", str(file), *options]
    return subprocess.run(words, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}, capture_output=True, text=True)


def losses(config: Config) -> list[float]:
    events = EventAccumulator(str(next(config.run_dir.glob("**/events.out.tfevents.*")).parent)).Reload()
    return [event.value for event in events.Scalars("train/loss")]


@pytest.fixture(scope="module")
def alone(settings: Config, without_dropout: Path) -> Config:
    """Trained by one process. Batches of 7 do not halve evenly, and pieces of 60 tokens give the processes unequal numbers of pieces."""
    config = changed(settings, run="alone", model=str(without_dropout), batch_size=7, micro_tokens=60)
    fit.main(config)
    return config


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_train_what_one_trains(alone: Config, launcher: str) -> None:
    together = changed(alone, run=launcher)
    done = launch(together, launcher)
    assert done.returncode == 0, done.stderr
    assert "2 processes share" in done.stdout
    assert len(losses(alone)) > 20 and losses(together) == pytest.approx(losses(alone), abs=1e-4)
    one, two = (json.loads((config.checkpoint / "training.json").read_text()) for config in (alone, together))
    assert one["steps"] == two["steps"] and all(round(one[key], 4) == round(two[key], 4) for key in ("macro_f1", "accuracy", "loss", "epoch"))
    expected, got = weights(alone), weights(together)
    assert expected.keys() == got.keys() and all(torch.allclose(expected[name], got[name], atol=1e-4) for name in expected)


DYING = """
import os, signal, sys
from train import fit
from train.config import load
update = fit.AveragedModel.update_parameters
def counted(self, model):
    update(self, model)
    if self.n_averaged == 11 and os.environ["RANK"] == "1":
        os.kill(os.getpid(), signal.SIGKILL)
fit.AveragedModel.update_parameters = counted
fit.main(load(sys.argv[1]))
"""


def test_a_worker_that_dies_ends_the_run_which_goes_on_from_the_last_state(alone: Config, tmp_path: Path) -> None:
    config = changed(alone, run="dying", save_every=4)
    (tmp_path / "dying.py").write_text(DYING)
    (tmp_path / "dying.yaml").write_text(yaml.safe_dump(config.model_dump()))
    words = [sys.executable, "-m", *LAUNCHERS["torchrun"], str(tmp_path / "dying.py"), str(tmp_path / "dying.yaml")]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}
    died = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert died.returncode != 0 and "Signal 9" in died.stderr
    assert sorted(path.stem for path in (config.run_dir / "state").glob("*.pt")) == ["4", "8"] and not config.checkpoint.exists()
    done = launch(config, "torchrun", "--resume")
    assert done.returncode == 0 and "going on from the state of step 8" in done.stdout, done.stderr
    expected, got = weights(alone), weights(config)
    assert all(torch.allclose(expected[name], got[name], atol=1e-4) for name in expected)


@pytest.mark.parametrize("path", sorted((ROOT / "configs/accelerate").glob("*.yaml")), ids=lambda path: path.stem)
def test_launch_files_are_understood(path: Path) -> None:
    """Accelerate raises at an unknown key."""
    config = load_config_from_file(str(path))
    assert config.distributed_type == "MULTI_GPU" and config.num_processes == 2 * config.num_machines


@pytest.mark.parametrize(
    ("launched", "joined", "kind", "reason"),
    [("2", 1, DistributedType.NO, "2 processes were launched, Accelerate joined 1"), ("2", 2, DistributedType.FSDP, "distributed_type FSDP is not supported")],
)
def test_what_cannot_be_trained_is_refused(settings: Config, monkeypatch: pytest.MonkeyPatch, launched: str, joined: int, kind: DistributedType, reason: str) -> None:
    monkeypatch.setenv("WORLD_SIZE", launched)
    monkeypatch.setattr(fit, "Accelerator", lambda **options: SimpleNamespace(num_processes=joined, distributed_type=kind))
    with pytest.raises(Stop, match=reason):
        fit.start(settings)
