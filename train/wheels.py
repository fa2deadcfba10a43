"""Build what people install: a wheel of the code, and one of data for each trained size.

    python -m train.wheels [--small RUN] [--base RUN] [--out DIRECTORY]

The same checkpoint gives the same bytes. A model wheel holds the ONNX file that export.json names as the default, what
is read beside it, the card and metrics.json, and lists the SHA-256 of each in manifest.json, which Classifier.load
checks. hatchling sorts the entries and fixes their times and modes. SHA256SUMS is written last.
"""

import argparse
import contextlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import hatchling.build

import onrecord
from onrecord.classifier import CheckpointError, Classifier
from onrecord.inference.backends import FILES, MANIFEST, RECORD, default, sha256
from onrecord.tables.parts import write_whole
from train.config import DEFAULTS, Stop, run
from train.measure.shipped import refuse_other_figures

ROOT = DEFAULTS.parent.parent
READ = ("config.json", "tokenizer.json", "tokenizer_config.json", "calibration.json", RECORD, "README.md")
PROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "onrecord-model-{size}"
version = "{version}"
description = "The {size} model of onrecord: what does a news sentence put on record?"
license = "Apache-2.0"
authors = [{{name = "The onrecord authors"}}]
requires-python = ">=3.11"
dependencies = ["onrecord>={version}"]

[tool.hatch.build.targets.wheel]
packages = ["onrecord_model_{size}"]
"""


def main(runs: dict[str, Path], out: Path) -> int:
    """Write the wheels of the code and of each size's run directory into `out`.

    Raises Stop if a run is not finished.
    """
    lists = {size: model_files(size, directory) for size, directory in runs.items()}  # before anything is written
    out.mkdir(parents=True, exist_ok=True)
    built = [_built(ROOT, out)]
    built += [model_wheel(size, files, out) for size, files in lists.items()]
    sums = "".join(f"{sha256(path)}  {path.name}\n" for path in built)
    write_whole(out / "SHA256SUMS", sums.encode())
    for path in built:
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


def model_files(size: str, run_dir: Path) -> list[Path]:
    """What a wheel holds of a run. Raises Stop, naming what is missing and what makes it."""
    checkpoint = run_dir / "checkpoint"
    files = [*(checkpoint / name for name in READ), run_dir / "metrics.json"]
    if not (missing := [path for path in files if not path.is_file()]):
        files.append(checkpoint / FILES[default(checkpoint)])
        missing = [path for path in files[-1:] if not path.is_file()]
    if missing:
        names = ", ".join(map(str, missing))
        raise Stop(f"{size}: there is no {names}; train, calibrate, export and measure it first, as `make train` does")
    refuse_other_figures(checkpoint, run_dir / "metrics.json")
    return files


def model_wheel(size: str, files: list[Path], out: Path) -> Path:
    """The wheel of data of one size. Raises Stop if its files do not belong together, so that it would not answer."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / f"onrecord_model_{size}"
        package.mkdir()
        for path in files:
            shutil.copyfile(path, package / path.name)
        listed = {path.name: sha256(path) for path in sorted(package.iterdir())}
        (package / MANIFEST).write_text(json.dumps({"sha256": listed}, indent=1) + "\n", encoding="utf-8")
        try:
            Classifier.load(package)
        except CheckpointError as error:
            raise Stop(f"{size}: {files[0].parent} makes no model that answers: {error}") from error
        docstring = f'"""The {size} model of onrecord: data alone, found by Classifier.load."""\n'
        (package / "__init__.py").write_text(docstring, encoding="utf-8")
        project = PROJECT.format(size=size, version=onrecord.__version__)
        (Path(folder) / "pyproject.toml").write_text(project, encoding="utf-8")
        return _built(Path(folder), out)


def _built(project: Path, out: Path) -> Path:
    """The wheel of a project, whole or not at all. hatchling takes its times from SOURCE_DATE_EPOCH, or 2020-02-02."""
    with tempfile.TemporaryDirectory(dir=out) as fresh, contextlib.chdir(project):
        name = hatchling.build.build_wheel(str(Path(fresh).absolute()))
        os.replace(Path(fresh) / name, out / name)
    return out / name


def _command() -> int:
    parser = argparse.ArgumentParser(prog="train.wheels", description=__doc__.splitlines()[0])
    parser.add_argument("--small", type=Path, default=Path("runs/default"), metavar="RUN", help="of the small model")
    parser.add_argument("--base", type=Path, metavar="RUN", help="of the base model, e.g. runs/base; left out: none")
    parser.add_argument("--out", type=Path, default=Path("dist"), metavar="DIRECTORY")
    options = parser.parse_args()
    runs = {"small": options.small} | ({"base": options.base} if options.base else {})
    return main(runs, options.out.absolute())


if __name__ == "__main__":
    run(_command)
