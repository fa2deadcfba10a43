"""Which texts are pages, and what is read of a page."""

import socket
from datetime import date
from pathlib import Path

import pytest

from onrecord import Classifier, read
from onrecord.article.sentences import sentences
from onrecord.article.webpage import ELEMENTS, address, is_html, main_text, publication_day

STORY = (
    "<p>The Senate voted on Monday to pass the budget, after three weeks of talks behind closed doors.</p>"
    "<p>“We are done,” Sen. J. D. Roe said. The House votes on Friday.</p>"
)


def page(body: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body><article><h1>Senate votes</h1>{body}</article></body></html>"


def texts(html: str) -> list[str]:
    text = main_text(html)
    return [text[start:end] for start, end, _ in sentences(text)]


def test_html(checkpoint: Path) -> None:
    html = (
        page(STORY).replace("<body>", "<body><nav>Home</nav>").replace("</body>", "<footer>Copyright</footer></body>")
    )
    found = read(html, classifier=Classifier.load(checkpoint))
    assert all(found.text[s.start : s.end] == s.text for s in found.statements)
    assert [s.text for s in found.statements][-2:] == [
        "“We are done,” Sen. J. D. Roe said.",
        "The House votes on Friday.",
    ]


def test_is_html() -> None:
    for text in ("He wrote <p> and </p>.", "5 < 6", "<p> is a tag.", "<!-- a --> He left.</div>"):
        assert not is_html(text)
    assert is_html("<p>He left.</p>") and is_html("<!-- a -->\n<!-- b --> <div>He left.</div>")


def test_comments_before_a_text_take_no_time() -> None:
    """With two ways to end each comment, thirty of them would take minutes."""
    assert not is_html("<!-- a -->" * 1000 + "Police said") and not is_html("<!-- a -->" * 1000 + "<!-- b")
    assert is_html("<!-- a -->" * 1000 + "<html>")
    with pytest.raises(ValueError, match="no text"):
        read("<html><body></body></html>")


META = '<meta property="article:published_time" content="{}">'
LINKED = '<script type="application/ld+json">{}</script>'


@pytest.mark.parametrize(
    ("head", "day"),
    [
        (META.format("2024-05-02"), "2024-05-02"),
        (META.format("2024-05-02T23:30:00-04:00"), "2024-05-02"),
        ('<meta itemprop="datePublished" content="2024-05-02">', "2024-05-02"),
        (LINKED.format('{"@type": "NewsArticle", "datePublished": "2024-05-02T08:00:00Z"}'), "2024-05-02"),
        (LINKED.format('{"@graph": [{"@type": ["Article"], "datePublished": "2024-05-02"}]}'), "2024-05-02"),
        # what may be read in two ways, or says something else
        (META.format("05/02/2024"), None),
        (META.format("2 May"), None),
        (META.format("2024-13-02"), None),
        (META.format("1970-01-01T00:00:00Z"), None),  # a program had no day
        (META.format("0001-01-01T00:00:00"), None),
        ('<meta property="article:modified_time" content="2024-05-02">', None),
        ('<meta name="date" content="2024-05-02">', None),
        (META.format("2024-05-02") + META.format("2024-05-03"), None),
        (LINKED.format('{"@type": "NewsArticle", "dateModified": "2024-05-02"}'), None),
        (LINKED.format('{"@type": "Event", "datePublished": "2024-05-02"}'), None),
        (LINKED.format('{"@type": "NewsArticle", "datePublished": "05/02/2024"}'), None),
        (LINKED.format('{"@type": "NewsArticle", "datePublished":'), None),
        (LINKED.format("[" * 50_000), None),
        ("", None),
    ],
)
def test_day_of_publication(head: str, day: str | None) -> None:
    told = '<p>Published 3 May 2024. The fair is on <time datetime="2024-05-04">Saturday</time>.</p>'
    told += '<time itemprop="datePublished" datetime="2024-05-05">5 May</time>'
    assert publication_day(page(STORY + told, head)) == (date.fromisoformat(day) if day else None)


def test_day_of_publication_in_a_zone() -> None:
    """An American evening is the next day in Greenwich, and of two forms of one moment neither is another day."""
    evening = page(STORY, META.format("2024-05-03T01:30:00Z") + META.format("2024-05-02T21:30:00-0400"))
    assert publication_day(evening) is None
    assert publication_day(evening, "America/New_York") == date(2024, 5, 2)
    assert publication_day(evening, "Asia/Tokyo") == date(2024, 5, 3)
    assert publication_day(page(STORY, META.format("2024-05-03")), "America/New_York") == date(2024, 5, 3)
    with pytest.raises(ValueError, match="IANA"):
        publication_day(evening, "Mars/Olympus")


def test_address() -> None:
    assert address(page(STORY, '<link rel="canonical" href="https://news.example/a">')) == "https://news.example/a"
    assert address(page(STORY, '<meta property="og:url" content="https://news.example/b">')) == "https://news.example/b"
    assert address(page(STORY, '<link rel="canonical" href="/a">')) is None
    assert address(page(STORY, '<link rel="canonical" href="https://news.example/a&#10;">')) is None
    # behind each of a thousand events it would make an answer of hundreds of megabytes
    assert address(page(STORY, f'<link rel="canonical" href="https://news.example/{"a" * 2_000}">')) is None


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<p>The vote<br>is on Friday<span>.</span></p>", ["The vote is on Friday."]),
        ("<p><b>Marr</b><i> denied</i> it.</p>", ["Marr denied it."]),
        ("<p><strong>Marr</strong> <a href='/m'>denied</a> it, <em>she</em> said.</p>", ["Marr denied it, she said."]),
        ("<div>Marr <span>denied</span> <b>it</b>.</div>", ["Marr denied it."]),
        (
            "<p>Marr denied<sup>1</sup> it.<br><br>The vote is on Friday.</p>",
            ["Marr denied1 it.", "The vote is on Friday."],
        ),
        ("<ul><li>Marr <b>denied</b> it.</li><li>Roe left.</li></ul>", ["Marr denied it.", "Roe left."]),
        ("<blockquote>We <i>go</i>, he said.</blockquote>", ["We go, he said."]),
        # what the paper took back is not said
        (
            "<p>The vote is on <del>Tuesday</del> <ins>Friday</ins>, <s>he</s> she <strike>did not</strike> said.</p>",
            ["The vote is on Friday, she said."],
        ),
    ],
)
def test_inline_tags_cut_no_sentence(body: str, found: list[str]) -> None:
    """On a page of the least text, and on a longer one."""
    assert [text.lstrip("- ") for text in texts(page(body)) if text != "Senate votes"] == found
    assert [text.lstrip("- ") for text in texts(page(STORY + body))][-len(found) :] == found


