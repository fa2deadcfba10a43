"""The page's files, the API that it asks, and its palette, without a browser; tests/test_page_in_chromium.py looks at it in one."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import icalendar
import numpy as np
import pytest
from fastapi.testclient import TestClient

from onrecord import Classifier, Prediction, read
from onrecord.dates.forms import to_ics, to_jsonld, to_superdesk
from onrecord.service.app import application
from onrecord.service.page import OPEN, PATHS, POLICY, STATIC, card
from tests.conftest import ROOT
from tests.onrecord.service.test_app import refused
from train.config import load

ARTICLE = {
    "text": "The vote is set for 3 p.m. tomorrow.\n\nThe vote is set for 3 p.m. tomorrow.\n\nPerhaps it opens in early June.",
    "published": "2024-05-09",
    "zone": "Europe/London",
    "source": "https://news.example/vote",
}


@pytest.fixture(scope="module")
def client(checkpoint: Path) -> Iterator[TestClient]:
    with TestClient(application(Classifier.load(checkpoint))) as client:
        yield client


class Told:
    """The tiny classifier, told what to answer: a hedge where a sentence says perhaps, else an entry of a diary."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def __getattr__(self, name: str) -> object:
        return getattr(self._classifier, name)

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        told = [(text, "hedge" if "Perhaps" in text else "scheduling") for text in texts]
        return [Prediction(text, label, 1.0, {label: 1.0}, 1, False, (label,)) for text, label in told]


@pytest.fixture(scope="module")
def told(checkpoint: Path) -> Told:
    return Told(Classifier.load(checkpoint))


@pytest.fixture(scope="module")
def diarist(told: Told) -> Iterator[TestClient]:
    with TestClient(application(told)) as client:  # type: ignore[arg-type]
        yield client


def test_files_are_sent_as_they_lie_there(client: TestClient) -> None:
    folder = ROOT / "onrecord" / "service" / "static"
    assert {path.name for path in folder.iterdir()} == {path.removeprefix("/static/") for path in STATIC} and len(
        STATIC
    ) > 5
    for path, content in STATIC.items():
        found = client.get(path)
        assert (
            found.status_code == 200
            and found.content == content
            and found.headers["x-content-type-options"] == "nosniff"
        )
        assert client.head(path).status_code == 200
    page = client.get("/")
    assert page.content == STATIC["/static/index.html"] and page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == POLICY and "unsafe" not in POLICY
    assert client.get("/static/page.js").headers["content-type"].startswith("text/javascript")
    for path in ("/static/", "/static/nothing.js", "/static/../page.py", "/static/%2e%2e/page.py"):
        refused(client.get(path), 404)


class Inside(HTMLParser):
    """What the policy would stop: inline script and style; and addresses elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.elements = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements += 1
        given = dict(attrs)
        self.wrong += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        self.wrong += [tag] if tag == "style" or (tag == "script" and not given.get("src")) else []
        self.wrong += [
            f"{tag} {given[name]}"
            for name in ("src", "href")
            if not (given.get(name) or "/static/").startswith(("/static/", "#"))
        ]


def inside(html: str) -> Inside:
    found = Inside()
    found.feed(html)
    return found


def test_the_page_holds_no_inline_script_or_style_and_asks_nobody_else() -> None:
    found = inside(STATIC["/static/index.html"].decode())
    assert found.elements > 50 and not found.wrong
    assert inside('<p style="a" onclick="b"><script>c</script><style></style><img src="https://d/">').wrong == [
        "p style",
        "p onclick",
        "script",
        "style",
        "img https://d/",
    ]
    for path, content in STATIC.items():
        code = content.decode()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code), (
            path
        )
        assert set(re.findall(r"https?://[\w.]+", code)) <= {"http://www.w3.org"}, (
            path
        )  # the name of SVG, which nobody fetches


def test_the_page_knows_no_label(client: TestClient) -> None:
    """Labels come from the checkpoint: none of ours stands in what is sent, but in the example's sentences."""
    labels = client.get("/v1/model").json()["labels"]
    for path, content in STATIC.items():
        if path != "/static/example.json":
            words = set(re.findall(r"""["'`.#>](\w+)["'`<\s]""", content.decode()))
            assert not words & (set(labels) - {"none"}), path  # "none" is a word of CSS


