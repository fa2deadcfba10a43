"""The dataset card, data/README.md: Hugging Face front matter, so that `datasets.load_dataset("data")` works, and what is inside."""

from collections import Counter
from pathlib import Path
from typing import Any

from sklearn.metrics import cohen_kappa_score, f1_score

from train.corpus.rows import Sentence


def dataset_card(parts: dict[str, list[Sentence]], labels: list[str], seeds: Path | None) -> str:
    """Markdown with the counts of this build; `seeds` is None where the rows came from a source of the user's own."""
    if seeds is None:
        return _own(parts, labels)
    splits = [name for name in parts if name != "behaviour" and parts[name]]
    introduction = (
        seeds / "introduction.md"
    )  # who wrote it, and the licence that goes with it: only its authors can say
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
        + (
            introduction.read_text(encoding="utf-8")
            if introduction.is_file()
            else f"# {seeds}\n\nLabels: {', '.join(f'`{label}`' for label in labels)}.\n"
        )
        + "\n"
        + _composition(parts, labels)
        + _agreement(parts, labels)
        + _measured(seeds)
    )


def _own(parts: dict[str, list[Sentence]], labels: list[str]) -> str:
    """The card of data that a user brought: what is known of it is what was counted."""
    splits = [name for name in parts if parts[name]]
    front = ["---", "task_categories: [text-classification]", "configs:", "- config_name: default", "  data_files:"]
    front += [f"  - {{split: {name}, path: {name}.parquet}}" for name in splits] + [
        "---",
        "",
        "# Data built by train.build from a source",
        "",
    ]
    counts = {name: Counter(s.label for s in parts[name]) for name in splits}
    lines = ["| label | " + " | ".join(splits) + " |", "| --- " * (1 + len(splits)) + "|"]
    lines += [f"| {label} | " + " | ".join(str(counts[name][label]) for name in splits) + " |" for label in labels]
    return "\n".join(front + lines) + "\n"


def _composition(parts: dict[str, list[Sentence]], labels: list[str]) -> str:
    lines = [
        "## Composition",
        "",
        "| split | documents | rows | " + " | ".join(labels) + " |",
        "| --- " * (3 + len(labels)) + "|",
    ]
    for name, rows in parts.items():
        counts = Counter(s.label for s in rows)
        lines.append(
            f"| {name} | {len({s.doc for s in rows})} | {len(rows)} | "
            + " | ".join(str(counts[label]) for label in labels)
            + " |"
        )
    everything = [s for rows in parts.values() for s in rows]
    for field in ("part", "domain", "style", "english"):
        counts = Counter(s.meta[field] for s in everything if s.meta[field])
        lines += ["", f"Rows by {field}: " + ", ".join(f"{name} {n}" for name, n in counts.most_common()) + "."]
    return "\n".join(lines) + "\n"


def agreement(parts: dict[str, list[Sentence]], labels: list[str]) -> list[dict[str, Any]]:
    """First against second annotator, for each part of the corpus: how many of its rows had two, share equal, Cohen's kappa, macro-F1 and F1 of one against
    the other; None for a label that neither used, and for kappa where there is only one."""
    everything = [s for rows in parts.values() for s in rows]
    found = []
    for part, of in Counter(s.meta["part"] for s in everything).most_common():
        pairs = [s.annotators for s in everything if s.meta["part"] == part and len(s.annotators) == 2]
        if not pairs:
            continue
        first, second = (list(column) for column in zip(*pairs, strict=True))
        used = [label for label in labels if label in {*first, *second}]
        f1 = dict(zip(used, f1_score(first, second, labels=used, average=None, zero_division=0), strict=True))
        found.append(
            {
                "name": part, "rows": len(pairs), "of": of,
                "equal": round(sum(a == b for a, b in pairs) / len(pairs), 4),
                "kappa": round(float(cohen_kappa_score(first, second)), 4) if len(used) > 1 else None,
                "macro_f1": round(float(sum(f1.values()) / len(f1)), 4),
                "labels": {label: round(float(f1[label]), 4) if label in f1 else None for label in labels},
            }
        )  # fmt: skip
    return found


def _agreement(parts: dict[str, list[Sentence]], labels: list[str]) -> str:
    found = agreement(parts, labels)
    if not found:
        return ""
    how = "The first is the author; the second saw the sentence alone, blind and in random order. Disagreements were settled by a third reading. Label columns: F1."
    lines = ["", "## Agreement of two annotators", "", how, "",
             "| part | labelled twice | of | equal | Cohen's kappa | " + " | ".join(labels) + " |", "| --- " * (5 + len(labels)) + "|"]  # fmt: skip
    for row in found:
        cells = [
            f"{row['name']} | {row['rows']} | {row['of']} | {row['equal']:.3f} | {'' if row['kappa'] is None else format(row['kappa'], '.3f')}"
        ]
        lines.append(
            "| " + " | ".join(cells + ["" if f is None else f"{f:.2f}" for f in row["labels"].values()]) + " |"
        )
    return "\n".join(lines) + "\n"


def _measured(seeds: Path) -> str:
    """What was measured on the corpus, each figure beside its command: seeds/measured.md, written by hand."""
    path = seeds / "measured.md"
    return "\n" + path.read_text(encoding="utf-8") if path.is_file() else ""
