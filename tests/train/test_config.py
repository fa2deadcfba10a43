"""configs/default.yaml and the Config class are one thing, and a wrong key or type stops the command."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from train.config import DEFAULTS, FIELDS, changed, differences, flat, load, parse, run

CONFIGS = [DEFAULTS.with_name(f"{name}.yaml") for name in ("base", "gpu", "own", "smoke")]
CONFIGS += sorted((DEFAULTS.parent / "benchmarks").glob("*.yaml"))


def keys_of(path: Path) -> dict[str, Any]:
    """Dotted key -> value, as the file has it."""
    values: dict[str, Any] = {}
    for name, value in yaml.safe_load(path.read_text()).items():
        section = {f"{name}.{key}": inner for key, inner in value.items()} if isinstance(value, dict) else {name: value}
        values |= section
    return values


def test_every_knob_stands_in_the_default_config_in_order_and_is_read_by_code() -> None:
    keys = keys_of(DEFAULTS)
    assert list(keys) == list(FIELDS) and len(keys) < 50
    code = "\n".join(path.read_text() for path in (ROOT / "train").rglob("*.py") if path.name != "config.py")
    unread = [key for key in keys if not re.search(rf"\.{key.rpartition('.')[2]}\b", code)]
    assert not unread


def test_every_config_file_is_looked_at() -> None:
    others = {"default", "sweep"}
    top = {path.stem for path in DEFAULTS.parent.glob("*.yaml")}
    assert top == others | {path.stem for path in CONFIGS if path.parent == DEFAULTS.parent} and len(CONFIGS) > 5


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_holds_only_differences(path: Path) -> None:
    config, defaults = load(path), flat(load())
    assert differences(config)
    assert not [key for key, value in keys_of(path).items() if defaults[key] == value]


def test_the_command_line_beats_the_file_beats_the_default(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("seed: 9\nengine:\n  learning_rate: 3e-5\n  epochs: 4\n")
    config, _ = parse(["--config", str(tmp_path / "mine.yaml"), "--seed", "4", "--engine.epochs=3"])
    assert (config.engine.learning_rate, config.seed, config.engine.epochs) == (3e-5, 4, 3)
    assert config.engine.batch_size == load().engine.batch_size


def test_rows_without_groups_are_not_called_documents() -> None:
    mine = {"source__files": "mine.csv", "source__group_column": "story"}
    assert load().documents == "articles" and load(**mine).documents == "documents (group_column)"
    assert load(source__files="mine.csv").documents == "rows"


def test_words_of_the_command_line_are_read_as_the_key_needs_them() -> None:
    words = ["--run", "2024", "--engine.precision", "no", "--corpus.labels", "[no, yes]", "--measure.priors", "{}"]
    config, _ = parse(
        [*words, "--source.files", "[a.csv, b.csv]", "--measure.gate", "null", "--engine.compile", "true"]
    )
    assert config.run == "2024" and config.engine.precision == "no" and config.corpus.labels == ["no", "yes"]
    assert parse(["--source.files", "rows #2.csv"])[0].source.files == "rows #2.csv"
    assert config.source.files == ["a.csv", "b.csv"] and config.measure.gate is None and config.engine.compile is True


def test_a_dict_is_replaced_whole_and_a_section_key_by_key(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("measure:\n  cues: {none: x}\n")
    config = load(tmp_path / "mine.yaml")
    assert config.measure.cues == {"none": "x"} and config.measure.slices == load().measure.slices
    assert changed(config, measure__cues={}).measure.cues == {}


def test_what_differs_makes_the_same_config_again(tmp_path: Path) -> None:
    config = load(run="mine", engine__epochs=7, measure__priors={}, corpus__labels=["no", "yes"])
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(differences(config)))
    assert load(tmp_path / "mine.yaml") == config
    assert flat(config)["engine.epochs"] == 7 and changed(load(), **flat(config)) == config


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--engine.learnin_rate", "1"], "there is no option --engine.learnin_rate; the nearest is engine.learning_rate"),
     (["--learning_rate", "1"], "there is no option --learning_rate; the nearest is engine.learning_rate"),
     (["--set_coverage=1"], "the nearest is measure.coverage"), (["--seeds", "x"], "the nearest is corpus.seeds"),
     (["--source", "x.csv"], "--source is a section: it has the keys source.files, "),
     (["--engine.epochs", "many"], "engine.epochs: Input should be a valid integer, unable to parse string"),
     (["--engine.epochs", "many"], "as an integer, not 'many'"), (["--engine.precision", "fp8"], "'fp8'"),
     (["--engine.epochs", "0"], "engine.epochs: Input should be greater than 0"),
     (["--seed", "-1"], "seed: Input should be greater than or equal to 0"), (["--seed", "4294967296"], "seed: "),
     (["--corpus.labels", "[a, a]"], "corpus.labels: needs two or more different names"),
     (["--corpus.test_share", "0.9", "--corpus.validation_share", "0.1"], "leaves nothing to train on"),
     (["--measure.priors", "{news: {claim: 1}}"], "measure.priors: news must give a share to each of claim, hedge"),
     (["--source.files", "{test: x.csv}"], "it needs train and may have validation and test"),
     (["--source.files", "{train: x.csv, holdout: y.csv}"], "has the splits train, holdout"),
     (["--source.files", "{train: x.csv}", "--source.split_column", "part"], "give one or the other"),
     (["--source.text_column", "[a, b]"], "text pairs"), (["--source.label_column", "[a, b]"], "(multi-label)"),
     (["--corpus.labels", "null"], "corpus.labels: null reads the labels from source.files"),
     (["--corpus.labels", "null", "--source.files", "x.csv"], "set priors: {} or name the labels"),
     (["--measure.cues", "{none: '('}"], "measure.cues: none: '(' is no regular expression"),
     (["--measure.metric", "f1:c"], "measure.metric: f1:c names none of the labels claim"),
     (["--measure.gate", ""], "--measure.gate is empty: give a value; null is written out"),
     (["--config", "configs/base.yaml", "--config", "configs/gpu.yaml"], "--config is there 2 times"),
     (["--config", "nowhere.yaml"], "--config nowhere.yaml: [Errno 2] No such file")],
)  # fmt: skip
def test_wrong_keys_and_values_exit_2(words: list[str], message: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as exit_:
        parse(words)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("engine:\n  learnin_rate: 1\n", "there is no key engine.learnin_rate; the nearest is engine.learning_rate"),
        ("learning_rate: 1\n", "there is no key learning_rate; the nearest is engine.learning_rate"),
        ("engine: {epochs: many}\n", "engine.epochs: Input should be a valid integer"),
        ("engine: 3\n", "engine is a section, not 3: it has the keys engine.model, "),
        ("engine:\n", "engine is a section, not None"),
        ("- a\n", "holds ['a'], not keys with values"),
        ("engine: {epochs: 3}\nsource: {}\nengine: {model: mpnet}\n", "the key engine is there twice"),
        ("engine:\n  epochs: 3\n  epochs: 4\n", "the key epochs is there twice"),
        ("run: caf\xe9\n", "mine.yaml is not UTF-8 (byte 8)"),
        ("measure: {priors: {news: {claim: .inf, hedge: 1, denial: 1, scheduling: 1, none: 1}}}", "a finite number"),
        ("a: [\n", "--config"),
    ],
)
def test_a_wrong_file_exits_2(tmp_path: Path, content: str, message: str, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "mine.yaml").write_text(content, encoding="latin-1")
    with pytest.raises(SystemExit) as exit_:
        parse(["--config", str(tmp_path / "mine.yaml")])
    assert exit_.value.code == 2 and message in capsys.readouterr().err


def test_a_command_prints_one_line_and_exits_1(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "train.build", "--corpus.seeds", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stderr.startswith("error: no seeds") and done.stderr.count("\n") == 1


def test_what_the_disk_refuses_is_one_line(tmp_path: Path) -> None:
    def main() -> None:
        (tmp_path / "file").write_text("")
        (tmp_path / "file" / "below").mkdir()

    with pytest.raises(SystemExit, match=r"^error: .*Not a directory.*file"):
        run(main)


def test_help_says_what_the_file_says(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"], prog="train.fit", resume=dict(action="store_true", help="go on"))
    printed = " ".join(capsys.readouterr().out.split())
    assert "[--config FILE] [--section.key value ...]" in printed and "--resume go on" in printed
    assert "--engine.head_learning_rate of the pooler and the classifier, which start untrained" in printed
    assert "are what the first epoch is spent on (LOG.md)" in printed, "a reason goes on over the line's end"
    silent = [key for key in FIELDS if re.search(rf"--{re.escape(key)} (--|\w+:)", printed)]
    assert not silent, silent
