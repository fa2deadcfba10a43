"""The checkpoint that a command is asked to take, and what it prints as JSON lines."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from onrecord.cli import app


def json_lines(*words: str) -> list[Any]:
    """What `onrecord` prints with these words, a value a line."""
    return [json.loads(line) for line in CliRunner().invoke(app, words).stdout.splitlines()]


@pytest.fixture
def model(checkpoint: Path) -> list[str]:
    return ["--model", str(checkpoint)]
