"""Read a split of data/ as train.build left it."""

import json
from pathlib import Path

import datasets

from train.config import Config, Stop


def with_labels(config: Config) -> Config:
    """The config with the labels that train.build found in the data, where it names none. Raises Stop if the two do not go together."""
    if config.labels:
        return config
    manifest = Path(config.data) / "manifest.json"
    if not manifest.is_file():
        raise Stop(f"{config.data} holds no data; run `make data` (python -m train.build) first, or --data names another directory")
    return labelled(config, json.loads(manifest.read_text())["labels"])


def labelled(config: Config, labels: list[str]) -> Config:
    """The config with these labels. Raises Stop if another key, such as metric, does not go with them."""
    try:
        return Config.model_validate(config.model_dump() | {"labels": labels})
    except ValueError as error:
        raise Stop(str(error)) from error


def load_split(config: Config, name: str) -> datasets.Dataset:
    """One split of data/. Raises Stop if train.build has not finished there, or made it for other labels."""
    directory = Path(config.data)
    manifest = directory / "manifest.json"
    if not manifest.is_file() or not (directory / f"{name}.parquet").is_file():
        raise Stop(f"{directory} holds no {name} split; run `make data` (python -m train.build) first, or --data names another directory")
    made_for = json.loads(manifest.read_text())["labels"]
    if config.labels and made_for != config.labels:
        raise Stop(f"{directory} was built for the labels {made_for}, the config has {config.labels}; run `make data` again")
    return datasets.Dataset.from_parquet(str(directory / f"{name}.parquet"), keep_in_memory=True)


def rows_of(config: Config, name: str) -> list[dict]:
    """A split as dicts whose `label` is the name."""
    split = load_split(config, name)
    names = split.features["label"].names
    return [row | {"label": names[row["label"]]} for row in split]
