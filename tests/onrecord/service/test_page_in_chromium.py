"""The page as a reader meets it, in Debian's chromium against a running server.

Every page is watched: errors, broken policy, requests to others.
"""

import csv
import dataclasses
import io
import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import axe_playwright_python
import httpx2 as httpx
import icalendar
import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from typer.testing import CliRunner

from onrecord import Classifier, Prediction, read
from onrecord.article.html import labels_of
from onrecord.article.record import dumps, record
from onrecord.article.show import as_csv
from onrecord.article.webpage import is_html
from onrecord.cli import app as command
from onrecord.service import limits as service_limits
from onrecord.service.app import application
from onrecord.tables.write import without_formula

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,  # three to four seconds each: a browser is started
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt-get install chromium"),
]
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
CUES = {
    "denied": "denial",
    "perhaps": "hedge",
    "Tuesday": "scheduling",
    "June": "scheduling",
    "Friday": "scheduling",
    "?": "none",
}
ARTICLE = """Leaders 🎉🎉 meet

“We 🎉 denied it,” Ms. Brown said. The 🎉 vote is set for Tuesday at 3 p.m., “and no earlier”. \
Prices rose, a minister said.

It opens in early June. The concert planned for Friday has been called off. It will perhaps rain. Who pays?
"""
PUBLISHED, ZONE = "2024-05-09", "Europe/London"
expect.set_options(timeout=30_000)  # ms; the first article waits for the process that reads it


class Told:
    """The tiny classifier, told by a word of each sentence what to find; it waits until `go` is set."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier, self.go, self.card = classifier, threading.Event(), ""
        self.go.set()

    def __getattr__(self, name: str) -> object:
        return getattr(self._classifier, name)

    def predict(self, texts: Iterator[str]) -> list[Prediction]:
        assert self.go.wait(30)
        return [self._told(p) for p in self._classifier.predict(list(texts))]

    def _told(self, p: Prediction) -> Prediction:
        label = next((label for cue, label in CUES.items() if cue in p.text), "claim")
        rest = {other: 0.02 for other in self._classifier.labels if other != label}
        unsure = "perhaps" in p.text
        return dataclasses.replace(
            p,
            label=label,
            confidence=0.92,
            probabilities=rest | {label: 0.92},
            abstained=unsure,
            label_set=("hedge", "claim") if unsure else (label,),
        )


@contextmanager
def serving(classifier: object, token: str | None = None) -> Iterator[str]:
    """The address of a server in a thread, stopped at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(application(classifier, token=token), log_level="error"))  # type: ignore[arg-type]
        thread = threading.Thread(target=lambda: server.run(sockets=[listening]))
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        head = {"Authorization": f"Bearer {token}"}
        try:  # once the process that reads articles listens, what the page does takes no second
            httpx.post(f"{address}/v1/read", json={"text": ""}, headers=head, timeout=120, trust_env=False)
            yield address
        finally:
            server.should_exit = True
            thread.join(30)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def told(checkpoint: Path) -> Told:
    return Told(Classifier.load(checkpoint))


@pytest.fixture(scope="module")
def address(told: Told) -> Iterator[str]:
    with serving(told) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Opened]:
    """Opens the page, in a browser of its own; nothing may go wrong in it but what the test has announced."""
    told_of: list[str] = []
    with ExitStack() as stack:

        def opening(
            width: int = 1280,
            scheme: str = "light",
            at: str = address,
            path: str = "/",
            expected: tuple[str, ...] = (),
            **more: object,
        ) -> Page:
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme, accept_downloads=True, **more
            )  # type: ignore[arg-type]
            stack.callback(context.close)
            context.add_init_script(path=AXE)
            page = context.new_page()

            def heard(message: ConsoleMessage) -> None:
                if message.type in ("error", "warning") and not any(words in message.text for words in expected):
                    told_of.append(message.text)

            page.on("console", heard)
            page.on("pageerror", lambda error: told_of.append(str(error)))
            page.on(
                "request",
                lambda request: (
                    None if request.url.startswith((at, "blob:", "data:")) else told_of.append(f"asked {request.url}")
                ),
            )
            page.goto(at + path)
            expect(page.locator("#zones option").first).to_be_attached()
            return page

        yield opening
        assert not told_of, told_of


