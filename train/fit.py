"""Fine-tune: data/ -> runs/NAME/checkpoint, an ordinary Hugging Face directory.

    python -m train.fit [--config FILE] [--section.key value] [--resume] [--force]
    torchrun --nproc_per_node 2 -m train.fit        several processes: docs/distributed.md

--resume goes on from the newest state that a killed or interrupted run left, to the same weights (engine/state.py).
Sees `train` and `validation` only. The loop stands in `main`, read it from top to bottom.
"""

import math
import resource
import sys
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import datasets
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object, set_seed
from torch.nn.functional import cross_entropy
from transformers import PreTrainedTokenizerBase

from train.config import Config, Engine, Stop, parse, read_record, run
from train.corpus.splits import built, load_split, with_labels
from train.engine.accelerator import start
from train.engine.average import MovingAverage
from train.engine.batches import collate, pieces, plan, to_device
from train.engine.checkpoint import save_checkpoint, with_weights
from train.engine.encoded import cut_notice, cut_rows, encode, encoded
from train.engine.first_token import read_first_token
from train.engine.log import progress_bar, start_log
from train.engine.model import load_model
from train.engine.optimizer import learning_rate, parameter_groups
from train.engine.precision import with_precision
from train.engine.run_directory import prepare_output, release
from train.engine.state import Interruption, Position, States, capture, restore, rows_digest, weights_on_cpu
from train.measure.validation import validate

FEW_STEPS = 50  # below this a run is told to be too short: on 60 rows, 4 steps gave one label for everything


class Diverged(Stop):
    """The loss is no number any more."""


