"""Fine-tune: data/ -> runs/NAME/checkpoint, an ordinary Hugging Face directory.

    python -m train.fit [--config FILE] [--key value] [--resume]
    torchrun --nproc_per_node 2 -m train.fit        several processes: docs/distributed.md

--resume goes on from the newest state that a killed or interrupted run left (train/engine/state.py), to the same weights.
Sees `train` and `validation` only. The loop stands in `main`, read it from top to bottom.
"""

import json
import math
import os
import resource
import shutil
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from random import Random
from typing import Any

import torch
import yaml
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedType, gather_object, set_seed
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from safetensors import SafetensorError
from torch.nn.functional import cross_entropy
from transformers import AutoModelForSequenceClassification, PreTrainedModel, PreTrainedTokenizerBase

from train.config import Config, Engine, Stop, flat, parse, run
from train.corpus.splits import built, load_split, with_labels
from train.engine.average import MovingAverage
from train.engine.batches import pieces, plan
from train.engine.encoded import encode, encoded
from train.engine.first_token import read_first_token
from train.engine.model import load_model
from train.engine.schedule import learning_rate
from train.engine.state import Interruption, Position, States, capture, copied, fingerprint, restore
from train.engine.truncation import cut_rows, told
from train.measure.metrics import judged


class Diverged(Stop):
    """The loss is no number any more."""


