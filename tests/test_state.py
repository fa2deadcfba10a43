"""A training that was killed goes on to the same weights; what cannot be continued is refused with its reason."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import torch
from safetensors.torch import load_file

from train import fit
from train.config import DEFAULTS, Config, Stop

# Kills itself without warning: after optimiser step N, or between the tensors and the end of the state of step N.
DRIVER = """
import json, os, signal, sys
import torch
from train import fit, state
from train.config import Config
torch.set_num_threads(1)
config, resume, kind, at = Config.model_validate(json.loads(sys.argv[1])), sys.argv[2] == "resume", sys.argv[3], int(sys.argv[4])
if kind == "step":
    update, count = fit.AveragedModel.update_parameters, 0
    def counted(self, model):
        global count
        update(self, model)
        count += 1
        if count == at:
            os.kill(os.getpid(), getattr(signal, sys.argv[5]))
    fit.AveragedModel.update_parameters = counted
elif kind == "write":
    save = state.save_file
    def halved(tensors, path):
        save(tensors, path)
        if f"unfinished" in str(path) and len(list(path.parent.parent.glob("[0-9]*"))) == at:
            os.truncate(path, os.path.getsize(path) // 2)
            os.kill(os.getpid(), signal.SIGKILL)
    state.save_file = halved
fit.main(config, resume)
"""


def changed(config: Config, **changes: object) -> Config:
    return Config.model_validate(config.model_dump() | changes)


def train(config: Config, how: str = "anew", kind: str = "none", at: int = 0, number: str = "SIGKILL") -> subprocess.CompletedProcess:
    words = [sys.executable, "-c", DRIVER, json.dumps(config.model_dump()), how, kind, str(at), number]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(DEFAULTS.parent.parent)}
    return subprocess.run(words, env=environment, capture_output=True, text=True)


def weights(config: Config) -> dict[str, torch.Tensor]:
    return load_file(config.checkpoint / "model.safetensors")


def test_killed_three_times_and_resumed_it_reaches_the_same_bits(settings: Config) -> None:
    whole, killed = changed(settings, run="whole", save_every=3), changed(settings, run="killed", save_every=3)
    assert train(whole).returncode == 0
    random = Random(5)
    assert train(killed, kind="step", at=random.randint(7, 9)).returncode == -signal.SIGKILL
    assert train(killed, "resume", "write", 2).returncode == -signal.SIGKILL
    assert (killed.run_dir / "state" / "unfinished").exists()  # it died in the middle of a write
    assert train(killed, "resume", "step", random.randint(4, 8)).returncode == -signal.SIGKILL
    done = train(killed, "resume")
    assert done.returncode == 0 and "going on from the state of step" in done.stdout
    first, second = weights(whole), weights(killed)
    assert first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
    assert not (killed.run_dir / "state").exists()


@pytest.mark.parametrize(("number", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_leaves_a_state_and_says_how_to_go_on(settings: Config, number: str, code: int) -> None:
    config = changed(settings, run=f"stopped-{code}", save_every=100)
    done = train(config, kind="step", at=4, number=number)
    assert done.returncode == code and "--resume goes on from" in done.stdout
    assert [path.name for path in (config.run_dir / "state").iterdir()] == ["4"]


@pytest.fixture
def stopped(settings: Config, tmp_path: Path) -> Config:
    """A run killed at step 7 that has the states of steps 4 and 6."""
    config = changed(settings, output=str(tmp_path), save_every=2)
    assert train(config, kind="step", at=7).returncode == -signal.SIGKILL
    assert sorted(path.name for path in (config.run_dir / "state").iterdir()) == ["4", "6"]
    return config


def test_a_damaged_state_is_refused_and_the_older_one_taken(stopped: Config, capsys: pytest.CaptureFixture) -> None:
    tensors = stopped.run_dir / "state" / "6" / "tensors.safetensors"
    os.truncate(tensors, tensors.stat().st_size // 2)
    fit.main(stopped, resume=True)
    said = capsys.readouterr().out
    assert "refused: tensors.safetensors is damaged" in said and "going on from the state of step 4" in said


def test_a_foreign_state_is_refused(stopped: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Stop, match=r"another config: learning_rate was 0\.003, is 0\.001"):
        fit.main(changed(stopped, learning_rate=0.001), resume=True)
    monkeypatch.setattr(fit, "fingerprint", lambda *contents: "other")
    with pytest.raises(Stop, match="trained on other data"):
        fit.main(stopped, resume=True)


def test_nothing_to_resume(settings: Config, tmp_path: Path) -> None:
    with pytest.raises(Stop, match="holds no state"):
        fit.main(changed(settings, output=str(tmp_path)), resume=True)


def test_starting_anew_says_how_to_resume(stopped: Config, capsys: pytest.CaptureFixture) -> None:
    fit.main(changed(stopped, max_steps=1), resume=False)
    assert "--resume goes on from it" in capsys.readouterr().out
