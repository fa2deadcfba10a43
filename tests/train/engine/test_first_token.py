"""The shortened last layer gives the logits and the gradients of the whole one."""

import copy

import pytest
import torch
import transformers
from torch.nn.functional import cross_entropy

from tests.conftest import LABELS
from train import fit
from train.config import Config, changed
from train.corpus.splits import load_split
from train.engine.batches import collate, plan
from train.engine.encoded import encode
from train.engine.first_token import FirstTokenBertLayer, read_first_token
from train.engine.model import TINY, load_model

SMALL = TINY | dict(vocab_size=200, num_labels=5, pad_token_id=0, max_position_embeddings=80)
FAMILIES = {
    "bert": (transformers.BertConfig, transformers.BertForSequenceClassification),
    "mpnet": (transformers.MPNetConfig, transformers.MPNetForSequenceClassification),
    "roberta": (transformers.RobertaConfig, transformers.RobertaForSequenceClassification),
    "xlm-roberta": (transformers.XLMRobertaConfig, transformers.XLMRobertaForSequenceClassification),
}


def gradients(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: p.grad for name, p in model.named_parameters()}


# transformers has no sdpa for MPNet
@pytest.mark.parametrize(
    ("family", "attention"),
    [(family, how) for family in FAMILIES for how in ("sdpa", "eager") if (family, how) != ("mpnet", "sdpa")],
)
def test_equal_logits_and_gradients(family: str, attention: str) -> None:
    transformers.set_seed(0)
    settings, kind = FAMILIES[family]
    whole = kind(settings(**SMALL)).eval()  # no dropout
    whole.set_attn_implementation(attention)
    short = read_first_token(copy.deepcopy(whole))
    assert short(input_ids=torch.full((1, 9), 7), output_hidden_states=True).hidden_states[-1].shape[1] == 1
    assert whole(input_ids=torch.full((1, 9), 7), output_hidden_states=True).hidden_states[-1].shape[1] == 9
    tokens = torch.randint(5, 200, (4, 12))
    mask = (torch.arange(12) < torch.tensor([[12], [7], [3], [9]])).long()
    both = []
    for model in (whole, short):
        logits = model(input_ids=tokens * mask, attention_mask=mask).logits
        cross_entropy(logits, torch.tensor([0, 1, 2, 3])).backward()
        both.append(logits)
    assert torch.allclose(both[0], both[1], atol=1e-5)
    expected, got = gradients(whole), gradients(short)
    assert expected.keys() == got.keys() and all(
        torch.allclose(expected[name], got[name], atol=1e-5) for name in expected
    )
    assert max(value.abs().max() for value in expected.values()) > 1e-2  # there was something to compare


def test_dropout_is_applied_in_training() -> None:
    transformers.set_seed(0)
    model = read_first_token(transformers.BertForSequenceClassification(transformers.BertConfig(**SMALL))).eval()
    model.bert.encoder.layer[-1].attention.self.dropout.p = 0.9
    tokens = torch.randint(5, 200, (4, 12))
    quiet = model(input_ids=tokens).logits
    assert torch.equal(quiet, model(input_ids=tokens).logits)
    model.bert.encoder.layer[-1].train()  # that layer alone
    assert not torch.allclose(quiet, model(input_ids=tokens).logits)


def test_the_layer_hands_on_one_token_and_the_copy_too() -> None:
    """The moving average is a deep copy; keys of the checkpoint stay what they were."""
    model = transformers.BertForSequenceClassification(transformers.BertConfig(**SMALL))
    names = set(model.state_dict())
    copied = copy.deepcopy(read_first_token(model))
    assert copied.bert(input_ids=torch.randint(5, 200, (4, 12))).last_hidden_state.shape == (4, 1, 32)
    assert set(copied.state_dict()) == names


def test_other_families_are_left_alone() -> None:
    model = transformers.DistilBertForSequenceClassification(
        transformers.DistilBertConfig(vocab_size=200, dim=32, n_layers=1, n_heads=2, hidden_dim=64)
    )
    kinds = [type(module) for module in model.modules()]
    assert [type(module) for module in read_first_token(model).modules()] == kinds


def test_length_sorted_pieces_have_the_gradients_of_one_padded_batch(settings: Config) -> None:
    """Batches of `plan`, cut into micro-batches that are padded to their own longest row, against the whole model and
    all rows padded alike.
    """
    transformers.set_seed(0)
    tokenizer, whole = load_model(settings.engine, LABELS)
    whole.eval()  # no dropout: its random numbers depend on the shape
    split = load_split(settings.corpus, "train")
    tokens, targets = encode(list(split["text"]), tokenizer, settings.engine.max_tokens), torch.tensor(split["label"])
    batch = plan([len(row) for row in tokens], 32, seed=1, epoch=0, window=2)[0]
    ours = read_first_token(copy.deepcopy(whole))
    padded = tokenizer.pad(
        {"input_ids": [tokens[row] for row in batch]}, padding="max_length", max_length=128, return_tensors="pt"
    )
    cross_entropy(
        whole(input_ids=padded["input_ids"], attention_mask=padded["attention_mask"]).logits, targets[batch]
    ).backward()
    for piece in (batch[i : i + 8] for i in range(0, len(batch), 8)):
        inputs = collate([tokens[row] for row in piece], tokenizer, torch.device("cpu"))
        assert inputs["input_ids"].shape[1] < 128
        (cross_entropy(ours(**inputs).logits, targets[piece], reduction="sum") / len(batch)).backward()
    expected, got = gradients(whole), gradients(ours)
    assert all(torch.allclose(expected[name], got[name], atol=1e-5) for name in expected)


def test_fit_trains_with_the_short_layer(settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    # transformers wraps it when the class is made: patching FirstToken would change nothing
    real = FirstTokenBertLayer.forward

    def forward(self: FirstTokenBertLayer, *args: object, **options: object) -> torch.Tensor:
        seen.append(self.training)
        return real(self, *args, **options)

    monkeypatch.setattr(FirstTokenBertLayer, "forward", forward)
    fit.main(changed(settings, run="short", engine__max_steps=2))
    assert True in seen and False in seen  # in training and in validation
