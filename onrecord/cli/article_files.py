"""The files of `onrecord read`: the article that it reads, and those of events that it writes."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from onrecord.cli.command import fail, standard_input

if TYPE_CHECKING:
    from onrecord.article.read import Article

LARGEST = 20_000_000  # bytes of an article; a long one has 200 thousand


def article_text(file: str) -> str:
    """The article as text or HTML, of a document too; what cannot be one ends the command with a message."""
    from onrecord.article.documents import document_text  # mails and archives are slow to import

    name = "standard input" if file == "-" else file
    if re.match(r"https?://", file, re.IGNORECASE):
        address = shlex.quote(file)
        raise fail(
            f"{file} is an address, and onrecord fetches nothing; try curl -sL {address} | onrecord read - --source "
            f"{address}"
        )
    try:
        with standard_input() if file == "-" else open(file, "rb") as source:
            data = source.read(LARGEST + 1)
    except OSError as error:
        raise fail(f"cannot read {file}: {error.strerror}") from None
    if len(data) > LARGEST:
        raise fail(
            f"{name} is larger than {LARGEST // 1_000_000} MB, which no article is; cut it into articles and read "
            "them one by one"
        )
    try:
        document = document_text(data, file)
    except (ValueError, ModuleNotFoundError) as error:
        raise fail(f"{name} {error}") from None
    if document is not None:
        return document
    if b"\0" in data[:8192]:
        raise fail(
            f"{name} is a binary file, not text (a NUL byte at {data.index(0)}); convert it, or UTF-16 text, to UTF-8 "
            "text first"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fail(
            f"{name} is not UTF-8 (byte {error.start} is 0x{data[error.start]:02x}); convert it first, e.g. "
            "`iconv -f cp1252 -t utf-8`"
        ) from None
    if not text.strip():
        raise fail(f"{name} is empty: there is no article to read")
    return text


def write_events(article: Article, ics: Path | None, superdesk: Path | None, jsonld: Path | None, dated: str) -> None:
    """Write the events of an article in the forms asked for, and tell on standard error what was left out.

    The calendar `ics` is brought up to date if it is there: see `to_ics`. `superdesk` is a directory: a file an event,
    which is what its ingest takes.
    """
    from onrecord.dates.forms import to_ics, to_jsonld, to_superdesk  # here: they are slow to import

    try:
        if ics:
            ics.write_bytes(to_ics(article, ics.read_bytes() if ics.is_file() else None))
        if superdesk:
            superdesk.mkdir(parents=True, exist_ok=True)
            for event in to_superdesk(article):
                _write(superdesk / f"{event['guid'].partition('@')[0]}.json", event)
        if jsonld:
            _write(jsonld, to_jsonld(article))
    except (ImportError, OSError) as error:
        raise fail(str(error)) from None
    for path in filter(None, (ics, superdesk, jsonld)):
        print(f"{len(article.events)} events in {path}", file=sys.stderr)
    entered = {i for event in article.events for i in event.mentions}
    left_out = [s for i, s in enumerate(article.statements) if s.prediction.label == dated and i not in entered]
    for reason, sentences in (
        ("name no date that is certain", [s for s in left_out if not s.dates]),
        ("name only what is past", [s for s in left_out if s.dates]),
    ):
        if sentences:
            one = len(sentences) == 1
            said = f"sentence {reason.replace('name', 'names', 1)}" if one else f"sentences {reason}"
            print(f"{len(sentences)} {dated} {said}:", file=sys.stderr)
            print(*(f"  {' '.join(s.text.split())}" for s in sentences), sep="\n", file=sys.stderr)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
