"""The documentation as a site: every page, no dead link, and nothing that a third party is asked for."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
SOURCES = ("mkdocs.yml", "docs", "CHANGELOG.md", "CONTRIBUTING.md", "LOG.md", "SECURITY.md")
LOADED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^>]*>")


def build(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--config-file", config, "--site-dir", site]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, env=quiet, cwd=config.parent, capture_output=True, text=True, check=False)


def test_the_site_has_every_page_and_asks_no_third_party(tmp_path: Path) -> None:
    found = build(ROOT / "mkdocs.yml", tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    pages = {page.name: page.read_text(encoding="utf-8") for page in tmp_path.glob("*.html")}
    written = {path.with_suffix(".html").name for path in (ROOT / "docs").glob("*.md")} - {"README.html"}
    outside = {"changes.html", "contributing.html", "dataset.html", "guidelines.html", "log.html", "security.html"}
    assert written | outside | {"index.html"} <= set(pages)
    named = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert written | outside <= {name.replace(".md", ".html") for name in re.findall(r"[\w-]+\.md", str(named))}
    assert [tag for page in pages.values() for tag in LOADED.findall(page)] == []
    assert 'class="mermaid"' not in "".join(pages.values()), "the theme fetches what draws it from a third party"
    assert 'href="guidelines.html"' in pages["training.html"] and 'href="predict.html"' in pages["index.html"]
    assert not list(tmp_path.rglob("*.py"))


def test_a_dead_link_ends_the_build(tmp_path: Path) -> None:
    for name in SOURCES:
        source = ROOT / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copy(source, tmp_path / name)
    for name in ("data/README.md", "seeds/guidelines.md"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(ROOT / name, tmp_path / name)
    with open(tmp_path / "docs" / "score.md", "a", encoding="utf-8") as file:
        file.write("\n[nowhere](predict.md#no-such-section)\n")
    found = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert found.returncode != 0 and "no-such-section" in found.stdout + found.stderr
