"""Directories of files on Ray Data: two actors on this machine, and the same work without Ray where that will do."""

import errno
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from fsspec.implementations.local import LocalFileSystem
from fsspec.spec import AbstractBufferedFile

from onrecord import Classifier
from onrecord.classifier import CheckpointError
from onrecord.tables import ray as ray_engine
from onrecord.tables import read as tables
from onrecord.tables import score
from onrecord.tables.formats import TableError
from onrecord.tables.identity import Options
from onrecord.tables.parts import ScoreError
from onrecord.tables.ray import SpanScorer, score_directory
from onrecord.tables.score import Summary
from tests.conftest import ROOT
from tests.onrecord.tables.conftest import score_command

pytest.importorskip("ray.data", reason="ray is not installed: pip install 'onrecord[ray]'")
LIMIT = 480  # seconds that a run may take before its test gives up; a run takes some 20 on a machine that is not busy


def write_files(directory: Path, rows: int, suffix: str = ".jsonl") -> None:
    directory.mkdir()
    for name in ("a", "b"):
        table = [{"text": f"Sentence {name}{i}, {'he said ' * (i % 9)}.", "id": i} for i in range(rows)]
        if suffix == ".parquet":
            pq.write_table(pa.Table.from_pylist(table), directory / f"{name}{suffix}", row_group_size=rows // 3)
        else:
            (directory / f"{name}{suffix}").write_text("".join(json.dumps(row) + "\n" for row in table))


def single(directory: Path, checkpoint: Path, part_rows: int, scratch: Path) -> list[Path]:
    """Every file scored by the single-process engine."""
    found = []
    for path in sorted(directory.iterdir()):
        found.append(scratch / f"single-{path.name}")
        score.score(
            path, found[-1], Classifier.load(checkpoint), checkpoint, Options(part_rows=part_rows), on_error="skip"
        )
    return found


def rows_of(paths: list[Path]) -> list[dict[str, Any]]:
    return [
        row
        for path in sorted(paths)
        for row in (
            pq.read_table(path).to_pylist()
            if path.suffix == ".parquet"
            else map(json.loads, path.read_text().splitlines())
        )
    ]


@pytest.fixture
def without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(
        spans: list[dict[str, Any]], work: ray_engine.Work, format: str, source: str, actors: int, address: str
    ) -> Iterator[dict[str, Any]]:
        actor = SpanScorer(work, format, source) if spans else None
        for span in spans:
            assert actor
            yield json.loads(actor({"task": [json.dumps(span)]})["report"][0])

    monkeypatch.setattr(ray_engine, "_run", run)


def started(source: Path, target: Path, checkpoint: Path) -> subprocess.Popen[bytes]:
    command = score_command(source, target, checkpoint, 5, "--engine", "ray")
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)})


def wait_for_parts(process: subprocess.Popen[bytes], target: Path, count: int) -> None:
    end = time.monotonic() + LIMIT
    while len(list(target.glob("0*"))) < count:
        assert process.poll() is None and time.monotonic() < end, process.stderr and process.stderr.read()
        time.sleep(0.01)


