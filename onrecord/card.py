"""The model card of a checkpoint: its README.md, with the results in the front matter as the hub has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """One figure."""

    name: str
    split: str | None
    value: float


def read_card(markdown: str) -> tuple[list[Result], str]:
    """The results and the text behind the front matter. Raises ValueError if the front matter cannot be read."""
    if not markdown.startswith("---"):
        return [], markdown.strip()
    from huggingface_hub import ModelCard  # here: it is slow to import

    try:
        card: Any = ModelCard(markdown)
        results = [
            Result(r.metric_name or r.metric_type, r.dataset_split, r.metric_value)
            for r in card.data.eval_results or []
        ]
    except Exception as error:  # whatever YAML and the hub's library make of a file that people edit
        raise ValueError(f"the front matter cannot be read ({' '.join(str(error).split())})") from error
    for result in results:
        if type(result.value) not in (int, float):
            raise ValueError(f"the front matter's value of {result.name} is {result.value!r}, no number")
    return results, card.text.strip()
