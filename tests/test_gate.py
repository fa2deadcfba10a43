"""Every rule can fail."""

from pathlib import Path
from typing import Any

import pytest

from train.config import DEFAULTS, Stop
from train.gate import judge, look_up, read_rules

GATE = DEFAULTS.parent / "gate.yaml"


def metrics_that(rules: list, keep: bool) -> dict[str, Any]:
    """A metrics tree in which every rule's figure is just inside or just outside its bound."""
    tree: dict[str, Any] = {}
    for rule in rules:
        node, steps = tree, rule.figure.split(".")
        for step in steps[:-1]:
            node = node.setdefault(step, {})
        bound, inside = (rule.at_least, 1e-6) if rule.at_least is not None else (rule.at_most, -1e-6)
        node[steps[-1]] = bound + (inside if keep else -inside)
    return tree


def test_each_shipped_rule_passes_inside_and_fails_outside() -> None:
    rules = read_rules(GATE)
    assert rules
    assert all(holds for *_, holds in judge(metrics_that(rules, keep=True), rules))
    assert not any(holds for *_, holds in judge(metrics_that(rules, keep=False), rules))


def test_nan_fails(tmp_path: Path) -> None:
    rules = read_rules(GATE)
    node = metrics_that(rules, keep=True)
    leaf, last = node, rules[0].figure.split(".")
    for step in last[:-1]:
        leaf = leaf[step]
    leaf[last[-1]] = float("nan")
    assert sum(not holds for *_, holds in judge(node, rules)) == 1


@pytest.mark.parametrize("text", ["", "[]", "- {figure: a}", "- {figure: a, at_least: 1, at_most: 2}", "- {figure: a, atleast: 1}", "- {figure: a, at_least: x}"])
def test_a_gate_that_could_not_fail_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "gate.yaml").write_text(text)
    with pytest.raises(Stop, match="gate"):
        read_rules(tmp_path / "gate.yaml")


@pytest.mark.parametrize("figure", ["test.f1", "test.list.7", "test.list.x", "test.macro_f1.x", "test"])
def test_a_figure_that_was_not_measured_stops_the_gate(figure: str) -> None:
    with pytest.raises(Stop, match="the gate asks for"):
        look_up({"test": {"macro_f1": 0.5, "list": [1]}}, figure)
