"""Of the sets of sentences what is resolved is right nearly always, and most is resolved."""

import json
from datetime import date, datetime

import pytest

from onrecord.dates.resolve import find_dates
from tests.conftest import FIXTURES


def measure(name: str, shift: int = 0, first: int = 0, step: int = 1) -> tuple[int, float, float, list[str]]:
    """Rows, precision, recall and what went wrong. Right: same kind, first and last, on
    overlapping words. `shift` doctors the years; only each `step`-th row counts.
    """
    rows = [json.loads(line) for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines()][first::step]
    right = found = wanted = 0
    wrong = []
    for row in rows:
        published = date.fromisoformat(row["published"])
        got = find_dates(row["text"], published.replace(year=published.year + shift))
        left = [(row["text"].index(span), span, kind, first, last) for span, kind, first, last, *_ in row["expected"]]
        found, wanted = found + len(got), wanted + len(left)
        for when in got:
            parse = datetime.fromisoformat if isinstance(when.first, datetime) else date.fromisoformat
            match = [
                w
                for w in left
                if w[2] == when.kind
                and ("T" in w[3]) == isinstance(when.first, datetime)
                and (parse(w[3]), parse(w[4])) == (when.first, when.last)
                and w[0] < when.end
                and when.start < w[0] + len(w[1])
            ]
            right += bool(match)
            left = [w for w in left if w not in match[:1]]
            if not match:
                wrong.append(
                    f"WRONG {row['published']} {row['text']} -> {when.text}: {when.kind} {when.first} {when.last}"
                )
        wrong += [f"MISSED {row['published']} {row['text']} -> {w[1:]}" for w in left]
    return len(rows), right / max(found, 1), right / max(wanted, 1), wrong


def test_written_before() -> None:
    rows, precision, recall, wrong = measure("dates.jsonl")
    assert rows >= 180
    assert precision >= 0.97 and recall >= 0.80, "\n".join(wrong)


def test_held_out() -> None:
    """Written before the resolver was read. First try: precision 0.870, recall 0.797 of 59 dates; these rows then
    guided the rule on reporting frames, so what is held here says that nothing is lost, not how far it carries.
    """
    rows, precision, recall, wrong = measure("dates_heldout.jsonl")
    assert rows == 60
    assert precision >= 0.97 and recall >= 0.80, "\n".join(wrong)


def test_blind() -> None:
    """Written by someone who had not seen the resolver. First try on all rows: precision 0.873, recall 0.883 of 163
    dates; on the even rows, when only the odd ones had guided the rules, 0.897 and 0.918. All rows have guided them
    since. In four rows "by the end of June" was a part of the month; it is the day that ends it, as in dates.jsonl, and
    the rows now say so.
    """
    rows, precision, recall, wrong = measure("dates_blind.jsonl")
    assert rows == 170
    assert precision >= 0.99 and recall >= 0.99, "\n".join(wrong)


@pytest.mark.parametrize(("first", "floor_precision", "floor_recall"), [(0, 0.99, 0.98), (1, 0.977, 0.977)])
def test_second_blind(first: int, floor_precision: float, floor_recall: float) -> None:
    """Written by someone else for the rules as they then stood. First try on all rows: precision 0.977, recall 0.977 of
    176 dates, which is how far the rules carry (rows 1, 3, 5, ... 0.977, 0.977; rows 2, 4, 6, ... 0.978, 0.978).

    Rows 1, 3, 5, ... then guided one rule ("the week beginning 3 June"), and one of them was mended: "later this year"
    was to be left out, and is the rest of the year, as "later this month" is in dates.jsonl. Of rows 2, 4, 6, ... only
    the figures were looked at.
    """
    rows, precision, recall, _ = measure("dates_blind2.jsonl", first=first, step=2)
    assert rows == 100
    assert precision >= floor_precision and recall >= floor_recall, (precision, recall)


def test_round_2() -> None:
    """200 rows written before the grammar was read; each date also says whether
    it lies ahead, behind, or says when something was said.

    First try, of the grammar before that round: precision 0.884, recall 0.868 of 167 dates. Its misses were then looked
    at, so what is held here says that nothing is lost, not how far the rules carry.
    """
    rows, precision, recall, wrong = measure("dates_round2.jsonl")
    assert rows == 200
    assert precision >= 0.94 and recall >= 0.93, "\n".join(wrong)


def test_adversarial() -> None:
    """Sentences made to go wrong by whoever wrote the rules, in which the rules were then mended until they agreed with
    a reading by hand; those where they still do not are not here. It holds what was reached and measures nothing.
    """
    rows, precision, recall, wrong = measure("dates_adversarial.jsonl")
    assert rows >= 400
    assert (precision, recall) == (1, 1), "\n".join(wrong)


def test_the_measure_can_fail() -> None:
    assert measure("dates.jsonl", shift=1)[1] < 0.5
