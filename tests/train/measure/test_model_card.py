"""Names of other people's labels in a model card are text, not markup."""

import html
import re

import pytest
from markdown_it import MarkdownIt

from train.measure.model_card import cell, code

LABELS = ["claim", "a|b", "a`b", "`a``", "<img src=x>", "[a](http://b)", "*a*", "a\\|b", "a\n# b"]


@pytest.mark.parametrize("label", LABELS)
def test_a_label_is_text_in_a_card(label: str) -> None:
    table = f"| | {cell(label)} | last |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n\n- {code(label)}: what it is\n"
    shown = MarkdownIt("commonmark").enable("table").render(table)
    line = " ".join(label.split())
    assert [html.unescape(text) for text in re.findall("<th>(.*?)</th>", shown)] == ["", line, "last"]
    assert [html.unescape(text) for text in re.findall("<code>(.*?)</code>", shown)] == [line]
