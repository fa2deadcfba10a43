"""Soft labels: a trained checkpoint's probabilities for every training row -> data/teacher.parquet, which train.fit
reads.

    python -m train.teach --config configs/base.yaml      base teaches whoever is trained on this data next

train.build keeps the file. A row is known by its text, so one that is rewritten falls back on its label alone.
"""

import hashlib

import torch
from torch.nn.functional import softmax
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from train.config import Config, Stop, parse, run
from train.corpus.splits import load_split, refuse_other_data, with_labels
from train.engine.batches import collate, pieces
from train.engine.distillation import write_teacher
from train.engine.encoded import encode
from train.engine.first_token import read_first_token
from train.engine.precision import with_precision


def main(config: Config) -> int:
    """Write the probabilities (softmax of the logits, not calibrated) of the config's checkpoint.

    Raises Stop where there is none.
    """
    config = with_precision(with_labels(config))
    weights = config.checkpoint / "model.safetensors"
    if not weights.is_file():
        raise Stop(f"{config.checkpoint} holds no checkpoint; train it with {config.fit_command}")
    refuse_other_data(config)
    tokenizer = AutoTokenizer.from_pretrained(config.checkpoint)
    model = read_first_token(AutoModelForSequenceClassification.from_pretrained(config.checkpoint)).eval()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    texts = list(load_split(config.corpus, "train")["text"])
    tokens = encode(texts, tokenizer, config.engine.max_tokens)
    probabilities = torch.empty(len(texts), len(config.corpus.labels))
    order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=config.engine.precision == "bf16"):
        for piece in pieces(order, [len(row) for row in tokens], config.engine.micro_tokens):
            logits = model(**collate([tokens[row] for row in piece], tokenizer, device)).logits
            probabilities[piece] = softmax(logits.float(), 1).cpu()
    with open(weights, "rb") as file:
        teacher = hashlib.file_digest(file, "sha256").hexdigest()
    path = write_teacher(config.corpus, texts, probabilities, teacher)
    print(f"{path}: {len(texts)} rows, by {config.checkpoint} (sha256 {teacher[:8]}…)")
    return 0


def _command() -> int:
    config, _ = parse(prog="train.teach")
    return main(config)


if __name__ == "__main__":
    run(_command)
