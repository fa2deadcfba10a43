"""What readers meet first: links that lead somewhere, pages that are listed, lines and files that stay short."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main
import yaml

import onrecord
from onrecord.cli import app
from tests.conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "examples" / "README.md"])
SHELL = [page for page in PAGES if page.name not in ("CHANGELOG.md", "LOG.md")]  # which speak of what is gone
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
NARROW = [
    *PAGES,
    *(ROOT / "seeds" / name for name in ("introduction.md", "measured.md")),
    *(ROOT / "train").rglob("*.jinja"),
    *(path for path in (ROOT / "onrecord/service/static").iterdir() if path.suffix in (".css", ".html", ".js")),
]


CODE = re.compile(r"^```(\w*)\n(.*?)^```$|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"(?<=\s)--[a-z][\w.-]*")
MODULES = ("train.", "bench.")


def called(text: str) -> list[tuple[str, list[str]]]:
    """What the code in a page calls: (command of onrecord, module of train or bench, or make, its options or targets).

    Each ends where its line, a pipe or a comment does; a line that ends in a backslash goes on.
    """
    found = []
    for language, block, inline in CODE.findall(text):
        for line in ("" if language else block or inline).replace("\\\n", " ").splitlines():
            command = r"(?:^|(?<=[\s;&]))(onrecord [a-z]+|(?:train|bench)\.[a-z]+|make)( [^|;#&]*|$)"
            for name, rest in re.findall(command, line.partition(" #")[0]):
                words = re.findall(r"(?<=\s)[a-z][a-z-]+(?=\s|$)", rest) if name == "make" else OPTION.findall(rest)
                found.append((name.removeprefix("onrecord "), words))
    return found


def unknown(text: str) -> list[str]:
    """What a page calls of onrecord and make and there is not."""
    commands = typer.main.get_command(app).commands
    options = {name: {option for p in command.params for option in p.opts} for name, command in commands.items()}
    options = {name: known | {"--help"} for name, known in options.items()}
    options["make"] = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    return [
        f"{name} {word}"
        for name, words in called(text)
        if not name.startswith(MODULES)
        for word in words or [""]
        if name not in options or (word and word not in options[name])
    ]


@pytest.mark.parametrize("page", SHELL, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_options_that_pages_call_are_there(page: Path) -> None:
    assert unknown(page.read_text(encoding="utf-8")) == []


def test_a_command_or_option_that_is_gone_is_seen() -> None:
    block = "cat a | onrecord score a.csv \\\n  b.csv --text-colum c  # --gone\nmake train evil\n"
    page = f"```\n{block}```\n`onrecord adapt`\n"
    assert unknown(page) == ["score --text-colum", "make evil", "adapt "]


@pytest.mark.slow
def test_options_of_train_and_bench_that_pages_name_are_there() -> None:
    named: dict[str, set[str]] = {}
    for page in SHELL:
        for name, words in called(page.read_text(encoding="utf-8")):
            if name.startswith(MODULES):
                named.setdefault(name, set()).update(words)
    assert {"train.fit", "train.publish", "train.sweep"} <= set(named)
    for name, words in named.items():
        asked = [sys.executable, "-m", name, "--help"]
        told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
        assert told.returncode == 0, (name, told.stderr)
        assert words <= set(re.findall(r"--[a-z][\w.-]*", told.stdout)), name


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
