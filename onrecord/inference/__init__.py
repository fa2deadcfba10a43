"""Running a checkpoint: backends, tokens, threads."""

from enum import StrEnum


class BackendName(StrEnum):
    """What can compute the scores."""

    onnx = "onnx"
    int8 = "int8"
    torch = "torch"
