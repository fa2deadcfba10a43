"""tests -> train -> onrecord, never back, and onrecord is light."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def test_onrecord_loads_neither_train_nor_torch() -> None:
    code = (
        "import sys, onrecord, onrecord.cli; print([m for m in ('train', 'torch', 'transformers') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_the_lint_rule_catches_an_import_that_goes_back(tmp_path: Path) -> None:
    root = ROOT
    bad = "from train.config import load\n\nprint(load)\n"
    for name, expected in (("onrecord/wrong.py", 1), ("train/right.py", 0)):
        found = subprocess.run(
            [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--stdin-filename", name, "-"],
            input=bad,
            text=True,
            cwd=root,
            capture_output=True,
        )
        assert found.returncode == expected, found.stdout
