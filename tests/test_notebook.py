"""The notebook of examples/ runs from its first cell to its last, with a tiny model in the place of the real one."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient

from onrecord.defaults import CHECKPOINT, ENVIRONMENT
from tests.conftest import LABELS, ROOT

if TYPE_CHECKING:
    from train.config import Config

NOTEBOOK = ROOT / "examples" / "first-steps.ipynb"
REAL, TINY = "model: minilm, epochs: 10, batch_size: 8", "model: tiny, epochs: 1"


def test_the_notebook_holds_no_outputs() -> None:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    assert len(cells) > 5 and not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


@pytest.mark.slow
def test_the_notebook_runs(exported: "Config", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for name in ("train", "configs"):  # of the clone that the last part needs
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / CHECKPOINT.parent).mkdir(parents=True)
    (tmp_path / CHECKPOINT).symlink_to(exported.checkpoint.resolve())  # as `make train` leaves it
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    sources = [cell.source for cell in notebook.cells]
    assert sum(REAL in source for source in sources) == 1
    for cell in notebook.cells:
        cell.source = cell.source.replace(REAL, TINY)
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path / "examples")}})
    client.execute()  # raises at the first cell that fails
    assert notebook.cells[-1].outputs[-1]["data"]["text/plain"] in ("'weather'", "'sport'")
    (article,) = [cell for cell in notebook.cells if "examples/article.txt" in cell.source]
    labelled = [line.split()[0].rstrip("?") for line in article.outputs[0]["text"].splitlines()]
    assert len(labelled) == 10 and set(labelled) <= set(LABELS)
