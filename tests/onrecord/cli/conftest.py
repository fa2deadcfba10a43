"""The checkpoint that a command is asked to take."""

from pathlib import Path

import pytest


@pytest.fixture
def model(checkpoint: Path) -> list[str]:
    return ["--model", str(checkpoint)]
