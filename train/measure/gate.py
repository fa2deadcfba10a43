"""What must hold of metrics.json before a checkpoint may be shipped: configs/gate.yaml, judged with three outcomes.

pass, fail, and investigate: a regression that may be noise, or one that cannot be tested. Only fail stops a pull request.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from train.config import Stop


@dataclass(frozen=True)
class Verdict:
    """One rule, what was found, pass, fail or investigate, and what the figure is in words."""

    figure: str
    bound: str
    found: str
    outcome: str
    says: str


class Bound(BaseModel):
    """One figure of metrics.json, by its path, and the bound it must keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    figure: str  # dotted path, a number indexes a list: test.macro_f1_interval.0
    says: str = ""  # what the figure is, for a reader of the table
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> "Bound":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"{self.figure}: give at_least or at_most, one of them")
        return self

    def judge(self, metrics: dict[str, Any]) -> Verdict:
        """NaN fails."""
        value = look_up(metrics, self.figure)
        holds = value >= self.at_least if self.at_least is not None else value <= self.at_most  # type: ignore[operator]
        bound = f">= {self.at_least}" if self.at_least is not None else f"<= {self.at_most}"
        return Verdict(self.figure, bound, f"{value:.4f}", "pass" if holds else "fail", self.says)


class NoRegression(BaseModel):
    """Macro-F1 on test must not fall behind the released checkpoint's: significantly worse fails, worse within noise is to be investigated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    no_regression: Literal["released"]
    significance: Annotated[float, Field(gt=0, lt=1)]
    says: str = ""

    def judge(self, metrics: dict[str, Any]) -> Verdict:
        """Of an exact tie or a gain: pass. Where the two cannot be compared: investigate."""
        found = metrics.get("released")
        if found is None:
            raise Stop("the gate asks for a comparison with the released checkpoint, which metrics.json does not have")
        if "reason" in found:
            return Verdict("no regression", f"p >= {self.significance}", found["reason"], "investigate", self.says)
        difference, p = look_up(found, "difference"), look_up(found, "p")
        outcome = "pass" if difference >= 0 else "investigate" if p >= self.significance else "fail"
        return Verdict(
            "no regression", f"p >= {self.significance}", f"{difference:+.4f}, p = {p:.3f}", outcome, self.says
        )


Rule = Bound | NoRegression


def read_rules(path: Path | str) -> list[Rule]:
    """The rules of a gate file. Raises Stop if it is missing, wrong or empty: a gate without rules would pass anything."""
    try:
        return TypeAdapter(Annotated[list[Rule], Field(min_length=1)]).validate_python(
            yaml.safe_load(Path(path).read_text())
        )
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
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Stop(f"the gate asks for {figure}, which is {value!r}, not a number")
    return float(value)


def judge(metrics: dict[str, Any], rules: list[Rule]) -> list[Verdict]:
    """Each rule's verdict, in order."""
    return [rule.judge(metrics) for rule in rules]


def table(verdicts: list[Verdict]) -> str:
    """Markdown, for a terminal and a pull request alike."""
    names, bounds, values = (max(len(getattr(v, field)) for v in verdicts) for field in ("figure", "bound", "found"))
    lines = [
        f"| {'figure':{names}} | {'bound':>{bounds}} | {'found':>{values}} | outcome     | what it is |",
        f"| {'-' * names} | {'-' * bounds} | {'-' * values} | ----------- | ---------- |",
    ]
    mark = {"pass": "pass", "fail": "**FAIL**", "investigate": "investigate"}
    lines += [
        f"| {v.figure:{names}} | {v.bound:>{bounds}} | {v.found:>{values}} | {mark[v.outcome]:11} | {v.says} |"
        for v in verdicts
    ]
    return "\n".join(lines)
