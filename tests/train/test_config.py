"""configs/default.yaml and the Config class are one thing, and a wrong key or type stops the command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from train.config import DEFAULTS, Config, load, parse, reasons_beside_keys


def test_every_knob_stands_in_the_default_config_once_and_is_read_by_code() -> None:
    keys = yaml.safe_load(DEFAULTS.read_text())
    assert set(keys) == set(Config.model_fields)
    code = "\n".join(path.read_text() for path in (ROOT / "train").rglob("*.py"))
    unread = [key for key in keys if not re.search(rf"(config|self)\.{key}\b", code)]
    assert not unread


@pytest.mark.parametrize("path", sorted((ROOT / "configs").rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_is_valid_and_holds_only_differences(path: Path) -> None:
    if path.stem in ("gate", "sweep") or path.parent.name == "accelerate":
        return
    assert load(path)
    if path != DEFAULTS:
        defaults = yaml.safe_load(DEFAULTS.read_text())
        assert not {key for key, value in yaml.safe_load(path.read_text()).items() if defaults[key] == value}


def test_the_command_line_beats_the_file_beats_the_default(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("learning_rate: 3e-5\nseed: 9\n")
    config, _ = parse(["--config", str(tmp_path / "mine.yaml"), "--seed", "4"])
    assert (config.learning_rate, config.seed, config.batch_size) == (3e-5, 4, load().batch_size)


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--learnin_rate", "1"], "learnin_rate"), (["--epochs", "many"], "epochs"), (["--epochs", "0"], "greater than 0"), (["--precision", "fp8"], "fp8"),
     (["--labels", "[a, a]"], "two or more different names"), (["--test_share", "0.9", "--validation_share", "0.1"], "leaves nothing to train on")],
)  # fmt: skip
def test_wrong_keys_and_values_exit_2(words: list[str], message: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as exit_:
        parse(words)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


def test_a_command_prints_one_line_and_exits_1(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "train.build", "--seeds", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stderr.startswith("error: no seeds") and done.stderr.count("\n") == 1


def test_help_says_what_the_file_says(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"], prog="train.fit")
    said = " ".join(capsys.readouterr().out.split())
    assert "[--config FILE] [--key value ...]" in said
    assert "of the pooler and the classifier, which start untrained" in said
    silent = [key for key in Config.model_fields if key not in reasons_beside_keys()]
    assert len(silent) < 12, silent
