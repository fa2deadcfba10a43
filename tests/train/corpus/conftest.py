"""What the tests of users' rows share: a config for them, and invented rows."""

import json
from pathlib import Path
from random import Random

import datasets
import pytest

from train import build
from train.config import Config, Stop, load
from train.corpus.rows import Sentence
from train.corpus.sources import read_source

OWN: dict = dict(corpus__labels=None, measure__priors={}, measure__cues={}, measure__gate=None, measure__slices=[])


def config_of(tmp_path: Path, **changes: object) -> Config:
    return load(**(OWN | dict(corpus__data=str(tmp_path / "data"), output=str(tmp_path / "runs"), run="own") | changes))


def read(config: Config) -> tuple[dict[str, list[Sentence]], list[str]]:
    return read_source(config.source, config.corpus.labels, config.measure.slices)


def rows(number: int, labels: tuple[str, ...] = ("up", "down"), seed: int = 0) -> list[dict[str, str]]:
    """Texts of random words, no two alike."""
    random = Random(seed)
    return [
        {
            "text": " ".join("".join(random.choices("abcdefghiklmnoprstuw", k=7)) for _ in range(8)),
            "label": labels[i % len(labels)],
        }
        for i in range(number)
    ]


def save(path: Path, records: list[dict[str, str]]) -> str:
    """In the form that the ending asks for."""
    table = datasets.Dataset.from_list(records)
    if path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, records)))
    elif path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, sep="\t" if path.suffix == ".tsv" else ",", index=False)
    return str(path)


def one_line(tmp_path: Path, **changes: object) -> str:
    with pytest.raises(Stop) as stop:
        build.checked(config_of(tmp_path, **changes))
    assert "\n" not in str(stop.value)
    return str(stop.value)
