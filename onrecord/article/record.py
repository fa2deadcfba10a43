"""An article as JSON: the same code under `onrecord read --json` and POST /v1/read."""

import dataclasses
import json
from datetime import date
from typing import Any

from onrecord.article.read import Article


def record(article: Article) -> dict[str, Any]:
    """The article as plain values but for days and clock times, which `dumps` writes."""
    return dataclasses.asdict(article)


def dumps(value: object, indent: int | None = None) -> str:
    """JSON with days and times in ISO 8601 (2024-05-13T15:00:00+01:00). Raises TypeError for what JSON cannot hold."""
    return json.dumps(value, ensure_ascii=False, indent=indent, default=_iso)


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON: {value!r:.80}")