def test_the_example_is_an_article_that_the_service_takes(client: TestClient) -> None:
    example = json.loads(STATIC["/static/example.json"])
    found = client.post("/v1/read", json=example)
    assert found.status_code == 200 and len(found.json()["statements"]) > 10


def test_open_without_the_token_is_the_page_alone(checkpoint: Path) -> None:
    with TestClient(application(Classifier.load(checkpoint), token="s3cret")) as client:
        assert all(client.get(path).status_code == 200 for path in OPEN)
        assert all(
            client.get(path).status_code == 401
            for path in ("/v1/card", "/v1/model", "/static/nothing", "/static", "/static/")
        )
        assert all(client.post(path, json=ARTICLE).status_code == 401 for path in ("/v1/read", "/v1/calendar"))
        assert client.post("/v1/calendar", json=ARTICLE, headers={"Authorization": "Bearer s3cret"}).status_code == 200


def test_what_is_asked_of_the_page_is_logged_by_its_path(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "onrecord.service")
    for path in PATHS:
        client.get(path)
    assert [
        record.getMessage().split(" ")[1] for record in caplog.records if record.name == "onrecord.service"
    ] == list(PATHS)


def test_events_are_those_that_python_makes(diarist: TestClient, told: Told) -> None:
    article = read(
        ARTICLE["text"],
        ARTICLE["published"],
        told,
        zone=ARTICLE["zone"],
        source=ARTICLE["source"],
    )
    shown = diarist.post("/v1/read", json=ARTICLE).json()
    assert [(e["status"], e["mentions"]) for e in shown["events"]] == [("confirmed", [0, 1]), ("tentative", [2])]
    assert [e["uid"] for e in shown["events"]] == [e.uid for e in article.events]
    assert shown["events"][0]["when"]["first"] == "2024-05-10T15:00:00+01:00"
    ics, superdesk, jsonld = (
        diarist.post("/v1/calendar", json=ARTICLE | {"form": form}) for form in ("ics", "superdesk", "jsonld")
    )
    assert ics.content == to_ics(article) == diarist.post("/v1/calendar", json=ARTICLE).content
    assert ics.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "diary.ics" in ics.headers["content-disposition"]
    assert [str(e["dtstart"].dt) for e in icalendar.Calendar.from_ical(ics.content).walk("VEVENT")] == [
        "2024-05-10 14:00:00+00:00",
        "2024-06-01",
    ]
    assert superdesk.json() == to_superdesk(article) and jsonld.json() == to_jsonld(article)
    assert jsonld.headers["content-type"].startswith("application/ld+json")


def test_the_day_and_address_that_a_page_names_count(diarist: TestClient) -> None:
    head = '<meta property="article:published_time" content="2024-05-09"><link rel="canonical" href="https://news.example/vote">'
    page = f"<html><head>{head}</head><body><article><h1>Vote</h1><p>The vote in the old town hall is set for tomorrow.</p></article></body></html>"
    shown = diarist.post("/v1/read", json={"html": page}).json()
    assert (shown["published"], shown["source"]) == ("2024-05-09", "https://news.example/vote")
    assert [event["when"]["first"] for event in shown["events"]] == ["2024-05-10"]
    assert diarist.post("/v1/calendar", json={"html": page}).status_code == 200


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"published": "May 9"}, "#/published"),
        ({"zone": "Mars/Olympus"}, "#/zone"),
        ({"form": "xls"}, "#/form"),
        ({"source": "a" * 2001}, "#/source"),
        ({"label": "a"}, "#/label"),
    ],
)
def test_calendar_names_what_is_wrong(diarist: TestClient, change: dict, pointer: str) -> None:
    document = refused(diarist.post("/v1/calendar", json=ARTICLE | change), 422)
    assert [fault["pointer"] for fault in document["errors"]] == [pointer]


def test_a_calendar_takes_a_day_of_publication(diarist: TestClient) -> None:
    refused(diarist.post("/v1/calendar", json={"text": "The vote is tomorrow."}), 422, "published is missing")


