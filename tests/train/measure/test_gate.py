"""Every rule can fail."""

from pathlib import Path
from typing import Any

import pytest

from train.config import DEFAULTS, Stop
from train.measure.gate import Bound, NoRegression, judge, look_up, read_rules, table

GATE = DEFAULTS.parent / "gate.yaml"


def metrics_that(rules: list[Bound], keep: bool) -> dict[str, Any]:
    """A metrics tree in which every bound's figure is just inside or just outside."""
    tree: dict[str, Any] = {}
    for rule in rules:
        node, steps = tree, rule.figure.split(".")
        for step in steps[:-1]:
            node = node.setdefault(step, {})
        bound, inside = (rule.at_least, 1e-6) if rule.at_least is not None else (rule.at_most, -1e-6)
        assert bound is not None
        node[steps[-1]] = bound + (inside if keep else -inside)
    return tree


BOUNDS = [rule for rule in read_rules(GATE) if isinstance(rule, Bound)]


def test_each_shipped_bound_passes_inside_and_fails_outside() -> None:
    assert BOUNDS
    assert {v.outcome for v in judge(metrics_that(BOUNDS, keep=True), list(BOUNDS))} == {"pass"}
    assert {v.outcome for v in judge(metrics_that(BOUNDS, keep=False), list(BOUNDS))} == {"fail"}


def test_a_figure_at_its_bound_passes() -> None:
    rules = [Bound(figure="a", at_least=0.5), Bound(figure="a", at_most=0.5)]
    assert [v.outcome for v in judge({"a": 0.5}, list(rules))] == ["pass", "pass"]


def test_nan_fails() -> None:
    node = metrics_that(BOUNDS, keep=True)
    leaf, last = node, BOUNDS[0].figure.split(".")
    for step in last[:-1]:
        leaf = leaf[step]
    leaf[last[-1]] = float("nan")
    assert sum(v.outcome == "fail" for v in judge(node, list(BOUNDS))) == 1


@pytest.mark.parametrize(
    ("released", "outcome"),
    [
        ({"difference": 0.01, "p": 0.001}, "pass"),
        ({"difference": 0.0, "p": 1.0}, "pass"),
        ({"difference": -0.01, "p": 0.2}, "investigate"),
        ({"difference": -0.01, "p": 0.05}, "investigate"),
        ({"difference": -0.01, "p": 0.01}, "fail"),
        ({"difference": float("nan"), "p": float("nan")}, "fail"),
        ({"reason": "another test split"}, "investigate"),
    ],
)
def test_a_regression_has_three_outcomes(released: dict, outcome: str) -> None:
    rule = next(rule for rule in read_rules(GATE) if isinstance(rule, NoRegression))
    assert [v.outcome for v in judge({"released": released}, [rule])] == [outcome]


def test_a_comparison_that_was_not_made_stops_the_gate() -> None:
    with pytest.raises(Stop, match="released"):
        judge({}, [NoRegression(no_regression="released", significance=0.05)])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "- {figure: a}",
        "- {figure: a, at_least: 1, at_most: 2}",
        "- {figure: a, atleast: 1}",
        "- {figure: a, at_least: x}",
    ],
)
def test_a_gate_that_could_not_fail_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "gate.yaml").write_text(text)
    with pytest.raises(Stop, match="gate"):
        read_rules(tmp_path / "gate.yaml")


@pytest.mark.parametrize("figure", ["test.f1", "test.list.7", "test.list.x", "test.macro_f1.x", "test"])
def test_a_figure_that_was_not_measured_stops_the_gate(figure: str) -> None:
    with pytest.raises(Stop, match="the gate asks for"):
        look_up({"test": {"macro_f1": 0.5, "list": [1]}}, figure)


def test_each_shipped_rule_says_what_it_is_and_the_table_shows_it() -> None:
    rules = read_rules(GATE)
    assert all(rule.says for rule in rules)
    verdicts = judge(metrics_that(BOUNDS, keep=True), list(BOUNDS))
    assert all(f"| {rule.says} |" in table(verdicts) for rule in BOUNDS)
