"""Parts of the test split in which a model may be weak while the whole looks well."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from train.config import Stop
from train.corpus.rows import ARTICLE_FIELDS, GROUP_FIELDS
from train.measure.metrics import measure

LEAST = 60  # a slice with fewer test sentences is too noisy to be judged
NEGATION = re.compile(r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot)\b|n['’]t\b", re.IGNORECASE)
QUOTATION = re.compile(r"[\"“”„]|(?<!\w)['‘]|['’](?!\w)")
IN_THE_TEXT = {
    "length": lambda text: (
        "under 12 words" if (n := len(text.split())) < 12 else "12 to 24 words" if n < 25 else "25 words and more"
    ),
    "quotation": lambda text: "quotation marks" if QUOTATION.search(text) else "no quotation marks",
    "negation": lambda text: "negation" if NEGATION.search(text) else "no negation",
}


def refuse_unknown(kinds: Iterable[str], columns: Iterable[str]) -> None:
    """Raise Stop for a kind that is neither one of these columns nor seen in the text.

    A column that only our seeds have may be missing.
    """
    there = list(columns)
    for kind in kinds:
        if kind not in (*IN_THE_TEXT, *there, *ARTICLE_FIELDS, *GROUP_FIELDS):
            known = f"no column of the data ({', '.join(there)}) and none of {', '.join(IN_THE_TEXT)}"
            raise Stop(f"slices: {kind!r} is {known}")


def slices(rows: list[dict], predicted: list[int], labels: list[str], kinds: list[str]) -> dict[str, dict[str, Any]]:
    """kind -> value -> figures, for every one of the `kinds` and every value with at least LEAST rows.

    A column that only our seeds have is passed over where it is missing. Raises Stop as `refuse_unknown` does.
    """
    by_kind: dict[str, dict[str, Any]] = {}
    refuse_unknown(kinds, rows[0])
    for kind in kinds:
        if kind not in IN_THE_TEXT and kind not in rows[0]:
            continue
        members: dict[str, list[int]] = defaultdict(list)
        for i, row in enumerate(rows):
            if value := IN_THE_TEXT[kind](row["text"]) if kind in IN_THE_TEXT else row[kind]:
                members[str(value)].append(i)
        by_kind[kind] = {
            value: measure(
                [labels.index(rows[i]["label"]) for i in chosen],
                [predicted[i] for i in chosen],
                labels,
                [rows[i]["doc"] for i in chosen],
                resamples=500,
            )
            for value, chosen in sorted(members.items())
            if len(chosen) >= LEAST
        }
    return by_kind


def worst(by_kind: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """The slice with the lowest accuracy: its name, rows and accuracy. None if no slice has enough rows."""
    every = [
        (figures["accuracy"], f"{kind}: {value}", figures["rows"])
        for kind, values in by_kind.items()
        for value, figures in values.items()
    ]
    if not every:
        return None
    accuracy, name, rows = min(every)
    return {"name": name, "rows": rows, "accuracy": accuracy}
