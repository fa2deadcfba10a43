"""An article on the page: its sentences, labels, dates and speakers as Python reads them."""

import re

from playwright.sync_api import expect

from onrecord import read
from onrecord.article.html import labels_of
from onrecord.article.webpage import is_html
from tests.onrecord.service.in_chromium.conftest import (
    ARTICLE,
    IN_CHROMIUM,
    PUBLISHED,
    ZONE,
    ByCue,
    Opened,
    labelled,
    lines,
    violations,
)

pytestmark = IN_CHROMIUM


def test_an_article_is_labelled(opened: Opened, by_cue: ByCue) -> None:
    page = labelled(opened())
    expected = read(ARTICLE, PUBLISHED, by_cue, zone=ZONE).statements  # type: ignore[arg-type]
    assert len(expected) == 8
    words = """(sentence) => [...sentence.childNodes]
        .map((node) => node.className === 'lead' ? node.lastChild.textContent : node.textContent)
        .join('')"""
    assert [page.locator(f"#sentence-{i}").evaluate(words) for i in range(8)] == [s.text for s in expected], (
        "offsets count code points, JavaScript UTF-16 units"
    )
    tags = lines(page, ".tag")
    assert [tag.split(" ")[0] for tag in tags] == [labels_of(s.prediction) for s in expected] and all(
        " 92%" in tag for tag in tags
    )
    assert "Brown" in tags[1]
    assert ["unsure" in tag for tag in tags] == [s.prediction.abstained for s in expected]
    assert "unsure" in tags[6]
    assert (
        page.locator("#sentence-1").get_attribute("title") == "denial 92%, claim 2%, hedge 2%, scheduling 2%, none 2%"
    )
    dates = page.locator("#article time")
    assert dates.all_inner_texts() == [when.text for s in expected for when in s.dates] and dates.count() == 3
    assert dates.first.get_attribute("datetime") == "2024-05-14T15:00:00+01:00"
    assert dates.first.get_attribute("title") == "Tue, 14 May 2024, 15:00 UTC+1"
    assert page.locator("#article p").count() == 3 and page.locator(".headline").inner_text().endswith(
        "Leaders 🎉🎉 meet"
    )
    expect(page.locator("#announcement")).to_contain_text(
        "8 sentences: 2 claim, 1 hedge, 1 denial, 3 scheduling, 1 none."
    )
    expect(page.locator("#result-facts")).to_have_text("Published Thursday, 9 May 2024 · Europe/London")


def test_a_text_in_another_language_is_warned_of(opened: Opened) -> None:
    german = "Der Stadtrat stimmt am Dienstag über den Ausbau des Hafens ab, sagte die Bürgermeisterin am Donnerstag. "
    page = labelled(opened(), german * 3)
    expect(page.locator("#foreign")).to_contain_text("This text is not English: it seems to be German.")
    expect(page.locator("#announcement")).to_contain_text("not English")
    assert not violations(page)
    page.click("#edit")
    labelled(page)
    expect(page.locator("#foreign")).to_be_hidden()


def test_labels_look_different_by_their_position(opened: Opened) -> None:
    page = labelled(opened())
    looks = page.locator(".key:not(.key-unsure)").evaluate_all(
        """(keys) => keys.map((key) => [
            getComputedStyle(key).backgroundColor, getComputedStyle(key.querySelector('.mark')).clipPath,
        ])"""
    )
    assert len({colour for colour, _ in looks}) == len({shape for _, shape in looks}) == 5 and "none" not in str(looks)


def test_filter(opened: Opened) -> None:
    page = labelled(opened())
    assert lines(page, ".key") == ["claim 2", "hedge 1", "denial 1", "scheduling 3", "none 1", "unsure 1"]
    page.get_by_role("button", name="denial 1").click()
    expect(page.get_by_role("button", name="denial 1")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="denial 1")).to_be_focused()
    assert page.locator(".sentence:not(.muted)").count() == 1 and page.locator(".tag:visible").count() == 1
    expect(page.locator("#announcement")).to_have_text("1 of 8 sentences shown: denial.")
    page.get_by_role("button", name="unsure 1").click()
    expect(page.locator("#announcement")).to_have_text("2 of 8 sentences shown: denial, unsure.")
    page.click("#as-table")
    assert page.locator("tbody tr:visible").count() == 2 and not page.locator("#article").is_visible()
    page.click("#all")
    assert page.locator("tbody tr:visible").count() == 8 and page.locator(".muted").count() == 0


def test_a_sentence_in_detail(opened: Opened) -> None:
    page = labelled(opened())
    page.get_by_role("button", name="hedge/claim 92% unsure").click()
    detail = page.locator("#detail")
    expect(detail.locator("blockquote")).to_have_text("It will perhaps rain.")
    assert detail.locator(".bars li").first.inner_text().split() == ["hedge", "92%"]
    assert detail.locator(".bars li").count() == 5
    assert "92%" in detail.locator(".bar").first.evaluate("(bar) => getComputedStyle(bar).backgroundSize")
    assert "hedge, claim" in detail.locator("dl").inner_text()
    page.click("#sentence-2")
    assert "Tue, 14 May 2024, 15:00 UTC+1 (“Tuesday at 3 p.m.”)" in detail.locator("dl").inner_text()
    page.click("#sentence-2")
    expect(detail).to_be_hidden()


