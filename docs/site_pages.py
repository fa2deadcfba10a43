"""A hook of mkdocs: pages that lie outside docs/, and links that lead out of the site.

A link to a page of the site leads there; one to another file of the repository becomes that file's name, as readers of
the site have no clone.
"""

import posixpath
import re
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

OUTSIDE = {  # page of the site -> file of the repository
    "changes.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "dataset.md": "data/README.md",
    "guidelines.md": "seeds/guidelines.md",
    "log.md": "LOG.md",
    "security.md": "SECURITY.md",
}
LINK = re.compile(r"(?<!!)\[([^\[\]]+)\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie outside docs/."""
    for page, path in OUTSIDE.items():
        files.append(File.generated(config, page, abs_src_path=posixpath.join(config.docs_dir, "..", path)))
    return files


def on_page_markdown(markdown: str, *, page: Any, files: Files, **_: Any) -> str:
    """The page with its links as the site has them."""
    pages = {OUTSIDE.get(file.src_uri, f"docs/{file.src_uri}"): file.src_uri for file in files}
    folder = posixpath.dirname(OUTSIDE.get(page.file.src_uri, f"docs/{page.file.src_uri}"))

    def link(found: re.Match[str]) -> str:
        words, path, anchor = found[1], found[2], found[3] or ""
        target = posixpath.normpath(posixpath.join(folder, path))
        return f"[{words}]({pages[target]}{anchor})" if target in pages else words

    return LINK.sub(link, markdown)
