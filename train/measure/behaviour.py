"""The behaviour test: held-out contrast groups, rule by rule, and edits that must not change a label.

After Ribeiro et al. 2020 (CheckList) and Gardner et al. 2020 (contrast sets).
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from random import Random

from train.measure.edits import EDITS


def pair_rates(rows: list[dict], predicted: Sequence[str]) -> dict[str, dict[str, float]]:
    """rule -> pairs and the share passed, over the pairs of sentences of one group.

    A pair passes if both sentences get their own label: then pairs that must differ differ, and pairs that must agree agree.
    """
    groups: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for row, label in zip(rows, predicted, strict=True):
        groups[row["rule"], row["doc"]].append(label == row["label"])
    outcomes: dict[str, list[bool]] = defaultdict(list)
    for (rule, _), right in groups.items():
        outcomes[rule] += [a and b for a, b in combinations(right, 2)]
    return {rule: _rate(passed) for rule, passed in sorted(outcomes.items())}


def edited(rows: list[dict], seed: int = 0) -> dict[str, list[tuple[int, str]]]:
    """edit -> (row number, edited text) of the rows that the edit changes."""
    random = Random(seed)
    changed = {name: [(i, edit(row["text"], random)) for i, row in enumerate(rows)] for name, edit in EDITS.items()}
    return {name: [(i, text) for i, text in pairs if text != rows[i]["text"]] for name, pairs in changed.items()}


def edit_rates(
    edits: dict[str, list[tuple[int, str]]], predicted: Sequence[str], relabelled: dict[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """edit -> pairs and the share of them whose label the edit left as it was, right or wrong."""
    return {
        name: _rate([predicted[i] == label for (i, _), label in zip(pairs, relabelled[name], strict=True)])
        for name, pairs in edits.items()
        if pairs
    }


def _rate(passed: list[bool]) -> dict[str, float]:
    return {"pairs": len(passed), "passed": round(sum(passed) / len(passed), 4) if passed else 0.0}


def overall(rates: dict[str, dict[str, float]]) -> float:
    """Share of all pairs that passed."""
    pairs = sum(r["pairs"] for r in rates.values())
    return round(sum(r["pairs"] * r["passed"] for r in rates.values()) / pairs, 4) if pairs else 0.0
