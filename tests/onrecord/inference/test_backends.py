"""Which of a checkpoint's files answers."""

import json
from pathlib import Path

import pytest

from onrecord.inference.backends import BackendError, choose


def checkpoint(path: Path, *files: str, record: object = None) -> Path:
    for name in files:
        (path / name).touch()
    if record is not None:
        (path / "export.json").write_text(json.dumps(record))
    return path


BOTH = ("model.onnx", "model.int8.onnx")


@pytest.mark.parametrize(
    ("files", "record", "expected"),
    [
        (BOTH, {"default": "int8"}, "int8"),
        (BOTH, {"default": "onnx"}, "onnx"),
        (BOTH, {"kept": list(BOTH)}, "onnx"),  # of before 2026-12: int8 was held to wider limits
        (BOTH, ["int8"], "onnx"),
        (BOTH, None, "onnx"),
        (("model.onnx",), {"default": "int8"}, "onnx"),
        (("model.int8.onnx",), {"default": "int8"}, "int8"),
        ((), {"default": "int8"}, "torch"),
    ],
)
def test_the_default_is_what_the_export_says(tmp_path: Path, files: tuple, record: object, expected: str) -> None:
    assert choose(checkpoint(tmp_path, *files, record=record), None, "cpu") == expected


def test_a_wish_is_met_or_refused(tmp_path: Path) -> None:
    directory = checkpoint(tmp_path, "model.onnx", record={"default": "int8"})
    assert choose(directory, "onnx", "cpu") == "onnx" and choose(directory, "torch", "cpu") == "torch"
    assert choose(directory, None, "cuda") == "torch"
    with pytest.raises(BackendError, match=r"holds no model\.int8\.onnx.*export\.json"):
        choose(directory, "int8", "cpu")
