"""Twice the text takes at most two and a half times the processor time: fragments repeated in every function of article/.

What is quadratic takes four times as long at every doubling. The clock is that of the thread, three doublings are
measured as one, and again if they took too long, up to six times: what else the machine does only makes them longer.
"""

import re
import time
from collections.abc import Callable

import pytest

from onrecord.article.boilerplate import furniture
from onrecord.article.sentences import paragraphs, quotations, sentences
from onrecord.article.speakers import speaker, speakers
from onrecord.article.webpage import is_html

MOST = 2.5
ENOUGH = 0.008  # seconds; less is not measured well
READERS: dict[str, Callable[[str], object]] = {
    "sentences": sentences,
    "paragraphs": lambda text: list(paragraphs(text)),
    "quotations": quotations,
    "speaker": speaker,
    "speakers": lambda text: speakers(text, sentences(text)),
    "furniture": furniture,
    "is_html": is_html,
}
FRAGMENTS = [
    "The vote is on Friday, he said and ", "he said ", "Roe and ", "Monday ", "“A,” he said. ", "“", "\"", "''", "’ ",
    "‘a ", "( ", "1) ", "By ANN ROE ", "who said ", "Roe, ", "Ann Roe said. She said. ", "a-", "A.B. ", "— ",
    "MARTINEZ: We go.\n", "“We go.\n", "Mr. ", "according to ", "of ", "\n", " ", "x", "5 p.m. Monday ", "<p>",
    "<!-- a -->", "Ann X Roe, 5, said ", "He, she said, ", ", ", "March 3, 2014 ", "as he put it ", "left and said ",
]  # fmt: skip


def ratio(reader: Callable[[str], object], fragment: str) -> float:
    """How many times the processor time twice the text takes: the mean of three doublings, each end the shortest of six."""

    def seconds(characters: int) -> float:
        text = fragment * (characters // len(fragment)) + "x"
        start = time.thread_time()
        reader(text)
        return time.thread_time() - start

    length = 2000
    while seconds(length) < ENOUGH and length < 60_000:
        length *= 2
    short = long = float("inf")
    for _ in range(6):
        short, long = min(short, seconds(length)), min(long, seconds(8 * length))
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
