"""One training a run directory, and nothing in it lost that we did not make."""

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from tests.conftest import changed
from train import fit
from train.config import Config, Stop, load


def test_another_training_in_the_same_run_is_refused(settings: Config) -> None:
    config = changed(settings, run="held", engine__max_steps=1)
    config.run_dir.mkdir(parents=True)
    (config.run_dir / "made-by-train.fit").touch()
    with FileLock(config.run_dir.absolute() / "lock"), pytest.raises(Stop, match=r"another training works in .*held"):
        fit.main(config)
    fit.main(config)
    fit.main(config)  # the lock was given back


def test_a_run_is_held_to_the_end_of_its_training(settings: Config) -> None:
    """Nothing referred to the lock, so it was given back at once, and two trainings worked in one run."""
    config = changed(settings, run="kept", engine__max_steps=1)
    held = []

    def other(*_: object) -> None:
        with pytest.raises(Timeout):
            FileLock(config.run_dir.absolute() / "lock").acquire(timeout=0)
        held.append(True)

    fit.main(config, on_epoch=other)
    assert held


def test_files_that_no_training_made_are_left_alone(settings: Config, tmp_path: Path) -> None:
    work = tmp_path / "work"
    for name in ("rows", "checkpoint", "state"):
        (work / name).mkdir(parents=True)
        (work / name / "thesis.tex").write_text("precious")
    with pytest.raises(Stop, match="work holds files that no training made"):
        fit.main(changed(settings, output=str(tmp_path), run="work"))
    assert len(list(work.rglob("thesis.tex"))) == 3


def test_what_a_training_does_not_write_is_deleted_only_by_force(
    settings: Config, checkpoint: Path, tmp_path: Path
) -> None:
    config = changed(settings, output=str(tmp_path), engine__max_steps=1)
    shutil.copytree(checkpoint, config.checkpoint)
    (config.checkpoint / "calibration.json").write_text("{}")
    (config.checkpoint / "notes.md").write_text("seed 1 is the one")
    (config.run_dir / "gate.md").write_text("")
    with pytest.raises(Stop, match=r"has calibration\.json, notes\.md, which a new training would delete; .*--force"):
        fit.main(config)
    assert (config.checkpoint / "calibration.json").exists() and (config.run_dir / "gate.md").exists()
    fit.main(config, force=True)
    assert not (config.checkpoint / "calibration.json").exists()
    assert not (config.run_dir / "gate.md").exists(), "the verdict is of another model"


def test_a_kill_between_two_renames_costs_no_checkpoint(settings: Config, checkpoint: Path, tmp_path: Path) -> None:
    config = changed(settings, output=str(tmp_path), engine__max_steps=1)
    shutil.copytree(checkpoint, config.checkpoint)
    (config.checkpoint / "calibration.json").write_text("{}")
    replace = os.replace

    def killed(source: Path, target: Path) -> None:
        if target == config.checkpoint:
            raise KeyboardInterrupt
        replace(source, target)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "replace", killed)
        fit.main(config, force=True)
    assert not config.checkpoint.exists()
    with pytest.raises(Stop, match=r"has calibration\.json, which a new training would delete"):
        fit.main(config)
    assert (config.checkpoint / "calibration.json").exists()


def test_a_checkpoint_that_is_a_link_elsewhere_is_put_aside_each_time(settings: Config, tmp_path: Path) -> None:
    """The second training lost its checkpoint at its very end."""
    config = changed(settings, output=str(tmp_path), engine__max_steps=1)
    elsewhere = tmp_path / "elsewhere"
    fit.main(config)
    for _ in range(2):
        shutil.rmtree(elsewhere, ignore_errors=True)
        config.checkpoint.rename(elsewhere)
        config.checkpoint.symlink_to(elsewhere)
        fit.main(config)
        assert not config.checkpoint.is_symlink() and (elsewhere / "training.json").is_file()
        fit.main(config)


def test_rows_that_a_killed_training_left_are_made_again(settings: Config, tmp_path: Path) -> None:
    """They may be of data of the same file time, or of a tokenizer that was edited since."""
    config = changed(settings, output=str(tmp_path), engine__max_steps=1)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(fit, "validate", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt))
        fit.main(config)
    left = list((config.run_dir / "rows").rglob("*.arrow"))
    assert left
    for path in left:
        path.write_bytes(b"of another day")
    fit.main(config)


@pytest.mark.parametrize("name", [".", "..", "a/b", ""])
def test_a_run_is_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="run"):
        load(run=name)


def test_the_disk_is_judged_by_the_size_of_the_model(
    settings: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    needs = {}
    for dim in (1, 100):
        monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))
        real = fit.load_model

        def padded(*arguments: object, extra: int = dim, load_model=real) -> tuple:  # type: ignore[no-untyped-def]
            tokenizer, model = load_model(*arguments)
            model.register_parameter("extra", fit.torch.nn.Parameter(fit.torch.zeros(extra * 2**20)))
            return tokenizer, model

        with monkeypatch.context() as patch, pytest.raises(Stop, match="GiB are needed") as stop:
            patch.setattr(fit, "load_model", padded)
            fit.main(changed(settings, output=str(tmp_path)))
        needs[dim] = float(str(stop.value).split(" GiB free, ")[1].split()[0])
    assert needs[100] - needs[1] == pytest.approx(17 * 99 * 4 / 1024, abs=0.02)
