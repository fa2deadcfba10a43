"""The weakest part is found and named."""

import pytest

from tests.conftest import LABELS
from train.config import Stop
from train.measure import slices as module
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


KINDS = ["style", "negation", "quotation", "length"]


@pytest.fixture(autouse=True)
def least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST", 10)


def test_slices_and_the_worst() -> None:
    predicted = [LABELS.index("denial" if i % 2 else "claim") for i in range(40)]
    by_kind = slices(rows(), predicted, LABELS, KINDS)
    assert by_kind["negation"]["negation"]["accuracy"] == 0 and by_kind["negation"]["no negation"]["accuracy"] == 1
    assert by_kind["quotation"]["quotation marks"]["rows"] == 20 and by_kind["length"].keys() == {"under 12 words"}
    assert worst(by_kind) == {"name": "negation: negation", "rows": 20, "accuracy": 0.0}


def test_small_slices_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST", 11)
    by_kind = slices(rows(), [0] * 40, LABELS, KINDS)
    assert by_kind["style"].keys() == {"wire"}
    monkeypatch.setattr(module, "LEAST", 100)
    assert worst(slices(rows(), [0] * 40, LABELS, KINDS)) is None


def test_an_unknown_slice_is_named() -> None:
    with pytest.raises(Stop, match="'colour' is no column"):
        slices(rows(), [0] * 40, LABELS, ["colour"])