def test_calendar_without_its_extra(diarist: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)
    refused(diarist.post("/v1/calendar", json=ARTICLE), 501, "onrecord[diary]")
    assert len(diarist.post("/v1/calendar", json=ARTICLE | {"form": "superdesk"}).json()) == 2


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
"""


def test_the_card_of_the_checkpoint_is_served(checkpoint: Path, tmp_path: Path) -> None:
    shutil.copytree(checkpoint, tmp_path / "with")
    (tmp_path / "with" / "README.md").write_text(CARD)
    with TestClient(application(Classifier.load(tmp_path / "with"))) as client:
        assert client.get("/v1/card").json() == {
            "results": [{"name": "macro-F1", "split": "test", "value": 0.75}],
            "text": "# A model",
        }
    (tmp_path / "with" / "README.md").unlink()
    assert Classifier.load(tmp_path / "with").card == ""


@pytest.mark.parametrize(
    "text",
    ["", "# No front matter", "---\nbad: [\n---\nx", "---\nmodel-index: 3\n---\nx", CARD.replace("0.75", "good")],
)
def test_a_card_that_people_have_edited_stops_nobody(text: str) -> None:
    found = card(text)
    assert found.results == [] and found.text in (text, "x")


def test_the_card_defines_our_labels_and_no_others() -> None:
    given = load().corpus
    assert given.definitions.keys() == set(given.labels)
    from train.measure.model_card import meanings

    assert all(f"- `{label}`: {text}\n" in meanings(given) for label, text in given.definitions.items())
    assert meanings(given.model_copy(update={"labels": ["claim", "other"]})) == ""


def test_a_wheel_has_the_page(tmp_path: Path) -> None:
    for name in ("onrecord", "pyproject.toml", "README.md", "LICENSE"):
        source = ROOT / name
        shutil.copytree(
            source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        ) if source.is_dir() else shutil.copy(source, tmp_path)
    subprocess.run(
        [sys.executable, "-c", "from setuptools import build_meta as b; b.build_wheel('.')"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        for path, content in STATIC.items():
            assert held.read(f"onrecord/service{path}") == content


# --- the palette -------------------------------------------------------------------------------------------------------------
STYLE = STATIC["/static/page.css"].decode()
MODES = ("light", "dark")
# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> np.ndarray:
    """(3,) linear RGB of #rrggbb."""
    c = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast ratio."""
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """(3,) CIE L*a*b* (D65) of linear RGB."""
    xyz = (
        np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
        @ rgb.clip(0, 1)
        / [0.9505, 1.0, 1.089]
    )
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def palette(mode: str) -> list[dict[str, str]]:
    """By position: ink-of, wash and tone of a label."""
    found = []
    for rule in re.findall(r"\.colour-\d+ \{(.*?)\}", STYLE):
        found.append(
            {
                name: pair[MODES.index(mode)]
                for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", rule)
            }
        )
    assert len(found) == 8 and all(len(colours) == 3 for colours in found)
    return found


def ground(mode: str, name: str) -> str:
    found = re.search(rf"--{name}: light-dark\((#\w{{6}}), (#\w{{6}})\)", STYLE)
    assert found
    return found[1 + MODES.index(mode)]


def test_contrast_formula() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21) and contrast("#777777", "#ffffff") == pytest.approx(
        4.48, abs=0.01
    )


@pytest.mark.parametrize("mode", MODES)
def test_labels_can_be_read(mode: str) -> None:
    for colours in palette(mode):
        for behind in (colours["wash"], ground(mode, "paper"), ground(mode, "raised")):
            assert contrast(colours["ink-of"], behind) >= 4.5
            assert contrast(ground(mode, "ink"), behind) >= 7  # the sentence itself
            assert contrast(colours["tone"], behind) >= 3  # shapes and dashed frames


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("eyes", [None, *BLINDNESS])
def test_labels_can_be_told_apart_by_colour(mode: str, eyes: str | None) -> None:
    """Of the tones: CIE76 of 20 between the first five, as many as we have labels, 10 between all eight (2 is just noticeable). Shape and word tell the rest."""
    matrix = np.array(BLINDNESS[eyes]) if eyes else np.eye(3)
    seen = [lab(matrix @ linear(colours["tone"])) for colours in palette(mode)]
    for count, least in ((5, 20), (8, 10)):
        near = {(a, b): float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(range(count), 2)}
        assert min(near.values()) >= least, near


def test_no_two_labels_have_one_shape() -> None:
    shapes = re.findall(r"\.shape-\d+ \{ --shape: (.*?); \}", STYLE)
    assert len(shapes) == len(set(shapes)) == 8
