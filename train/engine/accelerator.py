"""The Accelerator: this machine, or the processes of a launch file."""

import os

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedType

from train.config import Config, Stop


def start(config: Config) -> Accelerator:
    """The Accelerator for this machine or launch file. Raises Stop for what it or we cannot do."""
    launched = int(os.environ.get("WORLD_SIZE", "1"))
    AcceleratorState._reset_state()  # a process may train again in another precision (train.sweep)
    # Without cpu=True Accelerate does not join processes on a machine that has no GPU.
    alone_or_gpu = launched == 1 or torch.cuda.is_available()
    accelerator = Accelerator(
        cpu=not alone_or_gpu,
        mixed_precision=config.engine.precision,
        log_with="tensorboard",
        project_dir=config.run_dir,
    )
    if launched != accelerator.num_processes:  # seen with FSDP on CPUs: each process would train and write alone
        raise Stop(
            f"{launched} processes were launched, Accelerate joined {accelerator.num_processes}; launch it as DDP"
        )
    if accelerator.distributed_type not in (DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU):
        raise Stop(
            f"distributed_type {accelerator.distributed_type.value} is not supported; launch it as DDP: "
            "docs/distributed.md"
        )
    asked = os.environ.get("ACCELERATE_MIXED_PRECISION", "no")
    if asked not in ("no", config.engine.precision):
        raise Stop(
            f"the launch file asks for mixed_precision {asked}, the config has engine.precision: "
            f"{config.engine.precision}, which decides; add --engine.precision {asked}"
        )
    # Of five compiled runs in two processes on a busy CPU one failed and one did not end; cause not found.
    if config.engine.compile and accelerator.num_processes > 1:
        raise Stop("engine.compile: true is for one process: in several it was not reliable; set it to false")
    return accelerator
