"""The diary beside the article, and the calendars made of it."""

import json
from pathlib import Path

import icalendar
import pytest
from playwright.sync_api import expect

from onrecord import read
from onrecord.service import limits as service_limits
from tests.onrecord.service.in_chromium.conftest import (
    ARTICLE,
    IN_CHROMIUM,
    PUBLISHED,
    ZONE,
    ByCue,
    Opened,
    enter,
    labelled,
    lines,
    violations,
)

pytestmark = IN_CHROMIUM


def test_diary_and_its_calendar(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    page = labelled(opened(expected=("429",)))
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
    page = labelled(
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
    page = labelled(opened(), published="", zone="")
    expect(page.locator("#timeline")).to_contain_text("Give the day of publication")
    expect(page.locator("#result-facts")).to_have_text("No day of publication given")
    page.click("#edit")
    enter(page, "Nothing is fixed.")
    expect(page.locator("#timeline")).to_contain_text("No sentence plans anything")
    page.click("#fresh")
    assert page.input_value("#text") == page.input_value("#published") == ""
    enter(page, "The concert planned for Friday has been called off.")
    expect(page.locator("#timeline")).to_contain_text("called off")


def test_sentences_that_name_no_day_stand_in_the_diary_panel(opened: Opened, by_cue: ByCue) -> None:
    undated = ["The hearing was moved from a Tuesday to another.", "The ferry will stop, its operator said on Tuesday."]
    page = labelled(opened(), "\n".join([ARTICLE, *undated]))
    article = read(page.input_value("#text"), PUBLISHED, by_cue, zone=ZONE)  # type: ignore[arg-type]
    dated = {s.text: len(s.dates) for s in article.statements if s.prediction.label == "scheduling"}
    assert [dated[text] for text in undated] == [0, 1]  # the day of saying is none of the plan
    expect(page.locator(".timeline li")).to_have_count(3)
    assert lines(page, ".undated li") == undated
    assert "2 scheduling sentences" in page.locator("#diary").inner_text()
    assert not violations(page)
    page.locator(".undated button").first.click()
    expect(page.locator("#sentence-8 .tag")).to_be_focused()
    page.click("#edit")
    enter(page, "The hearing was moved from a Tuesday to another.")
    expect(page.locator("#timeline")).to_contain_text("No sentence plans anything on a day ahead that it names.")
    assert page.locator(".undated li").count() == 1
    page.click("#edit")
    enter(page, "It opens in early June.")
    expect(page.locator(".timeline li")).to_have_count(1)
    assert page.locator(".undated").count() == 0
