"""The dataset card, data/README.md: Hugging Face front matter, so that `datasets.load_dataset("data")` works, and what is inside."""

from collections import Counter

from train.config import Config
from train.seeds import Sentence

INTRODUCTION = """\
# onrecord: what news sentences put on record

One sentence a row, judged alone. Labels: {labels}; `seeds/guidelines.md` defines them.

**Who wrote it and how.** Every sentence is original text, written for this project with the help of language models, as whole
articles first (publication, year and beat decided beforehand), labelled sentence by sentence afterwards. Contrast groups put one
situation on record in different ways. People who speak or act are invented; institutions and places may be real. Nothing is taken from
published news, and nothing in it happened. Licence: CC BY 4.0.
"""


def dataset_card(parts: dict[str, list[Sentence]], config: Config) -> str:
    """Markdown with the counts of this build."""
    splits = [name for name in parts if name != "behaviour" and parts[name]]
    front = ["---", "license: cc-by-4.0", "language: [en]", "task_categories: [text-classification]", "pretty_name: onrecord", "configs:",
             "- config_name: default", "  data_files:"]  # fmt: skip
    front += [f"  - {{split: {name}, path: {name}.parquet}}" for name in splits]
    if parts["behaviour"]:
        front += ["- config_name: behaviour", "  data_files:", "  - {split: test, path: behaviour.parquet}"]
    front.append("---\n")
    return "\n".join(front) + "\n" + INTRODUCTION.format(labels=", ".join(f"`{label}`" for label in config.labels)) + "\n" + _composition(parts, config)


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
