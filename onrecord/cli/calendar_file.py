"""The calendar that `onrecord read --ics` writes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from onrecord.cli.command import fail

if TYPE_CHECKING:
    from onrecord.article.read import Article


def write_calendar(article: Article, zone: str | None, dated: str, path: Path) -> None:
    """Write the diary of `article` to `path`, and tell on standard error what is in it and what was left out."""
    from onrecord.dates.diary import diary, to_ics  # here: it is slow to import

    assert article.published is not None
    events = diary(article.statements, article.published, zone, label=dated)
    try:
        content = to_ics(events)
        path.write_bytes(content)
    except (ImportError, OSError) as error:
        raise fail(str(error)) from None
    print(f"{len(events)} calendar entries in {path}", file=sys.stderr)
    entered = {event.text for event in events}
    left_out = [s for s in article.statements if s.prediction.label == dated and s.text not in entered]
    for reason, sentences in (
        ("name no date that is certain", [s for s in left_out if not s.dates]),
        ("name only what is past or called off", [s for s in left_out if s.dates]),
    ):
        if sentences:
            one = len(sentences) == 1
            said = f"sentence {reason.replace('name', 'names', 1)}" if one else f"sentences {reason}"
            print(f"{len(sentences)} {dated} {said}:", file=sys.stderr)
            print(*(f"  {' '.join(s.text.split())}" for s in sentences), sep="\n", file=sys.stderr)
