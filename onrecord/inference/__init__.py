"""Running a checkpoint: backends, tokens, threads."""

from typing import Literal

BackendName = Literal["onnx", "int8", "torch"]  # what can compute the scores