def enter(page: Page, text: str = ARTICLE, published: str = PUBLISHED, zone: str = ZONE) -> None:
    page.fill("#text", text)
    page.fill("#published", published)
    page.fill("#zone", zone)
    page.press("#zone", "Enter")


def typed(page: Page, text: str = ARTICLE, published: str = PUBLISHED, zone: str = ZONE) -> Page:
    enter(page, text, published, zone)
    expect(page.locator("#result-title")).to_be_focused()
    return page


def violations(page: Page, rules: tuple[str, ...] = ()) -> list[tuple[str, list[str]]]:
    """What axe-core finds on the page as it stands; by default all of its rules are asked, best practices too."""
    found = page.evaluate(
        "(rules) => axe.run({resultTypes: ['violations'], ...(rules.length ? {runOnly: rules} : {})})", list(rules)
    )
    assert len(found["passes"]) >= (len(rules) or 10)
    return [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found["violations"]]


def lines(page: Page, selector: str) -> list[str]:
    """The texts of these elements, white space as single blanks."""
    return [" ".join(text.split()) for text in page.locator(selector).all_inner_texts()]


def too_wide(page: Page) -> int:
    return page.evaluate("() => document.documentElement.scrollWidth - innerWidth")


def test_an_article_is_typed(opened: Opened, told: Told) -> None:
    page = typed(opened())
    expected = read(ARTICLE, PUBLISHED, told, zone=ZONE).statements  # type: ignore[arg-type]
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
    page = typed(opened(), german * 3)
    expect(page.locator("#foreign")).to_contain_text("This text is not English: it seems to be German.")
    expect(page.locator("#announcement")).to_contain_text("not English")
    assert not violations(page)
    page.click("#edit")
    typed(page)
    expect(page.locator("#foreign")).to_be_hidden()


def test_labels_look_different_by_their_position(opened: Opened) -> None:
    page = typed(opened())
    looks = page.locator(".key:not(.key-unsure)").evaluate_all(
        """(keys) => keys.map((key) => [
            getComputedStyle(key).backgroundColor, getComputedStyle(key.querySelector('.mark')).clipPath,
        ])"""
    )
    assert len({colour for colour, _ in looks}) == len({shape for _, shape in looks}) == 5 and "none" not in str(looks)


def test_filter(opened: Opened) -> None:
    page = typed(opened())
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
    page = typed(opened())
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


