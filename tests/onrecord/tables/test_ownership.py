"""A directory that is not ours is never written into, nor is anything in it taken or deleted."""

from pathlib import Path

import pytest

from onrecord.tables.ownership import MARKER, NotOurs, claim_directory, is_ours
from onrecord.tables.parts import PURPOSE, ScoreError
from onrecord.tables.score import Summary
from tests.onrecord.tables.conftest import Killed, Stub, read_jsonl, scored, write_jsonl


def everything(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_a_new_or_an_empty_directory_is_claimed_and_stays_ours(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("new", "deep/new", "empty"):
        claim_directory(tmp_path / name, "a run")
        (tmp_path / name / "part").touch()
        claim_directory(tmp_path / name, "a run")
        assert is_ours(tmp_path / name, "a run") and not is_ours(tmp_path / name, "another")
        with pytest.raises(NotOurs, match="a run"):
            claim_directory(tmp_path / name, "another")
    (tmp_path / "new" / MARKER).write_text("")  # killed before it was filled
    claim_directory(tmp_path / "new", "a run")


def test_what_others_made_is_refused_by_name_and_left_alone(tmp_path: Path) -> None:
    for name in ("note", "folder", "link", "file"):
        place = tmp_path / name
        if name == "file":
            place.write_text("mine")
        elif name == "link":
            (tmp_path / "elsewhere").mkdir()
            place.symlink_to(tmp_path / "elsewhere")
        else:
            place.mkdir()
            (place / "note.txt").write_text("mine") if name == "note" else (place / "folder").mkdir()
        before = everything(tmp_path)
        with pytest.raises(NotOurs, match=f"{name} .*move it away, or give another name"):
            claim_directory(place, "a run")
        assert everything(tmp_path) == before


@pytest.mark.parametrize("kind", ["note", "part", "folder", "link", "file"])
def test_score_refuses_parts_that_are_not_its_own(tmp_path: Path, kind: str) -> None:
    source, target, parts = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "out.jsonl.parts"
    write_jsonl(source)
    if kind == "link":
        (tmp_path / "elsewhere").mkdir()
        parts.symlink_to(tmp_path / "elsewhere")
    elif kind == "file":
        parts.write_text("mine")
    else:
        parts.mkdir()
        if kind == "folder":
            (parts / "folder").mkdir()
        else:
            (parts / {"note": "note.txt", "part": "000000-000000.jsonl"}[kind]).write_text('{"text": "mine"}\n')
    before = everything(tmp_path)
    for overwrite in (False, True):
        with pytest.raises(ScoreError, match=r"out\.jsonl\.parts"):
            scored(source, target, overwrite=overwrite)
        assert everything(tmp_path) == before


def test_what_others_put_among_our_parts_is_neither_taken_nor_deleted(tmp_path: Path) -> None:
    source, target, parts = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "out.jsonl.parts"
    rows = write_jsonl(source)

    def stop(_: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        scored(source, target, on_progress=stop)
    for name in ("000000-000001.jsonl", "000000-00000000-000001.jsonl", "note.txt"):
        (parts / name).write_text('{"text": "foreign"}\n')
    (parts / "folder").mkdir()
    (parts / "folder" / "note.txt").write_text("mine")
    again = Stub()
    found = scored(source, target, classifier=again)
    assert len(again.asked) == 17, "one part of four rows was done"
    assert [row["id"] for row in read_jsonl(target)] == [row["id"] for row in rows]
    assert "is left, as it holds 000000-000001.jsonl, folder, note.txt" in found.notes[0]
    assert (parts / "note.txt").read_text() == '{"text": "foreign"}\n' and (parts / "folder" / "note.txt").exists()
    target.unlink()
    assert scored(source, target).written == 21  # it is ours still
    for name in ("000000-000001.jsonl", "note.txt", "folder/note.txt"):
        (parts / name).unlink()
    (parts / "folder").rmdir()
    target.unlink()
    assert scored(source, target) == Summary(21, 0) and not parts.exists()


def test_a_run_killed_while_it_made_the_directory_goes_on(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl")
    (tmp_path / "out.jsonl.parts").mkdir()
    assert scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == Summary(21, 0)
    (tmp_path / "two.jsonl.parts").mkdir()
    (tmp_path / "two.jsonl.parts" / MARKER).write_text(PURPOSE + "\n")
    assert scored(tmp_path / "in.jsonl", tmp_path / "two.jsonl") == Summary(21, 0)
