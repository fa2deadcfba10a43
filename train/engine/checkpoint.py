"""The checkpoint: an ordinary Hugging Face directory, there as a whole or not at all."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
import yaml
from transformers import AutoModelForSequenceClassification, PreTrainedModel, PreTrainedTokenizerBase

from train.config import Config, Stop

MEASURED = ("gate.md", "report.html", "predictions.json", "metrics.json")  # of the checkpoint before


def with_weights(model: PreTrainedModel, weights: dict[str, torch.Tensor]) -> PreTrainedModel:
    """A model of the same kind, whole and on the CPU, with these weights."""
    made = AutoModelForSequenceClassification.from_config(model.config)
    made.load_state_dict(weights)
    return made


def save_checkpoint(
    config: Config, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, summary: dict[str, Any]
) -> None:
    """Write the Hugging Face directory beside its place and swap it in, so that a reader never sees a half.

    Raises Stop when the disk does not take it; states of --resume stay.
    """
    target, (fresh, old) = config.checkpoint, _beside(config.checkpoint)
    for left_over in (fresh, old):
        _remove(left_over)
    tokenizer.model_max_length = config.engine.max_tokens
    try:
        model.save_pretrained(fresh)
        tokenizer.save_pretrained(fresh)
        (fresh / "train_config.yaml").write_text(yaml.safe_dump(config.model_dump(), sort_keys=False))
        (fresh / "training.json").write_text(json.dumps(summary, indent=2) + "\n")
    except Exception as error:  # the tokenizers' library reports a full disk by that class itself
        shutil.rmtree(fresh, ignore_errors=True)
        way_on = "and --resume goes on from the last state" if config.engine.save_every else "or name another --output"
        raise Stop(f"the checkpoint cannot be written to {fresh}: {error}; make room, {way_on}") from error
    for file in fresh.iterdir():  # safetensors makes its file readable for its owner alone
        file.chmod((fresh / "training.json").stat().st_mode)
    if target.exists():
        os.replace(target, old)
    os.replace(fresh, target)
    for name in MEASURED:
        (config.run_dir / name).unlink(missing_ok=True)
    _remove(old)


def put_back(checkpoint: Path) -> None:
    """Give the checkpoint of before its name again, which a kill between the two renames of save_checkpoint took."""
    _, old = _beside(checkpoint)
    if old.exists() and not checkpoint.exists():
        os.replace(old, checkpoint)


def _remove(directory: Path) -> None:
    """Delete a directory; of a link the link alone, which somebody made to keep a checkpoint elsewhere."""
    if directory.is_symlink():
        directory.unlink()
    else:
        shutil.rmtree(directory, ignore_errors=True)


def _beside(checkpoint: Path) -> tuple[Path, Path]:
    """Where the new one is written and the old one put aside: names that nobody keeps a copy under."""
    return checkpoint.with_name(".checkpoint.new"), checkpoint.with_name(".checkpoint.old")
