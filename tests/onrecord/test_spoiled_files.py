"""Files of a checkpoint that somebody edited, cut or swapped: one line that names the file, never a traceback."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from onrecord.calibration import Calibration
from onrecord.classifier import CheckpointError, Classifier
from onrecord.cli import app
from tests.conftest import LABELS
from train.config import Config

DEEP = "[" * 100_000 + "]" * 100_000
NOT_JSON = ["", "{", "\xff", "[]", "3", '"a"', "null", DEEP]


@pytest.fixture(scope="module")
def whole(exported: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with all of its files."""
    directory = tmp_path_factory.mktemp("spoiled") / "checkpoint"
    shutil.copytree(exported.checkpoint, directory)
    targets = np.arange(200) % 5
    Calibration(1.0, dict.fromkeys(LABELS, 0.2), {}, 0.1, 0.9, 9 * np.eye(5)[targets], targets).save(directory)
    (directory / "README.md").write_text("---\nlicense: apache-2.0\n---\n\n# A model\n")
    return directory


def edited(**changes: object) -> Callable[[str], str]:
    return lambda text: json.dumps(json.loads(text) | changes)


def without(key: str) -> Callable[[str], str]:
    return lambda text: json.dumps({name: value for name, value in json.loads(text).items() if name != key})


def card(front: str) -> Callable[[str], str]:
    return lambda _: f"---\n{front}\n---\n\n# A model\n"


RESULT = (
    "model-index: [{name: m, results: [{task: {type: t}, dataset: {name: d, type: d}, "
    "metrics: [{type: f, value: %s}]}]}]"
)
SHARES = dict.fromkeys(LABELS, 0.2)
# file -> what becomes of its text, or the text instead
SPOILED: dict[str, list[Callable[[str], str] | str]] = {
    "config.json": [
        *NOT_JSON,
        without("id2label"),
        *(edited(id2label=value) for value in (None, {}, [], "claim", 5, {"0": 1}, {"a": "b"}, {"0": "a", "2": "b"})),
        edited(id2label={"0": "a", "1": "a"}),
        edited(id2label={"0": "claim", "1": "hedge"}),  # fewer than the model has
        edited(model_type=["roberta"], max_position_embeddings=0),
        *(edited(pad_token_id=value) for value in ("0", -1, [0], 0.5)),
        *(edited(max_position_embeddings=value) for value in ("512", -1, 0, 2, [512], True, float("nan"))),
    ],
    "tokenizer_config.json": [
        *NOT_JSON,
        *(edited(model_max_length=value) for value in ("512", -1, 0, 1, [512], True, float("nan"))),
    ],
    "tokenizer.json": [*NOT_JSON, "{}"],
    "calibration.json": [
        *NOT_JSON,
        without("logits"),
        edited(more=1),
        edited(weights=1),
        *(edited(temperature=value) for value in (0, -1, "1", None, float("nan"), float("inf"))),
        *(edited(max_error=value) for value in (0, 1, "0.1", None, float("nan"))),
        *(edited(shares=value) for value in ([], LABELS, "a", dict.fromkeys(LABELS, "0.2"), SHARES | {"claim": -1})),
        edited(shares={"other" + label: 0.2 for label in LABELS}),
        *(edited(priors=value) for value in ([], "news", {"news": 3}, {"news": {"claim": 1}})),
        edited(priors={"first": SHARES, "second": SHARES | {"claim": "much"}}),
        *(edited(logits=value) for value in ([], [[1, 2], [3]], "a", [[float("nan")] * 5] * 200)),
        *(edited(targets=value) for value in ([], ["a"] * 200, [9] * 200)),
    ],
    "export.json": [
        *NOT_JSON,
        *(without(key) for key in ("kept", "cpu", "int8")),
        *(edited(kept=value) for value in (None, 3, [1])),
        *(edited(cpu=value) for value in (None, [], {}, {"machine": 1, "features": []}, {"machine": "a"})),
        *(edited(int8=value) for value in (None, 3, [3], [{}], [{"rung": "a"}], [{"rung": 1, "holds": True}])),
    ],
    "README.md": [
        *(card(front) for front in ("bad: [", "- a\n- b", "model-index: 3", "model-index: [{}]", "\x00")),
        *(card(RESULT % value) for value in ("good", "[1]", "true")),
    ],
    "model.int8.onnx": ["", "onnx", "version https://git-lfs.github.com/spec/v1\n"],
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_file_is_named_in_one_line(whole: Path, name: str) -> None:
    path = whole / name
    good = path.read_bytes()
    assert CliRunner().invoke(app, ["info", "--model", str(whole)]).exit_code == 0
    try:
        for i, spoil in enumerate(SPOILED[name]):
            path.write_text(spoil if isinstance(spoil, str) else spoil(good.decode()), encoding="latin-1")
            found = CliRunner().invoke(app, ["info", "--model", str(whole)])
            assert found.exit_code == 1 and isinstance(found.exception, SystemExit), (i, path.read_text()[:300], found)
            assert found.stderr.startswith("error: ") and found.stderr.count("\n") == 1, (i, found.stderr)
            assert name in found.stderr and len(found.stderr) < 1000 and not found.stdout, (i, found.stderr)
    finally:
        path.write_bytes(good)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux has a file that nobody can read")
@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer_config.json", "calibration.json", "model.onnx", "README.md"]
)
def test_a_file_that_cannot_be_read_is_named_in_one_line(whole: Path, name: str) -> None:
    """As one without permission, which root has to all."""
    kept = (whole / name).rename(whole / "kept")
    try:
        (whole / name).symlink_to("/proc/self/mem")
        found = CliRunner().invoke(app, ["predict", "One.", "--model", str(whole), "--backend", "onnx"])
        assert isinstance(found.exception, SystemExit) and found.exit_code == 1, found
        assert found.stderr.startswith(f"error: {whole}") and found.stderr.count("\n") == 1, found.stderr
    finally:
        kept.replace(whole / name)


