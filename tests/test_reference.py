"""The reference pages say what docstrings and --help say today."""

import importlib.util
import shutil
from pathlib import Path

import pytest

import onrecord
from tests.conftest import ROOT

spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
assert spec and spec.loader
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)


def test_the_pages_are_current() -> None:
    assert generate.main(["--check"]) == 0, "run `make docs` and commit what it writes"


@pytest.mark.parametrize("name", generate.PAGES)
def test_a_stale_page_is_named_and_made_anew(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for page in generate.PAGES:
        shutil.copy(ROOT / "docs" / page, tmp_path)
    path = tmp_path / name
    path.write_text(path.read_text(encoding="utf-8").replace("prior", "past", 1), encoding="utf-8")
    assert generate.main(["--check"], tmp_path) == 1
    assert name in capsys.readouterr().err and "past" in path.read_text(encoding="utf-8"), "--check writes nothing"
    assert generate.main([], tmp_path) == 0
    assert path.read_text(encoding="utf-8") == (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_every_public_name_and_every_command_is_there() -> None:
    pages = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in generate.PAGES]
    assert [name for name in onrecord.__all__ if f"### `{name}`" not in pages[0]] == []
    for command in ("predict", "score", "explain", "read", "serve", "info"):
        assert f"## `onrecord {command}`" in pages[1]
    assert max(len(line) for page in pages for line in page.splitlines()) <= generate.WIDTH


def test_a_public_function_without_a_docstring_is_refused() -> None:
    def bare(text: str) -> str:
        return text

    with pytest.raises(SystemExit, match=r"bare has no docstring"):
        generate._function("###", "bare", bare)


def test_unknown_arguments_end_with_2() -> None:
    assert generate.main(["--chekc"]) == 2
