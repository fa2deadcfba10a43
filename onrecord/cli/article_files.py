"""The files of `onrecord read`: the article that it reads, and those of events that it writes."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from onrecord.cli.command import fail, standard_input
from onrecord.tables.parts import write_whole
from onrecord.terminal import escaped, visible

if TYPE_CHECKING:
    from onrecord.article.read import Article

UID = re.compile(rb'(?:^UID:|"identifier": ")([^\s"]+@onrecord)', re.MULTILINE)  # of an event of ours
FOREIGN = re.compile(rb"^UID\b(?!:\S+@onrecord\r?$)", re.MULTILINE | re.IGNORECASE)  # of another's in a calendar
LARGEST = 20_000_000  # bytes of an article; a long one has 200 thousand
SECONDS = 60  # of processor time that a document may take; some hundred pages take ten


class _TooSlow(BaseException):
    """A library is still at a document. No Exception, as libraries catch those."""


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
        with _bounded(SECONDS):
            document = document_text(data, file)
    except (ValueError, ModuleNotFoundError) as error:
        raise fail(f"{name} {error}") from None
    except _TooSlow:
        raise fail(
            f"{name} takes more than {SECONDS} seconds to read, which no article does; save its text as UTF-8"
        ) from None
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


@contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    """Raise _TooSlow behind so many seconds of processor time. Without a bound on Windows, which cannot interrupt.

    And again behind as many, until it is heard: Python prints and drops what is raised in a callback of its garbage
    collector or in a `__del__`.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def write_events(article: Article, ics: Path | None, superdesk: Path | None, jsonld: Path | None, dated: str) -> None:
    """Write the events of an article in the forms asked for, and tell on standard error what was left out.

    The calendar `ics` is brought up to date if it is there, and its UIDs hold in all forms: see `to_ics`. `superdesk`
    is a directory: a file an event, which is what its ingest takes. A file that holds anything but events of ours ends
    the command, and is left.
    """
    from onrecord.dates.forms import PRODID, as_before, to_ics, to_jsonld, to_superdesk  # here: they are slow to import

    try:
        before = _ours(ics, PRODID.encode()) if ics else b""
        article = as_before(article, before) if before else article
        graph = json.dumps(to_jsonld(article), ensure_ascii=False, indent=1)
        graph_before = _ours(jsonld, graph[: graph.index("[")].encode()) if jsonld else b""
        if ics:
            _update(ics, before, to_ics(article, before or None))
        if superdesk:
            superdesk.mkdir(parents=True, exist_ok=True)
            for event in to_superdesk(article):
                text = json.dumps(event, ensure_ascii=False, indent=1)
                _write(superdesk / f"{event['guid'].partition('@')[0]}.json", _utf8(text))
        if jsonld:
            _update(jsonld, graph_before, _utf8(graph))
    except ValueError as error:
        raise fail(f"{ics}: {error}") from None
    except (ImportError, OSError) as error:
        raise fail(str(error)) from None
    for path in filter(None, (ics, superdesk, jsonld)):
        print(escaped(f"{len(article.events)} events in {path}"), file=sys.stderr)
    entered = {i for event in article.events for i in event.mentions}
    left_out = [s for i, s in enumerate(article.statements) if s.prediction.label == dated and i not in entered]
    for reason, sentences in (
        ("name no date that is certain", [s for s in left_out if all(when.of_saying for when in s.dates)]),
        ("name only what is past", [s for s in left_out if not all(when.of_saying for when in s.dates)]),
    ):
        if sentences:
            one = len(sentences) == 1
            said = f"sentence {reason.replace('name', 'names', 1)}" if one else f"sentences {reason}"
            print(f"{len(sentences)} {dated} {said}:", file=sys.stderr)
            print(*(f"  {visible(s.text)}" for s in sentences), sep="\n", file=sys.stderr)


def _ours(path: Path, mark: bytes) -> bytes:
    """What the file of an earlier run holds, nothing if there is none; the end of the command if another one is there.

    `mark` is what every file of ours has.
    """
    content = path.read_bytes() if path.is_file() else b""
    if content.strip() and (mark not in content or FOREIGN.search(content)):
        raise fail(f"{path} holds what onrecord did not write: give another name; nothing was written")
    return content


def _update(path: Path, before: bytes, content: bytes) -> None:
    """Write a file and tell how many events it loses of those that it held before."""
    _write(path, content)
    if gone := set(UID.findall(before)) - set(UID.findall(content)):
        told = f"{len(gone)} events that were in {path} are not of this article, and were taken out"
        print(escaped(told), file=sys.stderr)


def _utf8(json_text: str) -> bytes:
    """JSON for a file; half a character, as an address may hold, becomes JSON's escape of it."""
    return f"{json_text}\n".encode(errors="backslashreplace")


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; into what is no file, such as a pipe, as it comes."""
    if path.exists() and not path.is_file():
        path.write_bytes(content)
    else:
        write_whole(Path(os.path.realpath(path)), content)
