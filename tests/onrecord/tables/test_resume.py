"""Killed at any moment and started again, scoring loses and doubles no row, and takes nothing of another run."""

import csv
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

from onrecord import Classifier
from onrecord.tables import identity, score
from onrecord.tables import parts as part_files
from onrecord.tables.formats import TableError
from onrecord.tables.ownership import MARKER, claim_directory
from onrecord.tables.parts import ScoreError
from onrecord.tables.score import Progress, Summary
from tests.conftest import ROOT
from tests.onrecord.tables.conftest import Killed, Stub, read_jsonl, score_command, scored, write_jsonl, write_table

KILLS = int(os.environ.get("KILLS", "3"))


def rows_of_part(path: Path) -> int:
    return pq.read_table(path).num_rows if path.suffix == ".parquet" else len(list(csv.reader(path.open(newline=""))))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_killed_before_any_step_on_the_disk_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    source = tmp_path / f"in{suffix}"
    write_table(source)
    scored(source, tmp_path / f"whole{suffix}")
    steps = {name: getattr(os, name) for name in ("replace", "fsync", "unlink", "rmdir", "mkdir")}
    left = 10**9

    def step(name: str) -> Any:
        def taken(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if left == 0:
                if name == "fsync":  # killed while it was writing
                    os.ftruncate(arguments[0], os.fstat(arguments[0]).st_size // 2)
                raise Killed
            left -= 1
            return steps[name](*arguments, **options)

        return taken

    for name in steps:
        monkeypatch.setattr(os, name, step(name))
    kills, resumed, target = 0, 0, tmp_path / f"out{suffix}"
    for kills in range(1000):
        left = kills
        try:
            scored(source, target)
            break
        except Killed:
            left = 10**9
            parts = target.with_name(target.name + ".parts")
            done = sum(rows_of_part(path) for path in parts.glob(f"0*{suffix}"))
            # whole or not at all
            assert not target.exists() or target.read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()
            finished, again = (parts / part_files.FINISHED).exists(), Stub()
            if finished or not target.exists():  # else all was done but the last tidying
                assert scored(source, target, classifier=again).written == 21
                assert len(again.asked) == (0 if finished else 21 - done)  # nothing is scored twice
                resumed += 0 < done < 21
            assert target.read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()
            target.unlink()
            for rest in (parts / part_files.LOCK, parts / MARKER, parts):
                if rest.exists():
                    rest.unlink() if rest.is_file() else rest.rmdir()
    assert kills > 25 and resumed > 10


def test_parts_of_another_run_are_not_mixed_in(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)

    def stop(progress: Progress) -> None:
        if progress.rows >= 8:
            raise Killed

    with pytest.raises(Killed):
        scored(source, target, on_progress=stop)
    for options, what in (({"rows": 5}, "options was"), ({"prefix": "x_"}, "options was")):
        with pytest.raises(ScoreError, match=f"{what}.*delete .*out.jsonl.parts to begin anew"):
            scored(source, target, **options)
    other = Stub()
    other.rule = SimpleNamespace(prior="news")
    with pytest.raises(ScoreError, match='prior was "data", is "news"'):
        scored(source, target, classifier=other)
    kept, state = source.read_bytes(), source.stat()
    for content, later in ((kept.replace(b"Sentence", b"Sentense"), 0), (kept, 10**9)):  # another text, another time
        source.write_bytes(content)
        os.utime(source, ns=(state.st_atime_ns, state.st_mtime_ns + later))
        with pytest.raises(ScoreError, match="input was"):
            scored(source, target)
    os.utime(source, ns=(state.st_atime_ns, state.st_mtime_ns))
    again = Stub()
    assert scored(source, target, classifier=again).written == 21 and len(again.asked) == 13
    claim_directory(tmp_path / "new.jsonl.parts", part_files.PURPOSE)
    (tmp_path / "new.jsonl.parts" / "run.json").write_text("{")
    with pytest.raises(ScoreError, match="cannot be read: delete"):
        scored(source, tmp_path / "new.jsonl")


def test_a_changed_checkpoint_is_another_one(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    before = identity.checkpoint_identity(tmp_path)
    (tmp_path / "README.md").write_text("a card")
    assert identity.checkpoint_identity(tmp_path) == before
    (tmp_path / "calibration.json").write_text("{}")
    assert identity.checkpoint_identity(tmp_path) != before


@pytest.mark.parametrize("change", ["device", "upgrade"])
def test_another_backend_or_onrecord_is_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Without --device cuda the same command takes int8, whose labels differ; a new onrecord may have other columns."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)
    source.write_text(source.read_text() + "no JSON\n")
    other = Stub()
    with pytest.raises(ScoreError, match="no JSON"):
        scored(source, target)
    if change == "device":
        other.backend = SimpleNamespace(name="torch")
    else:
        monkeypatch.setattr(identity, "__version__", "0.1.9")
    with pytest.raises(ScoreError, match="parts of another run"):
        scored(source, target, classifier=other, on_error="skip")
    assert not other.asked and not target.exists()


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "in.jsonl")

    def second(_: Progress) -> None:
        with pytest.raises(ScoreError, match="another run is writing"):
            scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl")

    assert scored(tmp_path / "in.jsonl", tmp_path / "out.jsonl", on_progress=second).written == 21


def test_an_input_rewritten_meanwhile_is_told(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)

    def rewrite(_: Progress) -> None:
        source.write_bytes(source.read_bytes().replace(b"said", b"sang"))

    with pytest.raises(ScoreError, match=r"was changed while it was being scored.*delete"):
        scored(source, target, on_progress=rewrite)
    assert not target.exists()


def killed_in(monkeypatch: pytest.MonkeyPatch, step: str, source: Path, target: Path) -> None:
    """A run that is killed when it begins that step."""

    def killed(*given: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(score, step, killed)
        with pytest.raises(Killed):
            scored(source, target)


@pytest.mark.parametrize("step", ["_deliver", "_cleaned"])
def test_another_file_in_the_place_of_the_output_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)
    killed_in(monkeypatch, step, source, target)
    target.unlink(missing_ok=True)
    target.write_text("mine")
    with pytest.raises(ScoreError, match=r"there already: .*--overwrite"):
        scored(source, target)
    assert target.read_text() == "mine"
    assert scored(source, target, overwrite=True) == Summary(21, 0) and len(read_jsonl(target)) == 21


def test_an_output_that_was_moved_away_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)
    killed_in(monkeypatch, "_cleaned", source, target)
    target.unlink()
    assert scored(source, target) == Summary(21, 0) and len(read_jsonl(target)) == 21


@pytest.mark.slow
def test_random_kills_neither_lose_nor_double_a_row(checkpoint: Path, tmp_path: Path) -> None:
    """SIGKILL at random moments, as the operating system does it.

    `KILLS=20 pytest tests/onrecord/tables/test_resume.py -k random` does more of them.
    """
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    moments = random.Random(KILLS)
    rows = write_jsonl(source, 3000)
    command = score_command(source, target, checkpoint, 10)
    parts = tmp_path / "out.jsonl.parts"
    kills = finished = 0
    seen: set[int] = set()

    def count() -> int:
        return len(list(parts.glob("0*.jsonl")))

    while kills < KILLS:
        done = count()
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
            try:
                while process.poll() is None and count() <= min(done, 299):
                    time.sleep(0.002)
                time.sleep(moments.uniform(0, 2 / KILLS))
            finally:
                process.send_signal(signal.SIGKILL)
            assert process.wait() in (0, -signal.SIGKILL), process.stderr and process.stderr.read()
        if process.returncode:
            kills += 1
            seen.add(count())
            assert not target.exists() or len(read_jsonl(target)) == 3000
        if target.exists() and not parts.exists():
            assert [row["id"] for row in read_jsonl(target)] == [row["id"] for row in rows]
            finished += 1
            target.unlink()
    if parts.exists():
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        finished += 1
        found = read_jsonl(target)
        assert [{name: row[name] for name in rows[0]} for row in found] == rows
        expected = Classifier.load(checkpoint).predict(row["text"] for row in rows[::100])
        assert [row["label"] for row in found[::100]] == [p.label for p in expected]
    assert finished and len(seen) > 1  # and not always at the same place


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl"])
def test_a_run_that_is_refused_before_its_first_part_leaves_nothing(tmp_path: Path, name: str) -> None:
    write_table(tmp_path / name)
    with pytest.raises((ScoreError, TableError), match="'sentence'"):
        scored(tmp_path / name, tmp_path / "out.csv", text_column="sentence")
    assert os.listdir(tmp_path) == [name]
    assert scored(tmp_path / name, tmp_path / "out.csv").written == 21


def test_a_run_that_ends_at_a_bad_row_keeps_what_was_done(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_jsonl(source)
    with open(source, "a") as file:
        file.write("{}\n")
    with pytest.raises(ScoreError, match="line 22: its 'text'"):
        scored(source, target)
    assert len(list((tmp_path / "out.jsonl.parts").glob("000000-*-000000.jsonl"))) == 1
    with pytest.raises(ScoreError, match="max_error"):  # other promises are another run
        scored(source, target, max_error=0.05, on_error="skip")
