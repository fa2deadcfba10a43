"""`-` in the place of a file: read to its end, written when all is done, and nothing left behind."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from onrecord.cli import app
from onrecord.tables.pipe import score_or_pipe
from onrecord.tables.score import Summary
from tests.conftest import ROOT

run = CliRunner().invoke
TABLE = "id,text\n1,“One”.\n2,Two.\n"


@pytest.mark.slow
def test_from_a_pipe_to_a_pipe(checkpoint: Path) -> None:
    command = [sys.executable, "-m", "onrecord", "score", "-", "-", "--format", "csv", "--model", str(checkpoint)]
    found = subprocess.run(command, cwd=ROOT, input=TABLE.encode(), capture_output=True, check=True)
    rows = list(csv.DictReader(io.StringIO(found.stdout.decode())))
    assert [row["text"] for row in rows] == ["“One”.", "Two."] and all(row["label"] for row in rows)
    assert b"2 rows in standard output" in found.stderr


def test_one_side_is_a_file(checkpoint: Path, tmp_path: Path) -> None:
    model = ["--model", str(checkpoint)]
    (tmp_path / "in.csv").write_text(TABLE)
    found = run(app, ["score", str(tmp_path / "in.csv"), "-", "--format", "jsonl", *model])
    assert found.exit_code == 0 and [json.loads(line)["id"] for line in found.stdout.splitlines()] == ["1", "2"]
    assert run(app, ["score", str(tmp_path / "in.csv"), "-", *model]).stdout.startswith("id,text,label,")
    out = tmp_path / "out.parquet"
    found = run(app, ["score", "-", str(out), "--format", "csv", *model], input=TABLE)
    assert found.exit_code == 0 and pq.read_table(out)["id"].to_pylist() == ["1", "2"]
    found = run(app, ["score", "-", str(out), "--format", "csv", *model], input=TABLE)
    assert found.exit_code == 1 and "there already" in found.stderr
    assert run(app, ["score", "-", str(out), "--format", "csv", "--overwrite", *model], input=TABLE).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.parquet"]


def test_a_bad_row_leaves_nothing_half_written(checkpoint: Path, tmp_path: Path) -> None:
    model = ["--model", str(checkpoint)]
    found = run(app, ["score", "-", "-", "--format", "csv", "--part-rows", "1", *model], input=TABLE + "3\n")
    assert found.exit_code == 1 and not found.stdout and "row 3 (line 4)" in found.stderr
    found = run(
        app,
        ["score", "-", str(tmp_path / "o.csv"), "--format", "csv", "--part-rows", "1", *model],
        input="id,text\n1\n",
    )
    assert found.exit_code == 1 and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-", "-"], "--format must say what it is"),
        (["in.csv", "out.csv", "--format", "csv"], "--format is for -"),
        (["-", "none/out.csv", "--format", "csv"], "none for out.csv: make it first"),
    ],
)
def test_what_does_not_go_together(checkpoint: Path, words: list[str], message: str) -> None:
    found = run(app, ["score", *words, "--model", str(checkpoint)], input=TABLE)
    assert found.exit_code == 1 and message in found.stderr and found.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_that_ends_it_leaves_nothing(tmp_path: Path, name: str) -> None:
    """`timeout`, a container that is stopped, a terminal that is closed."""
    number = getattr(signal, name)
    outside = signal.signal(number, before := signal.SIG_DFL)  # the tests may run under nohup

    def score(source: Path, target: Path) -> Summary:
        assert target.parent.parent == tmp_path and source.read_text() == TABLE
        signal.raise_signal(number)
        raise AssertionError("it went on")

    def piped() -> None:
        out = str(tmp_path / "out.csv")
        score_or_pipe("-", out, "csv", False, score, lambda: io.BytesIO(TABLE.encode()), lambda _: None)

    with pytest.raises(KeyboardInterrupt):
        piped()
    assert not os.listdir(tmp_path) and signal.getsignal(number) == before
    signal.signal(number, signal.SIG_IGN)  # as under nohup
    try:
        with pytest.raises(AssertionError, match="went on"):
            piped()
    finally:
        signal.signal(number, outside)
