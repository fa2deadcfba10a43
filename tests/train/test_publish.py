"""What goes to the hub, where to, and who may see it; the hub itself is a double at the edge of HfApi."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub.errors import LocalTokenNotFoundError
from huggingface_hub.utils import filter_repo_objects

from train import calibrate, publish
from train.config import Config, Stop, changed
from train.measure.shipped import deciding_files


class Hub:
    """Keeps what it is asked; one repository a (kind, name, branch)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.held: dict[tuple[str, str, str | None], set[str]] = {}
        self.public: set[str] = set()

    def create_repo(self, repo_id: str, **options: Any) -> None:
        self.calls.append(("create_repo", {"repo_id": repo_id, **options}))
        if not options["private"]:
            self.public.add(options["repo_type"])

    def repo_info(self, repo_id: str, *, repo_type: str) -> SimpleNamespace:
        return SimpleNamespace(private=repo_type not in self.public)

    def create_branch(self, repo_id: str, **options: Any) -> None:
        self.calls.append(("create_branch", {"repo_id": repo_id, **options}))

    def upload_folder(
        self,
        *,
        repo_id: str,
        repo_type: str,
        folder_path: Path,
        allow_patterns: list[str],
        delete_patterns: list[str],
        revision: str | None,
        **_: Any,
    ) -> SimpleNamespace:
        found = [path.relative_to(folder_path).as_posix() for path in folder_path.rglob("*") if path.is_file()]
        sent = set(filter_repo_objects(found, allow_patterns=allow_patterns))
        held = self.held.setdefault((repo_type, repo_id, revision), set())
        held -= set(filter_repo_objects(held, allow_patterns=delete_patterns))
        held |= sent
        return SimpleNamespace(commit_url=f"hub:{repo_type}")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub()
    monkeypatch.setattr(publish, "HfApi", lambda: hub)
    return hub


@pytest.fixture
def trained(exported: Config, tmp_path: Path) -> Path:
    """The directory of a run that is finished, and what lies beside its files."""
    shutil.copytree(exported.run_dir, tmp_path / "runs" / "default")
    config = changed(exported, output=str(tmp_path / "runs"), run="default")
    calibrate.main(config)
    checkpoint = config.checkpoint
    (checkpoint / "README.md").write_text("# A tiny model\n")
    (checkpoint / "more").mkdir()
    for path in ("notes.txt", "credentials.json", "more/config.json", "other.safetensors", "../predictions.json"):
        (checkpoint / path).write_text("{}")
    (checkpoint.parent / "metrics.json").write_text(json.dumps({"files": deciding_files(checkpoint)}))
    return config.run_dir


@pytest.fixture
def data(settings: Config, tmp_path: Path) -> Path:
    shutil.copytree(settings.corpus.data, tmp_path / "data")
    (tmp_path / "data" / "notes.parquet").write_text("x")
    return tmp_path / "data"


def test_a_model_is_private_and_whole_and_nothing_else_goes(hub: Hub, trained: Path) -> None:
    assert publish.main("owner/name", publish.planned(trained, None), False, None, False) == 0
    sent = hub.held.pop(("model", "owner/name", None))
    assert sent - {"model.int8.onnx", "tokenizer_config.json", "train_config.yaml"} == {*publish.NEEDED, "metrics.json"}
    assert not hub.held and "train_config.yaml" in sent
    assert {name for name, _ in hub.calls} == {"create_repo"}
    assert all(asked["private"] and asked["exist_ok"] for _, asked in hub.calls)


def test_data_goes_into_a_dataset_and_all_of_it_to_the_branch(hub: Hub, trained: Path, data: Path) -> None:
    publish.main("owner/name", publish.planned(trained, data), True, "v2", False)
    assert set(hub.held) == {("model", "owner/name", "v2"), ("dataset", "owner/name", "v2")}
    assert hub.held["dataset", "owner/name", "v2"] == {*publish.DATA}
    assert not any(asked["private"] for name, asked in hub.calls if name == "create_repo")
    assert {(a["branch"], a["repo_type"]) for n, a in hub.calls if n == "create_branch"} == {
        ("v2", "model"),
        ("v2", "dataset"),
    }


def test_a_public_repository_is_not_taken_for_a_private_one(hub: Hub, trained: Path, data: Path) -> None:
    """`create_repo(private=True, exist_ok=True)` leaves it public, and the data went there."""
    uploads = publish.planned(trained, data)
    hub.public = {"dataset"}
    with pytest.raises(Stop, match=r"^dataset owner/name is there already and public: --public sends to it"):
        publish.main("owner/name", uploads, False, None, False)
    assert set(hub.held) == {("model", "owner/name", None)}


def test_what_a_model_no_longer_has_does_not_stay_on_the_hub(hub: Hub, trained: Path) -> None:
    hub.held["model", "owner/name", None] = {"model.int8.onnx", "chat_template.jinja"}
    (trained / "checkpoint" / "model.int8.onnx").unlink(missing_ok=True)
    publish.main("owner/name", publish.planned(trained, None), False, None, False)
    held = hub.held["model", "owner/name", None]
    assert "model.int8.onnx" not in held and {"chat_template.jinja", "model.onnx", "metrics.json"} <= held


def test_a_dry_run_says_what_it_would_send_and_sends_nothing(
    hub: Hub, trained: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish.main("owner/name", publish.planned(trained, data), False, None, True)
    said = capsys.readouterr().out
    assert "model.onnx" in said and "train.parquet" in said and not hub.calls
    assert "notes" not in said and "credentials" not in said


def test_what_cannot_be_sent_is_one_line(
    hub: Hub, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = publish.planned(trained, None)
    for name in ("name", "a/b/c", "owner/na me"):
        with pytest.raises(Stop, match=f"--to {name}"):
            publish.main(name, uploads, False, None, False)
    with pytest.raises(Stop, match=r"manifest\.json.*make data"):
        publish.planned(trained, tmp_path)
    (trained / "checkpoint" / "calibration.json").unlink()
    with pytest.raises(Stop, match=r"no .*calibration\.json; train"):
        publish.planned(trained, None)
    for error, message in (
        (LocalTokenNotFoundError("no"), "hf auth login"),
        (OSError("no route\nat all"), "no route; the same"),
        (RuntimeError(""), "RuntimeError; the same"),
    ):

        def refuse(*_: Any, error: Exception = error, **__: Any) -> None:
            raise error

        monkeypatch.setattr(hub, "create_repo", refuse)
        with pytest.raises(Stop, match=message):
            publish.main("owner/name", uploads, False, None, False)


def test_what_does_not_belong_together_is_not_sent(trained: Path, data: Path) -> None:
    file = data / "test.parquet"
    good = file.read_bytes()
    file.write_bytes(good + b"x")
    with pytest.raises(Stop, match=r"test\.parquet is not the file that train\.build wrote"):
        publish.planned(trained, data)
    file.write_bytes(good)
    training = trained / "checkpoint" / "training.json"
    training.write_text(json.dumps(json.loads(training.read_text()) | {"data": "0" * 64}))
    with pytest.raises(Stop, match=r"is not the data that .* was trained on"):
        publish.planned(trained, data)
    with open(trained / "checkpoint" / "model.onnx", "ab") as model:
        model.write(b"x")
    with pytest.raises(Stop, match=r"model\.onnx was changed after the export"):
        publish.planned(trained, None)
