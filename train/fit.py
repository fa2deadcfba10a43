"""Fine-tune: data/ -> runs/NAME/checkpoint, an ordinary Hugging Face directory.

    python -m train.fit [--config FILE] [--key value]
    accelerate launch --num_processes 2 -m train.fit

Sees `train` and `validation` only. The loop stands in `main`, read it from top to bottom.
"""

import json
import math
import os
import resource
import shutil
import time
from collections import Counter
from collections.abc import Callable
from random import Random

import torch
import yaml
from accelerate import Accelerator
from accelerate.utils import gather_object, set_seed
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from train.augment import augment
from train.batches import plan
from train.config import Config, Stop, parse, run
from train.metrics import judged
from train.model import load_model
from train.schedule import learning_rate
from train.splits import load_split, with_labels
from train.truncation import cut_rows, told


def main(config: Config, on_epoch: Callable[[int, float], None] | None = None) -> dict[str, float]:
    """Train one model and write its checkpoint. Returns the best epoch's validation metrics.

    `on_epoch` is given each epoch's number (from 1) and validation metric; what it raises ends the training without a checkpoint.
    """
    config = with_labels(config)
    accelerator = Accelerator(mixed_precision=config.precision, log_with="tensorboard", project_dir=config.run_dir)
    set_seed(config.seed)
    prepare_output(config)
    train, validation = load_split(config, "train"), load_split(config, "validation")
    labels = train.features["label"].names
    tokenizer, model = load_model(config, labels)
    if config.train_share < 1:
        documents = sorted(set(train["doc"]))
        kept = set(Random(config.seed).sample(documents, max(1, round(config.train_share * len(documents)))))
        train = train.filter(lambda doc: doc in kept, input_columns="doc")
    texts, targets = list(train["text"]), torch.tensor(train["label"])
    validation_tokens, validation_targets = encode(list(validation["text"]), tokenizer, config.max_tokens), validation["label"]
    cut = {name: cut_rows(list(rows["text"]), tokenizer, config.max_tokens) for name, rows in (("train", train), ("validation", validation))}
    accelerator.print(told(cut, {"train": len(train), "validation": len(validation)}, config.max_tokens))

    steps_per_epoch = math.ceil(len(texts) / config.batch_size)
    steps = config.epochs * steps_per_epoch
    steps = min(steps, config.max_steps or steps)
    optimizer = torch.optim.AdamW(parameter_groups(model, config), fused=True)
    model, optimizer = accelerator.prepare(model, optimizer)
    averaged = AveragedModel(accelerator.unwrap_model(model), multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay))
    weights = class_weights(train["label"], len(labels), config.class_weighting).to(accelerator.device)
    accelerator.init_trackers("tensorboard", config={key: str(value) for key, value in config.model_dump().items()})

    best: dict[str, float] = {}
    best_weights: dict[str, torch.Tensor] = {}
    stale, step, started = 0, 0, time.monotonic()
    with progress_bar(accelerator) as bar:
        task = bar.add_task("train", total=steps, loss=math.nan, rate=0.0)
        for epoch in range(config.epochs):
            model.train()
            tokens = encode(augment(texts, config.augment, config.augment_share, Random(f"{config.seed}/{epoch}")), tokenizer, config.max_tokens)
            for batch in plan([len(row) for row in tokens], config.batch_size, config.seed, epoch):
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate(step, steps, group["peak"], config.warmup_share)
                own = batch[accelerator.process_index :: accelerator.num_processes] or batch[:1]
                # DDP averages over processes, the loss is a mean over the batch; a process without a row of its own takes part with weight 0.
                share = accelerator.num_processes / len(batch) if accelerator.process_index < len(batch) else 0.0
                total = torch.zeros((), device=accelerator.device)
                for piece in (own[i : i + config.micro_batch] for i in range(0, len(own), config.micro_batch)):
                    inputs = collate([tokens[row] for row in piece], tokenizer, accelerator.device)  # (rows, tokens)
                    with accelerator.autocast():
                        logits = model(**inputs).logits  # (rows, labels)
                    loss = cross_entropy(logits.float(), targets[piece].to(accelerator.device), weights, reduction="sum", label_smoothing=config.label_smoothing) * share
                    accelerator.backward(loss)
                    total += loss.detach()
                accelerator.clip_grad_norm_(model.parameters(), config.clip_norm)
                optimizer.step()
                optimizer.zero_grad()
                averaged.update_parameters(accelerator.unwrap_model(model))
                step += 1
                if step % config.log_every == 0 or step == steps:
                    value = total.item()
                    if not math.isfinite(value):
                        raise Stop(f"the loss is {value} at step {step}; lower learning_rate (now {config.learning_rate}) or set precision: 'no'")
                    rate = learning_rate(step, steps, config.learning_rate, config.warmup_share)
                    accelerator.log({"train/loss": value, "train/learning_rate": rate}, step=step)
                    bar.update(task, loss=value, rate=rate)
                bar.update(task, completed=step)
                if step == steps:
                    break
            found = validate(accelerator, averaged.module, tokenizer, validation_tokens, validation_targets, labels, config.metric)
            accelerator.log({f"validation/{name}": value for name, value in found.items()}, step=step)
            accelerator.print(f"epoch {epoch + 1}/{config.epochs}  step {step}/{steps}  " + "  ".join(f"{name} {value:.4f}" for name, value in found.items()))
            stale += 1
            if not best or found[config.metric] > best[config.metric]:
                best, stale = found | {"epoch": epoch + 1}, 0
                best_weights = {name: value.detach().cpu().clone() for name, value in averaged.module.state_dict().items()}
            if on_epoch:
                on_epoch(epoch + 1, found[config.metric])
            if stale >= config.patience or step == steps:
                break
    accelerator.end_training()
    if accelerator.is_main_process:
        final = accelerator.unwrap_model(model)
        final.load_state_dict(best_weights)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # Linux counts KiB
        summary = (
            best
            | {"steps": step, "seconds": round(time.monotonic() - started, 1), "rows": len(texts), "memory_gib": round(memory, 2)}
            | {f"cut_{name}_rows": rows for name, rows in cut.items()}
        )
        save_checkpoint(config, final, tokenizer, summary)
        print(f"best epoch {best['epoch']}: validation {config.metric} {best[config.metric]:.4f}; checkpoint in {config.checkpoint}")
    accelerator.wait_for_everyone()
    return best


