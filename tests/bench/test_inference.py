"""The bench measures both sides and judges its figures by the targets."""

import json
import re
from pathlib import Path

import pytest

from bench import inference as bench_predict
from bench.inference import Target
from train.config import Config, Stop


@pytest.mark.slow
def test_every_measure_has_a_figure(exported: Config, capsys: pytest.CaptureFixture) -> None:
    assert bench_predict.main(exported, rows=40, rounds=2) == 0
    by_model = json.loads((Path(exported.output) / "bench-inference.json").read_text())
    found = by_model[str(exported.checkpoint)]
    assert found["sentences"] == 40 and found["default"] == "onrecord, int8"
    for sizes in found["sentences_per_second"].values():
        assert sizes.keys() == {"one", "short", "all"}
        assert all(0 < rate["least"] <= rate["median"] <= rate["most"] for rate in sizes.values())
    figures = {t["measure"]: t["figure"] for t in found["targets"]}
    assert all(figure is not None for measure, figure in figures.items() if "SetFit" not in measure)
    assert figures["share of the machine's fp32 matrix-product rate, onrecord, fp32"] <= 1
    assert "| onrecord, int8 |" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(("floor", "code", "said"), [(1e-6, 0, "holds"), (1e6, 1, "is below")])
def test_a_ratio_below_the_floor_fails(
    exported: Config, capsys: pytest.CaptureFixture, floor: float, code: int, said: str
) -> None:
    assert bench_predict.main(exported, rows=20, rounds=1, floor=floor) == code
    assert f"int8, 20 sentences: {said}" in re.sub(
        r"\S+ \(\S+\) times the rate of the pipeline; ", "", capsys.readouterr().out
    )


@pytest.mark.slow
def test_operations_are_those_of_the_matrices(exported: Config) -> None:
    """Width 32, inner 64, n tokens.

    A layer is four square products, two inner ones and two of attention; the last has keys and values of all tokens,
    the rest of one.
    """
    counted = bench_predict.operations_of(exported.checkpoint, ["One said."])
    n = len(bench_predict.Classifier.load(exported.checkpoint).tokens.encode(["One said."])[0][0])
    first, last = (
        n * (4 * 32 * 32 + 2 * 32 * 64) + 2 * n * n * 32,
        n * 2 * 32 * 32 + 2 * 32 * 32 + 2 * 32 * 64 + 2 * n * 32,
    )
    assert counted == 2 * (first + last + 32 * 32 + 32 * 5)  # pooler and classifier


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (Target("a", 10.0, 6, 10), "far goal"),
        (Target("a", 6.0, 6, 10), "reached"),
        (Target("a", 5.9, 6, 10), "missed"),
        (Target("a", None, 6, 10), "not measured"),
        (Target("a", 0.5, None, 0.7), "reported"),
        (Target("a", 0.8, None, 0.7), "far goal"),
        (Target("a", 299.0, 300, 150, lower=True), "reached"),
        (Target("a", 301.0, 300, 150, lower=True), "missed"),
        (Target("a", 150.0, 300, 150, lower=True), "far goal"),
    ],
)
def test_verdicts(target: Target, verdict: str) -> None:
    assert target.verdict() == verdict


def test_too_many_rows_are_refused(exported: Config) -> None:
    with pytest.raises(Stop, match="ask for fewer"):
        bench_predict.main(exported, rows=10**6, rounds=1)
