"""The form: what goes in, what is wrong with it, what is too much, and a service that is busy or gone."""

import time

import pytest
from playwright.sync_api import Route, expect

from onrecord.service import limits as service_limits
from tests.onrecord.service.in_chromium.conftest import ARTICLE, IN_CHROMIUM, ByCue, Opened, enter, serving, violations

pytestmark = IN_CHROMIUM


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


def test_an_answer_that_is_none_is_told(opened: Opened) -> None:
    """One cut off as the service ends cannot be read either."""
    page = opened(expected=("401",))
    expect(page.locator("#known .chip")).to_have_count(5)
    page.route("**/v1/read", lambda route: route.fulfill(status=200, content_type="text/html", body="<p>Log in</p>"))
    enter(page)
    expect(page.locator("#problem")).to_contain_text("The service does not answer")
    assert page.input_value("#text") == ARTICLE
    page.unroute("**/v1/read")
    page.click("#submit")
    expect(page.locator(".timeline li")).to_have_count(3)
    page.route("**/v1/calendar", lambda route: route.fulfill(status=401, body="{}"))
    page.click("#download")
    expect(page.locator("#download-fault")).to_contain_text("Enter it above")
    expect(page.locator("#token")).to_be_focused()


def test_the_service_is_started_anew_with_another_token_and_another_model(opened: Opened) -> None:
    page = opened(expected=("401",))
    expect(page.locator("#known .chip")).to_have_count(5)
    page.route("**/v1/**", lambda route: route.fulfill(status=401, body="{}"))
    enter(page)
    expect(page.locator("#token")).to_be_focused()
    page.fill("#token", "wrong")
    page.press("#token", "Enter")
    expect(page.locator("#access-fault")).to_have_text("The service did not accept this token.")
    assert "accepted" not in page.locator("#announcement").inner_text()
    page.unroute("**/v1/**")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.headers.get("authorization", "")))
    page.fill("#token", " s3\u200bcret\ufeff\u00a0")
    page.press("#token", "Enter")
    expect(page.locator("#announcement")).to_have_text("The token was accepted.")
    assert sent == ["Bearer s3cret"]
    labels = ["fact", "claim", "hedge", "denial", "scheduling", "none"]

    def other_model(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json=response.json() | {"labels": labels})

    page.route("**/v1/model", other_model)
    page.click("#submit")
    expect(page.locator(".key:not(.key-unsure)")).to_have_count(6)


def test_busy_and_cancelled(opened: Opened, by_cue: ByCue, address: str) -> None:
    page = opened()
    expect(page.locator("#known .chip")).to_have_count(5)
    by_cue.go.clear()
    try:
        enter(page)
        expect(page.locator("#submit")).to_have_text("Reading…")
        expect(page.locator("#article-form")).to_have_attribute("aria-busy", "true")
        expect(page.locator("#announcement")).to_contain_text("Reading")
        assert not violations(page)
        expect(page.locator("#open")).to_be_disabled()
        page.press("#cancel", "Enter")
        expect(page.locator("#submit")).to_have_text("Read it")
        expect(page.locator("#submit")).to_be_focused()
        until = time.monotonic() + 30
        gone = 'onrecord_requests_total{method="POST",path="/v1/read",status="0"} 1.0'
        while not {gone, "onrecord_requests_waiting 0.0"} <= set(
            page.request.get(f"{address}/metrics").text().split("\n")
        ):
            assert time.monotonic() < until, "the service works on for a client that has left"
    finally:
        by_cue.go.set()
    page.click("#submit")
    expect(page.locator("#result-title")).to_be_focused()


def test_token(opened: Opened, by_cue: ByCue) -> None:
    with serving(by_cue, token="s3cret") as address:
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
