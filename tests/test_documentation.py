"""What readers meet first: links that lead somewhere, pages that are listed, lines and files that stay short."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import onrecord
from tests.conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "examples" / "README.md"])
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
NARROW = [
    *PAGES,
    *(ROOT / "seeds" / name for name in ("introduction.md", "measured.md")),
    *(ROOT / "train").rglob("*.jinja"),
    *(path for path in (ROOT / "onrecord/service/static").iterdir() if path.suffix in (".css", ".html", ".js")),
]


def broken(page: Path) -> list[str]:
    """The relative links of a page behind which there is no file."""
    return [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("[here](page.md) [gone](gone.md#part) [far](https://example.org/gone)")
    assert broken(tmp_path / "page.md") == ["gone.md"]


def test_every_page_of_docs_is_listed() -> None:
    listed = LINK.findall((ROOT / "docs" / "README.md").read_text(encoding="utf-8"))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"} == {n for n in listed if "/" not in n}


@pytest.mark.parametrize("path", NARROW, ids=lambda path: str(path.relative_to(ROOT)))
def test_lines_have_at_most_120_columns(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 5 and [line for line in lines if len(line) > 120] == []


def test_the_readme_is_short_and_names_no_path_outside_the_repository() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert 100 < len(readme.split()) <= 700 and "../" not in readme and readme.count("![") == 1


def test_no_page_names_a_path_that_only_we_have() -> None:
    written = [*PAGES, *(ROOT / "seeds").glob("*.md"), *(ROOT / "data").glob("*.md")]
    assert len(written) > 20
    assert not [page.name for page in written if "../shared" in page.read_text(encoding="utf-8")]


def test_the_log_is_short_and_newest_first() -> None:
    log = (ROOT / "LOG.md").read_text(encoding="utf-8")
    dates = re.findall(r"^## (\d{4}-\d\d-\d\d): ", log, re.MULTILINE)
    assert len(log.encode()) < 25_000 and len(dates) == log.count("\n## ")
    assert dates == sorted(dates, reverse=True)


def test_the_package_is_typed_and_can_be_cited() -> None:
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert (ROOT / "onrecord" / "py.typed").is_file()
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == onrecord.__version__
    assert citation["license"] == package["project"]["license"]
    assert [author["name"] for author in citation["authors"]] == [a["name"] for a in package["project"]["authors"]]
