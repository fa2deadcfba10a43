"""The directory of one run: marked as ours, held by one training at a time, never emptied of what we did not make."""

import shutil
from pathlib import Path

from accelerate import Accelerator
from filelock import FileLock, Timeout
from transformers import PreTrainedModel

from train.config import Config, Stop
from train.engine.checkpoint import put_back
from train.engine.state import KEPT

MARKER = "made-by-train.fit"
# what a training writes into its checkpoint; some tokenizers have other files
WRITTEN = {"training.json", "train_config.yaml", "config.json", "model.safetensors", "tokenizer.json"} | {
    *("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja"),
    *("vocab.txt", "vocab.json", "merges.txt", "sentencepiece.bpe.model", "spiece.model", "tokenizer.model"),
}


def prepare_output(config: Config, model: PreTrainedModel, accelerator: Accelerator, replace: bool) -> FileLock:
    """Take the run directory for this training, before an hour is spent. All processes wait for the first, which works.

    Returns its lock, to be kept to the end: one that nothing refers to any more is given back.
    Raises Stop if the directory holds what no training made, is held by another one, cannot be written, has no room for
    checkpoint and states, or, unless `replace`, if its checkpoint holds more than a training writes: a calibration, an
    export, a model card, somebody's notes.
    """
    # one in a process, so that it may train again after a training that failed
    lock = FileLock(config.run_dir.absolute() / "lock", is_singleton=True)
    if accelerator.is_main_process:
        _refuse_foreign(config.run_dir)
        try:
            config.run_dir.mkdir(parents=True, exist_ok=True)
            (config.run_dir / MARKER).touch()
        except OSError as error:
            reason = f"cannot write to {config.run_dir}: {error.strerror}"
            raise Stop(f"{reason}; --output names another directory") from error
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise Stop(f"another training works in {config.run_dir}; wait for it, or give another --run") from error
        put_back(config.checkpoint)
        found = {path.name for path in config.checkpoint.iterdir()} if config.checkpoint.is_dir() else set()
        if (more := sorted(found - WRITTEN)) and not replace:
            lock.release(force=True)
            raise Stop(
                f"{config.checkpoint} has {', '.join(more)}, which a new training would delete; "
                "give another --run, or --force"
            )
        shutil.rmtree(config.run_dir / "rows", ignore_errors=True)  # of other data or another tokenizer, perhaps
        _refuse_full_disk(config, model)
    accelerator.wait_for_everyone()
    return lock


def release(run_dir: Path, lock: FileLock) -> None:
    """After a good end: the rows on disk are of no more use, and another training may come."""
    shutil.rmtree(run_dir / "rows", ignore_errors=True)
    lock.release(force=True)


def _refuse_foreign(run_dir: Path) -> None:
    ours = (run_dir / MARKER, run_dir / "checkpoint" / "training.json")
    if run_dir.is_dir() and any(run_dir.iterdir()) and not any(path.exists() for path in ours):
        raise Stop(
            f"{run_dir} holds files that no training made, and some would be replaced; give another --run or --output"
        )


def _refuse_full_disk(config: Config, model: PreTrainedModel) -> None:
    """A checkpoint and the one it replaces; states of weights, average, best weights and AdamW's two moments."""
    weights = sum(parameter.nbytes for parameter in model.parameters())
    states = 5 * (KEPT + 1) if config.engine.save_every else 0
    needed = weights * (2 + states) + 2**26  # and the logs
    free = shutil.disk_usage(config.run_dir).free
    if free < needed:
        room = f"{config.run_dir} has {free / 2**30:.2f} GiB free, {needed / 2**30:.2f} GiB are needed"
        raise Stop(f"{room}; make room, use another --output, or set engine.save_every: 0")
