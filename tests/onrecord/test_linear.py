"""Twice the text takes at most two and a half times the processor
time: fragments repeated in every function of article/.

What is quadratic takes four times as long at every doubling. The clock is that of the thread, three doublings are
measured as one, and again if they took too long, up to six times: what else the machine does only makes them longer.
"""

import re
import time
from collections.abc import Callable
from datetime import date

import pytest

from onrecord.article.boilerplate import boilerplate
from onrecord.article.documents import unwrapped
from onrecord.article.sentences import paragraphs, quotations, sentences
from onrecord.article.speakers import speaker, speakers
from onrecord.article.webpage import is_html
from onrecord.dates import forms, status, title
from onrecord.dates.normalise import plain
from onrecord.dates.resolve import find_dates
from onrecord.dates.zones import zone_behind, zone_of_city

MOST = 2.5
ENOUGH = 0.008  # seconds; less is not measured well
PUBLISHED = date(2024, 5, 9)
OPENING = "The vote is on Friday, he said"  # before the fragments, for what takes a date with its text
(WHEN,) = find_dates(OPENING, PUBLISHED)
READERS: dict[str, Callable[[str], object]] = {
    "sentences": sentences,
    "paragraphs": lambda text: list(paragraphs(text)),
    "quotations": quotations,
    "speaker": speaker,
    "speakers": lambda text: speakers(text, sentences(text)),
    "boilerplate": boilerplate,
    "is_html": is_html,
    "unwrapped": unwrapped,
    "find_dates": lambda text: find_dates(OPENING + text, PUBLISHED, scheduling=True),
    "zone_behind": lambda text: zone_behind(OPENING + text, len(OPENING), alone=True),
    "zone_of_city": lambda text: zone_of_city(text + OPENING, len(text), len(text)),
    "plain": plain,
    "printable": forms.printable,
    "outcomes": lambda text: status.outcomes(OPENING + text, [WHEN]),
    "called_off": status.called_off,
    "title": lambda text: title.title(OPENING + text, WHEN, [WHEN]),
    "occasion": lambda text: title.occasion(OPENING + text, WHEN, [WHEN]),
    "place": lambda text: title.place(OPENING + text, WHEN),
    "statement_of": lambda text: title.statement_of(OPENING + text, WHEN),
    "names": title.names,
    "content": title.content,
}
FRAGMENTS = [
    "The vote is on Friday, he said and ", "he said ", "Roe and ", "Monday ", "“A,” he said. ", "“", "\"", "''", "’ ",
    "‘a ", "( ", "1) ", "By ANN ROE ", "who said ", "Roe, ", "Ann Roe said. She said. ", "a-", "A.B. ", "— ",
    "MARTINEZ: We go.\n", "“We go.\n", "Mr. ", "according to ", "of ", "\n", " ", "x", "5 p.m. Monday ", "<p>",
    "<!-- a -->", "Ann X Roe, 5, said ", "He, she said, ", ", ", "March 3, 2014 ", "as he put it ", "left and said ",
    "at 3 p.m. ", "2 p.m. and ", "1 ", "3, ", "May ", "EST ", "time ", "in Oslo ", "not ", "will ", "set for ",
    "moved to ", "from ", "until ", "or ", "and ", "called off ", "postponed by ", "which was ", "in two weeks ",
]  # fmt: skip


def ratio(reader: Callable[[str], object], fragment: str) -> float:
    """How many times the processor time twice the text takes: a mean of three doublings, each end the shortest of six.

    0 where the longest text takes no time to speak of.
    """

    def seconds(characters: int) -> float:
        text = fragment * (characters // len(fragment)) + "x"
        start = time.thread_time()
        reader(text)
        return time.thread_time() - start

    length = 2000
    while seconds(length) < ENOUGH and length < 15_000:  # what is longer by far leaves the processor's caches
        length *= 2
    short = long = float("inf")
    for _ in range(6):
        short, long = min(short, seconds(length)), min(long, seconds(8 * length))
        if long <= ENOUGH:
            return 0
        if long <= MOST**3 * short:
            break
    return (long / short) ** (1 / 3)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_twice_the_text(reader: str) -> None:
    READERS[reader](FRAGMENTS[0])  # what is compiled on first use
    slow = {fragment: found for fragment in FRAGMENTS if (found := ratio(READERS[reader], fragment)) > MOST}
    assert not slow


@pytest.mark.slow
def test_what_is_quadratic_is_found() -> None:
    assert ratio(lambda text: re.search(r"x+$", text + "y"), "x") > MOST
