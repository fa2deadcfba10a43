"""Figures of the model in training on the validation split, after each epoch."""

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch.nn.functional import cross_entropy
from transformers import PreTrainedTokenizerBase

from train.engine.batches import collate
from train.measure.metrics import metric_value


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
    share = order[accelerator.process_index :: accelerator.num_processes]
    answers = []
    with torch.inference_mode(), accelerator.autocast():
        for i in range(0, len(share), 32):
            rows = share[i : i + 32]
            logits = model(**collate([tokens[row] for row in rows], tokenizer, accelerator.device)).logits.float()
            gold = torch.tensor([targets[row] for row in rows], device=logits.device)
            losses = cross_entropy(logits, gold, reduction="none")
            answers += list(zip(rows, logits.argmax(1).tolist(), losses.tolist(), strict=True))
    answers = sorted(gather_object(answers))
    predicted = [label for _, label, _ in answers]
    names = dict.fromkeys(("accuracy", "macro_f1", metric))
    mean_loss = sum(loss for *_, loss in answers) / len(answers)
    return {"loss": mean_loss} | {name: metric_value(name, targets, predicted, labels) for name in names}
