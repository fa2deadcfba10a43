"""In which precision this machine computes products."""

import torch

from train.config import Config, changed


def with_precision(config: Config) -> Config:
    """The config with `auto` replaced by bf16 where this machine computes products in it, else by no."""
    if config.engine.precision != "auto":
        return config
    processor = torch.cpu.get_capabilities()
    has = (
        torch.cuda.is_bf16_supported(including_emulation=False)
        if torch.cuda.is_available()
        else any(processor.get(name) for name in ("avx512_bf16", "amx_bf16"))
    )
    return changed(config, engine__precision="bf16" if has else "no")
