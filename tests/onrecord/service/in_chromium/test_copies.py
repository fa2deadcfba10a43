"""What is copied and saved is what the command prints."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from typer.testing import CliRunner

from onrecord import Classifier, read
from onrecord.article.record import dumps, record
from onrecord.article.show import as_csv
from onrecord.cli import app as command
from onrecord.tables.write import without_formula
from tests.onrecord.service.in_chromium.conftest import (
    ARTICLE,
    IN_CHROMIUM,
    PUBLISHED,
    ZONE,
    ByCue,
    Opened,
    labelled,
    violations,
)

pytestmark = IN_CHROMIUM


def test_copies_are_those_of_the_command(opened: Opened, by_cue: ByCue) -> None:
    page = labelled(opened(permissions=["clipboard-read", "clipboard-write"]))
    article = read(ARTICLE, PUBLISHED, by_cue, zone=ZONE)  # type: ignore[arg-type]
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


def test_downloads_are_for_programs_and_for_spreadsheets(opened: Opened, by_cue: ByCue) -> None:
    text = "\n\n".join(
        ["=SUM(A1) denied it.", "@all denied it.", "-cmd denied it.", "'=1 denied it.", "-5", "It rains."]
    )
    page = labelled(opened(), text)
    article = read(text, PUBLISHED, by_cue, zone=ZONE)  # type: ignore[arg-type]

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


def test_the_copy_is_byte_for_byte_what_the_command_prints(
    opened: Opened, by_cue: ByCue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    article = "It opens on Tuesday at 3 p.m., “in time”. It runs from June 3 to June 5.\n\nIt shut on Friday at noon."
    (tmp_path / "a.txt").write_text(article, encoding="utf-8")
    monkeypatch.setattr(Classifier, "load", lambda *_, **__: by_cue)
    page = labelled(opened(permissions=["clipboard-read", "clipboard-write"]), article, zone="UTC")
    page.click("#copy-csv")
    expect(page.locator("#announcement")).to_have_text("Copied as CSV.")
    printed = (
        CliRunner()
        .invoke(command, ["read", str(tmp_path / "a.txt"), "--csv", "--published", PUBLISHED, "--zone", "UTC"])
        .stdout
    )
    assert "+00:00" in printed and page.evaluate("() => navigator.clipboard.readText()") == printed


def test_without_a_clipboard_it_is_copied_by_hand(opened: Opened) -> None:
    page = labelled(opened())
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')); }")
    page.click("#copy-csv")
    expect(page.locator("#by-hand")).to_be_visible()
    text = page.locator("#by-hand-text")
    expect(text).to_have_value(re.compile("^paragraph,start,end"))
    assert text.evaluate("(box) => box.selectionEnd - box.selectionStart === box.value.length") and not violations(page)
    page.keyboard.press("Escape")
    expect(page.locator("#by-hand")).to_be_hidden()