def main(
    config: Config, resume: bool = False, on_epoch: Callable[[int, float], None] | None = None, force: bool = False
) -> dict[str, float]:
    """Train one model and write its checkpoint. Returns the best epoch's validation metrics.

    `on_epoch` gets each epoch's number (from 1) and validation metric; what it raises ends the training. At SIGTERM or
    SIGINT the state is written, and SystemExit carries 128 + the signal. `force` replaces an exported checkpoint.
    """
    config = with_precision(with_labels(config))
    engine, metric = config.engine, config.measure.metric
    accelerator = start(config)
    set_seed(config.seed)
    tokenizer, model = load_model(engine, config.corpus.labels)
    read_first_token(model)
    lock = prepare_output(config, model, accelerator, force or resume)
    rows = read_rows(config, tokenizer, accelerator)
    steps = min(engine.epochs * math.ceil(len(rows.lengths) / engine.batch_size), engine.max_steps or sys.maxsize)
    averaged = MovingAverage(model, engine.ema_decay)
    if engine.compile:
        model.compile(dynamic=True)  # in place, so names stay; every batch has another shape
    averaged.module.to(accelerator.device)
    model, optimizer = accelerator.prepare(model, torch.optim.AdamW(parameter_groups(model, engine), fused=True))
    if accelerator.num_processes > 1:  # each drops out other units; until here all had to draw the same head
        set_seed(config.seed, device_specific=True)
    states, position = States(config, rows.fingerprint, accelerator.num_processes), Position()
    if resume:
        position, parts, damaged = states.read()
        restore(parts, accelerator, model, averaged, optimizer)
        accelerator.print("\n".join([*damaged, f"going on from the state of step {position.step}"]))
    else:
        states.refuse_to_overwrite()
    start_log(config, accelerator, position.step + 1 if resume else None)
    started = time.monotonic() - position.seconds
    with progress_bar(accelerator) as bar, Interruption() as interruption, out_of_memory_explained(engine):
        task = bar.add_task("train", total=steps, loss=math.nan, rate=0.0)
        for epoch in range(position.epoch, engine.epochs):
            model.train()
            for batch in plan(rows.lengths, engine.batch_size, config.seed, epoch)[position.batch :]:
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate(position.step, steps, group["peak"], engine.warmup_share)
                share = batch[accelerator.process_index :: accelerator.num_processes] or batch[:1]
                # DDP averages over processes, the loss is a mean over the batch; who has no row takes part with 0.
                weight = accelerator.num_processes / len(batch) if accelerator.process_index < len(batch) else 0.0
                total = torch.zeros((), device=accelerator.device)
                cut = list(pieces(share, rows.lengths, engine.micro_tokens))
                for piece in cut:
                    inputs = collate(rows.tokens[piece]["input_ids"], tokenizer, accelerator.device)  # (rows, tokens)
                    gold = to_device(rows.targets[piece], accelerator.device)  # (rows,)
                    # Gradients meet once a step, at the last piece: processes may have different numbers of pieces.
                    with nullcontext() if piece is cut[-1] else accelerator.no_sync(model):
                        with accelerator.autocast():
                            logits = model(**inputs).logits  # (rows, labels)
                        loss = cross_entropy(logits.float(), gold, reduction="sum") * weight
                        accelerator.backward(loss)
                    total += loss.detach()
                norm = accelerator.clip_grad_norm_(model.parameters(), engine.clip_norm)
                optimizer.step()
                optimizer.zero_grad()
                averaged.update_parameters(accelerator.unwrap_model(model))
                position.step, position.epoch, position.batch = position.step + 1, epoch, position.batch + 1
                step, logging = position.step, position.step % engine.log_every == 0
                saving = bool(engine.save_every) and step % engine.save_every == 0
                # Several processes agree on a signal where they wait for each other anyway.
                alone = accelerator.num_processes == 1
                stop = max(gather_object([interruption.received])) if alone or logging else 0
                if logging or saving or stop or step == steps:  # what is saved was looked at
                    value = accelerator.reduce(total, "mean").item()
                    refuse_infinite(value, 0.0 if accelerator.scaler else float(norm), step, engine.learning_rate)
                    rate = learning_rate(step, steps, engine.learning_rate, engine.warmup_share)
                    accelerator.log({"train/loss": value, "train/learning_rate": rate}, step=step)
                    bar.update(task, loss=value, rate=rate)
                bar.update(task, completed=step)
                if step == steps:
                    break
                if saving or (stop and engine.save_every):
                    position.seconds = time.monotonic() - started
                    state = capture(accelerator, model, averaged, optimizer)
                    if accelerator.is_main_process:
                        states.write(position, state)
                    accelerator.wait_for_everyone()  # torchrun kills all when one has left
                if stop:
                    leave(accelerator, engine, f"stopped at step {step}/{steps} by signal {stop}", 128 + stop)
            position.epoch, position.batch = epoch + 1, 0
            metrics = validate(accelerator, averaged.module, tokenizer, *rows.validation, config.corpus.labels, metric)
            accelerator.log({f"validation/{name}": value for name, value in metrics.items()}, step=position.step)
            shown = "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())
            accelerator.print(f"epoch {epoch + 1}/{engine.epochs}  step {position.step}/{steps}  {shown}")
            position.stale += 1
            merit = (metrics[metric], -metrics["loss"])  # a rare label's F1 is 0 at first
            if not position.best or merit > (position.best[metric], -position.best["loss"]):
                position.best, position.stale = metrics | {"epoch": epoch + 1}, 0
                position.best_weights = weights_on_cpu(averaged.module)
            if on_epoch:
                on_epoch(epoch + 1, metrics[metric])
            if position.stale >= engine.patience or position.step == steps:
                break
    if accelerator.is_main_process:
        best_model = with_weights(accelerator.unwrap_model(model), position.best_weights)
        save_checkpoint(config, best_model, tokenizer, summary(config, position, rows, time.monotonic() - started))
        states.remove()
        release(config.run_dir, lock)
        best = f"best epoch {position.best['epoch']}: validation {metric} {position.best[metric]:.4f}"
        print(f"{best}; checkpoint in {config.checkpoint}")
    accelerator.wait_for_everyone()
    accelerator.end_training()  # not earlier: it takes the processes apart
    return position.best


@dataclass(frozen=True)
class Rows:
    """What a training reads. Rows of train are kept on disk as token ids; validation is (tokens, targets) in memory."""

    tokens: datasets.Dataset  # input_ids
    lengths: array  # tokens of each row
    targets: torch.Tensor  # (rows,) label numbers
    validation: tuple[list[list[int]], list[int]]
    cut: dict[str, int]  # texts of each split that are longer than max_tokens
    fingerprint: str
    data: str  # which build they are of


