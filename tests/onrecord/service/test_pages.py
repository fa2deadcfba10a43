"""The pages' files and the API that they ask, without a browser; in_chromium looks at them in one."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import icalendar
import pytest
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from onrecord import Classifier, read
from onrecord.dates.forms import to_ics, to_jsonld, to_superdesk
from onrecord.service.app import application
from onrecord.service.articles import calendar
from onrecord.service.messages import CalendarRequest
from onrecord.service.pages import HEADERS, OPEN, PATHS, card
from tests.conftest import ROOT
from tests.onrecord.service.conftest import FRONT_MATTER, Planner, refused
from train.config import load

FOLDER = ROOT / "onrecord" / "service" / "static"
FILES = {f"/static/{path.name}": path.read_bytes() for path in FOLDER.iterdir()}

ARTICLE = {
    "text": "The vote is set for 3 p.m. tomorrow.\n\n" * 2 + "Perhaps it opens in early June.",
    "published": "2024-05-09",
    "zone": "Europe/London",
    "source": "https://news.example/vote",
}


@pytest.fixture(scope="module")
def client(checkpoint: Path) -> Iterator[TestClient]:
    with TestClient(application(Classifier.load(checkpoint))) as client:
        yield client


@pytest.fixture(scope="module")
def diarist(planner: Planner) -> Iterator[TestClient]:
    with TestClient(application(planner)) as client:  # type: ignore[arg-type]
        yield client


def test_files_are_sent_as_they_lie_there(client: TestClient) -> None:
    assert len(FILES) > 5
    for path, content in FILES.items():
        found = client.get(path)
        assert (found.status_code, found.content) == (200, content)
        assert found.headers["x-content-type-options"] == "nosniff"
        assert client.head(path).status_code == 200
    page = client.get("/")
    assert page.content == FILES["/static/index.html"] and page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert client.get("/static/page.js").headers["content-type"].startswith("text/javascript")
    for path in ("/static/", "/static/nothing.js", "/static/../pages.py", "/static/%2e%2e/pages.py"):
        refused(client.get(path), 404)


@pytest.mark.parametrize("path", ["/", "/static/page.js", "/docs/swagger-ui.css"])
def test_a_file_that_the_browser_has_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"") and first.content
    for name in ("content-security-policy", "cache-control", "x-content-type-options"):
        assert again.headers[name] == first.headers[name]
    assert client.get(path, headers={"If-None-Match": '"another"'}).content == first.content


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
    found = inside(FILES["/static/index.html"].decode())
    assert found.elements > 50 and not found.wrong
    assert inside('<p style="a" onclick="b"><script>c</script><style></style><img src="https://d/">').wrong == [
        "p style",
        "p onclick",
        "script",
        "style",
        "img https://d/",
    ]
    for path, content in FILES.items():
        code = content.decode()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code), (
            path
        )
        # the name of SVG, which nobody fetches
        assert set(re.findall(r"https?://[\w.]+", code)) <= {"http://www.w3.org"}, path


def test_the_page_knows_no_label(client: TestClient) -> None:
    """Labels come from the checkpoint: none of ours stands in what is sent, but in the example's sentences."""
    labels = client.get("/v1/model").json()["labels"]
    for path, content in FILES.items():
        if path != "/static/example.json":
            words = set(re.findall(r"""["'`.#>](\w+)["'`<\s]""", content.decode()))
            assert not words & (set(labels) - {"none"}), path  # "none" is a word of CSS


def test_the_example_is_an_article_that_the_service_takes(client: TestClient) -> None:
    example = json.loads(FILES["/static/example.json"])
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


def test_events_are_those_that_python_makes(diarist: TestClient, planner: Planner) -> None:
    article = read(ARTICLE["text"], ARTICLE["published"], planner, zone=ARTICLE["zone"], source=ARTICLE["source"])
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
    head = (
        '<meta property="article:published_time" content="2024-05-09">'
        '<link rel="canonical" href="https://news.example/vote">'
    )
    body = "<article><h1>Vote</h1><p>The vote in the old town hall is set for tomorrow.</p></article>"
    page = f"<html><head>{head}</head><body>{body}</body></html>"
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


def test_calendar_without_its_extra(planner: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(HTTPException, match=r"onrecord\[diary\]") as refusal:
        calendar(planner, CalendarRequest.model_validate(ARTICLE))
    assert refusal.value.status_code == 501
    superdesk = calendar(planner, CalendarRequest.model_validate(ARTICLE | {"form": "superdesk"}))
    assert len(json.loads(superdesk.body)) == 2


CARD = f"{FRONT_MATTER}\n# A model\n"


def test_the_card_of_the_checkpoint_is_served(checkpoint: Path, tmp_path: Path) -> None:
    shutil.copytree(checkpoint, tmp_path / "with")
    (tmp_path / "with" / "README.md").write_text(CARD)
    with TestClient(application(Classifier.load(tmp_path / "with"))) as client:
        assert client.get("/v1/card").json() == {
            "results": [{"name": "macro-F1", "split": "test", "value": 0.75}],
            "text": "# A model",
            "html": "<h1>A model</h1>\n",
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
        [sys.executable, "-c", "from hatchling import build; build.build_wheel('.')"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        for path, content in FILES.items():
            assert held.read(f"onrecord/service{path}") == content


def test_docs_page_asks_nobody_else_and_runs_only_its_own_script(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    fetched = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(fetched) == 3
    for address in fetched:
        assert address.startswith("/docs/")
        assert client.get(address).status_code == 200
        assert client.get(address).headers["x-content-type-options"] == "nosniff"
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert "http" not in str(policy)
    (inline,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert (
        policy["script-src"] == f"'self' 'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'"
    )
