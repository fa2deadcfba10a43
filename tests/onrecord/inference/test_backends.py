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


def test_what_a_model_wheel_does_not_hold_is_asked_of_no_command(tmp_path: Path) -> None:
    directory = checkpoint(tmp_path, "model.int8.onnx", "manifest.json", record={"default": "int8"})
    assert choose(directory, None, "cpu") == choose(directory, "int8", "cpu") == "int8"
    wishes = (("onnx", "cpu", "onnx"), ("torch", "cpu", "safetensors"), (None, "cuda", "safetensors"))
    for backend, device, file in wishes:
        with pytest.raises(BackendError, match=rf"model wheel and holds no model\.{file}.*make train"):
            choose(directory, backend, device)
