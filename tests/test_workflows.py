"""What the workflows of GitHub may do and call; nothing here can run them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_there_are_workflows() -> None:
    assert {path.name for path in WORKFLOWS} == {"ci.yml", "release.yml"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert used and [action for action in used if not PINNED.fullmatch(action)] == []


def test_a_tag_is_no_pin() -> None:
    assert not PINNED.fullmatch("actions/checkout@v4") and not PINNED.fullmatch("actions/checkout@11bd719 # v4.2.2")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_may_write_only_what_it_is_for(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] in ({}, {"contents": "read"})
    written = {
        name: {kind for kind, right in job.get("permissions", {}).items() if right == "write"}
        for name, job in workflow["jobs"].items()
    }
    may = {"comment": {"pull-requests"}, "release": {"contents"}, "publish": {"id-token"}}
    assert written == {name: may.get(name, set()) for name in workflow["jobs"]}
    for name in set(may) & set(written):  # no code of a pull request runs beside a right to write
        assert not any("checkout" in step.get("uses", "") for step in workflow["jobs"][name]["steps"])
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_steps_call_make_targets_that_there_are(path: Path) -> None:
    steps = [step.get("run", "") for job in read(path)["jobs"].values() for step in job["steps"]]
    called = [word for run in steps for words in re.findall(r"\bmake ([a-z -]+)", run) for word in words.split()]
    assert called and set(called) <= TARGETS
    assert not [run for run in steps if "${{" in run and "matrix." not in run], "a value goes in by env"
