"""FSDP2: weights, gradients, optimiser and moving average shared out over the processes instead of copied into each.

A forward pass of shards is collective: every process must make as many of them. `as_many_passes` and `fit.validate` see to that.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

from train.engine.batches import pieces

WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True)  # on the first process; the others get {}


def shard(model: torch.nn.Module, device: torch.device, processes: int) -> tuple[int, int]:
    """Share the model out in place: a layer's weights are gathered for the time of its pass, the rest (embeddings, head) for that of the model's.

    Returns the number of weights that this process keeps, and that of the model.
    """
    total = sum(p.numel() for p in model.parameters())
    mesh = init_device_mesh(device.type, (processes,))
    for layers in [module for module in model.modules() if isinstance(module, torch.nn.ModuleList)]:
        for layer in layers:
            fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    kept = sum(p.to_local().numel() for p in model.parameters() if isinstance(p, DTensor))
    return kept, total


def as_many_passes(
    cut: list[list[int]], batch: Sequence[int], lengths: Sequence[int], tokens: int, processes: int
) -> list[list[int]]:
    """The passes of weight 0, each of one row, that a process with the pieces `cut` needs to have as many as the process with most."""
    most = max(
        len(list(pieces(batch[other::processes], lengths, tokens))) for other in range(min(processes, len(batch)))
    )
    return [[batch[0]]] * (most - len(cut))


def whole(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Weights and buffers of a model, shared out or not, copied to the CPU. Collective; {} in all processes but the first."""
    found: dict[str, Any] = get_model_state_dict(model, options=WHOLE)
    return {name: value.clone() for name, value in found.items()}


def whole_optimizer(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """The optimiser's state by the names of the model's weights. Collective; {} in all processes but the first."""
    return get_optimizer_state_dict(model, optimizer, options=WHOLE)


def load_whole(model: torch.nn.Module, weights: dict[str, Any]) -> None:
    """Undo `whole`: each process is given everything and keeps its part."""
    set_model_state_dict(model, weights, options=WHOLE)


def load_whole_optimizer(model: torch.nn.Module, optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Undo `whole_optimizer`."""
    set_optimizer_state_dict(model, optimizer, state, options=WHOLE)
