"""Released answers are compact, belong to their sentences, and a spoiled file is one line."""

from pathlib import Path

import pytest

from train.config import Stop
from train.measure.released import against_released, read_released, write_released

LABELS = ["a", "b"]
ROWS = [{"id": f"d{i // 4}/{i}", "doc": f"d{i // 4}", "text": f"Text {i}.", "label": LABELS[i % 2]} for i in range(80)]
RIGHT = [i % 2 for i in range(80)]


def test_answers_are_compared_pair_by_pair(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "small.json"
    assert against_released(path, ROWS, RIGHT, LABELS) == {"reason": "nothing released yet (small.json)"}
    assert "no rule" in against_released(None, ROWS, RIGHT, LABELS)["reason"]
    write_released(path, ROWS, RIGHT, LABELS)
    assert path.stat().st_size < 400
    assert against_released(path, ROWS, RIGHT, LABELS) == {"difference": 0.0, "p": 1.0, "mcnemar_p": 1.0}
    worse = against_released(path, ROWS, [0] * 80, LABELS)
    assert worse["difference"] < -0.5 and worse["p"] < 0.01 and worse["mcnemar_p"] < 0.01
    other = [row | {"text": row["text"] + "!"} for row in ROWS]
    assert "another test split" in against_released(path, other, RIGHT, LABELS)["reason"]
    assert "another test split" in against_released(path, ROWS, RIGHT, ["a", "c"])["reason"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b"null", b"\xff", b'{"test":"x","labels":["a"],"answers":[1]}', b'{"test":1}']
)
def test_a_spoiled_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "small.json").write_bytes(content)
    with pytest.raises(Stop, match=r"small\.json holds no released answers") as stopped:
        read_released(tmp_path / "small.json")
    assert "\n" not in str(stopped.value)


def test_too_few_answers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "small.json"
    write_released(path, ROWS, RIGHT[:-1], LABELS)
    with pytest.raises(Stop, match="79 answers to 80 sentences"):
        against_released(path, ROWS, RIGHT, LABELS)