def read_rows(config: Config, tokenizer: PreTrainedTokenizerBase, accelerator: Accelerator) -> Rows:
    """Train and validation rows as tokens; says how many are cut. Raises Stop if a label has no row to train on."""
    engine, labels = config.engine, config.corpus.labels
    data = built(config.corpus.data)  # now, not at the end: a build may come meanwhile
    with accelerator.main_process_first():
        train = load_split(config.corpus, "train", config.run_dir / "rows")
        validation = load_split(config.corpus, "validation")
    if built(config.corpus.data) != data:
        raise Stop(f"{config.corpus.data} was built anew while it was read: start again")
    begun = Path(engine.model) / "training.json"  # of a checkpoint of ours, which is trained on
    if begun.is_file() and read_record(begun, dict, "give another engine.model").get("data") != data:
        accelerator.print(
            f"warning: {engine.model} was trained on other data than {config.corpus.data}: it may have learned from "
            "sentences that are now in validation or test, whose figures would flatter"
        )
    if engine.train_share < 1:
        documents = sorted(set(train["doc"]))
        kept = set(Random(config.seed).sample(documents, max(1, round(engine.train_share * len(documents)))))
        with accelerator.main_process_first():
            train = train.filter(lambda doc: doc in kept, input_columns="doc")
    targets = torch.from_numpy(train.with_format("numpy")["label"][:])
    counts = torch.bincount(targets, minlength=len(labels)).tolist()
    if empty := [label for label, count in zip(labels, counts, strict=True) if not count]:
        raise Stop(
            f"no row to train on is labelled {', '.join(empty)}, so it cannot be learned; "
            f"raise engine.train_share (now {engine.train_share}), or build data that has some"
        )
    known = encode(list(validation["text"]), tokenizer, engine.max_tokens), list(validation["label"])
    with accelerator.main_process_first():
        tokens = encoded(train, tokenizer, engine.max_tokens)
        lengths = array("q", tokens["length"])
        cut = {
            "train": cut_rows(train["text"], lengths, tokenizer, engine.max_tokens),
            "validation": cut_rows(validation["text"], map(len, known[0]), tokenizer, engine.max_tokens),
        }
    if any(cut.values()):
        accelerator.print(cut_notice(cut, {"train": len(train), "validation": len(validation)}, engine.max_tokens))
    steps = min(engine.epochs * math.ceil(len(lengths) / engine.batch_size), engine.max_steps or sys.maxsize)
    if steps < FEW_STEPS:
        accelerator.print(
            f"warning: {steps} steps, fewer than {FEW_STEPS}, seldom teach a model anything: bring more rows, "
            "raise engine.epochs or lower engine.batch_size"
        )
    contents = rows_digest(train["text"], train["label"], *known)
    return Rows(tokens, lengths, targets, known, cut, contents, data)


def refuse_infinite(loss: float, norm: float, step: int, rate: float) -> None:
    """Raise Diverged where the loss or the gradient's norm is no number.

    Such gradients ruin the weights while the loss still is one; with fp16 (a norm of 0 here) the scaler leaves such a
    step out.
    """
    for what, number in (("loss", loss), ("gradient's norm", norm)):
        if not math.isfinite(number):
            way_out = f"lower engine.learning_rate (now {rate}) or set engine.precision: no"
            raise Diverged(f"the {what} is {number} at step {step}; {way_out}")


def leave(accelerator: Accelerator, engine: Engine, why: str, code: int) -> NoReturn:
    """End at a signal, with the way on. Raises SystemExit."""
    accelerator.end_training()
    no_state = "no state was written, because engine.save_every is 0"
    accelerator.print(f"{why}; {'--resume goes on from here' if engine.save_every else no_state}")
    raise SystemExit(code)


def summary(config: Config, position: Position, rows: Rows, seconds: float) -> dict[str, Any]:
    """training.json: the best epoch's metrics and what made them."""
    labels = config.corpus.labels
    return position.best | {
        "steps": position.step,
        "seconds": round(seconds, 1),
        "rows": len(rows.lengths),
        "label_counts": dict(zip(labels, torch.bincount(rows.targets, minlength=len(labels)).tolist(), strict=True)),
        "memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),  # Linux counts KiB
        "precision": config.engine.precision,
        "data": rows.data,
        "cut_rows": rows.cut,
    }


@contextmanager
def out_of_memory_explained(engine: Engine) -> Iterator[None]:
    """Turns torch's error into Stop with the way out. The states written so far stay."""
    try:
        yield
    except RuntimeError as error:  # torch.OutOfMemoryError is one; the CPU's allocator raises no class of its own
        if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        raise Stop(
            f"out of memory; lower engine.micro_tokens (now {engine.micro_tokens}) or engine.max_tokens (now "
            f"{engine.max_tokens}): {str(error).splitlines()[0]}"
        ) from error


def _command() -> int:
    config, options = parse(
        prog="train.fit",
        resume=dict(
            nargs="?",
            const="yes",
            default="no",
            choices=["yes", "no", "auto"],
            help="go on from the newest sound state in OUTPUT/RUN/state; auto: if there is one",
        ),
        force=dict(action="store_true", help="replace a checkpoint that was calibrated or exported"),
    )
    resume = options["resume"] == "yes" or (options["resume"] == "auto" and any(States.files(config.run_dir)))
    main(config, resume, force=options["force"])
    return 0


if __name__ == "__main__":
    run(_command)
