"""What is resolved is right nearly always, most is resolved, and what may mean two days is not."""

import json
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.dates import find_dates


def measure(name: str, shift: int = 0) -> tuple[int, float, float, list[str]]:
    """Rows, precision, recall and what went wrong. Right: same kind, first and last, on overlapping words. `shift` doctors the years."""
    rows = [json.loads(line) for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()]
    right = found = wanted = 0
    wrong = []
    for row in rows:
        published = date.fromisoformat(row["published"])
        got = find_dates(row["text"], published.replace(year=published.year + shift))
        left = [(row["text"].index(span), span, kind, first, last) for span, kind, first, last in row["expected"]]
        found, wanted = found + len(got), wanted + len(left)
        for when in got:
            parse = datetime.fromisoformat if isinstance(when.first, datetime) else date.fromisoformat
            match = [
                w
                for w in left
                if w[2] == when.kind and ("T" in w[3]) == isinstance(when.first, datetime)
                and (parse(w[3]), parse(w[4])) == (when.first, when.last) and w[0] < when.end and when.start < w[0] + len(w[1])
            ]  # fmt: skip
            right += bool(match)
            left = [w for w in left if w not in match[:1]]
            if not match:
                wrong.append(f"WRONG {row['published']} {row['text']} -> {when.text}: {when.kind} {when.first} {when.last}")
        wrong += [f"MISSED {row['published']} {row['text']} -> {w[1:]}" for w in left]
    return len(rows), right / max(found, 1), right / max(wanted, 1), wrong


def test_written_before() -> None:
    rows, precision, recall, wrong = measure("dates.jsonl")
    assert rows >= 180
    assert precision >= 0.97 and recall >= 0.80, "\n".join(wrong)


def test_the_measure_can_fail() -> None:
    assert measure("dates.jsonl", shift=1)[1] < 0.5


@given(st.text(alphabet=st.sampled_from("Monday May3 5 at p.m.-Qin29,to the of/nextweek:'’0")), st.dates())
def test_any_text(text: str, published: date) -> None:
    end = 0
    for when in find_dates(text, published):
        assert text[when.start : when.end] == when.text and end <= when.start < when.end and when.first <= when.last  # type: ignore[operator]
        end = when.end


def test_zones_and_preference() -> None:
    (when,) = find_dates("It starts at 3 p.m. Monday.", date(2024, 5, 9), "Europe/London")
    assert when.first == datetime.fromisoformat("2024-05-13T15:00+01:00")
    assert find_dates("Monday", date(2024, 5, 9), prefer="past")[0].first == date(2024, 5, 6)
    late = datetime.fromisoformat("2024-05-09T23:30:00+00:00")
    assert find_dates("It opens today.", late, "Asia/Tokyo")[0].first == date(2024, 5, 10)
    with pytest.raises(ValueError, match="IANA"):
        find_dates("Monday", late, "Mars/Olympus")
    with pytest.raises(ValueError, match="prefer"):
        find_dates("Monday", late, prefer="now")  # type: ignore[arg-type]
