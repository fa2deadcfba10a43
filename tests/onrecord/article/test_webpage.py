"""Which texts are pages, and what is read of a page."""

from pathlib import Path

import pytest

from onrecord import Classifier, read
from onrecord.article.webpage import is_html


def test_html(checkpoint: Path) -> None:
    story = "<p>The Senate voted on Monday to pass the budget, after three weeks of talks behind closed doors.</p>"
    story += "<p>“We are done,” Sen. J. D. Roe said. The House votes on Friday.</p>"
    page = f"<!DOCTYPE html><html><body><nav>Home</nav><article><h1>Senate votes</h1>{story}</article><footer>Copyright</footer></body></html>"
    found = read(page, classifier=Classifier.load(checkpoint))
    assert all(found.text[s.start : s.end] == s.text for s in found.statements)
    assert [s.text for s in found.statements][-2:] == [
        "“We are done,” Sen. J. D. Roe said.",
        "The House votes on Friday.",
    ]
    assert (
        not is_html("He wrote <p> and </p>.")
        and not is_html("5 < 6")
        and not is_html("<p> is a tag.")
        and is_html("<p>He left.</p>")
    )
    assert is_html("<!-- a -->\n<!-- b --> <div>He left.</div>") and not is_html("<!-- a --> He left.</div>")


def test_comments_before_a_text_take_no_time() -> None:
    """With two ways to end each comment, thirty of them would take minutes."""
    assert (
        not is_html("<!-- a -->" * 1000 + "Police said")
        and not is_html("<!-- a -->" * 1000 + "<!-- b")
        and is_html("<!-- a -->" * 1000 + "<html>")
    )
    with pytest.raises(ValueError, match="no text"):
        read("<html><body></body></html>")
