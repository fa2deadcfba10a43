"""Leave one domain of the corpus out of training, as news of a kind that the model has not met: for measuring `train.adapt` (docs/adapting.md).

    python -m train.leave_out --domain politics --share 0.25 --to runs/politics1 [--key value]

Writes TO/data, a data directory like that of train.build (train: a share of the other domains' documents; validation: the other domains' rows; test: the
left-out domain's validation rows; the corpus' own test split is not opened), TO/text.txt, the left-out domain's training sentences without their labels,
and TO/labelled.jsonl, the same with labels, as the yardstick.
"""

import json
from pathlib import Path
from random import Random

import datasets

from train.build import write_splits
from train.config import Config, Stop, parse, run
from train.corpus.splits import load_split


def main(config: Config, domain: str, share: float, to: str) -> None:
    """Write the three. Raises Stop for a domain that is not there."""
    train, validation = (load_split(config, name) for name in ("train", "validation"))
    if domain not in set(train["domain"]) & set(validation["domain"]):
        raise Stop(
            f"--domain {domain!r} is not in both splits of {config.data}; there are {', '.join(sorted(set(train['domain']) & set(validation['domain']) - {''}))}"
        )
    inside, outside = ((lambda found: found == domain), (lambda found: found != domain))
    rest = train.filter(outside, input_columns="domain")
    documents = sorted(set(rest["doc"]))
    kept = set(Random(config.seed).sample(documents, max(1, round(share * len(documents)))))
    parts: dict[str, datasets.Dataset] = {
        "train": rest.filter(lambda doc: doc in kept, input_columns="doc"),
        "validation": validation.filter(outside, input_columns="domain"),
        "test": validation.filter(inside, input_columns="domain"),
    }
    write_splits(parts, config.labels, Path(to) / "data")
    left_out = train.filter(inside, input_columns="domain")
    texts, targets = list(left_out["text"]), [config.labels[label] for label in left_out["label"]]
    (Path(to) / "text.txt").write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    rows = (
        json.dumps({"text": text, "label": label, "doc": doc})
        for text, label, doc in zip(texts, targets, left_out["doc"], strict=True)
    )
    (Path(to) / "labelled.jsonl").write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    print(
        f"{to}: "
        + ", ".join(f"{name} {len(rows)}" for name, rows in parts.items())
        + f", left out of training {len(texts)}"
    )


def _command() -> int:
    config, options = parse(
        prog="train.leave_out",
        domain=dict(type=str, required=True, help="value of the column domain"),
        share=dict(
            type=float, default=1.0, help="share of the other domains' training documents to keep, drawn by seed"
        ),
        to=dict(type=str, required=True, help="directory to write"),
    )
    main(config, **options)
    return 0


if __name__ == "__main__":
    run(_command)
