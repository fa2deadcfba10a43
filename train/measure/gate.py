"""What must hold of metrics.json before a checkpoint may be shipped: the rules of configs/gates/*.yaml.

    python -m train.measure.gate configs/gates/small.yaml runs/a/metrics.json runs/b/metrics.json runs/c/metrics.json

writes what these runs reached into the file's rules. A rule passes, fails, is to be investigated (worse, but within
noise: it stops nobody) or waits for a release (the answers to compare with are missing or to other test sentences: red
until `train.evaluate --release`).
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, TypeAdapter, ValidationError, model_validator

from onrecord.tables.parts import write_whole
from train.config import Stop, read_record, read_text, read_yaml, run
from train.measure.paired import ROUNDS

PASS, FAIL, INVESTIGATE, UNRELEASED = "pass", "fail", "investigate", "unreleased"


@dataclass(frozen=True)
class Verdict:
    """One rule, the value measured, its outcome, and what the figure is in words."""

    figure: str
    bound: str
    value: str
    outcome: str
    says: str


class Bound(BaseModel):
    """A figure of metrics.json and the bounds it must keep: stated, or so far from the mean of what runs reached."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    figure: str  # dotted path, a number indexes a list: test.macro_f1_interval.0
    says: str = ""  # what the figure is, for a reader of the table
    at_least: FiniteFloat | None = None
    at_most: FiniteFloat | None = None
    reached: list[FiniteFloat] = []  # the figure in runs of this recipe that differ in the seed
    below: Annotated[FiniteFloat, Field(ge=0)] | None = None  # the floor lies so far under the mean of `reached`
    above: Annotated[FiniteFloat, Field(ge=0)] | None = None  # the ceiling lies so far over it

    @model_validator(mode="after")
    def _bounded(self) -> "Bound":
        distances = [distance for distance in (self.below, self.above) if distance is not None]
        if self.at_least is self.at_most is None and not distances:
            raise ValueError(f"{self.figure}: give at_least or at_most, or reached with below or above")
        if self.reached and not distances:
            raise ValueError(f"{self.figure}: reached goes with below or above")
        if None not in (self.at_least, self.below) or None not in (self.at_most, self.above):
            raise ValueError(f"{self.figure}: give at_least or below, and at_most or above, one of each pair")
        if self.floor is not None and self.ceiling is not None and self.floor >= self.ceiling:
            raise ValueError(f"{self.figure}: no figure lies from {self.floor} to {self.ceiling}")
        return self

    @property
    def floor(self) -> float | None:
        """The least that passes."""
        return self.at_least if self.below is None or not self.reached else round(fmean(self.reached) - self.below, 4)

    @property
    def ceiling(self) -> float | None:
        """The most that passes."""
        return self.at_most if self.above is None or not self.reached else round(fmean(self.reached) + self.above, 4)

    def judge(self, metrics: dict[str, Any]) -> Verdict:
        """NaN fails, and so does a figure that was not measured, or whose bound no run has set yet."""
        floor, ceiling = self.floor, self.ceiling
        try:
            value = look_up(metrics, self.figure)
        except Stop:
            return Verdict(self.figure, "a number", "not measured", FAIL, self.says)
        if not self.reached and (self.below, self.above) != (None, None):
            return Verdict(self.figure, "no run reached any", f"{value:.4f}", FAIL, self.says)
        holds = (floor is None or value >= floor) and (ceiling is None or value <= ceiling)
        bound = " and ".join([f">= {floor}"] * (floor is not None) + [f"<= {ceiling}"] * (ceiling is not None))
        return Verdict(self.figure, bound, f"{value:.4f}", PASS if holds else FAIL, self.says)


