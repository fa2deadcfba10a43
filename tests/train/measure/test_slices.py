"""The weakest part is found and named."""

import pytest

from tests.conftest import LABELS
from train.config import Config, Stop
from train.measure.slices import slices, worst


def rows(n: int = 40) -> list[dict]:
    return [
        {
            "doc": f"d{i % 8}",
            "text": "He did not go." if i % 2 else "“She went,” he said.",
            "label": "claim",
            "style": "wire" if i < 30 else "blog",
        }
        for i in range(n)
    ]


def configured(settings: Config, **changes: object) -> Config:
    return Config.model_validate(
        settings.model_dump() | {"slices": ["style", "negation", "quotation", "length"], "slice_rows": 10} | changes
    )


def test_slices_and_the_worst(settings: Config) -> None:
    predicted = [LABELS.index("denial" if i % 2 else "claim") for i in range(40)]
    found = slices(rows(), predicted, configured(settings))
    assert found["negation"]["negation"]["accuracy"] == 0 and found["negation"]["no negation"]["accuracy"] == 1
    assert found["quotation"]["quotation marks"]["rows"] == 20 and found["length"].keys() == {"under 12 words"}
    assert worst(found) == {"name": "negation: negation", "rows": 20, "accuracy": 0.0}


def test_small_slices_are_left_out(settings: Config) -> None:
    found = slices(rows(), [0] * 40, configured(settings, slice_rows=11))
    assert found["style"].keys() == {"wire"}
    assert worst(slices(rows(), [0] * 40, configured(settings, slice_rows=100))) is None


def test_an_unknown_slice_is_named(settings: Config) -> None:
    with pytest.raises(Stop, match="'colour' is no column"):
        slices(rows(), [0] * 40, configured(settings, slices=["colour"]))