def test_diary_and_its_calendar(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    page = typed(opened(expected=("429",)))
    items = page.locator(".timeline li")
    expect(items).to_have_count(3)
    assert lines(page, ".moment") == [
        "Fri, 10 May 2024 called off",
        "Tue, 14 May 2024 · 15:00 UTC+1",
        "about 1 – 10 Jun 2024",
    ]
    assert lines(page, ".excerpt")[1:] == [
        "The 🎉 vote is set for Tuesday at 3 p.m., “and no earlier”.",
        "It opens in early June.",
    ]
    items.last.locator("button").click()
    expect(page.locator("#sentence-4 .tag")).to_be_focused()
    with page.expect_download() as downloading:
        page.click("#download")
    assert downloading.value.suggested_filename == "diary-2024-05-09.ics"
    entries = icalendar.Calendar.from_ical(Path(downloading.value.path()).read_bytes()).walk("VEVENT")
    assert {str(e["dtstart"].dt): str(e["status"]) for e in entries} == {
        "2024-05-10": "CANCELLED",
        "2024-05-14 14:00:00+00:00": "CONFIRMED",
        "2024-06-01": "CONFIRMED",
    }
    for form, ending in (("superdesk", "json"), ("jsonld", "jsonld")):
        with page.expect_download() as downloading:
            page.click(f"#download-{form}")
        assert downloading.value.suggested_filename == f"diary-2024-05-09.{ending}"
        assert len(json.loads(Path(downloading.value.path()).read_bytes())) >= 2
    monkeypatch.setattr(service_limits, "BODIES", 0)
    page.click("#download")
    expect(page.locator("#download-fault")).to_contain_text("Come again in")


def test_the_timeline_sorts_by_instant_names_zones_and_goes_to_the_second_of_two_equal_sentences(
    opened: Opened,
) -> None:
    page = typed(
        opened(),
        "The vote is set for 9 a.m. ET on Tuesday, May 14.\nThe talks are set for 1 p.m. GMT on Tuesday, May 14.\n"
        "The gala moves from Friday, May 17 to May 20.\nThe gala moves from Friday, May 17 to May 20.\n"
        "The audit is set for Friday, May 10.",
    )
    assert [line.split(" moved")[0] for line in lines(page, ".moment")] == [
        "Fri, 10 May 2024",
        "Tue, 14 May 2024 · 09:00 UTC−4",  # 13:00 GMT too, in the order of the text
        "Tue, 14 May 2024 · 13:00 UTC",
        "Mon, 20 May 2024",
    ]
    page.get_by_text("The audit is set for Friday, May 10.").last.click()
    page.evaluate("document.querySelector('#sentence-3 .tag').click()")
    expect(page.locator("#sentence-3 .tag")).to_have_attribute("aria-pressed", "true")
    assert "In the diary" in page.locator("#detail").inner_text()


def test_without_a_day_there_is_no_diary(opened: Opened) -> None:
    page = typed(opened(), published="", zone="")
    expect(page.locator("#timeline")).to_contain_text("Give the day of publication")
    expect(page.locator("#result-facts")).to_have_text("No day of publication given")
    page.click("#edit")
    enter(page, "Nothing is fixed.")
    expect(page.locator("#timeline")).to_contain_text("No sentence plans anything")
    page.click("#fresh")
    assert page.input_value("#text") == page.input_value("#published") == ""
    enter(page, "The concert planned for Friday has been called off.")
    expect(page.locator("#timeline")).to_contain_text("called off")


def test_copies_are_those_of_the_command(opened: Opened, told: Told) -> None:
    page = typed(opened(permissions=["clipboard-read", "clipboard-write"]))
    article = read(ARTICLE, PUBLISHED, told, zone=ZONE)  # type: ignore[arg-type]
    statements = article.statements
    page.click("#copy-json")
    expect(page.locator("#copy-json")).to_have_text("Copied")
    copied = json.loads(page.evaluate("() => navigator.clipboard.readText()"))
    expected = json.loads(dumps(record(article)))["statements"]
    assert [s | {"prediction": 0} for s in copied] == [s | {"prediction": 0} for s in expected]
    assert [s["prediction"]["label"] for s in copied] == [s.prediction.label for s in statements]
    page.click("#copy-csv")
    expect(page.locator("#announcement")).to_have_text("Copied as CSV.")
    rows = list(csv.reader(io.StringIO(page.evaluate("() => navigator.clipboard.readText()"))))
    assert rows == list(csv.reader(io.StringIO(as_csv(article), newline="")))
    page.locator("#copy-csv").get_by_text("Copy CSV").wait_for()
    page.get_by_role("button", name="scheduling 3").click()
    page.click("#copy-csv")
    expect(page.locator("#announcement")).to_have_text("Copied as CSV.")
    assert {
        row["label"] for row in csv.DictReader(io.StringIO(page.evaluate("() => navigator.clipboard.readText()")))
    } == {"scheduling"}


def test_downloads_are_for_programs_and_for_spreadsheets(opened: Opened, told: Told) -> None:
    text = "\n\n".join(
        ["=SUM(A1) denied it.", "@all denied it.", "-cmd denied it.", "'=1 denied it.", "-5", "It rains."]
    )
    page = typed(opened(), text)
    article = read(text, PUBLISHED, told, zone=ZONE)  # type: ignore[arg-type]

    def downloaded(button: str, name: str) -> str:
        with page.expect_download() as downloading:
            page.click(button)
        assert downloading.value.suggested_filename == name
        return Path(downloading.value.path()).read_bytes().decode()

    statements = json.loads(downloaded("#save-json", "statements-2024-05-09.json"))
    assert [s["text"] for s in statements] == [s.text for s in article.statements]
    sheet = downloaded("#save-csv", "statements-2024-05-09.csv")
    rows = list(csv.reader(io.StringIO(sheet.removeprefix("\ufeff"), newline="")))
    plain = list(csv.reader(io.StringIO(as_csv(article), newline="")))
    assert sheet[0] == "\ufeff" and rows == [[without_formula(cell) for cell in row] for row in plain]
    assert [row[-1][0] for row in rows] == ["t", "'", "'", "'", "'", "-", "I"]


def test_the_source_of_a_page_is_read_as_the_command_reads_it(opened: Opened, told: Told) -> None:
    head = '<meta property="article:published_time" content="2024-05-09">'
    words = (
        "The vote in the old town hall is set for Tuesday. <b>Brown</b> denied it, and her office would not say more."
    )
    source = f"<!doctype html><html><head>{head}</head><body><article><p>{words}</p></article></body></html>"
    page = opened()
    page.fill("#text", source)
    expect(page.locator("#size")).to_have_text("This is HTML: the main text of the page is read.")
    typed(page, source, published="")
    expected = read(source, None, told, zone=ZONE)  # type: ignore[arg-type]
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


def test_a_file_is_opened_or_dropped(opened: Opened) -> None:
    page = opened()
    expect(page.locator("#known .chip")).to_have_count(5)
    page.set_input_files("#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": "They “denied” it.".encode()})
    expect(page.locator("#text")).to_have_value("They “denied” it.")
    expect(page.locator("#announcement")).to_have_text("a.txt is loaded.")
    for content, value in (("[0x48, 0x69]", "Hi"), ("[0x50, 0x4b, 0xff]", "Hi")):
        dropped = page.evaluate_handle(
            f"""() => {{
                const transfer = new DataTransfer();
                transfer.items.add(new File([new Uint8Array({content})], 'b'));
                return transfer;
            }}"""
        )
        page.dispatch_event("#read-title", "drop", {"dataTransfer": dropped})
        expect(page.locator("#text")).to_have_value(value)
    expect(page.locator("#text-fault")).to_contain_text("b is no text in UTF-8")
    large = {"name": "c.txt", "mimeType": "text/plain", "buffer": b"a" * (service_limits.BODY_BYTES + 1)}
    page.set_input_files("#file", large)
    expect(page.locator("#text-fault")).to_contain_text("c.txt has 1,000,001 bytes")
    assert page.input_value("#text") == "Hi" and not violations(page)


