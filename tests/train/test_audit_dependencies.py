"""A known hole fails, an unreachable service does not and says so; pip-audit itself is played by a script with its answers."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from train import audit_dependencies
from train.config import Stop

SAFE = {"name": "jinja2", "version": "3.1.6", "vulns": []}
HOLE = {
    "name": "jinja2",
    "version": "2.10",
    "vulns": [
        {
            "id": "PYSEC-2019-217",
            "fix_versions": ["2.10.1"],
            "aliases": ["CVE-2019-10906"],
            "description": "sandbox escape",
        }
    ],
}
SKIPPED = {"name": "jinja2", "skip_reason": "Dependency not found on PyPI and could not be audited: jinja2 (2.10)"}


def answering(tmp_path: Path, dependencies: list[dict[str, Any]], code: int = 0) -> list[str]:
    """A command that answers as pip-audit would, if it is asked about constraints.txt."""
    program = tmp_path / "pip_audit.py"
    answer = json.dumps({"dependencies": dependencies, "fixes": []})
    program.write_text(
        f"import sys\nassert sys.argv[-1].endswith('constraints.txt')\nprint({answer!r})\nsys.exit({code})\n"
    )
    return [sys.executable, str(program)]


def test_a_known_vulnerability_fails(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert audit_dependencies.main(answering(tmp_path, [SAFE, HOLE], 1)) == 1
    said = capsys.readouterr().out
    assert (
        "jinja2 2.10: PYSEC-2019-217 (CVE-2019-10906); mended in 2.10.1" in said
        and "2 of 2 pinned versions audited, 1 known" in said
    )


def test_none_passes(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert audit_dependencies.main(answering(tmp_path, [SAFE])) == 0
    assert capsys.readouterr().out == "1 of 1 pinned versions audited, 0 known vulnerabilities\n"


def test_what_was_not_audited_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert audit_dependencies.main(answering(tmp_path, [SKIPPED, HOLE], 1)) == 1
    assert "NOT AUDITED: 1 versions" in capsys.readouterr().out
    assert audit_dependencies.main(answering(tmp_path, [SKIPPED])) == 0
    assert capsys.readouterr().out.startswith("NOT AUDITED: 1 versions, e.g. jinja2 (Dependency not found")


def test_without_an_answer_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert audit_dependencies.main([sys.executable, "-c", "import sys; sys.exit('ERROR: no route to host')"]) == 0
    assert capsys.readouterr().out == "NOT AUDITED: the advisory service gave no answer (ERROR: no route to host)\n"
    with pytest.raises(Stop, match="make audit-dependencies"):
        audit_dependencies.main([sys.executable, "-c", "raise ModuleNotFoundError('No module named pip_audit')"])


def test_an_answer_about_nothing_is_no_audit(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="no dependency"):
        audit_dependencies.main(answering(tmp_path, []))