@pytest.mark.parametrize("reference", ["&#11;", "&#x1b;", "&#xFFFE;", "\x0b"])
@pytest.mark.parametrize("place", ["<p>Marr{} denied it.</p>", "<p>Marr <b>denied</b>{} it.</p>", "<nav>{}</nav>"])
def test_a_control_character_leaves_the_page_readable(place: str, reference: str) -> None:
    """Word and old systems leave them, and trafilatura gave the whole page up."""
    found = texts(page(STORY + place.format(reference)))
    assert "The House votes on Friday." in found
    if "Marr" in place:
        assert found[-1].replace(" ", "") == "Marrdeniedit."


def test_tables_of_data_are_left_out() -> None:
    """Trafilatura takes minutes for one of 12,000 rows, which it then leaves out."""
    rows = "".join(f"<tr><td>Ward {n}</td><td>{n * 7}</td></tr>" for n in range(12_000))
    text = main_text(page(STORY + f"<table>{rows}</table><p>The mayor thanked the voters.</p>"))
    assert "Ward" not in text and "The mayor thanked the voters." in text and "Roe said" in text


def test_a_table_that_lays_out_the_page_is_read() -> None:
    html = f"<html><body><table><tr><td>Home</td><td>{STORY}</td></tr></table></body></html>"
    assert "The House votes on Friday." in texts(html)


def test_a_page_of_too_many_elements_is_refused() -> None:
    for body in ("<p>Marr denied it.</p>" * ELEMENTS, "<p>" + "<b>No</b> " * ELEMENTS + "</p>"):
        with pytest.raises(ValueError, match=f"{ELEMENTS} are read"):
            main_text(page(body))


def test_nothing_is_fetched_and_no_file_opened_for_a_page(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush hush hush hush hush")
    text = "The council will vote on Monday on the budget, its chairman said in a letter to the members."
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        places = [f"{url}/a", (tmp_path / "secret").as_uri(), str(tmp_path / "secret")]
        entities = "".join(f'<!ENTITY e{i} SYSTEM "{place}">' for i, place in enumerate(places))
        tags = "".join(
            f'<link rel="stylesheet" href="{place}"><link rel="canonical" href="{place}"><base href="{place}">'
            f'<meta http-equiv="refresh" content="0;url={place}"><script src="{place}"></script>'
            f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{place}" parse="text"/>'
            for place in places
        )
        body = "".join(f'<img src="{place}"><iframe src="{place}"></iframe>' for place in places)
        for doctype in (f"<!DOCTYPE html [{entities}]>", f'<!DOCTYPE html SYSTEM "{url}/dtd">', "<!DOCTYPE html>"):
            page = (
                f'<?xml version="1.0"?>{doctype}<html><head>{tags}</head><body>{body}<article><p>{text}</p>'
                "<p>&e0; &e1; &e2;</p></article></body></html>"
            )
            assert is_html(page) and text in main_text(page) and "hush" not in main_text(page)
            assert publication_day(page) is None
            address(page)
        with pytest.raises(BlockingIOError):  # nobody has come
            server.accept()