def test_hidden_characters_are_shown_and_sentences_are_isolated(opened: Opened) -> None:
    text = "They denied \u202eit,\u202c \x1b[31mand\x9b \u200fno more. Perhaps\u2066 it opens on Friday\u2069.\tYes."
    page = typed(opened(), text)
    page.locator(".tag").first.click()
    for place in ("#article", "#table", "#detail", "#timeline"):
        words = page.locator(place).text_content() or ""
        assert not re.search("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", words), place
    words = page.locator("#article").text_content() or ""
    assert "denied \\u202eit,\\u202c \\x1b[31mand\\x9b \\u200fno more" in words and "Perhaps\\u2066 it" in words
    assert page.locator(".sentence").evaluate_all(
        "(all) => all.every((one) => getComputedStyle(one).unicodeBidi === 'isolate')"
    )


def test_the_copy_is_byte_for_byte_what_the_command_prints(
    opened: Opened, told: Told, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    article = "It opens on Tuesday at 3 p.m., “in time”. It runs from June 3 to June 5.\n\nIt shut on Friday at noon."
    (tmp_path / "a.txt").write_text(article, encoding="utf-8")
    monkeypatch.setattr(Classifier, "load", lambda *_, **__: told)
    page = typed(opened(permissions=["clipboard-read", "clipboard-write"]), article, zone="UTC")
    page.click("#copy-csv")
    expect(page.locator("#announcement")).to_have_text("Copied as CSV.")
    printed = (
        CliRunner()
        .invoke(command, ["read", str(tmp_path / "a.txt"), "--csv", "--published", PUBLISHED, "--zone", "UTC"])
        .stdout
    )
    assert "+00:00" in printed and page.evaluate("() => navigator.clipboard.readText()") == printed


def test_a_filter_scrolls_its_first_sentence_into_view(opened: Opened) -> None:
    article = "\n\n".join(["Prices rose."] * 60) + "\n\nThey denied it."
    for motion in ("reduce", "no-preference"):
        page = typed(opened(reduced_motion=motion), article)
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


def test_sentences_that_name_no_day_stand_in_the_diary_panel(opened: Opened, told: Told) -> None:
    page = typed(opened(), ARTICLE + "\nThe hearing was moved from a Tuesday to another.")
    undated = [
        s.text
        for s in read(page.input_value("#text"), PUBLISHED, told, zone=ZONE).statements
        if s.prediction.label == "scheduling" and not s.dates
    ]  # type: ignore[arg-type]
    assert undated == ["The hearing was moved from a Tuesday to another."]
    expect(page.locator(".timeline li")).to_have_count(3)
    assert lines(page, ".undated li") == undated
    assert "1 scheduling sentence" in page.locator("#diary").inner_text()
    assert not violations(page)
    page.click(".undated button")
    expect(page.locator("#sentence-8 .tag")).to_be_focused()
    page.click("#edit")
    enter(page, "The hearing was moved from a Tuesday to another.")
    expect(page.locator("#timeline")).to_contain_text("No sentence plans anything on a day ahead that it names.")
    assert page.locator(".undated li").count() == 1
    page.click("#edit")
    enter(page, "It opens in early June.")
    expect(page.locator(".timeline li")).to_have_count(1)
    assert page.locator(".undated").count() == 0


def test_ctrl_enter_reads_wherever_one_is_in_the_form(opened: Opened) -> None:
    for field in ("#published", "#zone", "#example"):
        page = opened()
        page.fill("#text", ARTICLE)
        page.press(field, "Control+Enter")
        expect(page.locator("#result-title")).to_be_focused()
        assert page.input_value("#text") == ARTICLE


def test_too_many_characters_are_counted_before_they_are_sent(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_limits, "CHARACTERS", 2000)
    page = opened()
    expect(page.locator("#known .chip")).to_have_count(5)
    enter(page, "🎉" * 2001)
    expect(page.locator("#text-fault")).to_have_text(
        "The article has 2,001 characters; 2,000 are read at once. Read it in parts."
    )
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#submit")).to_have_text("Read it")


def test_without_a_clipboard_it_is_copied_by_hand(opened: Opened) -> None:
    page = typed(opened())
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')); }")
    page.click("#copy-csv")
    expect(page.locator("#by-hand")).to_be_visible()
    text = page.locator("#by-hand-text")
    expect(text).to_have_value(re.compile("^paragraph,start,end"))
    assert text.evaluate("(box) => box.selectionEnd - box.selectionStart === box.value.length") and not violations(page)
    page.keyboard.press("Escape")
    expect(page.locator("#by-hand")).to_be_hidden()


def test_what_is_wrong_is_pointed_at(opened: Opened) -> None:
    page = opened(expected=("422",))
    page.click("#submit")
    expect(page.locator("#text-fault")).to_contain_text("Paste an article first")
    expect(page.locator("#text")).to_be_focused()
    enter(page, "Hello.", zone="Mars/Olympus")
    expect(page.locator("#zone-fault")).to_contain_text("give an IANA name such as Europe/London")
    expect(page.locator("#zone")).to_be_focused()
    expect(page.locator("#zone")).to_have_attribute("aria-invalid", "true")
    assert "Time zone" in page.locator("#problem").inner_text()
    assert page.locator("#text-fault").inner_text() == ""
    assert not violations(page)
    page.locator("#problem .link").press("Enter")
    expect(page.locator("#zone")).to_be_focused()
    enter(page, "a" * (service_limits.TEXT_CHARACTERS + 1))
    expect(page.locator("#problem")).to_contain_text(
        "Sentence 1, which begins 'aaaaaaaaaaaaaaaaaaaa', has 5001 characters"
    )
    assert page.locator("#zone").get_attribute("aria-invalid") is None
    assert page.input_value("#text").startswith("aaa"), "what was entered stays"


def test_too_much_and_too_many(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(expected=("413", "429"))
    expect(page.locator("#known .chip")).to_have_count(5)
    monkeypatch.setattr(service_limits, "BODY_BYTES", 100)
    enter(page)
    expect(page.locator("#problem")).to_contain_text("A body may have 100 bytes")
    monkeypatch.undo()
    monkeypatch.setattr(service_limits, "BODIES", 0)
    page.click("#submit")
    expect(page.locator("#problem")).to_contain_text(f"Come again in {service_limits.RETRY_SECONDS} seconds")
    monkeypatch.undo()
    page.click("#submit")
    expect(page.locator("#result-title")).to_be_focused()


def test_the_network_is_down(opened: Opened) -> None:
    page = opened(expected=("ERR_INTERNET_DISCONNECTED",))
    expect(page.locator("#known .chip")).to_have_count(5)
    page.context.set_offline(True)
    enter(page)
    expect(page.locator("#problem")).to_contain_text("The service does not answer")
    page.click("#to-model")
    expect(page.locator("#model")).to_contain_text("The service does not answer")
    page.click("#to-read")
    page.context.set_offline(False)
    page.click("#submit")
    expect(page.locator("#result-title")).to_be_focused()


def test_busy_and_cancelled(opened: Opened, told: Told, address: str) -> None:
    page = opened()
    expect(page.locator("#known .chip")).to_have_count(5)
    told.go.clear()
    try:
        enter(page)
        expect(page.locator("#submit")).to_have_text("Reading…")
        expect(page.locator("#article-form")).to_have_attribute("aria-busy", "true")
        expect(page.locator("#announcement")).to_contain_text("Reading")
        assert not violations(page)
        page.click("#cancel")
        expect(page.locator("#submit")).to_have_text("Read it")
        until = time.monotonic() + 30
        gone = 'onrecord_requests_total{method="POST",path="/v1/read",status="0"} 1.0'
        while not {gone, "onrecord_requests_waiting 0.0"} <= set(
            page.request.get(f"{address}/metrics").text().split("\n")
        ):
            assert time.monotonic() < until, "the service works on for a client that has left"
    finally:
        told.go.set()
    page.click("#submit")
    expect(page.locator("#result-title")).to_be_focused()


def test_text_is_never_markup(opened: Opened) -> None:
    hostile = (
        "<img src=x onerror=alert(1)> denied <b>it</b>, <script>alert(2)</script> said. " * 2
        + "Perhaps <style>*{display:none}</style> on June 3."
    )
    page = typed(opened(), hostile)
    assert "<img src=x onerror=alert(1)>" in page.locator("#article").inner_text()
    page.locator(".tag").first.click()
    assert page.locator("#result img, #result script, #result style, #result b").count() == 0


def test_token(opened: Opened, told: Told) -> None:
    with serving(told, token="s3cret") as address:
        page = opened(at=address, expected=("401",))
        expect(page.locator("#token")).to_be_focused()
        assert not violations(page)
        enter(page)
        expect(page.locator("#problem")).to_contain_text("This service asks for a token")
        page.fill("#token", "wrong")
        page.press("#token", "Enter")
        expect(page.locator("#access-fault")).to_have_text("The service did not accept this token.")
        page.fill("#token", "s3cret")
        page.press("#token", "Enter")
        expect(page.locator("#access")).to_be_hidden()
        page.click("#submit")
        expect(page.locator("#result-title")).to_be_focused()
        expect(page.locator(".timeline li")).to_have_count(3)
        kept = page.evaluate(
            """() => JSON.stringify([
                {...localStorage}, {...sessionStorage}, document.cookie, location.href, document.body.innerHTML,
            ])"""
        )
        assert "s3cret" not in kept and page.input_value("#token") == ""
        page.goto(address + "/#model")
        page.reload()
        expect(page.locator("#token")).to_be_focused()
        page.fill("#token", "s3cret")
        page.press("#token", "Enter")
        expect(page.locator("#model")).to_contain_text("What answers here")


def test_by_keyboard_alone(opened: Opened) -> None:
    page = opened()
    expect(page.locator("#known .chip")).to_have_count(5)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")  # what do they mean?
    page.keyboard.press("Tab")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.insert_text(ARTICLE)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#result-title")).to_be_focused()

    def tab_to(selector: str) -> None:
        for _ in range(25):
            page.keyboard.press("Tab")
            if page.locator(selector).evaluate("(element) => element === document.activeElement"):
                outline = page.locator(selector).evaluate("(element) => getComputedStyle(element).outlineStyle")
                assert outline == "solid", f"{selector} has the focus and nobody sees it"
                return
        raise AssertionError(f"Tab never comes to {selector}")

    tab_to(".key >> nth=0")
    tab_to("#as-table")
    tab_to("#sentence-0 .tag")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#sentence-1 .tag")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#detail blockquote")).to_contain_text("denied it")
    page.keyboard.press("End")
    expect(page.locator("#detail blockquote")).to_have_text("Who pays?")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#detail blockquote")).to_have_text("Who pays?")
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    expect(page.locator("#sentence-7 .tag")).to_be_focused()
    assert page.locator(".tag[tabindex='0']").count() == 1, "the article is one stop of the Tab key"


def test_dark_mode_and_its_switch(opened: Opened) -> None:
    def paper(page: Page) -> str:
        return page.evaluate("() => getComputedStyle(document.body).backgroundColor")

    page = opened(scheme="dark")
    dark = paper(page)
    assert paper(opened(scheme="light")) != dark
    button = page.locator("#theme")
    expect(button).to_have_text("Theme: auto")
    button.click()
    expect(button).to_have_text("Theme: light")
    assert paper(page) != dark
    page.reload()
    expect(button).to_have_text("Theme: light")
    button.click()
    expect(button).to_have_text("Theme: dark")
    page.emulate_media(color_scheme="light")
    assert paper(page) == dark


LONG = (
    f"{'Donaudampfschifffahrt' * 8} perhaps. “No,” the deputy chairwoman of the parliamentary committee on "
    "inland waterways, ports and the coast guard said."
)


def test_nothing_is_wider_than_360_pixels(opened: Opened) -> None:
    page = opened(width=360)
    assert page.locator(".tagline").evaluate(
        """(line) => line.getClientRects().length === 1
            && line.clientHeight < 2 * parseFloat(getComputedStyle(line).lineHeight)"""
    )
    assert too_wide(opened(width=320)) <= 0
    assert too_wide(page) <= 0
    typed(page, ARTICLE + LONG)
    expect(page.locator(".timeline li")).to_have_count(3)
    assert too_wide(page) <= 0
    page.locator(".tag").nth(8).click()
    assert too_wide(page) <= 0 and page.locator("#detail").is_visible()
    inside = page.locator(".tag").nth(8).bounding_box()
    sheet = page.locator("#detail").bounding_box()
    assert inside and sheet and inside["y"] + inside["height"] <= sheet["y"], (
        "the sentence is hidden under its own detail"
    )
    page.keyboard.press("Escape")
    page.click("#as-table")
    assert too_wide(page) <= 0 and page.locator("#table").evaluate("(box) => box.scrollWidth <= box.clientWidth")
    page.click("#to-model")
    expect(page.locator("#model")).to_contain_text("What answers here")
    assert too_wide(page) <= 0


CARD = """---
model-index:
- name: m
  results:
  - task: {type: text-classification}
    dataset: {name: d, type: d, split: test}
    metrics:
    - {type: f1, value: 0.75, name: macro-F1}
---

# A model

**Bold**, `claim`, `code`, [a link](https://example.org/) and <b onclick="alert(1)">no markup</b>
[x](javascript:alert(1)) ![y](https://elsewhere.example/y.png).

| | rows |
| --- | ---: |
| own test | 7 |

```python
print("<script>alert(1)</script>")
```

## What the labels mean

- `claim`: what is
  asserted
- `hedge`: what is left open
- `denial`: what is denied
- `scheduling`: what is planned
- `none`: the rest
"""


def test_the_model_and_its_card(opened: Opened, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "card", CARD)
    with serving(told) as address:
        page = opened(at=address, path="/#model")
        view = page.locator("#model")
        expect(view.locator(".figure")).to_have_text("macro-F1, test0.750")
        assert lines(page, ".definitions li > span")[:2] == ["claim", "what is asserted"]
        assert view.locator(".definitions li").count() == 5
        assert view.locator("th, td").all_inner_texts() == ["", "rows", "own test", "7"]
        assert view.locator("h2").all_inner_texts()[0] == "A model"
        assert view.locator("pre").inner_text().rstrip() == 'print("<script>alert(1)</script>")'
        assert view.locator("strong").inner_text() == "Bold"
        links = view.locator("a").evaluate_all("(links) => links.map((link) => link.href)")
        assert links == ["https://example.org/", "https://elsewhere.example/y.png"]  # a picture is not fetched
        assert view.locator("b, script, img").count() == 0
        assert '<b onclick="alert(1)">no markup</b>' in view.inner_text()
        assert view.locator(".notice").count() == 0 and page.title().startswith("The model")
        expect(page.locator("#to-model")).to_have_attribute("aria-current", "page")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert not violations(page), scheme
        page.click("#to-read")
        expect(page.locator("#text")).to_be_focused()


def test_what_a_checkpoint_does_not_tell(opened: Opened, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    expect(opened(path="/#model").locator("#model .notice")).to_contain_text("has no model card")
    monkeypatch.setattr(told, "card", "# A model\n\n- `claim`: what is asserted\n")
    with serving(told) as address:
        page = opened(at=address, path="/#model")
        expect(page.locator("#model .notice")).to_contain_text("does not define the labels")
        assert page.locator(".figures").count() == 0


@pytest.mark.parametrize(("width", "scheme", "other"), [(360, "dark", "light"), (1280, "light", "dark")])
def test_axe_finds_nothing(opened: Opened, width: int, scheme: str, other: str) -> None:
    page = opened(width=width, scheme=scheme)

    def check() -> None:
        """Everything in this mode, colours in the other one too."""
        assert not violations(page)
        page.emulate_media(color_scheme=other)  # type: ignore[arg-type]
        assert not violations(page, ("color-contrast",))
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]

    expect(page.locator("#known .chip")).to_have_count(5)
    check()
    typed(page)
    expect(page.locator(".timeline li")).to_have_count(3)
    page.locator(".tag").nth(1).click()
    check()
    page.keyboard.press("Escape")
    page.locator(".key").nth(1).click()
    page.mouse.move(0, 0)
    assert page.locator(".muted").count()
    check()
    page.click("#as-table")
    check()


def test_the_example_can_be_loaded(opened: Opened) -> None:
    page = opened()
    page.click("#example")
    expect(page.locator("#submit")).to_be_focused()
    assert page.input_value("#published") and page.input_value("#zone")
    page.keyboard.press("Enter")
    expect(page.locator("#result-title")).to_be_focused()
    assert page.locator(".sentence").count() > 10


def test_the_watch_over_pages_sees(browser: Browser, address: str) -> None:
    """What `opened` and `violations` listen for does reach them."""
    context = browser.new_context()
    context.add_init_script(path=AXE)
    page = context.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.goto(address)
    page.evaluate(
        """() => {
            document.body.append(Object.assign(document.createElement('img'), {src: 'https://elsewhere.example/'}));
        }"""
    )
    page.evaluate(
        """() => {
            document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}));
        }"""
    )
    page.evaluate("() => { document.body.insertAdjacentHTML('beforeend', '<p style=\"color: #ddd\">x</p>'); }")
    expect(page.locator("#known .chip")).to_have_count(5)
    assert sum("Content Security Policy" in text for text in heard) >= 3 and page.evaluate("() => window.ran") is None
    assert {name for name, _ in violations(page)} >= {"image-alt"}
    context.close()
