"""The page as a reader meets it, in Debian's chromium against a running server.

Every page is watched: errors, broken policy, requests to others.
"""

import dataclasses
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import axe_playwright_python
import httpx2 as httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from onrecord import Classifier, Prediction
from tests.onrecord.service.conftest import listening

CHROMIUM = shutil.which("chromium")
IN_CHROMIUM = [
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


class ByCue:
    """The tiny classifier, but a word of each sentence decides its label; it waits until `go` is set."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier, self.go, self.card = classifier, threading.Event(), ""
        self.go.set()

    def __getattr__(self, name: str) -> object:
        return getattr(self._classifier, name)

    def predict(self, texts: Iterator[str]) -> list[Prediction]:
        assert self.go.wait(30)
        return [self._by_cue(p) for p in self._classifier.predict(list(texts))]

    def _by_cue(self, p: Prediction) -> Prediction:
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
    """The address of a server. Once its process that reads articles listens, what the page does takes no second."""
    with listening(classifier, token) as port:
        address, head = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {token}"}
        httpx.post(f"{address}/v1/read", json={"text": ""}, headers=head, timeout=120, trust_env=False)
        yield address


@pytest.fixture(scope="module")
def by_cue(checkpoint: Path) -> ByCue:
    return ByCue(Classifier.load(checkpoint))


@pytest.fixture(scope="module")
def address(by_cue: ByCue) -> Iterator[str]:
    with serving(by_cue) as address:
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
    faults: list[str] = []
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
                    faults.append(message.text)

            page.on("console", heard)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on(
                "request",
                lambda request: (
                    None if request.url.startswith((at, "blob:", "data:")) else faults.append(f"asked {request.url}")
                ),
            )
            page.goto(at + path)
            expect(page.locator("#zones option").first).to_be_attached()
            return page

        yield opening
        assert not faults, faults


def enter(page: Page, text: str = ARTICLE, published: str = PUBLISHED, zone: str = ZONE) -> None:
    page.fill("#text", text)
    page.fill("#published", published)
    page.fill("#zone", zone)
    page.press("#zone", "Enter")


def labelled(page: Page, text: str = ARTICLE, published: str = PUBLISHED, zone: str = ZONE) -> Page:
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