def test_the_source_of_a_page_is_read_as_the_command_reads_it(opened: Opened, by_cue: ByCue) -> None:
    head = '<meta property="article:published_time" content="2024-05-09">'
    words = (
        "The vote in the old town hall is set for Tuesday. <b>Brown</b> denied it, and her office would not say more."
    )
    source = f"<!doctype html><html><head>{head}</head><body><article><p>{words}</p></article></body></html>"
    page = opened()
    page.fill("#text", source)
    expect(page.locator("#size")).to_have_text("This is HTML: the main text of the page is read.")
    labelled(page, source, published="")
    expected = read(source, None, by_cue, zone=ZONE)  # type: ignore[arg-type]
    assert len(expected.statements) == 2 == page.locator(".sentence").count()
    expect(page.locator("#result-facts")).to_contain_text("Published Thursday, 9 May 2024")
    assert "<" not in page.locator("#article").inner_text()
    page.click("#edit")
    assert page.input_value("#text") == source


def test_page_and_command_agree_on_what_is_html(opened: Opened) -> None:
    beginnings = ["", " \n", "\ufeff", '<?xml version="1.0"?>\n', "<!-- a --> <!-- b > -->\n", "<!-- open ", "a "]
    rest = ["<!DOCTYPE html>", "<html>", "<body class='a'>", "<header>", "<p>Yes.</p>", "<p>Yes.", "<P a='b'>Yes.</p >"]
    rest += ["<b>Yes.</b>", "Yes.", "<main>", "<div>x</DIV>", "< p>x</p>", "<h1>x</h1>", "<h10>x</h10>", "<pre>x</pre>"]
    texts = [beginning + text for beginning in beginnings for text in rest]
    page = opened()
    found = page.evaluate("async (texts) => texts.map((await import('/static/webpage.js')).isHtml)", texts)
    assert found == [is_html(text) for text in texts] and {True, False} == set(found)


def test_hidden_characters_are_shown_and_sentences_are_isolated(opened: Opened) -> None:
    text = "They denied \u202eit,\u202c \x1b[31mand\x9b \u200fno more. Perhaps\u2066 it opens on Friday\u2069.\tYes."
    page = labelled(opened(), text)
    page.locator(".tag").first.click()
    for place in ("#article", "#table", "#detail", "#timeline"):
        words = page.locator(place).text_content() or ""
        assert not re.search("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", words), place
    words = page.locator("#article").text_content() or ""
    assert "denied \\u202eit,\\u202c \\x1b[31mand\\x9b \\u200fno more" in words and "Perhaps\\u2066 it" in words
    assert page.locator(".sentence").evaluate_all(
        "(all) => all.every((one) => getComputedStyle(one).unicodeBidi === 'isolate')"
    )


def test_a_filter_scrolls_its_first_sentence_into_view(opened: Opened) -> None:
    article = "\n\n".join(["Prices rose."] * 60) + "\n\nThey denied it."
    for motion in ("reduce", "no-preference"):
        page = labelled(opened(reduced_motion=motion), article)
        match = page.locator(".sentence").last
        expect(match).not_to_be_in_viewport()
        page.get_by_role("button", name="denial 1").click()
        if motion == "reduce":
            assert match.evaluate("(element) => element.getBoundingClientRect().bottom <= innerHeight"), (
                "it moves, though the reader asked for no motion"
            )
        expect(match).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("button", name="denial 1")).to_be_focused()
    page.click("#as-table")
    page.get_by_role("button", name="denial 1").click()
    page.get_by_role("button", name="denial 1").click()
    expect(page.locator("tbody tr").last).to_be_in_viewport()


def test_text_is_never_markup(opened: Opened) -> None:
    hostile = (
        "<img src=x onerror=alert(1)> denied <b>it</b>, <script>alert(2)</script> said. " * 2
        + "Perhaps <style>*{display:none}</style> on June 3."
    )
    page = labelled(opened(), hostile)
    assert "<img src=x onerror=alert(1)>" in page.locator("#article").inner_text()
    page.locator(".tag").first.click()
    assert page.locator("#result img, #result script, #result style, #result b").count() == 0


def test_the_example_can_be_loaded(opened: Opened) -> None:
    page = opened()
    page.click("#example")
    expect(page.locator("#submit")).to_be_focused()
    assert page.input_value("#published") and page.input_value("#zone")
    page.keyboard.press("Enter")
    expect(page.locator("#result-title")).to_be_focused()
    assert page.locator(".sentence").count() > 10