def prepare_output(config: Config) -> None:
    """Make the run directory and make sure that a checkpoint will fit, before an hour is spent. Raises Stop otherwise."""
    try:
        config.run_dir.mkdir(parents=True, exist_ok=True)
        probe = config.run_dir / ".write-test"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise Stop(f"cannot write to {config.run_dir}: {error.strerror}; --output names another directory") from error
    free, needed = shutil.disk_usage(config.run_dir).free, 2**30  # two checkpoints of the largest base model and the logs
    if free < needed:
        raise Stop(f"{config.run_dir} has {free / 2**30:.2f} GiB free, {needed / 2**30:.0f} GiB are needed; make room or use another --output")


def encode(texts: list[str], tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> list[list[int]]:
    """Token ids of every text, special tokens included, cut at max_tokens; not padded."""
    return tokenizer(texts, truncation=True, max_length=max_tokens)["input_ids"]


def collate(rows: list[list[int]], tokenizer: PreTrainedTokenizerBase, device: torch.device) -> dict[str, torch.Tensor]:
    """Pad to the longest of these rows: input_ids and attention_mask, (rows, tokens)."""
    padded = tokenizer.pad({"input_ids": rows}, return_tensors="pt")
    return {name: padded[name].to(device) for name in ("input_ids", "attention_mask")}


def parameter_groups(model: PreTrainedModel, config: Config) -> list[dict]:
    """Parameters for AdamW in up to four groups: matrices decay, vectors (biases, LayerNorm) do not; the head has a learning rate of its own.

    The head is everything outside the pretrained body, and the body's pooler, which sentence encoders do not train.
    """
    groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        head = not name.startswith(f"{model.base_model_prefix}.") or ".pooler." in name
        if parameter.requires_grad:
            groups.setdefault((head, parameter.ndim >= 2), []).append(parameter)
    peaks = {True: config.head_learning_rate, False: config.learning_rate}
    return [
        {"params": parameters, "peak": peaks[head], "lr": peaks[head], "weight_decay": config.weight_decay if matrix else 0.0}
        for (head, matrix), parameters in groups.items()
    ]


def class_weights(targets: list[int], labels: int, weighting: str) -> torch.Tensor:
    """(labels,) factors of the loss. balanced: n / (labels × count), as scikit-learn's class_weight="balanced"."""
    if weighting == "none":
        return torch.ones(labels)
    counts = Counter(targets)
    return torch.tensor([len(targets) / (labels * max(1, counts[i])) for i in range(labels)])


def validate(
    accelerator: Accelerator, model: torch.nn.Module, tokenizer: PreTrainedTokenizerBase, tokens: list[list[int]], targets: list[int], labels: list[str], metric: str
) -> dict[str, float]:
    """Loss, accuracy, macro-F1 and the config's metric on rows shared out over the processes; each row counts once."""
    model.eval()
    order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))[accelerator.process_index :: accelerator.num_processes]
    found = []
    with torch.inference_mode():
        for i in range(0, len(order), 32):
            rows = order[i : i + 32]
            logits = model(**collate([tokens[row] for row in rows], tokenizer, accelerator.device)).logits.float()
            losses = cross_entropy(logits, torch.tensor([targets[row] for row in rows], device=logits.device), reduction="none")
            found += list(zip(rows, logits.argmax(1).tolist(), losses.tolist(), strict=True))
    found = sorted(gather_object(found))
    predicted = [label for _, label, _ in found]
    return {
        "loss": sum(loss for *_, loss in found) / len(found),
    } | {name: judged(name, targets, predicted, labels) for name in dict.fromkeys(("accuracy", "macro_f1", metric))}


def progress_bar(accelerator: Accelerator) -> Progress:
    """One line with loss, learning rate and time left, on the main process."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("loss {task.fields[loss]:.3f}  rate {task.fields[rate]:.1e}"), TimeRemainingColumn())
    return Progress(*columns, disable=not accelerator.is_main_process)


def save_checkpoint(config: Config, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, summary: dict[str, float]) -> None:
    """Write the Hugging Face directory beside its place and swap it in: a reader sees the old one or the new one, never a half."""
    target = config.checkpoint
    fresh, old = target.with_name("checkpoint.new"), target.with_name("checkpoint.old")
    for left_over in (fresh, old):
        shutil.rmtree(left_over, ignore_errors=True)
    tokenizer.model_max_length = config.max_tokens
    model.save_pretrained(fresh)
    tokenizer.save_pretrained(fresh)
    (fresh / "train_config.yaml").write_text(yaml.safe_dump(config.model_dump(), sort_keys=False))
    (fresh / "training.json").write_text(json.dumps(summary, indent=2) + "\n")
    if target.exists():
        os.replace(target, old)
    os.replace(fresh, target)
    shutil.rmtree(old, ignore_errors=True)


def _command() -> int:
    config, _ = parse(prog="train.fit")
    main(config)
    return 0


if __name__ == "__main__":
    run(_command)
