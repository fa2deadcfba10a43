"""Which model answers where none is named, and that a file that was changed answers nothing."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import huggingface_hub
import pytest
from typer.testing import CliRunner

from onrecord.checkpoints import CheckpointError, find_checkpoint
from onrecord.cli import app

if TYPE_CHECKING:
    from train.config import Config


def made(directory: Path) -> Path:
    """What a checkpoint is for who looks for one."""
    directory.mkdir(parents=True)
    (directory / "config.json").write_text("{}")
    (directory / "calibration.json").write_text("[1, 2]")
    return directory


def install(site: Path, name: str) -> Path:
    """A model wheel as it lies in site-packages."""
    package = made(site / name)
    (package / "__init__.py").touch()
    listed = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in package.glob("*.json")}
    (package / "manifest.json").write_text(json.dumps({"sha256": listed}))
    return package


def found() -> tuple[str, str]:
    place = find_checkpoint()
    return place.source, place.reason


def test_the_order_in_which_a_model_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONRECORD_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError) as refused:
        find_checkpoint()
    for way in ("--model", "ONRECORD_MODEL", "make train", "onrecord-model-small"):
        assert way in str(refused.value)
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(site)
    small = install(site, "onrecord_model_small")
    assert found() == (str(small), "from the installed wheel onrecord-model-small")
    (site / "onrecord_model_base").mkdir()  # no package
    assert found()[0] == str(small)
    (site / "onrecord_model_base").rmdir()
    base = install(site, "onrecord_model_base")
    assert found() == (str(base), "from the installed wheel onrecord-model-base")
    made(Path("runs/default/checkpoint"))
    assert found() == ("runs/default/checkpoint", "trained here")
    monkeypatch.setenv("ONRECORD_MODEL", str(small))
    assert found() == (str(small), "named by the environment variable ONRECORD_MODEL")
    assert find_checkpoint(base).reason == "named by the caller"
    assert find_checkpoint("onrecord-model-small").source == str(small), "beside base, which goes before it"
    monkeypatch.setenv("ONRECORD_MODEL", "onrecord_model_base")
    assert found() == (str(base), "named by the environment variable ONRECORD_MODEL")
    made(Path("onrecord-model-small"))
    assert find_checkpoint("onrecord-model-small").source == "onrecord-model-small", "a directory of that name"
    monkeypatch.setenv("ONRECORD_MODEL", str(tmp_path / "gone"))
    with pytest.raises(CheckpointError, match=r"no checkpoint at .*gone"):
        find_checkpoint()


def test_a_wheel_that_is_not_installed_is_not_looked_for_elsewhere() -> None:
    with pytest.raises(CheckpointError, match=r"the model wheel onrecord-model-base is not installed here"):
        find_checkpoint("onrecord-model-base")


def test_a_file_of_a_wheel_that_was_changed_is_named(tmp_path: Path) -> None:
    package = install(tmp_path, "onrecord_model_small")
    assert find_checkpoint(package).directory == package
    (package / "calibration.json").write_text("[1, 3]")
    with pytest.raises(CheckpointError, match=r"calibration\.json was changed"):
        find_checkpoint(package)
    (package / "calibration.json").unlink()
    with pytest.raises(CheckpointError, match=r"a file it lists cannot be read"):
        find_checkpoint(package)


@pytest.mark.parametrize("text", ["", "[]", '{"sha256": 3}', '{"sha256": {"gone.json": "0"}}'])
def test_a_spoiled_manifest_is_one_line(text: str, tmp_path: Path) -> None:
    package = install(tmp_path, "onrecord_model_small")
    (package / "manifest.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"manifest\.json or a file it lists cannot be read") as refused:
        find_checkpoint(package)
    assert "\n" not in str(refused.value)


def test_a_model_of_the_hub_is_asked_for_by_its_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(name: str, revision: str | None, allow_patterns: list[str]) -> str:
        asked.append((name, revision, "*.safetensors" in allow_patterns))
        return str(tmp_path)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    place = find_checkpoint("owner/name", "v1")
    assert (place.source, place.directory) == ("owner/name", tmp_path)
    find_checkpoint("owner/name", weights=True)
    assert asked == [("owner/name", "v1", False), ("owner/name", None, True)]
    for error, message in ((OSError("no route\nat all"), "no route$"), (RuntimeError(""), "RuntimeError$")):

        def refuse(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
        with pytest.raises(CheckpointError, match=message):
            find_checkpoint("owner/name")
    with pytest.raises(CheckpointError, match="revision 'v1' is for models of the hub"):
        find_checkpoint(made(tmp_path / "here"), "v1")


def test_info_says_which_model_it_is_and_why(
    exported: "Config", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONRECORD_MODEL", str(exported.checkpoint))
    said = CliRunner().invoke(app, ["info"]).stdout
    assert str(exported.checkpoint) in said and "named by the environment variable ONRECORD_MODEL" in said
    copy = tmp_path / "copy"
    shutil.copytree(exported.checkpoint, copy)
    described = json.loads(CliRunner().invoke(app, ["info", "--json", "--model", str(copy)]).stdout)
    assert (described["model"], described["why"]) == (str(copy), "named by the caller")