def main(
    config: Config, resume: bool = False, on_epoch: Callable[[int, float], None] | None = None
) -> dict[str, float]:
    """Train one model and write its checkpoint. Returns the best epoch's validation metrics.

    `on_epoch` is given each epoch's number (from 1) and validation metric; what it raises ends the training without a checkpoint.
    At SIGTERM or SIGINT the step is finished, the state is written, and SystemExit carries 128 + the signal's number.
    """
    config = with_labels(config)
    accelerator = start(config)
    set_seed(config.seed)
    if accelerator.is_main_process:
        prepare_output(config)
    accelerator.wait_for_everyone()
    rows_on_disk = config.run_dir / "rows"
    with accelerator.main_process_first():
        train, validation = load_split(config.corpus, "train", rows_on_disk), load_split(config.corpus, "validation")
    labels = train.features["label"].names
    tokenizer, model = load_model(config.engine, labels)
    read_first_token(model)
    if config.engine.train_share < 1:
        documents = sorted(set(train["doc"]))
        kept = set(Random(config.seed).sample(documents, max(1, round(config.engine.train_share * len(documents)))))
        with accelerator.main_process_first():
            train = train.filter(lambda doc: doc in kept, input_columns="doc")
    targets = torch.from_numpy(train.with_format("numpy")["label"][:])  # (rows,)
    if empty := [
        label for label, count in zip(labels, torch.bincount(targets, minlength=len(labels)), strict=True) if not count
    ]:
        raise Stop(
            f"no row to train on is labelled {', '.join(empty)}, so it cannot be learned; raise engine.train_share (now {config.engine.train_share}), or build data that has some"
        )
    validation_tokens, validation_targets = (
        encode(list(validation["text"]), tokenizer, config.engine.max_tokens),
        list(validation["label"]),
    )
    with accelerator.main_process_first():
        tokens = encoded(train, tokenizer, config.engine.max_tokens)
        lengths = array("q", tokens["length"])
        too_long = {
            "train": cut_rows(train["text"], lengths, tokenizer, config.engine.max_tokens),
            "validation": cut_rows(
                validation["text"], map(len, validation_tokens), tokenizer, config.engine.max_tokens
            ),
        }
    if any(too_long.values()):
        accelerator.print(
            told(too_long, {"train": len(train), "validation": len(validation)}, config.engine.max_tokens)
        )

    steps_per_epoch = math.ceil(len(train) / config.engine.batch_size)
    steps = config.engine.epochs * steps_per_epoch
    steps = min(steps, config.engine.max_steps or steps)
    averaged = MovingAverage(model, config.engine.ema_decay)
    if config.engine.compile:
        model.compile(dynamic=True)  # in place, so names stay; every batch has another shape
    averaged.module.to(accelerator.device)
    model, optimizer = accelerator.prepare(model, torch.optim.AdamW(parameter_groups(model, config.engine), fused=True))
    if accelerator.num_processes > 1:
        set_seed(
            config.seed, device_specific=True
        )  # each process drops out other units; until here all had to draw the same head
        accelerator.print(
            f"{accelerator.num_processes} processes share each step's {config.engine.batch_size} sentences"
        )

    states = States(
        config,
        fingerprint(train["text"], train["label"], validation_tokens, validation_targets),
        accelerator.num_processes,
    )
    position = Position()
    if resume:
        position, parts, damaged = states.read()
        restore(parts, accelerator, model, averaged, optimizer)
        accelerator.print("\n".join([*damaged, f"going on from the state of step {position.step}"]))
    else:
        states.refuse_to_overwrite()
    hyperparameters = {key: str(value) for key, value in flat(config).items()}
    # What a killed run logged after its last state is logged again: TensorBoard forgets the first time.
    accelerator.init_trackers(
        "tensorboard",
        config=hyperparameters,
        init_kwargs={"tensorboard": {"purge_step": position.step + 1} if resume else {}},
    )

    step, started = position.step, time.monotonic() - position.seconds
    with progress_bar(accelerator) as bar, Interruption() as interruption, out_of_memory_explained(config.engine):
        task = bar.add_task("train", total=steps, loss=math.nan, rate=0.0)
        for epoch in range(position.epoch, config.engine.epochs):
            model.train()
            batches = plan(lengths, config.engine.batch_size, config.seed, epoch)
            for batch in batches[position.batch :]:
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate(step, steps, group["peak"], config.engine.warmup_share)
                own = batch[accelerator.process_index :: accelerator.num_processes] or batch[:1]
                # DDP averages over processes, the loss is a mean over the batch; a process without a row of its own takes part with weight 0.
                share = accelerator.num_processes / len(batch) if accelerator.process_index < len(batch) else 0.0
                total = torch.zeros((), device=accelerator.device)
                cut = list(pieces(own, lengths, config.engine.micro_tokens))
                for piece in cut:
                    inputs = collate(tokens[piece]["input_ids"], tokenizer, accelerator.device)  # (rows, tokens)
                    # Gradients meet once a step, at the last piece: processes may have different numbers of pieces.
                    with nullcontext() if piece is cut[-1] else accelerator.no_sync(model):
                        with accelerator.autocast():
                            logits = model(**inputs).logits  # (rows, labels)
                        gold = moved(targets[piece], accelerator.device)
                        loss = cross_entropy(logits.float(), gold, reduction="sum") * share
                        accelerator.backward(loss)
                    total += loss.detach()
                norm = accelerator.clip_grad_norm_(model.parameters(), config.engine.clip_norm)
                optimizer.step()
                optimizer.zero_grad()
                averaged.update_parameters(accelerator.unwrap_model(model))
                step += 1
                position.step, position.epoch, position.batch = step, epoch, position.batch + 1
                saving = config.engine.save_every and step % config.engine.save_every == 0
                # Several processes agree on a signal where they wait for each other anyway.
                stop = (
                    max(gather_object([interruption.received]))
                    if accelerator.num_processes == 1 or step % config.engine.log_every == 0
                    else 0
                )
                if (
                    step % config.engine.log_every == 0 or step == steps or saving or stop
                ):  # what is saved was looked at
                    value = accelerator.reduce(total, "mean").item()
                    # Gradients that are no numbers ruin the weights while the loss still is one; with fp16, the scaler leaves such a step out.
                    for what, number in {
                        "loss": value,
                        "gradient's norm": 0.0 if accelerator.scaler else float(norm),
                    }.items():
                        if not math.isfinite(number):
                            raise Diverged(
                                f"the {what} is {number} at step {step}; lower engine.learning_rate (now {config.engine.learning_rate}) or set engine.precision: no"
                            )
                    rate = learning_rate(step, steps, config.engine.learning_rate, config.engine.warmup_share)
                    accelerator.log({"train/loss": value, "train/learning_rate": rate}, step=step)
                    bar.update(task, loss=value, rate=rate)
                bar.update(task, completed=step)
                if step == steps:
                    break
                if saving or (stop and config.engine.save_every):
                    position.seconds = time.monotonic() - started
                    state = capture(accelerator, model, averaged, optimizer)
                    if accelerator.is_main_process:
                        states.write(position, state)
                    accelerator.wait_for_everyone()  # torchrun kills all when one has left
                if stop:
                    accelerator.end_training()
                    way_on = (
                        "--resume goes on from here"
                        if config.engine.save_every
                        else "no state was written, because engine.save_every is 0"
                    )
                    accelerator.print(f"stopped at step {step}/{steps} by signal {stop}; {way_on}")
                    raise SystemExit(128 + stop)
            position.epoch, position.batch = epoch + 1, 0
            found = validate(
                accelerator,
                averaged.module,
                tokenizer,
                validation_tokens,
                validation_targets,
                labels,
                config.measure.metric,
            )
            accelerator.log({f"validation/{name}": value for name, value in found.items()}, step=step)
            accelerator.print(
                f"epoch {epoch + 1}/{config.engine.epochs}  step {step}/{steps}  "
                + "  ".join(f"{name} {value:.4f}" for name, value in found.items())
            )
            position.stale += 1
            if not position.best or found[config.measure.metric] > position.best[config.measure.metric]:
                position.best, position.stale = found | {"epoch": epoch + 1}, 0
                position.best_weights = copied(averaged.module)
            if on_epoch:
                on_epoch(epoch + 1, found[config.measure.metric])
            if position.stale >= config.engine.patience or step == steps:
                break
    best = position.best
    if accelerator.is_main_process:
        final = AutoModelForSequenceClassification.from_config(accelerator.unwrap_model(model).config)
        final.load_state_dict(position.best_weights)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # Linux counts KiB
        summary: dict[str, Any] = best | {
            "steps": step,
            "seconds": round(time.monotonic() - started, 1),
            "rows": len(train),
            "label_counts": dict(zip(labels, torch.bincount(targets, minlength=len(labels)).tolist(), strict=True)),
            "memory_gib": round(memory, 2),
            "data": built(config.corpus.data),
            "cut_rows": too_long,
        }
        save_checkpoint(config, final, tokenizer, summary)
        states.remove()
        shutil.rmtree(rows_on_disk, ignore_errors=True)
        print(
            f"best epoch {best['epoch']}: validation {config.measure.metric} {best[config.measure.metric]:.4f}; checkpoint in {config.checkpoint}"
        )
    accelerator.wait_for_everyone()
    accelerator.end_training()  # not earlier: it takes the processes apart
    return best


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
            f"distributed_type {accelerator.distributed_type.value} is not supported; launch it as DDP: docs/distributed.md"
        )
    asked = os.environ.get("ACCELERATE_MIXED_PRECISION", "no")
    if asked not in ("no", config.engine.precision):
        raise Stop(
            f"the launch file asks for mixed_precision {asked}, the config has engine.precision: {config.engine.precision}, which decides; add --engine.precision {asked}"
        )
    if (
        config.engine.compile and accelerator.num_processes > 1
    ):  # of five runs in two processes on a busy CPU one failed and one did not end; cause not found
        raise Stop("engine.compile: true is for one process: in several it was not reliable; set it to false")
    return accelerator


