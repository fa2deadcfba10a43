"""Which split a document belongs to: decided once, kept in `splits.tsv` beside the seeds.

Figures of two rounds compare only if a test document of the first is one of the second. So a document that the file
knows stays where it is, and only new ones are dealt.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

from onrecord.tables.parts import write_whole
from train.config import Stop, read_text

FILE = "splits.tsv"  # beside the seeds: what train.build makes is replaced whole, this is not
NAMES = ("train", "validation", "test", "behaviour")


def read_splits(seeds: Path) -> dict[str, str]:
    """document -> split, as decided so far; empty if nothing was.

    Raises Stop for a line that is not `document TAB split`.
    """
    path = seeds / FILE
    if not path.is_file():
        return {}
    decided: dict[str, str] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        doc, _, name = line.partition("\t")
        if not doc or name not in NAMES:
            raise Stop(f"{path}:{number}: {line!r} is not a document, a tab and one of {', '.join(NAMES)}")
        if decided.setdefault(doc, name) != name:
            raise Stop(f"{path}:{number}: {doc} is in {decided[doc]} already; a document has one split for good")
    return decided


def write_splits_file(seeds: Path, decided: Mapping[str, str]) -> None:
    """Add what was decided to the file, sorted by document.

    Lines of documents that are gone stay: they may come back.
    """
    lines = [f"{doc}\t{name}\n" for doc, name in sorted({**decided, **read_splits(seeds)}.items())]
    write_whole(seeds / FILE, "".join(lines).encode())


def deal(
    strata: Mapping[str, Counter[str]], decided: Mapping[str, str], shares: Mapping[str, float], seed: int
) -> dict[str, str]:
    """Deal documents to splits so that each split holds its share of every stratum's rows.

    `strata` is document -> rows by stratum, `decided` what stays as it is, `shares` split -> share of all rows (sum 1).
    Largest documents first, each goes where the squared distance from the wanted rows falls most (the greedy rule of
    scikit-learn's StratifiedGroupKFold, for shares of any size). Returns document -> split for every document.
    """
    total: Counter[str] = Counter()
    for rows in strata.values():
        total.update(rows)
    lacking = {name: {stratum: share * total[stratum] for stratum in total} for name, share in shares.items()}
    dealt: dict[str, str] = {}

    def place(doc: str, name: str) -> None:
        dealt[doc] = name
        for stratum, rows in strata[doc].items():
            lacking[name][stratum] -= rows

    new = sorted(set(strata) - set(decided))
    for doc in strata:
        if doc in decided:
            dealt[doc] = decided[doc]
            if decided[doc] in lacking:
                place(doc, decided[doc])
    Random(seed).shuffle(new)
    for doc in sorted(new, key=lambda doc: -strata[doc].total()):
        # (l - n)² - l² = n² - 2 l n is how the squared distance changes; a rare stratum counts as much as a common one.
        change = {
            name: sum(
                rows * (rows - 2 * lacking[name][stratum]) / total[stratum] ** 2
                for stratum, rows in strata[doc].items()
            )
            for name in shares
        }
        place(doc, min(change, key=change.__getitem__))
    return dealt
