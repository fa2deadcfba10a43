"""From the config's `model` to a tokenizer and a sequence-classification model with real label names."""

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

from train.config import Engine, Stop
from train.engine.encoders import minilm_directory, mpnet_directory

ENCODERS = {"minilm": minilm_directory, "mpnet": mpnet_directory, "tiny": minilm_directory}  # tiny has its tokenizer
TINY: dict[str, Any] = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)


def load_model(engine: Engine, labels: list[str]) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """Tokenizer and model for `labels`; the head is new and random (seed the generators first).

    `minilm`, `mpnet` and `tiny` ask no network; anything else goes to from_pretrained. Raises Stop when it cannot be
    loaded.
    """
    numbers = {label: i for i, label in enumerate(labels)}
    names: dict[str, Any] = {"id2label": dict(enumerate(labels)), "label2id": numbers}
    source = str(ENCODERS[engine.model]()) if engine.model in ENCODERS else engine.model
    try:
        tokenizer = AutoTokenizer.from_pretrained(source)
        if engine.model == "tiny":
            sizes = BertConfig(vocab_size=len(tokenizer), **TINY, **names)
            model: PreTrainedModel = BertForSequenceClassification(sizes)
        else:
            architecture = AutoConfig.from_pretrained(source, num_labels=len(labels), **names)
            model = AutoModelForSequenceClassification.from_pretrained(
                source, config=architecture, ignore_mismatched_sizes=True
            )
    except Exception as error:  # transformers, tokenizers and safetensors raise in many ways
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise Stop(
            f"model {engine.model!r} is none of {', '.join(ENCODERS)} and could not be loaded as a directory or hub "
            f"id: {reason}"
        ) from error
    if tokenizer.pad_token_id is None:
        raise Stop(f"model {engine.model!r} has no padding token, which batches need: give its tokenizer one")
    limit = positions(model)
    if limit and engine.max_tokens > limit:
        raise Stop(
            f"max_tokens = {engine.max_tokens}, but {engine.model} has {limit} positions; set it to {limit} or less"
        )
    return tokenizer, model


def positions(model: PreTrainedModel) -> int | None:
    """Tokens that the model's position embeddings have room for; None where it has none.

    Families that number positions from behind the padding index (RoBERTa, MPNet) lose that many and one.
    """
    limit = getattr(model.config, "max_position_embeddings", None)
    table = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    behind = getattr(table, "padding_idx", None)
    return limit - behind - 1 if limit and behind is not None else limit