class NoRegression(BaseModel):
    """Macro-F1 on test against the released answers: significantly worse, by more than a margin, fails.

    The p-value knows the noise of the sentences alone. That of training is in the margin: another seed or processor,
    with the same recipe and data, makes another model. As in a test of non-inferiority (Piaggio et al. 2012).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    no_regression: Path  # the released answers; in a gate file, relative to that file
    significance: Annotated[float, Field(gt=1 / ROUNDS, lt=1)]  # the p of a comparison is never smaller
    margin: Annotated[float, Field(ge=0, lt=1)] = 0  # of macro-F1, that trainings of one recipe differ by
    says: str = ""

    def judge(self, metrics: dict[str, Any]) -> Verdict:
        """A tie or a gain passes; where the two cannot be compared, the rule waits for a release."""
        comparison = metrics.get("released")
        if comparison is None:
            raise Stop("the gate asks for a comparison with the released answers, which metrics.json does not have")
        figure, bound = "no regression", f">= -{self.margin} or p >= {self.significance}"
        if "reason" in comparison:
            return Verdict(figure, bound, comparison["reason"], UNRELEASED, self.says)
        difference, p = look_up(comparison, "difference"), look_up(comparison, "p")
        small = difference >= -self.margin or p >= self.significance
        outcome = PASS if difference >= 0 else INVESTIGATE if small else FAIL
        return Verdict(figure, bound, f"{difference:+.4f}, p = {p:.3f}", outcome, self.says)


GateRule = Bound | NoRegression


def read_rules(path: Path | str) -> list[GateRule]:
    """The rules of a gate file.

    Raises Stop if it is missing, wrong or empty: a gate without rules would pass anything.
    """
    form = TypeAdapter(Annotated[list[GateRule], Field(min_length=1)])
    try:
        rules = form.validate_python(read_yaml(Path(path).read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise Stop(f"gate {path}: {error}") from error
    if sum(isinstance(rule, NoRegression) for rule in rules) > 1:
        raise Stop(f"gate {path}: two rules no_regression; a run is compared with one file of released answers")
    return [
        rule.model_copy(update={"no_regression": Path(os.path.normpath(Path(path).parent / rule.no_regression))})
        if isinstance(rule, NoRegression)
        else rule
        for rule in rules
    ]


def released_file(rules: list[GateRule]) -> Path | None:
    """Where the rules keep the released answers; None if no rule compares with any."""
    return next((rule.no_regression for rule in rules if isinstance(rule, NoRegression)), None)


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


def judge(metrics: dict[str, Any], rules: list[GateRule]) -> list[Verdict]:
    """Each rule's verdict, in order."""
    return [rule.judge(metrics) for rule in rules]


def table(verdicts: list[Verdict]) -> str:
    """Markdown, for a terminal and a pull request alike."""
    names, bounds, values = (max(len(getattr(v, field)) for v in verdicts) for field in ("figure", "bound", "value"))
    lines = [
        f"| {'figure':{names}} | {'bound':>{bounds}} | {'value':>{values}} | outcome     | what it is |",
        f"| {'-' * names} | {'-' * bounds} | {'-' * values} | ----------- | ---------- |",
    ]
    mark = {FAIL: "**FAIL**", UNRELEASED: "**release**"}
    lines += [
        f"| {v.figure:{names}} | {v.bound:>{bounds}} | {v.value:>{values}} | {mark.get(v.outcome, v.outcome):11} | "
        f"{v.says} |"
        for v in verdicts
    ]
    return "\n".join(lines)


def with_reached(rules: str, runs: list[dict[str, Any]]) -> str:
    """The text of a gate file, one rule a line, with the figures of these runs in place of what was reached.

    Raises Stop for a figure that one of the runs has not measured.
    """

    def filled(match: re.Match[str]) -> str:
        figure = match["quoted"] or match["plain"]
        values = ", ".join(f"{look_up(metrics, figure):.4f}" for metrics in runs)
        return f"{match['head']}reached: [{values}]"

    line = r'(?m)^(?P<head>- \{figure: (?:"(?P<quoted>[^"]+)"|(?P<plain>[^",}]+)), )reached: \[[^\]]*\]'
    return re.sub(line, filled, rules)


def main() -> None:
    """Write what was reached into a gate file. Raises Stop, before it is touched, for one that is none."""
    if len(sys.argv) < 3:
        raise Stop("give a gate file and the metrics.json of one run or more")
    gate, *measured = map(Path, sys.argv[1:])
    read_rules(gate)
    figures = [read_record(path, dict, "write it again with train.evaluate") for path in measured]
    filled = with_reached(read_text(gate), figures)
    for rule in TypeAdapter(list[GateRule]).validate_python(read_yaml(filled)):
        if not isinstance(rule, Bound) or rule.below is rule.above is None:
            continue
        if rule.reached != [round(look_up(metrics, rule.figure), 4) for metrics in figures]:
            raise Stop(
                f"{gate}: the rule of {rule.figure} cannot be filled, so nothing was written: put it onto one line "
                f"that begins `- {{figure: {rule.figure}, reached: [], `"
            )
    write_whole(gate, filled.encode())


if __name__ == "__main__":
    run(main)
