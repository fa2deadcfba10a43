"""Edits change what they say and nothing else."""

import re
from random import Random

import pytest

from train.measure.behaviour import edit_rates, edited, measure_behaviour, overall, pair_rates
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
        ("month", "He wrote for the July Review.", "He wrote for the July Review."),
        ("number", "In 2018 it was over.", "In 2018 it was over."),
        ("number", "COVID-19 cost 1,200.5 or 3.5.", "COVID-19 cost 1,200.5 or 3.5."),
        ("weekday", "The Sunday Chronicle said so.", "The Sunday Chronicle said so."),
        ("final_stop_dropped", "It may rain in the north.", "It may rain in the north"),
        ("final_stop_dropped", "It may rain.", "It may rain."),
        ("final_stop_dropped", "They work for the U.S.", "They work for the U.S."),
        ("first_letter", "The talks failed.", "the talks failed."),
        ("first_letter", "Oslo said no.", "Oslo said no."),
        ("spelling", "Labour centre organised a defence.", "Labour center organized a defense."),
        ("spelling", "The color program was recognized.", "The colour programme was recognised."),
        ("spelling", "The programme ended.", "The program ended."),
        ("quotation_last", "“We won,” the coach said.", "The coach said, “We won.”"),
        ("quotation_last", "“We won,” she said, “at last.”", "“We won,” she said, “at last.”"),
        ("dateline", "Why?", "Why?"),
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


def test_no_38_May() -> None:
    for seed in range(60):
        changed = EDITS["number"](
            "On 28 May and June 27, and the 9 on Oct. 3, by 7:30 p.m. and 12 a.m., 38 met.", Random(seed)
        )
        match = re.fullmatch(
            r"On (\d+) May and June (\d+), and the (\d+) on Oct. (\d+), by (\d+):30 p.m. and (\d+) a.m., 3(\d) met.",
            changed,
        )
        assert match, changed
        assert all(1 <= int(day) <= 28 for day in match.groups()[:4]) and all(
            1 <= int(h) <= 12 for h in match.groups()[4:6]
        )


def test_a_dash_and_a_dateline_take_forms_of_their_own() -> None:
    for seed in range(20):
        assert EDITS["dash_form"]("He won — twice.", Random(seed)) in (
            "He won—twice.",
            "He won – twice.",
            "He won -- twice.",
        )
        assert EDITS["dash_form"]("From 3-5 it is well-known.", Random(seed)) == "From 3-5 it is well-known."
        line = EDITS["dateline"]("The minister said he had not paid.", Random(seed))
        assert line.endswith("The minister said he had not paid.") and len(line) > 40


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
    rates = pair_rates(rows, ["claim", "hedge", "claim", "claim", "none"])
    assert rates == {"if": {"pairs": 3, "passed": 0.3333}, "time": {"pairs": 1, "passed": 1.0}}
    assert overall(rates) == 0.5


def test_edit_rates_count_changed_labels_and_what_no_token_shows() -> None:
    texts = ["The match ended on Monday.", "It never ended."]
    assert [i for i, _ in edited(texts)["weekday"]] == [0] and edited(texts)["month"] == []
    rates = edit_rates(
        lambda texts: ["claim" if text.endswith(".") else "none" for text in texts],
        lambda texts: [text.lower().split() for text in texts],
        texts,
    )
    assert rates["weekday"] == {"pairs": 1, "passed": 1.0, "unseen": 0}
    assert rates["final_stop_dropped"] == {"pairs": 1, "passed": 0.0, "unseen": 0}
    assert rates["first_letter"] == {"pairs": 0, "passed": 0.0, "unseen": 2}


def test_behaviour_tells_contrast_groups_from_examples_of_the_guidelines() -> None:
    rows = [
        {"rule": "if", "doc": "a", "label": "hedge", "text": "a", "part": "contrast"},
        {"rule": "if", "doc": "a", "label": "claim", "text": "b", "part": "contrast"},
        {"rule": "guidelines", "doc": "g", "label": "claim", "text": "c", "part": "guidelines"},
    ]
    test = [{"text": f"Number {i} of the talks failed on Monday."} for i in range(40)]
    figures = measure_behaviour(lambda texts: ["claim"] * len(texts), list, rows, test)
    assert (figures["rows"], figures["accuracy"], figures["groups_passed"]) == (2, 0.5, 0.0)
    assert figures["guidelines"] == {"rows": 1, "accuracy": 1.0} and set(figures["rules"]) == {"if"}
    assert figures["edits_passed"] == 1.0 and figures["edits"]["weekday"]["pairs"] == 40
    assert figures["weakest_edit"]["passed"] == 1.0
    nothing = measure_behaviour(lambda texts: [], list, [], [])
    assert nothing["accuracy"] is nothing["guidelines"]["accuracy"] is nothing["weakest_edit"] is None
