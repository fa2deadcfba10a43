"""The dataset card, data/README.md: Hugging Face front matter, so that `datasets.load_dataset("data")` works, and what is inside."""

from collections import Counter
from pathlib import Path
from typing import Any

from sklearn.metrics import cohen_kappa_score, f1_score

from train.config import Config
from train.seeds import Sentence


def dataset_card(parts: dict[str, list[Sentence]], config: Config) -> str:
    """Markdown with the counts of this build."""
    if config.source is not None:
        return _own(parts, config)
    splits = [name for name in parts if name != "behaviour" and parts[name]]
    introduction = Path(config.seeds) / "introduction.md"  # who wrote it, and the licence that goes with it: only its authors can say
    ours = ["license: cc-by-4.0", "language: [en]", "pretty_name: onrecord"] if introduction.is_file() else []
    front = ["---", *ours, "task_categories: [text-classification]", "configs:",
             "- config_name: default", "  data_files:"]  # fmt: skip
    front += [f"  - {{split: {name}, path: {name}.parquet}}" for name in splits]
    if parts["behaviour"]:
        front += ["- config_name: behaviour", "  data_files:", "  - {split: test, path: behaviour.parquet}"]
    front.append("---\n")
    return (
        "\n".join(front)
        + "\n"
        + (introduction.read_text(encoding="utf-8") if introduction.is_file() else f"# {config.seeds}\n\nLabels: {', '.join(f'`{label}`' for label in config.labels)}.\n")
        + "\n"
        + _composition(parts, config)
        + _agreement(parts, config)
        + _measured(config)
    )


def _own(parts: dict[str, list[Sentence]], config: Config) -> str:
    """The card of data that a user brought: what is known of it is what was counted."""
    splits = [name for name in parts if parts[name]]
    front = ["---", "task_categories: [text-classification]", "configs:", "- config_name: default", "  data_files:"]
    front += [f"  - {{split: {name}, path: {name}.parquet}}" for name in splits] + ["---", "", "# Data built by train.build from a source", ""]
    counts = {name: Counter(s.label for s in parts[name]) for name in splits}
    lines = ["| label | " + " | ".join(splits) + " |", "| --- " * (1 + len(splits)) + "|"]
    lines += [f"| {label} | " + " | ".join(str(counts[name][label]) for name in splits) + " |" for label in config.labels]
    return "\n".join(front + lines) + "\n"


def _composition(parts: dict[str, list[Sentence]], config: Config) -> str:
    lines = ["## Composition", "", "| split | documents | rows | " + " | ".join(config.labels) + " |", "| --- " * (3 + len(config.labels)) + "|"]
    for name, rows in parts.items():
        counts = Counter(s.label for s in rows)
        lines.append(f"| {name} | {len({s.doc for s in rows})} | {len(rows)} | " + " | ".join(str(counts[label]) for label in config.labels) + " |")
    everything = [s for rows in parts.values() for s in rows]
    for field in ("part", "domain", "style", "english"):
        counts = Counter(s.meta[field] for s in everything if s.meta[field])
        lines += ["", f"Rows by {field}: " + ", ".join(f"{name} {n}" for name, n in counts.most_common()) + "."]
    return "\n".join(lines) + "\n"


WHY = {"random": "articles, drawn at random", "doubtful": "articles, rows that the author or a model doubted", "all": "contrast groups, all rows"}


def agreement(parts: dict[str, list[Sentence]], labels: list[str]) -> list[dict[str, Any]]:
    """Author against second annotator, for each way the rows were drawn: share equal, Cohen's kappa, macro-F1 and F1 of one against the other."""
    found = []
    for why, name in WHY.items():
        rows = [s for part in parts.values() for s in part if s.second == why and len(s.annotators) == 2]
        if not rows:
            continue
        first, second = (list(column) for column in zip(*(s.annotators for s in rows), strict=True))
        f1 = f1_score(first, second, labels=labels, average=None, zero_division=0)
        equal = sum(a == b for a, b in zip(first, second, strict=True)) / len(rows)
        found.append({"name": name, "rows": len(rows), "equal": round(equal, 4), "kappa": round(float(cohen_kappa_score(first, second)), 4),
                      "macro_f1": round(float(f1.mean()), 4), "labels": {label: round(float(f), 4) for label, f in zip(labels, f1, strict=True)}})  # fmt: skip
    return found


def _agreement(parts: dict[str, list[Sentence]], config: Config) -> str:
    found = agreement(parts, config.labels)
    if not found:
        return ""
    how = "The first is the author; the second saw the sentence alone, blind and in random order. Disagreements were settled by a third reading. Label columns: F1."
    lines = ["", "## Agreement of two annotators", "", how, "",
             "| rows | number | equal | Cohen's kappa | " + " | ".join(config.labels) + " |", "| --- " * (4 + len(config.labels)) + "|"]  # fmt: skip
    for row in found:
        lines.append(f"| {row['name']} | {row['rows']} | {row['equal']:.3f} | {row['kappa']:.3f} | " + " | ".join(f"{f:.2f}" for f in row["labels"].values()) + " |")
    return "\n".join(lines) + "\n"


def _measured(config: Config) -> str:
    """What was measured on the corpus, each figure beside its command: seeds/measured.md, written by hand."""
    path = Path(config.seeds) / "measured.md"
    return "\n" + path.read_text(encoding="utf-8") if path.is_file() else ""
