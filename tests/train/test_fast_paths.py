"""What makes training faster elsewhere trains the same model: torch.compile, bf16; and the host does not wait for the
device.
"""

import json
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.conftest import changed, weights
from train import fit
from train.config import DEFAULTS, Config, differences, load
from train.engine.state import States


def states_left(config: Config, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Parts of the last state of a whole run, which would remove it."""
    with monkeypatch.context() as patch:
        patch.setattr(States, "remove", lambda self: None)
        fit.main(config)
    return torch.load(States(config, "", 1).finished()[-1], weights_only=True)["parts"]


@pytest.mark.slow
def test_compiled_it_trains_the_same_model_under_the_same_names(
    settings: Config, without_dropout: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Graphs are captured as torch.compile would, and run as they are: building them with a C++ compiler takes a
    minute.

    fullgraph: nothing within a pass asks for a tensor's value, for which the host would have to wait.
    """
    shapes, graphs = set(), []
    real, collate = torch.nn.Module.compile, fit.collate

    def counting(graph: torch.fx.GraphModule, inputs: list) -> Callable:
        graphs.append(graph)
        return graph.forward

    def noted(*arguments: Any) -> dict[str, torch.Tensor]:
        result = collate(*arguments)
        shapes.add(result["input_ids"].shape)
        return result

    monkeypatch.setattr(
        torch.nn.Module, "compile", lambda self, **options: real(self, backend=counting, fullgraph=True, **options)
    )
    monkeypatch.setattr(fit, "collate", noted)
    plain = changed(
        settings,
        run="plain",
        engine__model=str(without_dropout),
        engine__micro_tokens=60,
        engine__max_steps=12,
        engine__save_every=5,
    )
    compiled = changed(plain, run="compiled", engine__compile=True)
    torch._dynamo.reset()
    as_it_is, parts = states_left(plain, monkeypatch), states_left(compiled, monkeypatch)
    assert 0 < len(graphs) <= 4 < len(shapes), (
        "one graph for all shapes, and those that torch makes for a single row or token"
    )
    assert all(list(as_it_is[part]) == list(parts[part]) for part in ("model", "averaged"))
    expected, got = weights(plain), weights(compiled)
    assert expected.keys() == got.keys() and all(
        torch.allclose(expected[name], got[name], atol=1e-5) for name in expected
    )


@pytest.mark.slow
def test_bf16_learns_and_keeps_its_weights_in_fp32(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = set()
    real = fit.cross_entropy
    linear = torch.nn.Linear.forward

    def noted(self: torch.nn.Linear, inputs: torch.Tensor) -> torch.Tensor:
        result = linear(self, inputs)
        kinds.add(result.dtype)
        return result

    monkeypatch.setattr(torch.nn.Linear, "forward", noted)
    monkeypatch.setattr(
        fit,
        "cross_entropy",
        lambda logits, *rest, **options: (kinds.add(("loss", logits.dtype)), real(logits, *rest, **options))[1],
    )
    config = changed(
        settings, run="bf16", engine__precision="bf16", engine__epochs=16, engine__patience=16, engine__save_every=100
    )
    parts = states_left(config, monkeypatch)
    assert kinds == {torch.bfloat16, ("loss", torch.float32)}
    assert json.loads((config.checkpoint / "training.json").read_text())["macro_f1"] > 0.9
    kept = [
        *parts["model"].values(),
        *parts["averaged"].values(),
        *(value for state in parts["optimizer"]["state"].values() for value in state.values()),
        *weights(config).values(),
    ]
    assert {value.dtype for value in kept if value.is_floating_point()} == {torch.float32}


class Waits(TorchDispatchMode):
    """Counts, by the line of source, where a tensor's value is asked for: on a GPU, the host waits there."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten._local_scalar_dense.default:
            asked = [frame for frame in traceback.extract_stack()[:-1] if "/torch/" not in frame.filename][-1]
            self.counts[f"{asked.filename.rsplit('/', 1)[-1]}: {asked.line}"] += 1
        return func(*args, **(kwargs or {}))


def test_the_host_waits_for_no_value_but_to_log(settings: Config) -> None:
    """The difference between a run of nine steps and one of three, so that what comes before and after the loop does
    not count.

    Two are left: transformers asks at each pass whether a mask is all ones, unless it is compiled (above); the
    average's counter is the host's own.
    """
    runs = []
    for steps in (3, 9):
        with Waits() as waits:
            fit.main(changed(settings, run="waits", engine__max_steps=steps, engine__log_every=1000))
        assert waits.counts, "the last step is logged"
        runs.append(waits.counts)
    mask, counter = sorted(runs[1] - runs[0], reverse=True)
    assert mask.startswith("masking_utils.py") and "n_averaged" in counter


def test_the_gpu_config_is_one_and_differs_only_in_where_it_runs() -> None:
    config = load(DEFAULTS.parent / "gpu.yaml")
    assert config.engine.precision == "bf16"
    assert differences(config).keys() == {"engine"}
    assert differences(config)["engine"].keys() <= {"precision", "compile", "micro_tokens"}
