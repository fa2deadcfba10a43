"""The dataset card, data/README.md: dataset_card.md.jinja filled in, behind front matter that the hub reads."""

from collections import Counter
from pathlib import Path
from typing import Any

from huggingface_hub import DatasetCard, DatasetCardData
from sklearn.metrics import cohen_kappa_score, f1_score

from train.config import SPLITS, read_text
from train.corpus.rows import Sentence

TEMPLATE = Path(__file__).with_name("dataset_card.md.jinja")


def dataset_card(parts: dict[str, list[Sentence]], labels: list[str], seeds: Path | None) -> str:
    """Markdown with the counts of this build; `seeds` is None where the rows came from a source of the user's own.

    Who wrote the seeds and under which licence only their authors can say: SEEDS/introduction.md, with front matter of
    its own. What was measured on them, each figure beside its command, stands in SEEDS/measured.md.
    """
    introduction = DatasetCard(_text(seeds, "introduction.md") or f"---\n{{}}\n---\n# {seeds or 'Rows of a source'}")
    configs = {"default": [{"split": name, "path": f"{name}.parquet"} for name in SPLITS if parts[name]]}
    if parts["behaviour"]:
        configs["behaviour"] = [{"split": "test", "path": "behaviour.parquet"}]
    front = DatasetCardData(
        **introduction.data.to_dict(),
        task_categories=["text-classification"],
        configs=[{"config_name": name, "data_files": files} for name, files in configs.items()],
    )
    everything = [s for rows in parts.values() for s in rows]
    counts = {field: Counter(s.meta.get(field) for s in everything) for field in ("part", "domain", "style", "english")}
    card = DatasetCard.from_template(
        front,
        template_path=str(TEMPLATE),
        introduction=introduction.text.strip(),
        labels=labels,
        parts={name: rows for name, rows in parts.items() if rows},
        fields={field: [(name, n) for name, n in c.most_common() if name] for field, c in counts.items() if any(c)},
        agreement=agreement(parts, labels),
        measured=_text(seeds, "measured.md"),
    )
    return f"{card}\n"


def agreement(parts: dict[str, list[Sentence]], labels: list[str]) -> list[dict[str, Any]]:
    """First against second annotator, for each part of the corpus.

    How many rows had two, share equal, Cohen's kappa, macro-F1 and F1 of one against the other. None stands for a label
    that neither used, and for kappa where there is only one.
    """
    everything = [s for rows in parts.values() for s in rows]
    figures = []
    for part, of in Counter(s.meta["part"] for s in everything).most_common():
        pairs = [s.annotators for s in everything if s.meta["part"] == part and len(s.annotators) == 2]
        if not pairs:
            continue
        first, second = (list(column) for column in zip(*pairs, strict=True))
        used = [label for label in labels if label in {*first, *second}]
        f1 = dict(zip(used, f1_score(first, second, labels=used, average=None, zero_division=0), strict=True))
        figures.append(
            {
                "name": part,
                "rows": len(pairs),
                "of": of,
                "equal": round(sum(a == b for a, b in pairs) / len(pairs), 4),
                "kappa": round(float(cohen_kappa_score(first, second)), 4) if len(used) > 1 else None,
                "macro_f1": round(float(sum(f1.values()) / len(f1)), 4),
                "labels": {label: round(float(f1[label]), 4) if label in f1 else None for label in labels},
            }
        )
    return figures


def _text(seeds: Path | None, name: str) -> str:
    path = seeds / name if seeds else None
    return read_text(path).strip() if path and path.is_file() else ""
