"""What stands where an output is to be, who else writes there, and what does not fit into the temporary directory."""

import gzip
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onrecord.tables.formats import TableError
from onrecord.tables.parts import ScoreError, write_whole
from onrecord.tables.pipe import check_pipe, score_or_pipe
from onrecord.tables.score import Summary
from tests.onrecord.tables.conftest import read_table, scored, write_table


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """As on a disk with so many bytes left."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("kind", ["packed", "utf-16", "xlsx"])
def test_what_does_not_fit_into_the_temporary_directory(tmp_path: Path, kind: str) -> None:
    text = "text\n" + "a line\n" * 20_000
    if kind == "packed":  # a bomb has six thousand times its size
        (source := tmp_path / "in.csv.gz").write_bytes(gzip.compress(text.encode()))
    else:
        (source := tmp_path / "in.csv").write_bytes(text.encode("utf-16" if kind == "utf-16" else "utf-8"))
    target = tmp_path / ("out.xlsx" if kind == "xlsx" else "out.csv")
    with (
        no_file_larger_than(1_000_000 if kind == "xlsx" else 100_000),
        pytest.raises(TableError, match=r"does not fit into the temporary directory .*TMPDIR"),
    ):
        scored(source, target, rows=1000)
    assert not target.exists()
    assert scored(source, target, rows=1000) == Summary(20_000, 0)


def test_a_link_stays_one(tmp_path: Path) -> None:
    rows = write_table(source := tmp_path / "in.csv")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out.csv").symlink_to(there := tmp_path / "elsewhere" / "scores.csv")
    for overwrite in (False, True):  # first it leads nowhere
        assert scored(source, tmp_path / "out.csv", overwrite=overwrite) == Summary(len(rows), 0)
        assert (tmp_path / "out.csv").is_symlink() and len(read_table(there)) == len(rows)
    with pytest.raises(ScoreError, match="is there already"):
        scored(source, tmp_path / "out.csv")
    os.link(source, tmp_path / "same.csv")
    with pytest.raises(ScoreError, match="would be replaced by its own scores"):
        scored(source, tmp_path / "same.csv", overwrite=True)


def test_a_pipe_is_scored_beside_the_file_that_a_link_leads_to(tmp_path: Path) -> None:
    """The link's own directory may be another disk, from which nothing can be put there when all is done."""
    rows = write_table(source := tmp_path / "in.csv")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out.csv").symlink_to(there := tmp_path / "elsewhere" / "scores.csv")
    (tmp_path / "lost.csv").symlink_to(tmp_path / "nowhere" / "scores.csv")

    def score(read: Path, written: Path) -> Summary:
        assert written.parent.parent == there.parent
        return scored(read, written)

    with open(source, "rb") as stdin:
        score_or_pipe("-", str(tmp_path / "out.csv"), "csv", False, score, lambda: stdin, lambda _: None)
    assert (tmp_path / "out.csv").is_symlink() and len(read_table(there)) == len(rows)
    with pytest.raises(ScoreError, match=r"there is no directory .*nowhere"):  # before the pipe is read
        check_pipe("-", str(tmp_path / "lost.csv"), "csv", False)


def test_what_ends_a_run_before_its_first_part_leaves_nothing_whatever_it_is(tmp_path: Path) -> None:
    write_table(source := tmp_path / "in.parquet")
    content = bytearray(source.read_bytes())
    content[4:40] = bytes(36)
    source.write_bytes(content)
    with pytest.raises(OSError, match="page header"):  # pyarrow's own
        scored(source, tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == [source]


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    write_table(source := tmp_path / "in.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    for name, message in (("pipe.csv", "is no file"), ("folder.csv", "is a directory")):
        with pytest.raises(ScoreError, match=message):
            scored(source, tmp_path / name, overwrite=True)
        with pytest.raises(ScoreError, match=message):  # before the pipe is read, not when all is done
            check_pipe("-", str(tmp_path / name), "csv", True)
    assert (tmp_path / "pipe.csv").is_fifo()


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_has_come_while_a_pipe_was_scored_stays(tmp_path: Path, overwrite: bool) -> None:
    """Another run's scores, of hours perhaps; ours are not lost either, though what was piped is gone."""
    write_table(source := tmp_path / "in.csv")
    target = tmp_path / "out.csv"

    def score(read: Path, written: Path) -> Summary:
        target.write_text("another's")
        return scored(read, written)

    def run() -> Summary:
        with open(source, "rb") as stdin:
            return score_or_pipe("-", str(target), "csv", overwrite, score, lambda: stdin, lambda _: None)

    if overwrite:
        assert run().written == len(read_table(target)) == 21
        return
    with pytest.raises(ScoreError, match="has come there while its rows were being scored: the scores are in"):
        run()
    assert target.read_text() == "another's"
    (kept,) = tmp_path.glob("onrecord-*-out.csv")
    assert len(read_table(kept)) == 21 and len(list(tmp_path.iterdir())) == 3


def test_two_who_write_one_file_never_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, fsync = tmp_path / "diary.ics", os.fsync

    def meanwhile(number: int) -> None:
        monkeypatch.setattr(os, "fsync", fsync)
        write_whole(path, b"the other one's, which is longer")
        fsync(number)

    monkeypatch.setattr(os, "fsync", meanwhile)
    write_whole(path, b"ours")
    assert path.read_bytes() == b"ours" and list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_whole_leaves_nothing(tmp_path: Path) -> None:
    (path := tmp_path / "diary.ics").write_bytes(b"before")
    with no_file_larger_than(1000), pytest.raises(OSError):
        write_whole(path, b"x" * 100_000)
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]
