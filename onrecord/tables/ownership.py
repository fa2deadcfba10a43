"""A directory is ours only if we made it: a marker says so. What lies in another one is never replaced or deleted."""

from __future__ import annotations

import os
from pathlib import Path

MARKER = ".onrecord"


class NotOurs(Exception):
    """A directory that somebody else made; the message names it and says what to do."""


def claim_directory(path: Path | str, purpose: str) -> None:
    """Make `path` ours: it is made, or empty, or has our marker for this `purpose`, a word or two. Raises NotOurs.

    Killed at any moment, the directory is empty or has the marker. OSError is the caller's to tell.
    """
    path = Path(path)
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        kind = "a link" if path.is_symlink() else "no directory"
        raise NotOurs(f"{path} is {kind}, and {purpose} would write there: move it away, or give another name")
    path.mkdir(parents=True, exist_ok=True)
    marker = path / MARKER
    if is_ours(path, purpose):
        return
    if others := sorted(name for name in os.listdir(path)):
        what = (
            f"is of {marker.read_text('utf-8', 'replace').strip()[:40]!r}"
            if MARKER in others
            else f"holds {others[0]!r}"
        )
        raise NotOurs(
            f"{path} was not made by {purpose} ({what}): move it away, or give another name; nothing in it was touched"
        )
    with open(marker, "x", encoding="utf-8") as file:
        file.write(purpose + "\n")


def is_ours(path: Path | str, purpose: str) -> bool:
    """Whether a directory was made for this `purpose`."""
    try:
        # Killed between making and filling it, the marker is empty: it counts, as nobody else makes such a file.
        return (Path(path) / MARKER).read_text("utf-8").strip() in (purpose, "")
    except (OSError, UnicodeDecodeError):
        return False
