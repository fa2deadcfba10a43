"""The bench measures both sides, in turns."""

import json
import re
from pathlib import Path

import pytest

from bench import inference as bench_predict
from train.config import Config, Stop, changed


@pytest.mark.slow
def test_every_measure_has_a_figure(exported: Config, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    elsewhere = changed(exported, output=str(tmp_path / "new"))
    assert bench_predict.main(elsewhere, rows=40, rounds=2, models=[str(exported.checkpoint)]) == 0
    by_model = json.loads((tmp_path / "new" / "bench-inference.json").read_text())
    found = by_model[str(exported.checkpoint)]
    assert found["sentences"] == 40 and found["default"] == "onrecord, int8"
    for sizes in found["sentences_per_second"].values():
        assert sizes.keys() == {"one", "short", "all"}
        assert all(0 < rate["least"] <= rate["median"] <= rate["most"] for rate in sizes.values())
    figures = found["measures"]
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


def test_too_many_rows_are_refused(exported: Config) -> None:
    with pytest.raises(Stop, match="ask for fewer"):
        bench_predict.main(exported, rows=10**6, rounds=1)
