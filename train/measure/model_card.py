"""README.md of a checkpoint: Hugging Face front matter with the evaluation results, intended use, limits."""

from pathlib import Path
from typing import Any

import yaml
from huggingface_hub import EvalResult, ModelCardData

from train.config import Config, Corpus
from train.measure.ceilings import read_ceilings
from train.measure.metrics import figure, notes

BASES = {"minilm": "sentence-transformers/all-MiniLM-L6-v2", "tiny": "two random layers, for trying things out"}


def model_card(metrics: dict[str, Any], config: Config) -> str:
    """Markdown made from metrics.json."""
    trained = yaml.safe_load((config.checkpoint / "train_config.yaml").read_text())
    model = trained.get("engine", trained)["model"]  # before 2026-12 the config had no sections
    base = BASES.get(model, model)
    test, abstained, sets = metrics["test"], metrics["abstention"], metrics["label_sets"]
    data = "onrecord" if config.source.files is None else config.run
    name, value, _ = figure(test, config.measure.metric)
    judged_by = [("f1", name, value)] if config.measure.metric.startswith("f1:") else []  # the others are there anyway
    results = [
        EvalResult(
            task_type="text-classification",
            dataset_type=data,
            dataset_name=data,
            dataset_split="test",
            metric_type=kind,
            metric_name=name,
            metric_value=value,
        )
        for kind, name, value in (
            *judged_by,
            ("f1", "macro-F1", test["macro_f1"]),
            ("accuracy", "accuracy", test["accuracy"]),
            ("ece", "expected calibration error", test["calibration_error"]),
        )
    ]
    whose = (
        {"language": "en", "license": "apache-2.0"}
        if config.source.files is None
        else {"language": None, "license": None}
    )  # of their own data, users know
    front = ModelCardData(
        language=whose["language"], license=whose["license"], library_name="transformers", pipeline_tag="text-classification",
        base_model=None if model == "tiny" else base,
        model_name=f"onrecord {config.run}", eval_results=results, metrics=["f1", "accuracy"],
    )  # fmt: skip
    lines = [
        "| | rows | accuracy | macro-F1 | " + " | ".join(config.corpus.labels) + " |",
        "| --- " * (4 + len(config.corpus.labels)) + "|",
    ]
    systems = {"own test": test} | {f"own test: {name}": m for name, m in metrics["baselines"].items()}
    systems |= {
        f"{name}, {part}": systems["model"]
        for name, parts in metrics["extra"].items()
        for part, systems in parts.items()
    }
    for name, m in systems.items():
        f1 = " | ".join(
            "absent" if label in m["absent"] else f"{m['labels'][label]['f1']:.2f}" for label in config.corpus.labels
        )
        lines.append(
            f"| {name} | {m['rows']} | {m['accuracy']:.3f} | {m['macro_f1']:.3f} ({m['macro_f1_interval'][0]:.3f}–{m['macro_f1_interval'][1]:.3f}) | {f1} |"
        )
    if config.source.files is None:
        lines += [
            f"| {row['name']} | {row.get('rows', '')} | | {row['macro_f1']:.3f} |" + " |" * len(config.corpus.labels)
            for row in read_ceilings(Path(config.corpus.seeds))
        ]
    measured = {name: m for name, m in systems.items() if not name.startswith("own test: ")}
    told = "".join(f"{name}: {note}. " for name, m in measured.items() for note in notes(m, config.documents))
    priors = [
        f"`{name}` (" + ", ".join(f"{label} {share:g}" for label, share in shares.items()) + ")"
        for name, shares in config.measure.priors.items()
    ]
    priors += ["`data` (those of the training data)", "`uniform`"]
    worst = metrics["worst_slice"]
    others = [
        f"  Under `{m['prior']}`: {_share(m['answered']['answered'])} answered, {_share(m['answered']['error'])} wrong; that prior is not the test split's."
        for name, m in metrics["baselines"].items()
        if name.startswith("model")
    ]
    promises = "The checkpoint was not calibrated: its confidence promises nothing."
    if metrics["calibrated"]:
        promises = f"""## What the confidence promises

- Probabilities are temperature-scaled and re-weighed to the label shares of the text to be met: {", ".join(priors)}; `data` is the default of `Classifier.load`.
- Answers that are not marked `abstained` are wrong in at most {abstained["promised_error"]:.0%} of cases, with probability 0.95.
  On the test split, under `data`: {_share(abstained["answered"])} answered, {_share(abstained["error"])} of the answers wrong.
{chr(10).join(others)}
- `label_set` holds the true label of at least {sets["promised"]:.0%} of each label's sentences.
  On the test split: {_share(sets["coverage"])}, {sets["mean_size"]} labels on average.
- Both promises are for sentences that could have been validation sentences (exchangeability) and for label shares as assumed. News drifts: measure on your own."""
    return f"""---
{front.to_yaml()}
---

# onrecord {config.run}

Types one sentence as {", ".join(f"`{label}`" for label in config.corpus.labels)}. Fine-tuned from {base} on {metrics["training"]["rows"]} sentences
(data {metrics["training"]["data"][:12]}); measured by code {metrics["versions"]["code"]}.

```python
from onrecord import Classifier

classifier = Classifier.load("path/of/this/directory")
print(classifier.predict("The talks will not resume on Monday, he said."))
```

{meanings(config.corpus)}## Intended use

Sorting the sentences of a text in the language and manner of the training data, each judged alone, for a person who reads on. The training data of the shipped model
is news prose in English, written for the purpose; the labels say what a sentence puts on record, not whether it is true.

## Evaluation

{chr(10).join(lines)}

F1 by label in the last columns; intervals are 95% bootstrap intervals over {config.documents}. {told}
Expected calibration error on the test split: {test["calibration_error"]:.3f}.

{promises}

## Limits

- A sentence is judged alone: what stood before it is not seen. One of more than {config.engine.max_tokens} tokens is read in overlapping windows, whose scores are averaged.
- The weakest slice of the test split: {f"{worst['name']}, {worst['accuracy']:.1%} right" if worst else "none had enough rows"}.
- The test split is written by the same kind of author as the training data, so its figures flatter.
"""


def meanings(corpus: Corpus) -> str:
    """The section that defines the labels; nothing where the config's definitions are of other labels."""
    if corpus.definitions.keys() != set(corpus.labels):
        return ""
    return (
        "## What the labels mean\n\n"
        + "\n".join(f"- `{label}`: {corpus.definitions[label]}" for label in corpus.labels)
        + "\n\n"
    )


def _share(found: dict[str, Any]) -> str:
    return (
        "none"
        if found["share"] is None
        else f"{found['share']:.1%} ({found['interval'][0]:.1%}–{found['interval'][1]:.1%})"
    )
