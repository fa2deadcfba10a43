"""What AdamW is given: parameters in groups, and the learning rate as a pure function of the step."""

import re

import torch
from transformers import PreTrainedModel

from train.config import Engine

LAYER = re.compile(r"\.(?:layer|layers)\.(\d+)\.")  # a parameter's layer, in its name


def learning_rate(step: int, steps: int, peak: float, warmup_share: float) -> float:
    """Rate of step `step` (from 0) of `steps`: linear up to `peak` over the warm-up, then down, zero after the last."""
    warmup = round(steps * warmup_share)
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * max(0, steps - step) / max(1, steps - warmup)


def parameter_groups(model: PreTrainedModel, engine: Engine) -> list[dict]:
    """Parameters for AdamW in groups of one rate: matrices decay, vectors (biases, LayerNorm) do not.

    The head, which has a rate of its own, is everything outside the pretrained body, and the body's pooler, which
    sentence encoders do not train. Below the top layer of the body each learns `layer_decay` times as fast as the one
    above it, the embeddings slowest (Howard and Ruder 2018; Clark et al. 2020).
    """
    layer = {name: int(match[1]) for name, _ in model.named_parameters() if (match := LAYER.search(name))}
    top = max(layer.values(), default=0)
    groups: dict[tuple[float, bool], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not name.startswith(f"{model.base_model_prefix}.") or ".pooler." in name:
            peak = engine.head_learning_rate
        else:
            below = top - layer[name] if name in layer else top + 1 if "embed" in name else 0
            peak = engine.learning_rate * engine.layer_decay**below
        groups.setdefault((peak, parameter.ndim >= 2), []).append(parameter)
    return [
        {"params": parameters, "peak": peak, "lr": peak, "weight_decay": engine.weight_decay if matrix else 0.0}
        for (peak, matrix), parameters in groups.items()
    ]