@contextmanager
def out_of_memory_explained(engine: Engine) -> Iterator[None]:
    """Turns torch's error into Stop with the way out. The states written so far stay."""
    try:
        yield
    except RuntimeError as error:  # torch.OutOfMemoryError is one; the CPU's allocator raises no class of its own
        if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        raise Stop(
            f"out of memory; lower engine.micro_tokens (now {engine.micro_tokens}) or engine.max_tokens (now {engine.max_tokens}): {str(error).splitlines()[0]}"
        ) from error


def prepare_output(config: Config) -> None:
    """Make the run directory and make sure that a checkpoint will fit, before an hour is spent. Raises Stop otherwise."""
    try:
        config.run_dir.mkdir(parents=True, exist_ok=True)
        probe = config.run_dir / ".write-test"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise Stop(f"cannot write to {config.run_dir}: {error.strerror}; --output names another directory") from error
    free = shutil.disk_usage(config.run_dir).free
    needed = (
        2**31 if config.engine.save_every else 2**30
    )  # checkpoint, the old one and the logs; three states of five times MiniLM's weights
    if free < needed:
        raise Stop(
            f"{config.run_dir} has {free / 2**30:.2f} GiB free, {needed / 2**30:.0f} GiB are needed; make room or use another --output"
        )


def collate(rows: list[list[int]], tokenizer: PreTrainedTokenizerBase, device: torch.device) -> dict[str, torch.Tensor]:
    """Pad to the longest of these rows: input_ids and attention_mask, (rows, tokens)."""
    padded = tokenizer.pad({"input_ids": rows}, return_tensors="pt")
    return {name: moved(padded[name], device) for name in ("input_ids", "attention_mask")}


