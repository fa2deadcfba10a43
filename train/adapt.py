"""Adapt a finished run to unlabelled news of your own by self-training, watched by the validation rows: docs/adapting.md.

    python -m train.adapt --text FILE [FILE ...] [--start default] --run adapted [--resume] [--key value]

FILE holds one sentence a line, or, as .jsonl, .csv or .parquet, rows with `text`. The model of OUTPUT/START labels them, the surest of each label join the
labelled rows in RUN/data, and train.fit goes on from START's weights on these. The new run is an ordinary one whose data is RUN/data.
If the validation metric falls by more than adapt_margin, the run ends, writes no checkpoint and exits 1; START is never touched.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import datasets
import numpy as np

from onrecord.calibration import DATA
from onrecord.classifier import CheckpointError, Classifier
from train import fit
from train.build import write_splits
from train.compare import read_rows
from train.config import Config, Stop, parse, run
from train.corpus.rows import key, normalise
from train.corpus.splits import load_split, refuse_other_data, with_labels
from train.measure.metrics import judged


class Fell(Exception):
    """An epoch ended with a validation metric, `value`, below what the guard allows."""

    def __init__(self, value: float) -> None:
        super().__init__(value)
        self.value = value


@dataclass(frozen=True)
class Adaptation:
    """What was done and what came of it. Arrays are (labels,)."""

    read: int  # sentences in the files
    sentences: int  # of these, new ones: neither twice in the files nor among the labelled rows
    trained: np.ndarray  # label shares that START's scores assume
    estimated: np.ndarray  # label shares of the sentences
    picked: np.ndarray  # pseudo-labels used
    thresholds: np.ndarray  # confidence of the least sure of them; nan where there are none
    before: float  # the config's metric on the validation rows
    after: float
    agreement: (
        float | None
    )  # share of the sentences that START and the new run label alike; None if there is no new one

    @property
    def kept(self) -> bool:
        """Whether there is a new checkpoint."""
        return self.agreement is not None


def main(config: Config, text: list[str], start: str, resume: bool = False) -> Adaptation:
    """Write OUTPUT/RUN with data and, unless the guard stops it, checkpoint. Raises Stop for runs, files and data that do not fit together."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise Stop(
            "train.adapt is one process; to train in several, let it write the data, interrupt it, and give train.fit RUN/data"
        )
    if config.checkpoint.exists():
        raise Stop(f"{config.checkpoint} is there already; give the adapted run another --run, or delete it")
    config = with_labels(config)
    source = config.model_copy(update={"run": start})
    try:
        old = Classifier.load(source.checkpoint.resolve(), backend="torch")
    except CheckpointError as error:
        raise Stop(str(error)) from error
    if list(old.labels) != config.labels:
        raise Stop(
            f"{source.checkpoint} knows the labels {', '.join(old.labels)}, the config has {', '.join(config.labels)}; give the config it was trained with"
        )
    if old.calibration is None:
        raise Stop(
            f"{source.checkpoint} was never calibrated, so its confidence says nothing: run `python -m train.calibrate --run {start}`"
        )
    refuse_other_data(source)
    parts = {path.stem: load_split(config, path.stem) for path in sorted(Path(config.data).glob("*.parquet"))}

    given = read_sentences(text)
    # A labelled row must not come back with a guess for its label, nor a test or validation row be learned from: of test the texts are read, for this alone.
    labelled = {key(row) for rows in parts.values() for row in rows["text"]}
    texts = list({key(sentence): sentence for sentence in reversed(given) if key(sentence) not in labelled}.values())[
        ::-1
    ]
    if not texts:
        raise Stop(f"{', '.join(text)}: of {len(given)} sentences none is new; {config.data} holds them all")
    logits, _ = old.logits(texts)
    probabilities = old.calibration.rule(DATA).probabilities(logits)  # (sentences, labels)
    _, trained = old.calibration.named(DATA)
    estimated = estimate_shares(probabilities, trained)
    rows, targets, thresholds = pick(probabilities * estimated / trained, estimated, config.adapt_keep)
    if not len(rows):
        raise Stop(
            f"{len(texts)} sentences are too few: no label has one to be used at adapt_keep = {config.adapt_keep}"
        )

    joined = datasets.concatenate_datasets(
        [parts["train"], pseudo_rows([texts[row] for row in rows], targets, parts["train"].features)]
    )
    write_splits(parts | {"train": joined}, config.labels, config.run_dir / "data")
    validation = parts["validation"]
    before = judged(
        config.metric,
        list(validation["label"]),
        old.logits(list(validation["text"]))[0].argmax(1).tolist(),
        config.labels,
    )

    def guard(epoch: int, value: float) -> None:
        if value < before - config.adapt_margin:
            raise Fell(value)

    changes = {
        "data": str(config.run_dir / "data"),
        "model": str(source.checkpoint),
        "epochs": config.adapt_epochs,
        "learning_rate": config.adapt_learning_rate,
        "head_learning_rate": config.adapt_learning_rate,
    }
    agreement = None
    try:
        after = fit.main(config.model_copy(update=changes), resume, on_epoch=guard)[config.metric]
        new = Classifier.load(config.checkpoint.resolve(), backend="torch")
        agreement = float((new.logits(texts)[0].argmax(1) == logits.argmax(1)).mean())
    except Fell as fell:
        after = fell.value
        for left_over in ("state", "rows"):  # of the training that was stopped; nobody is to resume it
            shutil.rmtree(config.run_dir / left_over, ignore_errors=True)
    return Adaptation(
        len(given),
        len(texts),
        trained,
        estimated,
        np.bincount(targets, minlength=len(config.labels)),
        thresholds,
        before,
        after,
        agreement,
    )


