"""The three ways of training that `bench.training` compares, each to be run in a process of its own.

python -m bench.training_sides SIDE --config FILE --result FILE
"""

import json
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from transformers import (
    DataCollatorWithPadding,
    EvalPrediction,
    Trainer,
    TrainingArguments,
    default_data_collator,
    set_seed,
)

from train import fit
from train.config import Config, parse, run
from train.corpus.splits import load_split
from train.engine.model import load_model
from train.measure.metrics import macro_f1

EXAMPLE_TOKENS = 128  # --max_seq_length of run_classification.py, whose --pad_to_max_length is on if not told otherwise


def with_trainer(config: Config, pad_to: int | None, **options: Any) -> float:
    """Train with Hugging Face's Trainer. Rows padded to `pad_to` tokens, or, if that is None, to the longest of their
    batch.

    Rate, warm-up, decay, epochs and batch are the config's, validation comes after each epoch, nothing is logged to
    disk. Returns the best epoch's macro-F1.
    """
    set_seed(config.seed)
    train, validation = load_split(config.corpus, "train"), load_split(config.corpus, "validation")
    names = train.features["label"].names
    tokenizer, model = load_model(config.engine, names)

    def encode(rows: dict) -> dict:
        return tokenizer(
            rows["text"],
            truncation=True,
            max_length=pad_to or config.engine.max_tokens,
            padding="max_length" if pad_to else False,
        )

    def measure(answers: EvalPrediction) -> dict[str, float]:
        return {
            "macro_f1": macro_f1(
                np.asarray(answers.label_ids).tolist(), np.asarray(answers.predictions).argmax(1).tolist(), len(names)
            )
        }

    def prepare(split: datasets.Dataset) -> datasets.Dataset:
        return split.map(encode, batched=True, remove_columns=[name for name in split.column_names if name != "label"])

    arguments = TrainingArguments(
        output_dir=str(config.run_dir),
        num_train_epochs=config.engine.epochs,
        per_device_train_batch_size=config.engine.batch_size,
        per_device_eval_batch_size=config.engine.batch_size,
        learning_rate=config.engine.learning_rate,
        warmup_steps=config.engine.warmup_share,
        weight_decay=config.engine.weight_decay,
        max_grad_norm=config.engine.clip_norm,
        seed=config.seed,
        eval_strategy="epoch",
        save_strategy="no",
        logging_steps=config.engine.log_every,
        report_to="none",
        disable_tqdm=True,
        **options,
    )
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=prepare(train),
        eval_dataset=prepare(validation),
        compute_metrics=measure,
        processing_class=tokenizer,
        data_collator=default_data_collator if pad_to else DataCollatorWithPadding(tokenizer),
    )
    trainer.train()
    trainer.save_model(str(config.checkpoint))
    return max(entry["eval_macro_f1"] for entry in trainer.state.log_history if "eval_macro_f1" in entry)


SIDES: dict[str, Callable[[Config], float]] = {
    "padded": lambda config: with_trainer(config, EXAMPLE_TOKENS),
    # group_by_length=True before transformers 5
    "grouped": lambda config: with_trainer(config, None, train_sampling_strategy="group_by_length"),
    "ours": lambda config: fit.main(config)["macro_f1"],
}


def measured(side: str, config: Config) -> dict[str, float]:
    """Train one side from reading the rows to the saved checkpoint.

    Returns CPU seconds (all threads), seconds, GiB at the peak, and macro-F1.
    """
    cpu, wall = time.process_time(), time.monotonic()
    score = SIDES[side](config)
    return {
        "cpu_seconds": time.process_time() - cpu,
        "seconds": time.monotonic() - wall,
        "memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,  # Linux counts KiB
        "macro_f1": score,
    }


def _command() -> int:
    config, options = parse(
        prog="bench.training_sides",
        side=dict(choices=list(SIDES), required=True, help="which one"),
        result=dict(type=str, required=True, help="JSON file to write"),
    )
    Path(options["result"]).write_text(json.dumps(measured(options["side"], config)))
    return 0


if __name__ == "__main__":
    run(_command)
