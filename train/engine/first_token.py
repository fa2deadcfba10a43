"""Compute in the last layer only what the classifier reads of it: the first token."""

import math
from typing import Any

import torch
from transformers import PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
from transformers.models.bert.modeling_bert import BertForSequenceClassification, BertLayer, eager_attention_forward
from transformers.models.mpnet.modeling_mpnet import MPNetForSequenceClassification, MPNetLayer
from transformers.models.roberta.modeling_roberta import RobertaForSequenceClassification, RobertaLayer
from transformers.models.xlm_roberta.modeling_xlm_roberta import XLMRobertaForSequenceClassification, XLMRobertaLayer


class FirstToken:
    """A layer whose output is the first token's, (rows, 1, hidden): keys and values of all tokens, the rest of one.

    A layer is twelve products of (tokens, hidden) with (hidden, hidden), two of them keys and values: of a model of six
    layers, a seventh of the work is saved, and the first token's output and all gradients are what they were.
    """

    def forward(
        self, hidden_states: torch.Tensor, attention_mask: torch.Tensor | None = None, *_: object, **__: object
    ) -> torch.Tensor:
        layer: BertLayer = self  # type: ignore[assignment]  # mixed into one below
        attention, first = layer.attention.self, hidden_states[:, :1]  # (rows, 1, hidden)
        parts = (attention.query, first), (attention.key, hidden_states), (attention.value, hidden_states)
        query, key, value = (  # (rows, heads, 1 or tokens, head size)
            project(part).unflatten(-1, (-1, attention.attention_head_size)).transpose(1, 2) for project, part in parts
        )
        attend = ALL_ATTENTION_FUNCTIONS.get_interface(attention.config._attn_implementation, eager_attention_forward)
        mask = None if attention_mask is None else attention_mask[:, :, :1]  # (rows, 1, 1, tokens)
        dropout = attention.dropout.p if layer.training else 0.0
        context, _weights = attend(attention, query, key, value, mask, dropout=dropout, scaling=attention.scaling)
        return layer.feed_forward_chunk(layer.attention.output(context.flatten(2), first))


class FirstTokenBertLayer(FirstToken, BertLayer):
    pass


class FirstTokenRobertaLayer(FirstToken, RobertaLayer):
    pass


class FirstTokenXLMRobertaLayer(FirstToken, XLMRobertaLayer):
    pass


class FirstTokenMPNetLayer(MPNetLayer):
    """The same for MPNet, whose attention adds a bias by relative position, (rows, heads, tokens, tokens)."""

    def forward(
        self,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        position_bias: torch.Tensor | None = None,
        *_: object,
        **__: object,
    ) -> tuple[torch.Tensor]:
        attention, first = self.attention.attn, hidden_states[:, :1]  # (rows, 1, hidden)
        parts = (attention.q, first), (attention.k, hidden_states), (attention.v, hidden_states)
        query, key, value = (
            project(part).unflatten(-1, (-1, attention.attention_head_size)).transpose(1, 2) for project, part in parts
        )
        scores = query @ key.transpose(-1, -2) / math.sqrt(attention.attention_head_size)  # (rows, heads, 1, tokens)
        for added in (position_bias, attention_mask):
            if added is not None:
                scores = scores + added[:, :, :1]
        context = attention.dropout(scores.softmax(-1)) @ value
        attended = attention.o(context.transpose(1, 2).flatten(2))
        attended = self.attention.LayerNorm(self.attention.dropout(attended) + first)
        return (self.output(self.intermediate(attended), attended),)


READ_BY_FIRST_TOKEN = {  # their heads look at hidden_states[:, 0] and nothing else
    BertForSequenceClassification: FirstTokenBertLayer,
    MPNetForSequenceClassification: FirstTokenMPNetLayer,
    RobertaForSequenceClassification: FirstTokenRobertaLayer,
    XLMRobertaForSequenceClassification: FirstTokenXLMRobertaLayer,
}


def read_first_token(model: PreTrainedModel) -> PreTrainedModel:
    """Make the last layer of a known encoder, in place, compute its first token only; the parameters stay as they are.

    Models of other families, and attention kernels whose mask is not (rows, 1, tokens, tokens), are left alone.
    """
    kind = READ_BY_FIRST_TOKEN.get(type(model))
    if kind is not None and model.config._attn_implementation in ("sdpa", "eager"):
        encoder: Any = model.base_model.encoder
        encoder.layer[-1].__class__ = kind
    return model