@pytest.mark.parametrize(("name", "code"), [("README.md", 0), ("export.json", 1)])
def test_what_answers_nothing_stops_no_answer(whole: Path, name: str, code: int) -> None:
    """A model card vouches for nothing; export.json says which bytes the model must have: without it no answer."""
    good = (whole / name).read_bytes()
    (whole / name).write_text("---\nbad: [\n---\n{")
    try:
        found = CliRunner().invoke(app, ["predict", "One.", "--model", str(whole)])
        assert found.exit_code == code and (name in found.stderr) == bool(code)
    finally:
        (whole / name).write_bytes(good)


# file -> what becomes of it: still a good one, but that of another run
SWAPPED: dict[str, Callable[[str], str]] = {
    "config.json": edited(id2label=dict(enumerate(reversed(LABELS)))),
    "tokenizer.json": lambda text: text.replace('"said": ', '"sa1d": ').replace('"denied": ', '"said": '),
    "tokenizer_config.json": edited(model_max_length=64),
    "calibration.json": edited(temperature=9.0, weights="0" * 64),
}


@pytest.mark.parametrize("name", SWAPPED)
@pytest.mark.parametrize("backend", ["onnx", "torch"])
def test_a_file_of_another_run_answers_nothing(whole: Path, name: str, backend: str) -> None:
    path, calibration = whole / name, whole / "calibration.json"
    good, calibrated = path.read_bytes(), calibration.read_bytes()
    if name != calibration.name:
        calibration.unlink()  # which would tell of other labels
    try:
        path.write_text(SWAPPED[name](good.decode()))
        with pytest.raises(CheckpointError, match=name) as refused:
            Classifier.load(whole, backend=backend)
        assert "\n" not in str(refused.value)
        if name == calibration.name:  # the weights themselves say so where nothing was exported
            (whole / "export.json").rename(whole / "export.away")
            with pytest.raises(CheckpointError, match=name):
                Classifier.load(whole, backend="torch")
            (whole / "export.away").rename(whole / "export.json")
    finally:
        calibration.write_bytes(calibrated)
        path.write_bytes(good)
    assert Classifier.load(whole, backend=backend).calibration
