"""The model and its card on the page."""

import pytest
from playwright.sync_api import expect

from tests.onrecord.service.conftest import FRONT_MATTER
from tests.onrecord.service.in_chromium.conftest import IN_CHROMIUM, ByCue, Opened, lines, serving, violations

pytestmark = IN_CHROMIUM
CARD = f"""{FRONT_MATTER}
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


def test_the_model_and_its_card(opened: Opened, by_cue: ByCue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_cue, "card", CARD)
    with serving(by_cue) as address:
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


def test_what_a_checkpoint_does_not_tell(opened: Opened, by_cue: ByCue, monkeypatch: pytest.MonkeyPatch) -> None:
    expect(opened(path="/#model").locator("#model .notice")).to_contain_text("has no model card")
    monkeypatch.setattr(by_cue, "card", "# A model\n\n- `claim`: what is asserted\n")
    with serving(by_cue) as address:
        page = opened(at=address, path="/#model")
        expect(page.locator("#model .notice")).to_contain_text("does not define the labels")
        assert page.locator(".figures").count() == 0