def actors_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Process ids of the actors of a run: descendants of its driver."""

    def parent(pid: int) -> int:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])

    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            pid = int(directory.name)
            if (directory / "cmdline").read_bytes().startswith(b"ray::MapWorker"):
                found.append(pid)
                while pid != process.pid:
                    pid = parent(pid)
                    if pid <= 1:
                        found.pop()
                        break
        except OSError:  # it ended meanwhile
            continue
    return found


@pytest.mark.slow
def test_a_worker_killed_in_mid_run_loses_no_row(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ray gives each actor one thread; torch's last digits depend on their number
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    source, target = tmp_path / "in", tmp_path / "out"
    write_files(source, 1000)
    with started(source, target, checkpoint) as process:
        try:
            wait_for_parts(process, target, 20)
            workers = actors_of(process)
            assert len(workers) == 2
            os.kill(workers[0], signal.SIGKILL)
            assert not (target / "_manifest.json").exists() and len(list(target.glob("0*"))) < 400
            _, told = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
    assert process.returncode == 0, told
    parts = sorted(target.glob("0*"))
    expected = b"".join(path.read_bytes() for path in single(source, checkpoint, 5, tmp_path))
    assert len(parts) == 400
    assert b"".join(path.read_bytes() for path in parts) == expected
    assert expected.count(b"\n") == 2000
    manifest = json.loads((target / "_manifest.json").read_text())
    assert [part["name"] for part in manifest["parts"]] == [path.name for path in parts] and manifest["rows"] == 2000
    assert sorted(path.name for path in target.iterdir()) == sorted(["_manifest.json", *(path.name for path in parts)])


@pytest.mark.slow
def test_a_killed_run_goes_on(checkpoint: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    write_files(source, 900, ".parquet")
    with started(source, target, checkpoint) as process:
        try:
            wait_for_parts(process, target, 20)
        finally:
            process.kill()
    end = time.monotonic() + 60
    while actors_of(process) and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)
    before = {path.name: path.stat().st_mtime_ns for path in target.glob("0*")}
    assert 20 <= len(before) < 360 and not (target / "_manifest.json").exists()
    with started(source, target, checkpoint) as process:
        try:
            _, told = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
    assert process.returncode == 0, told
    # nothing is done twice
    assert before.items() <= {path.name: path.stat().st_mtime_ns for path in target.glob("0*")}.items()
    found = rows_of(list(target.glob("0*")))
    torch.set_num_threads(1)  # as an actor has: with two the last digits are others
    assert found == rows_of(single(source, checkpoint, 5, tmp_path)) and len(found) == 1800
    assert pq.read_table(target).num_rows == 1800  # readers of directories pass over the manifest


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_spans_give_what_one_process_gives(
    checkpoint: Path, tmp_path: Path, without_ray: None, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(tables, "SPAN", 700)
    write_files(tmp_path / "in", 40, suffix)
    told: list[float] = []
    summary = score_directory(
        str(tmp_path / "in"),
        str(tmp_path / "out"),
        str(checkpoint),
        Options(part_rows=7),
        on_progress=lambda p: told.append(p.share),
    )
    assert summary == Summary(80, 0) and told == sorted(told) and told[-1] == 1 and len(told) > 5
    assert rows_of(list((tmp_path / "out").glob("0*"))) == rows_of(single(tmp_path / "in", checkpoint, 7, tmp_path))
    # all is there: nothing to do
    assert (
        score_directory(str(tmp_path / "in"), str(tmp_path / "out"), str(checkpoint), Options(part_rows=7)) == summary
    )


class Remote(LocalFileSystem):
    """Files as an object store has them, read in blocks: their readline takes no limit, and reads a block a line."""

    protocol = "remote"

    def _open(self, path: str, mode: str = "rb", block_size: int | None = None, **options: Any) -> Any:
        if mode != "rb":
            return super()._open(path, mode, **options)

        class Blocks(AbstractBufferedFile):
            def _fetch_range(self, start: int, end: int) -> bytes:
                return Path(path).read_bytes()[start:end]

        return Blocks(self, path, mode)


def test_files_of_an_object_store(
    checkpoint: Path, tmp_path: Path, without_ray: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec.register_implementation("remote", Remote, clobber=True)
    monkeypatch.setattr(tables, "SPAN", 700)
    for suffix in (".jsonl", ".parquet"):
        source, target = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
        write_files(source, 40, suffix)
        assert score_directory(f"remote://{source}", str(target), str(checkpoint), Options(part_rows=7)).written == 80
        assert rows_of(list(target.glob("0*"))) == rows_of(single(source, checkpoint, 7, tmp_path))


def test_bad_rows_are_named_by_file(
    checkpoint: Path, tmp_path: Path, without_ray: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "SPAN", 100)
    source, target = tmp_path / "in", tmp_path / "out"
    write_files(source, 10)
    lines = (source / "b.jsonl").read_text().splitlines()
    lines[8] = "{"
    (source / "b.jsonl").write_text("\n".join(lines))
    with pytest.raises(ScoreError, match=r"b\.jsonl: line 9: is no JSON .*--on-error skip, which goes on"):
        score_directory(str(source), str(target), str(checkpoint), Options())
    told: list[str] = []
    options: dict[str, Any] = {"on_error": "skip", "on_progress": lambda p: told.extend(p.faults)}
    assert score_directory(str(source), str(target), str(checkpoint), Options(), **options) == Summary(19, 1)
    assert len(told) == 1 and told[0].startswith(f"{source}/b.jsonl: line 9: ")
    assert json.loads((target / "_manifest.json").read_text())["bad rows"] == told
    assert len(rows_of(list(target.glob("0*")))) == 19


def test_a_full_disk_is_told_as_that_of_the_output(
    checkpoint: Path, tmp_path: Path, without_ray: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray said how to configure its retries."""
    source, target = tmp_path / "in", tmp_path / "out"
    write_files(source, 20)

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched, pytest.raises(ScoreError, match=r"out cannot be written: No space left"):
        patched.setattr(os, "fsync", full)
        score_directory(str(source), str(target), str(checkpoint), Options(part_rows=7))
    assert score_directory(str(source), str(target), str(checkpoint), Options(part_rows=7)).written == 40


