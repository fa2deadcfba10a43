"""The page for everybody: by keyboard alone, in the dark, on a narrow screen, for axe-core."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.onrecord.service.in_chromium.conftest import ARTICLE, AXE, IN_CHROMIUM, Opened, labelled, violations

pytestmark = IN_CHROMIUM


def too_wide(page: Page) -> int:
    return page.evaluate("() => document.documentElement.scrollWidth - innerWidth")


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
    labelled(page, ARTICLE + LONG)
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
    labelled(page)
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
