"""The behaviour test: held-out contrast groups, rule by rule, examples of the guidelines, and edits that must not
change a label.

After Ribeiro et al. 2020 (CheckList) and Gardner et al. 2020 (contrast sets).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations
from random import Random
from typing import Any

from train.measure.edits import EDITS

GUIDELINES = "guidelines"  # the part of rows that are examples of the guidelines
FEW_PAIRS = 30  # below this, an edit is not judged alone


def pair_rates(rows: list[dict], predicted: Sequence[str]) -> dict[str, dict[str, float]]:
    """rule -> pairs and the share passed, over the pairs of sentences of one group.

    A pair passes if both sentences get their own label: then pairs that must differ differ, and pairs that must agree
    agree.
    """
    groups: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for row, label in zip(rows, predicted, strict=True):
        groups[row["rule"], row["doc"]].append(label == row["label"])
    outcomes: dict[str, list[bool]] = defaultdict(list)
    for (rule, _), right in groups.items():
        outcomes[rule] += [a and b for a, b in combinations(right, 2)]
    return {rule: _rate(passed) for rule, passed in sorted(outcomes.items())}


def measure_behaviour(
    answer: Callable[[Sequence[str]], list[str]],
    encode: Callable[[Sequence[str]], list],
    rows: list[dict],
    test: list[dict],
) -> dict[str, Any]:
    """Figures of the held-out rows, and of edits of the `test` rows that must not change a label.

    `answer` gives labels of texts, `encode` their tokens: an edit that the model cannot see is counted, and tests
    nothing.
    """
    contrasts = [row for row in rows if row.get("part") != GUIDELINES]
    examples = [row for row in rows if row.get("part") == GUIDELINES]
    predicted = answer([row["text"] for row in contrasts])
    rules = pair_rates(contrasts, predicted)
    edits = edit_rates(answer, encode, [row["text"] for row in test])
    compared = {name: rate for name, rate in edits.items() if rate["pairs"] >= FEW_PAIRS}
    weakest = min(compared, key=lambda name: compared[name]["passed"], default=None)
    return {
        "rows": len(contrasts),
        "accuracy": _share(contrasts, predicted),
        "groups_passed": overall(rules),
        "rules": rules,
        "guidelines": {"rows": len(examples), "accuracy": _share(examples, answer([row["text"] for row in examples]))},
        "edits_passed": overall(edits),
        "edits": edits,
        "weakest_edit": {"name": weakest} | compared[weakest] if weakest else None,
    }


def edited(texts: Sequence[str], seed: int = 0) -> dict[str, list[tuple[int, str]]]:
    """edit -> (number, edited text) of the texts that the edit changes."""
    random = Random(seed)
    changed = {name: [(i, edit(text, random)) for i, text in enumerate(texts)] for name, edit in EDITS.items()}
    return {name: [(i, text) for i, text in pairs if text != texts[i]] for name, pairs in changed.items()}


def edit_rates(
    answer: Callable[[Sequence[str]], list[str]], encode: Callable[[Sequence[str]], list], texts: Sequence[str]
) -> dict[str, dict[str, float]]:
    """edit -> pairs of a text and its edited form, the share whose label stayed, right or wrong, and those `unseen`."""
    before, tokens = answer(texts), encode(texts)
    rates: dict[str, dict[str, float]] = {}
    for name, pairs in edited(texts).items():
        after = encode([text for _, text in pairs])
        seen = [pair for pair, ids in zip(pairs, after, strict=True) if ids != tokens[pair[0]]]
        labels = answer([text for _, text in seen])
        rate = _rate([before[i] == label for (i, _), label in zip(seen, labels, strict=True)])
        if pairs:
            rates[name] = rate | {"unseen": len(pairs) - len(seen)}
    return rates


def _share(rows: list[dict], predicted: Sequence[str]) -> float | None:
    right = sum(row["label"] == label for row, label in zip(rows, predicted, strict=True))
    return round(right / len(rows), 4) if rows else None


def _rate(passed: list[bool]) -> dict[str, float]:
    return {"pairs": len(passed), "passed": round(sum(passed) / len(passed), 4) if passed else 0.0}


def overall(rates: dict[str, dict[str, float]]) -> float:
    """Share of all pairs that passed."""
    pairs = sum(r["pairs"] for r in rates.values())
    return round(sum(r["pairs"] * r["passed"] for r in rates.values()) / pairs, 4) if pairs else 0.0
