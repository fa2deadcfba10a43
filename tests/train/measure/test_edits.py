"""Edits change what they say and nothing else."""

from random import Random

import pytest

from train.measure.behaviour import edit_rates, edited, overall, pair_rates
from train.measure.edits import EDITS


@pytest.mark.parametrize(
    ("edit", "text", "expected"),
    [
        ("quotation_style", '"We won\'t," he said, "not \'now\'."', "“We won’t,” he said, “not ‘now’.”"),
        ("quotation_style", "“We won’t,” he said.", '"We won\'t," he said.'),
        ("headline_case", "Leaders plan meeting", "LEADERS PLAN MEETING"),
        ("headline_case", "LEADERS PLAN MEETING", "Leaders plan meeting"),
        ("headline_case", "Leaders met.", "Leaders met."),
        (
            "attribution_first",
            "The talks failed on Monday, officials said.",
            "Officials said the talks failed on Monday.",
        ),
        ("attribution_dropped", "The talks failed on Monday, officials said.", "The talks failed on Monday."),
        ("attribution_dropped", '"The talks failed," officials said.', '"The talks failed," officials said.'),
        ("weekday", "Marches may end.", "Marches may end."),
        ("month", "In May and March they may march.", "In May and March they may march."),
        ("number", "In 2018 it was over.", "In 2018 it was over."),
    ],
)
def test_edits(edit: str, text: str, expected: str) -> None:
    assert EDITS[edit](text, Random(0)) == expected


def test_swaps_always_swap() -> None:
    text = "Sen. Prado met 12 aides on Monday, June 4."
    for seed in range(20):
        for edit in ("weekday", "month", "number", "name"):
            changed = EDITS[edit](text, Random(seed))
            assert changed != text and len(changed.split()) == len(text.split())


def test_pair_rates() -> None:
    rows = [
        {"rule": r, "doc": d, "label": label}
        for r, d, label in (
            ("if", "a", "claim"),
            ("if", "a", "hedge"),
            ("if", "a", "hedge"),
            ("time", "b", "claim"),
            ("time", "b", "none"),
        )
    ]
    found = pair_rates(rows, ["claim", "hedge", "claim", "claim", "none"])
    assert found == {"if": {"pairs": 3, "passed": 0.3333}, "time": {"pairs": 1, "passed": 1.0}}
    assert overall(found) == 0.5


def test_edit_rates_count_changed_labels() -> None:
    rows = [{"text": "It ended on Monday."}, {"text": "It ended."}]
    edits = edited(rows)
    assert [i for i, _ in edits["weekday"]] == [0] and edits["month"] == []
    assert edit_rates({"weekday": edits["weekday"]}, ["claim", "claim"], {"weekday": ["hedge"]}) == {
        "weekday": {"pairs": 1, "passed": 0.0}
    }
