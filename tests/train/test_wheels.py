"""Wheels of the same checkpoint are the same bytes, and answer in an environment that has nothing else."""

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

import onrecord
from tests.conftest import changed
from train import calibrate, wheels
from train.config import Stop
from train.measure.shipped import deciding_files

if TYPE_CHECKING:
    from train.config import Config

DENIED = "The minister denied that the talks had failed."


def made_run(directory: Path, default: str = "onnx") -> Path:
    """A run's files, as far as packing them goes."""
    checkpoint = directory / "checkpoint"
    checkpoint.mkdir(parents=True)
    for name in (*wheels.READ, "model.onnx", "model.int8.onnx", "model.safetensors", "optimizer.pt"):
        (checkpoint / name).write_bytes(name.encode() * 1000)
    (checkpoint / "export.json").write_text(json.dumps({"default": default}))
    measure(directory)
    return directory


def measure(run: Path) -> None:
    """The figures of a checkpoint as it is, as far as packing reads them."""
    (run / "metrics.json").write_text(json.dumps({"files": deciding_files(run / "checkpoint")}))


@pytest.fixture
def packing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packing alone: nobody asks the model, whose files `made_run` makes up."""
    monkeypatch.setattr(wheels.Classifier, "load", lambda *_: None)


def names(wheel: Path, package: str) -> set[str]:
    with zipfile.ZipFile(wheel) as held:
        return {name.split("/", 1)[1] for name in held.namelist() if name.startswith(f"{package}/")}


@pytest.mark.usefixtures("packing")
def test_the_same_checkpoint_makes_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made_run(tmp_path / "run")
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert wheels.main({"small": run, "base": run}, tmp_path / "a") == 0
    for path in run.rglob("*.json"):  # neither times nor modes go into a wheel
        os.utime(path, (1, 1))
        path.chmod(0o600)
    assert wheels.main({"small": run, "base": run}, tmp_path / "b") == 0
    made = sorted(path.name for path in (tmp_path / "a").iterdir())
    version = onrecord.__version__
    assert made == [
        "SHA256SUMS",
        *(f"onrecord{rest}-{version}-py3-none-any.whl" for rest in ("", "_model_base", "_model_small")),
    ]
    assert [(tmp_path / "a" / n).read_bytes() for n in made] == [(tmp_path / "b" / n).read_bytes() for n in made]
    sums = dict(line.split("  ")[::-1] for line in (tmp_path / "a" / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: hashlib.sha256((tmp_path / "a" / name).read_bytes()).hexdigest() for name in made[1:]}
    (run / "checkpoint" / "calibration.json").write_text("{}")
    measure(run)
    wheels.main({"small": run}, tmp_path / "b")
    assert (tmp_path / "a" / made[3]).read_bytes() != (tmp_path / "b" / made[3]).read_bytes()


@pytest.mark.usefixtures("packing")
@pytest.mark.parametrize(("default", "model"), [("onnx", "model.onnx"), ("int8", "model.int8.onnx")])
def test_a_model_wheel_holds_what_is_read_and_the_digest_of_each(default: str, model: str, tmp_path: Path) -> None:
    wheel = wheels.model_wheel("small", wheels.model_files("small", made_run(tmp_path / "run", default)), tmp_path)
    package = "onrecord_model_small"
    held_back = {"manifest.json", "__init__.py"}
    assert names(wheel, package) == {*wheels.READ, "metrics.json", model} | held_back
    with zipfile.ZipFile(wheel) as held:
        listed = json.loads(held.read(f"{package}/manifest.json"))["sha256"]
        for name in names(wheel, package) - held_back:
            assert listed.pop(name) == hashlib.sha256(held.read(f"{package}/{name}")).hexdigest()
        metadata = held.read(f"{package}-{onrecord.__version__}.dist-info/METADATA").decode()
    assert not listed and f"Requires-Dist: onrecord>={onrecord.__version__}\n" in metadata


@pytest.mark.parametrize("name", ["calibration.json", "model.onnx", "../metrics.json"])
def test_a_run_that_is_not_finished_is_no_wheel(name: str, tmp_path: Path) -> None:
    run = made_run(tmp_path / "run")
    (run / "checkpoint" / name).unlink()
    with pytest.raises(Stop, match=r"small: there is no .*; train, calibrate, export and measure it first"):
        wheels.main({"small": run}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["calibration.json", "export.json", "model.safetensors"])
def test_figures_of_another_state_of_the_checkpoint_are_not_packed(name: str, tmp_path: Path) -> None:
    run = made_run(tmp_path / "run")
    wheels.model_files("small", run)
    with open(run / "checkpoint" / name, "a") as file:
        file.write(" ")
    with pytest.raises(
        Stop, match=r"was calibrated or exported after .*metrics\.json was measured: run train\.evaluate"
    ):
        wheels.model_files("small", run)


def test_a_model_that_failed_its_gate_is_not_packed(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run")
    for outcome in ("pass", "investigate", "fail"):
        verdicts = [{"figure": "test.accuracy", "outcome": "pass"}, {"figure": "test.macro_f1", "outcome": outcome}]
        figures = json.loads((run / "metrics.json").read_text()) | {"gate": verdicts}
        (run / "metrics.json").write_text(json.dumps(figures))
        if outcome != "fail":
            wheels.model_files("small", run)
    with pytest.raises(Stop, match=r"failed its gate in test\.macro_f1 \(.*metrics\.json\): train a better one"):
        wheels.model_files("small", run)


def test_files_of_two_trainings_are_no_wheel(exported: "Config", tmp_path: Path) -> None:
    """As where a training ends while the wheel is made."""
    shutil.copytree(exported.run_dir, tmp_path / "run")
    config = changed(exported, output=str(tmp_path), run="run")
    calibrate.main(config)
    (config.checkpoint / "README.md").write_text("{}")
    measure(config.run_dir)
    assert wheels.main({"small": config.run_dir}, tmp_path / "out") == 0
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    file = config.checkpoint / "tokenizer.json"
    file.write_text(file.read_text().replace('"said": ', '"sa1d": '))
    with pytest.raises(Stop, match=r"small: .* makes no model that answers: .*tokenizer\.json"):
        wheels.model_wheel("small", wheels.model_files("small", config.run_dir), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == made


def test_installing_asks_for_no_torch() -> None:
    project = tomllib.loads((wheels.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"torch", "transformers"}.isdisjoint(Requirement(line).name for line in project["dependencies"])


def link_requirements(site: Path) -> None:
    """Link into `site` what pip would fetch for onrecord, from the environment of the tests: that, and nothing else."""
    project = tomllib.loads((wheels.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted, seen = [Requirement(line) for line in project["dependencies"]], set()
    while wanted:
        requirement = wanted.pop()
        if requirement.name in seen or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        seen.add(requirement.name)
        there = importlib.metadata.distribution(requirement.name)
        wanted += [Requirement(line) for line in there.requires or []]
        for top in {file.parts[0] for file in there.files or []} - {"..", "__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(Path(str(there.locate_file(top))))


@pytest.mark.slow
def test_in_a_fresh_environment_the_wheels_answer_from_any_directory(exported: "Config", tmp_path: Path) -> None:
    calibrate.main(exported)
    (exported.checkpoint / "README.md").write_text("# A tiny model\n")
    measure(exported.run_dir)
    wheels.main({"small": exported.run_dir}, tmp_path / "dist")
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    python = venv / "bin" / "python"
    (site,) = venv.glob("lib/*/site-packages")
    link_requirements(site)
    (site / "sitecustomize.py").write_text(  # no network, whatever a library tries
        "import socket\n\ndef refuse(*_):\n    raise OSError('no network')\n\nsocket.socket.connect = refuse\n"
    )
    # With requirements, so that pip says if the links are not all that the wheels ask for.
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index"]
    subprocess.run([*pip, *(tmp_path / "dist").glob("*.whl")], check=True, env={**os.environ, "PYTHONPATH": ""})
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")}

    def asked(*words: str | Path) -> str:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        return subprocess.run(words, cwd=elsewhere, env=clean, check=True, capture_output=True, text=True).stdout

    assert asked(venv / "bin" / "onrecord", "predict", DENIED).endswith(f" {DENIED}\n")
    assert "from the installed wheel onrecord-model-small" in asked(venv / "bin" / "onrecord", "info")
    told = asked(
        python,
        "-c",
        "import importlib.util, sys; from onrecord import Classifier; "
        "print(Classifier.load().predict('One.').label, 'torch' in sys.modules, importlib.util.find_spec('torch'))",
    )
    assert told.split()[1:] == ["False", "None"]
