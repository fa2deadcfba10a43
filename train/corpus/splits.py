"""Read a split of data/ as train.build left it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq

from onrecord.inference.backends import sha256
from train.config import Config, Corpus, Stop, changed, read_record, reasons


def with_labels(config: Config) -> Config:
    """The config with the labels that train.build found in the data, where it names none.

    Raises Stop if the two do not go together.
    """
    if config.corpus.labels:
        return config
    return labelled(config, _manifest(Path(config.corpus.data) / "manifest.json")["labels"])


def labelled(config: Config, labels: list[str]) -> Config:
    """The config with these labels. Raises Stop if another key, such as metric, does not go with them."""
    try:
        return changed(config, corpus__labels=labels)
    except ValueError as error:
        raise Stop(reasons(error)) from error


def load_split(corpus: Corpus, name: str, on_disk: Path | None = None) -> datasets.Dataset:
    """One split of data/: in memory, or, for rows without number, as an Arrow file in the directory `on_disk`.

    Raises Stop if train.build has not finished in data/, made it for other labels, or wrote another file than lies
    there now.
    """
    directory = Path(corpus.data)
    manifest, file = directory / "manifest.json", directory / f"{name}.parquet"
    if not manifest.is_file() or not file.is_file():
        raise Stop(
            f"{directory} holds no {name} split; run `make data` (python -m train.build) first, or --corpus.data names "
            "another directory"
        )
    record = _manifest(manifest)
    made_for = record["labels"]
    if corpus.labels and made_for != corpus.labels:
        raise Stop(
            f"{directory} was built for the labels {made_for}, the config has {corpus.labels}; run `make data` (python "
            "-m train.build) again"
        )
    if sha256(file) != record["sha256"].get(file.name):
        raise Stop(
            f"{file} is not the file that train.build wrote: labels or rows were changed afterwards; run `make "
            "data` (python -m train.build) again"
        )
    if on_disk:
        try:
            return datasets.Dataset.from_parquet(str(file), cache_dir=str(on_disk))
        except datasets.exceptions.DatasetGenerationError as error:
            raise Stop(f"{name} cannot be written to {on_disk}: {error.__cause__ or error}; make room there") from error
    # not by from_parquet: it answers from a copy in the user's cache wherever the file's time is the same
    return datasets.Dataset(pq.read_table(file))


def _manifest(path: Path) -> dict[str, Any]:
    """What train.build says of a data directory. Raises Stop for what it did not write."""
    again = "run `make data` (python -m train.build) again"
    if not path.is_file():
        raise Stop(
            f"{path.parent} holds no data; run `make data` (python -m train.build) first, or --corpus.data names "
            "another directory"
        )
    record = read_record(path, dict, again)
    if not (isinstance(record.get("labels"), list) and isinstance(record.get("sha256"), dict)):
        raise Stop(f"{path} lacks labels or sha256: {again}")
    return record


def sign(directory: Path) -> None:
    """Write the digests of a data directory's Parquet files into its manifest: for who changes splits on purpose."""
    manifest = directory / "manifest.json"
    record = json.loads(manifest.read_text())
    record["sha256"] |= {path.name: sha256(path) for path in directory.glob("*.parquet")}
    manifest.write_text(json.dumps(record, indent=2) + "\n")


def built(data: str) -> str:
    """Fingerprint of the directory `data`: SHA-256 over the digests of its Parquet files.

    A checkpoint keeps that of the data it was trained on.
    """
    digests = _manifest(Path(data) / "manifest.json")["sha256"]
    splits = {name: digest for name, digest in sorted(digests.items()) if name.endswith(".parquet")}
    return hashlib.sha256(json.dumps(splits).encode()).hexdigest()


def refuse_other_data(config: Config) -> None:
    """Raise Stop if the checkpoint was trained on other data than this: it may have learned from its test split."""
    load_split(config.corpus, "train")  # says what to do where there is no data
    path = config.checkpoint / "training.json"
    again = f"train again with {config.fit_command}"
    trained_on = read_record(path, dict, again).get("data") if path.is_file() else None
    if trained_on != built(config.corpus.data):
        raise Stop(
            f"{config.checkpoint} was trained on other data than {config.corpus.data} holds now, whose test split it "
            f"may have learned from: {again}"
        )


def rows_of(corpus: Corpus, name: str) -> list[dict]:
    """A split as dicts whose `label` is the name."""
    split = load_split(corpus, name)
    names = split.features["label"].names
    return [row | {"label": names[row["label"]]} for row in split]
