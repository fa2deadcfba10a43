"""Wordings whose label guidelines.md settles: the audit names a row that holds one and has another label.

seeds/patterns.yaml lists them: `name`, `regex` (searched without regard to case), `labels` (those that its rows may
have), `why` (the guidelines in a line) and `exceptions` (ids of rows in which something else decides).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from train.config import Stop, read_yaml
from train.corpus.rows import Sentence

WANTED = {"name", "regex", "labels", "why"}


@dataclass(frozen=True)
class Pattern:
    """A wording and the labels that the guidelines leave it."""

    name: str
    regex: re.Pattern[str]
    labels: frozenset[str]
    why: str
    exceptions: frozenset[str]  # ids, doc/order


def read_patterns(path: Path, labels: Sequence[str]) -> list[Pattern]:
    """The patterns of a YAML file, none where there is no such file. Raises Stop with all its faults."""
    if not path.is_file():
        return []
    try:
        entries = read_yaml(path.read_text(encoding="utf-8")) or []
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise Stop(f"{path} is not YAML in UTF-8: {error}") from error
    if not isinstance(entries, list):
        raise Stop(f"{path} is no list of patterns: each begins with `- name:`")
    patterns: list[Pattern] = []
    faults: list[str] = []
    for number, entry in enumerate(entries, 1):
        fault = _fault(entry, labels, {pattern.name for pattern in patterns})
        if fault:
            faults.append(f"pattern {number}: {fault}")
            continue
        ids = frozenset(entry.get("exceptions", ()))
        regex = re.compile(entry["regex"], re.IGNORECASE)
        patterns.append(Pattern(entry["name"], regex, frozenset(entry["labels"]), entry["why"], ids))
    if faults:
        raise Stop(f"{path} has {len(faults)} faults:\n  " + "\n  ".join(faults))
    return patterns


def breaches(rows: Iterable[Sentence], patterns: Sequence[Pattern]) -> list[str]:
    """A line for each row whose label its pattern does not allow, for each exception that is none, and for each pattern
    that no row holds.
    """
    faults: list[str] = []
    used: set[tuple[str, str]] = set()
    matched: set[str] = set()
    for s in rows:
        for pattern in patterns:
            if not pattern.regex.search(s.text):
                continue
            matched.add(pattern.name)
            if s.label in pattern.labels:
                continue
            if s.id in pattern.exceptions:
                used.add((pattern.name, s.id))
                continue
            allowed = " or ".join(sorted(pattern.labels))
            faults.append(f"{s.where} {s.id}: {s.label} {s.text!r} holds {pattern.name!r}, {allowed}: {pattern.why}")
    for pattern in patterns:
        if pattern.name not in matched:
            faults.append(f"no row holds {pattern.name!r}: mend its regex or delete it")
        for name in sorted(pattern.exceptions):
            if (pattern.name, name) not in used:
                faults.append(f"{name} is no exception to {pattern.name!r}: delete it there")
    return faults


def _fault(entry: object, labels: Sequence[str], names: set[str]) -> str | None:
    if not isinstance(entry, dict):
        return f"{entry!r} is no mapping with {', '.join(sorted(WANTED))}"
    if missing := WANTED - set(entry):
        return f"lacks {', '.join(sorted(missing))}"
    if unknown := set(entry) - WANTED - {"exceptions"}:
        return f"unknown keys {', '.join(sorted(map(str, unknown)))}"
    if any(not isinstance(entry[name], str) or not entry[name].strip() for name in ("name", "regex", "why")):
        return "name, regex and why are texts"
    if entry["name"] in names:
        return f"the name {entry['name']!r} is taken"
    if any(not isinstance(entry.get(name, []), list) for name in ("labels", "exceptions")):
        return "labels and exceptions are lists"
    if not entry["labels"] or (strange := [label for label in entry["labels"] if label not in labels]):
        return f"labels {entry['labels']}; some of {', '.join(labels)} are needed" + (
            f", not {strange}" if entry["labels"] else ""
        )
    try:
        re.compile(entry["regex"])
    except re.error as error:
        return f"regex {entry['regex']!r}: {error}"
    return None
