"""What people reach against each other on real sentences: printed beside the model."""

from pathlib import Path
from typing import Any

import yaml


def read_ceilings(seeds: Path) -> list[dict[str, Any]]:
    """Figures of a further rater on real sentences, from SEEDS/third_rater.yaml: name, macro_f1 and perhaps rows.

    Empty where there are none.
    """
    path = seeds / "third_rater.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else []
