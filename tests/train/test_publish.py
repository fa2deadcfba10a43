"""What goes to the hub, where to, and who may see it; the hub itself is a double at the edge of HfApi."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub.errors import LocalTokenNotFoundError

from train import publish
from train.config import Stop


class Hub:
    """Keeps what it is asked; one repository a (kind, name, branch)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.held: dict[tuple[str, str, str | None], set[str]] = {}

    def create_repo(self, repo_id: str, **options: Any) -> None:
        self.calls.append(("create_repo", {"repo_id": repo_id, **options}))

    def create_branch(self, repo_id: str, **options: Any) -> None:
        self.calls.append(("create_branch", {"repo_id": repo_id, **options}))

    def upload_folder(
        self,
        *,
        repo_id: str,
        repo_type: str,
        folder_path: Path,
        allow_patterns: list[str],
        revision: str | None,
        **_: Any,
    ) -> SimpleNamespace:
        sent = {path.name for pattern in allow_patterns for path in folder_path.glob(pattern)}
        self.held.setdefault((repo_type, repo_id, revision), set()).update(sent)
        return SimpleNamespace(commit_url=f"hub:{repo_type}")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub()
    monkeypatch.setattr(publish, "HfApi", lambda: hub)
    return hub


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    checkpoint = tmp_path / "runs" / "default" / "checkpoint"
    checkpoint.mkdir(parents=True)
    for name in (*publish.NEEDED, "tokenizer.json", "notes.txt"):
        (checkpoint / name).write_text("x")
    (checkpoint.parent / "metrics.json").write_text("{}")
    (checkpoint.parent / "predictions.json").write_text("{}")
    return checkpoint.parent


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for name in ("train.parquet", "test.parquet", "manifest.json", "README.md", "notes.txt"):
        (tmp_path / "data" / name).write_text("x")
    return tmp_path / "data"


def test_a_model_is_private_and_whole_and_nothing_else_goes(hub: Hub, trained: Path) -> None:
    assert publish.main("owner/name", publish.planned(trained, None), False, None, False) == 0
    assert hub.held == {("model", "owner/name", None): {*publish.NEEDED, "tokenizer.json", "metrics.json"}}
    assert {name for name, _ in hub.calls} == {"create_repo"}
    assert all(asked["private"] and asked["exist_ok"] for _, asked in hub.calls)


def test_data_goes_into_a_dataset_and_all_of_it_to_the_branch(hub: Hub, trained: Path, data: Path) -> None:
    publish.main("owner/name", publish.planned(trained, data), True, "v2", False)
    assert set(hub.held) == {("model", "owner/name", "v2"), ("dataset", "owner/name", "v2")}
    assert hub.held["dataset", "owner/name", "v2"] == {"train.parquet", "test.parquet", "manifest.json", "README.md"}
    assert not any(asked["private"] for name, asked in hub.calls if name == "create_repo")
    assert {(a["branch"], a["repo_type"]) for n, a in hub.calls if n == "create_branch"} == {
        ("v2", "model"),
        ("v2", "dataset"),
    }


def test_a_dry_run_says_what_it_would_send_and_sends_nothing(
    hub: Hub, trained: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish.main("owner/name", publish.planned(trained, data), False, None, True)
    said = capsys.readouterr().out
    assert "model.onnx" in said and "train.parquet" in said and "notes.txt" not in said and not hub.calls


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
        (OSError("no route\nat all"), "no route$"),
    ):

        def refuse(*_: Any, error: OSError = error, **__: Any) -> None:
            raise error

        monkeypatch.setattr(hub, "create_repo", refuse)
        with pytest.raises(Stop, match=message):
            publish.main("owner/name", uploads, False, None, False)