def read_sentences(files: list[str]) -> list[str]:
    """The sentences of all files, empty ones left out. Raises Stop for a file that cannot be read."""
    found: list[str] = []
    for file in files:
        if Path(file).suffix != ".txt":
            found += [row["text"] for row in read_rows(file)]
            continue
        try:
            found += Path(file).read_text(encoding="utf-8-sig").split("\n")
        except OSError as error:
            raise Stop(f"--text {file}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise Stop(
                f"--text {file} is not UTF-8 (byte {error.start}); convert it first, e.g. `iconv -f cp1252 -t utf-8`"
            ) from error
    found = [normalise(sentence) for sentence in found]
    return [sentence for sentence in found if key(sentence)]


def estimate_shares(probabilities: np.ndarray, trained: np.ndarray) -> np.ndarray:
    """(K,) label shares under which sentences with these `probabilities` (N, K), given under the shares `trained` (K,), are most likely.

    Expectation maximisation of Saerens, Latinne and Decaestecker (2002).
    """
    shares = trained
    for _ in range(1000):
        joint = probabilities * shares / trained
        found = (joint / joint.sum(1, keepdims=True)).mean(0)
        if np.abs(found - shares).max() < 1e-6:
            break
        shares = found
    return found


def pick(scores: np.ndarray, shares: np.ndarray, keep: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row numbers and labels of the pseudo-labels to use, and each label's threshold (K,), nan where it has none.

    `scores` (N, K) are joint probabilities under the label shares `shares` (K,); a row's label is its most probable one. Of each label the keep × N × share
    surest rows are taken, so the label shares of what is taken are `shares`, and no label is starved because the model is less sure of it: class-balanced
    self-training (Zou et al. 2018), with estimated shares in place of the predicted ones. A label with fewer rows than that gives all it has.
    """
    probabilities = scores / scores.sum(1, keepdims=True)
    labels, confidence = probabilities.argmax(1), probabilities.max(1)
    thresholds = np.full(len(shares), np.nan)
    taken = []
    for label, share in enumerate(shares):
        own = np.flatnonzero(labels == label)
        own = own[np.argsort(-confidence[own], kind="stable")][: round(keep * len(scores) * share)]
        if len(own):
            thresholds[label] = confidence[own[-1]]
        taken.append(own)
    rows = np.sort(np.concatenate(taken))
    return rows, labels[rows], thresholds


def pseudo_rows(texts: list[str], targets: np.ndarray, features: datasets.Features) -> datasets.Dataset:
    """Rows that can be joined to a training split with these features; what is not known of a sentence is null."""
    known = {
        "id": [f"pseudo/{i:07}" for i in range(len(texts))],
        "doc": [f"pseudo/{i:07}" for i in range(len(texts))],
        "text": texts,
        "label": targets.tolist(),
        "author": ["train.adapt"] * len(texts),
    }
    return datasets.Dataset.from_dict(
        {name: known.get(name, [None] * len(texts)) for name in features}, features=features
    )


def table(found: Adaptation, config: Config, start: str) -> str:
    """What happened, for people."""
    used = int(found.picked.sum())
    lines = [
        f"{found.read} sentences read, {found.sentences} of them new, {used} used",
        f"{'label':14}{'training':>10}{'in the text':>13}{'used':>8}{'of used':>9}{'surer than':>12}",
    ]
    for label, trained, estimated, picked, threshold in zip(
        config.labels, found.trained, found.estimated, found.picked, found.thresholds, strict=True
    ):
        lines.append(
            f"{label:14}{trained:10.1%}{estimated:13.1%}{picked:8}{picked / used:9.1%}{'-' if np.isnan(threshold) else f'{threshold:.3f}':>12}"
        )
    lines.append(
        f"validation {config.metric}: before {found.before:.4f}, after {found.after:.4f} ({found.after - found.before:+.4f}; a fall of {config.adapt_margin} is allowed)"
    )
    if found.kept:
        lines += [
            f"{start} and {config.run} label {found.agreement:.1%} of the sentences alike",
            f"next: python -m train.calibrate --run {config.run} --data {config.run_dir / 'data'} (and your other options), then train.evaluate likewise",
        ]
    else:
        lines.append(f"stopped, and nothing was kept: {start} stays as it is. A lower adapt_learning_rate changes less")
    return "\n".join(lines)


def _command() -> int:
    config, options = parse(
        prog="train.adapt",
        text=dict(
            type=str,
            nargs="+",
            required=True,
            help="files of sentences: .txt (one a line), .jsonl, .csv or .parquet (a column text)",
        ),
        start=dict(
            type=str,
            default="default",
            help="finished and calibrated run under OUTPUT to start from; --data must be what it was trained on",
        ),
        resume=dict(action="store_true", help="go on from the newest sound state in OUTPUT/RUN/state"),
    )
    found = main(config, **options)
    print(table(found, config, options["start"]))
    return 0 if found.kept else 1


if __name__ == "__main__":
    run(_command)