def test_what_stands_in_the_way_is_said(checkpoint: Path, tmp_path: Path, without_ray: None) -> None:
    write_files(tmp_path / "in", 10)
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    write_files(tmp_path / "mixed", 10)
    write_files(tmp_path / "mixed" / "deeper", 10, ".parquet")
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "a.csv").write_text("text\na\n")
    (tmp_path / "column").mkdir()
    pq.write_table(pa.table({"sentence": ["a"]}), tmp_path / "column" / "a.parquet")
    for source, target, message in (
        ("empty", "out", "there is no file in"),
        ("none", "out", "there is no .*none"),
        ("in", "full", "holds no scores: give another directory"),
        ("mixed", "out", "jsonl and parquet files"),
        ("csv", "out", "csv files, or packed ones: --engine ray takes"),
        ("column", "out2", r"a\.parquet: there is no column 'text'"),
    ):
        with pytest.raises((ScoreError, TableError), match=message):
            score_directory(str(tmp_path / source), str(tmp_path / target), str(checkpoint), Options())
    with pytest.raises(CheckpointError):
        score_directory(str(tmp_path / "in"), str(tmp_path / "out"), str(tmp_path / "empty"), Options())
    score_directory(str(tmp_path / "in"), str(tmp_path / "out"), str(checkpoint), Options())
    with pytest.raises(ScoreError, match=r"options was.*delete .*out to begin anew"):
        score_directory(str(tmp_path / "in"), str(tmp_path / "out"), str(checkpoint), Options(prefix="x_"))


def test_a_part_that_has_gone_from_what_was_done_is_told(checkpoint: Path, tmp_path: Path, without_ray: None) -> None:
    """The command said that all rows were there."""
    write_files(tmp_path / "in", 10)
    ask = (str(tmp_path / "in"), str(tmp_path / "out"), str(checkpoint), Options())
    assert score_directory(*ask) == score_directory(*ask) == Summary(20, 0)
    next((tmp_path / "out").glob("000001-*")).unlink()
    with pytest.raises(ScoreError, match=r"out is done, but 000001-\S+\.jsonl has gone from it since: delete .*out"):
        score_directory(*ask)


def test_a_directory_with_brackets_in_its_name_is_no_pattern(
    checkpoint: Path, tmp_path: Path, without_ray: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed run had done was not found there, and done again."""
    source, target = tmp_path / "in [1]", tmp_path / "out [1]"
    write_files(source, 10)
    with monkeypatch.context() as killed, pytest.raises(TypeError):
        killed.setattr(ray_engine, "_finish", None)
        score_directory(str(source), str(target), str(checkpoint), Options())
    (target / "_spans" / "000001-000000.json").unlink()  # a span whose parts are there, and one that is done
    (target / "_x.0.new").touch()
    before = {path.name: path.stat().st_mtime_ns for path in target.glob("0*")}
    assert score_directory(str(source), str(target), str(checkpoint), Options()) == Summary(20, 0)
    assert {path.name: path.stat().st_mtime_ns for path in target.glob("0*")} == before and len(before) == 2
    assert sorted(os.listdir(target)) == [*sorted(before), "_manifest.json"]


def test_an_input_that_changes_in_mid_run_is_told(
    checkpoint: Path, tmp_path: Path, without_ray: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the parts are of both files, and nobody knows."""
    write_files(tmp_path / "in", 10)
    run = ray_engine._run

    def changing(*arguments: Any) -> Iterator[dict[str, Any]]:
        for report in run(*arguments):
            yield report
            (tmp_path / "in" / "b.jsonl").write_text('{"text": "Another one.", "id": 0}\n')

    monkeypatch.setattr(ray_engine, "_run", changing)
    with pytest.raises(ScoreError, match=r"b\.jsonl was changed while it was being scored.*delete .*out to begin anew"):
        score_directory(str(tmp_path / "in"), str(tmp_path / "out"), str(checkpoint), Options())
    assert not (tmp_path / "out" / "_manifest.json").exists()


def test_what_others_left_in_the_input_is_not_scored(checkpoint: Path, tmp_path: Path, without_ray: None) -> None:
    """Parts of an unfinished Spark job, copies of a notebook: no reader of such directories takes them for data."""
    write_files(tmp_path / "in", 3)
    for hidden in ("_temporary/0", ".ipynb_checkpoints"):
        (tmp_path / "in" / hidden).mkdir(parents=True)
        (tmp_path / "in" / hidden / "a.jsonl").write_text('{"text": "Twice.", "id": 0}\n')
    with pytest.raises(ScoreError, match=r"out lies in .*in, so that scores would be scored"):
        score_directory(str(tmp_path / "in"), str(tmp_path / "in" / "out"), str(checkpoint), Options())
    assert score_directory(str(tmp_path / "in"), str(tmp_path / "out"), str(checkpoint), Options()) == Summary(6, 0)


def test_an_actor_refuses_another_checkpoint_than_the_driver_has(checkpoint: Path, tmp_path: Path) -> None:
    work = ray_engine.Work(str(checkpoint), "0" * 64, None, "cpu", Options(), "fail", str(tmp_path))
    with pytest.raises(ScoreError, match="another checkpoint on"):
        SpanScorer(work, "jsonl", str(tmp_path))