def moved(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The tensor on `device`. A GPU takes it from pinned memory, so that the host need not wait for what is still being computed there."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def parameter_groups(model: PreTrainedModel, engine: Engine) -> list[dict]:
    """Parameters for AdamW in up to four groups: matrices decay, vectors (biases, LayerNorm) do not; the head has a learning rate of its own.

    The head is everything outside the pretrained body, and the body's pooler, which sentence encoders do not train.
    """
    groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        head = not name.startswith(f"{model.base_model_prefix}.") or ".pooler." in name
        if parameter.requires_grad:
            groups.setdefault((head, parameter.ndim >= 2), []).append(parameter)
    peaks = {True: engine.head_learning_rate, False: engine.learning_rate}
    return [
        {
            "params": parameters,
            "peak": peaks[head],
            "lr": peaks[head],
            "weight_decay": engine.weight_decay if matrix else 0.0,
        }
        for (head, matrix), parameters in groups.items()
    ]


def validate(
    accelerator: Accelerator,
    model: torch.nn.Module,
    tokenizer: PreTrainedTokenizerBase,
    tokens: list[list[int]],
    targets: list[int],
    labels: list[str],
    metric: str,
) -> dict[str, float]:
    """Loss, accuracy, macro-F1 and the config's metric on rows shared out over the processes; each row counts once."""
    model.eval()
    order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
    own = order[accelerator.process_index :: accelerator.num_processes]
    found = []
    with torch.inference_mode(), accelerator.autocast():
        for i in range(0, len(own), 32):
            rows = own[i : i + 32]
            logits = model(**collate([tokens[row] for row in rows], tokenizer, accelerator.device)).logits.float()
            gold = torch.tensor([targets[row] for row in rows], device=logits.device)
            losses = cross_entropy(logits, gold, reduction="none")
            found += list(zip(rows, logits.argmax(1).tolist(), losses.tolist(), strict=True))
    found = sorted(gather_object(found))
    predicted = [label for _, label, _ in found]
    return {
        "loss": sum(loss for *_, loss in found) / len(found),
    } | {name: judged(name, targets, predicted, labels) for name in dict.fromkeys(("accuracy", "macro_f1", metric))}


def progress_bar(accelerator: Accelerator) -> Progress:
    """One line with loss, learning rate and time left, on the main process."""
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.3f}  rate {task.fields[rate]:.1e}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, disable=not accelerator.is_main_process)


def save_checkpoint(
    config: Config, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, summary: dict[str, Any]
) -> None:
    """Write the Hugging Face directory beside its place and swap it in: a reader sees the old one or the new one, never a half.

    Raises Stop when the disk does not take it; states of --resume stay.
    """
    target = config.checkpoint
    fresh, old = target.with_name("checkpoint.new"), target.with_name("checkpoint.old")
    for left_over in (fresh, old):
        shutil.rmtree(left_over, ignore_errors=True)
    tokenizer.model_max_length = config.engine.max_tokens
    try:
        model.save_pretrained(fresh)
        tokenizer.save_pretrained(fresh)
        (fresh / "train_config.yaml").write_text(yaml.safe_dump(config.model_dump(), sort_keys=False))
        (fresh / "training.json").write_text(json.dumps(summary, indent=2) + "\n")
    except (OSError, SafetensorError) as error:
        shutil.rmtree(fresh, ignore_errors=True)
        way_on = "and --resume goes on from the last state" if config.engine.save_every else "or name another --output"
        raise Stop(f"the checkpoint cannot be written to {fresh}: {error}; make room, {way_on}") from error
    for file in fresh.iterdir():  # safetensors makes its file readable for its owner alone
        file.chmod((fresh / "training.json").stat().st_mode)
    if target.exists():
        os.replace(target, old)
    os.replace(fresh, target)
    shutil.rmtree(old, ignore_errors=True)


def _command() -> int:
    config, options = parse(
        prog="train.fit", resume=dict(action="store_true", help="go on from the newest sound state in OUTPUT/RUN/state")
    )
    main(config, options["resume"])
    return 0


if __name__ == "__main__":
    run(_command)
