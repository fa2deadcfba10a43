"""Floors and ceilings on metrics.json: configs/gate.yaml says what must hold before a checkpoint may be shipped."""

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from train.config import Stop


class Rule(BaseModel):
    """One figure of metrics.json, by its path, and the bound it must keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    figure: str  # dotted path, a number indexes a list: test.macro_f1_interval.0
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> "Rule":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"{self.figure}: give at_least or at_most, one of them")
        return self

    def holds(self, value: float) -> bool:
        """NaN never holds."""
        return value >= self.at_least if self.at_least is not None else value <= self.at_most  # type: ignore[operator]

    def __str__(self) -> str:
        return f">= {self.at_least}" if self.at_least is not None else f"<= {self.at_most}"


def read_rules(path: Path | str) -> list[Rule]:
    """The rules of a gate file. Raises Stop if it is missing, wrong or empty: a gate without rules would pass anything."""
    try:
        return TypeAdapter(Annotated[list[Rule], Field(min_length=1)]).validate_python(yaml.safe_load(Path(path).read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise Stop(f"gate {path}: {error}") from error


def look_up(metrics: dict[str, Any], figure: str) -> float:
    """The number at a dotted path. Raises Stop if there is none: a figure that was not measured has not passed."""
    value: Any = metrics
    for step in figure.split("."):
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, ValueError, TypeError):
            raise Stop(f"the gate asks for {figure}, which metrics.json does not have") from None
    if not isinstance(value, (int, float)):
        raise Stop(f"the gate asks for {figure}, which is {value!r}, not a number")
    return float(value)


def judge(metrics: dict[str, Any], rules: list[Rule]) -> list[tuple[Rule, float, bool]]:
    """Each rule with the value found and whether it holds."""
    found = [(rule, look_up(metrics, rule.figure)) for rule in rules]
    return [(rule, value, rule.holds(value)) for rule, value in found]


def table(verdicts: list[tuple[Rule, float, bool]]) -> str:
    """Markdown, for a terminal and a pull request alike."""
    width = max(len(rule.figure) for rule, *_ in verdicts)
    lines = [f"| {'figure':{width}} | {'bound':>9} | {'found':>7} |      |", f"| {'-' * width} | {'-' * 9} | {'-' * 7} | ---- |"]
    lines += [f"| {rule.figure:{width}} | {rule!s:>9} | {value:7.4f} | {'pass' if holds else 'FAIL'} |" for rule, value, holds in verdicts]
    return "\n".join(lines)
