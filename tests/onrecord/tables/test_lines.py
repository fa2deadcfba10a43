"""Standard input as a stream of lines."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from onrecord.cli import app
from onrecord.tables import lines as line_stream
from onrecord.tables.lines import Line, incoming_lines
from tests.conftest import LABELS, ROOT

run = CliRunner().invoke


class Pipe(io.BytesIO):
    """Gives what was written to it piece by piece, as a pipe does."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = iter(pieces)

    def read1(self, size: int | None = -1) -> bytes:
        return next(self.pieces, b"")


def lines(*pieces: bytes) -> list[list[Line]]:
    return list(incoming_lines(Pipe(list(pieces))))


def test_lines_come_as_soon_as_they_are_there() -> None:
    stream = incoming_lines(Pipe([b"one\ntw", b"o\r\n\n  \nthree\nfo", b"ur"]))
    assert next(stream) == [Line(1, "one")]
    assert list(stream) == [[Line(2, "two"), Line(5, "three")], [Line(6, "four")]]
    # a blank last line
    assert lines(b"one\n", "\u2003\u3000".encode()) == [[Line(1, "one")]] and lines(b"\xef\xbb\xbf") == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_how_the_stream_is_cut_does_not_matter(size: int) -> None:
    data = "\ufeffé\n\ufeffb\u2028c\x01\x0b\r\n\n\n".encode() + b"caf\xe9\nlast"
    found = [line for some in lines(*(data[i : i + size] for i in range(0, len(data), size))) for line in some]
    assert found == [
        Line(1, "é"),
        Line(2, "\ufeffb\u2028c\x01\x0b"),
        Line(5, "", "is not UTF-8 (byte 4 is 0xe9)"),
        Line(6, "last"),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_text_is_told_and_not_read_as_utf_8(encoding: str) -> None:
    """Its lines are valid UTF-8 but for the mark: they were labelled with a NUL behind each character."""
    told = lines("He left.\nShe stayed.\n".encode(encoding))
    assert {line.fault for some in told for line in some} == {"holds NUL bytes: perhaps it is UTF-16"}


def test_memory_does_not_grow_with_a_line_or_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_stream, "LONGEST", 10)
    fault = "is longer than 10 bytes, which no sentence is"
    assert lines(b"x" * 11 + b"\nok\n", b"y" * 9, b"y" * 9, b"y" * 9, b"z\nfine\n", b"w" * 11) == [
        [Line(1, "", fault), Line(2, "ok")],
        [Line(3, "", fault), Line(4, "fine")],
        [Line(5, "", fault)],
    ]

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1000

    class Endless(Pipe):
        def __init__(self) -> None:
            self.pieces = endless()
            self.asked = 0

        def read1(self, size: int | None = -1) -> bytes:
            self.asked += 1
            return super().read1(size) if self.asked < 10_000 else b""

    assert list(incoming_lines(Endless())) == [[Line(1, "", fault)]]


def test_bad_lines_are_named_and_left_out_or_end_it(checkpoint: Path) -> None:
    given = b"Good one.\n\ncaf\xe9\nGood two.\n\xff"
    found = run(app, ["predict", "-", "--json", "--model", str(checkpoint)], input=given)
    assert [json.loads(line)["text"] for line in found.stdout.splitlines()] == ["Good one.", "Good two."]
    assert found.exit_code == 3
    assert (
        found.stderr
        == "left out: line 3 is not UTF-8 (byte 4 is 0xe9)\nleft out: line 5 is not UTF-8 (byte 1 is 0xff)\n"
    )
    found = run(app, ["predict", "-", "--on-error", "fail", "--model", str(checkpoint)], input=given)
    # what came before is answered
    assert found.exit_code == 1 and "error: line 3 is not UTF-8" in found.stderr and found.stdout.count("\n") == 1


@pytest.fixture
def typing(checkpoint: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command with a pipe to type into."""
    command = [sys.executable, "-m", "onrecord", "predict", "-", "--model", str(checkpoint)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as process:
        yield process
        process.kill()


@pytest.mark.slow
def test_each_line_is_answered_before_the_next_is_typed(typing: subprocess.Popen[bytes]) -> None:
    assert typing.stdin and typing.stdout and typing.stderr
    for text in (b"One.", b"Two."):
        typing.stdin.write(text + b"\n")
        answer = typing.stdout.readline()  # would wait for ever if it were not flushed
        assert answer.split()[0].decode() in LABELS and answer.endswith(text + b"\n")
    typing.stdin.close()
    assert typing.wait() == 0 and typing.stderr.read() == b""


@pytest.mark.slow
def test_a_closed_pipe_ends_it_quietly(typing: subprocess.Popen[bytes]) -> None:
    assert typing.stdin and typing.stdout and typing.stderr
    typing.stdin.write(b"One.\n")
    typing.stdout.readline()
    typing.stdout.close()
    typing.stdin.write(b"Two.\n")
    assert typing.wait() == 0 and typing.stderr.read() == b""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("redirected", "code", "message"),
    [
        ("<&-", 1, "error: standard input is closed"),
        (">&-", 1, "error: standard output is closed"),
        (">/dev/full", 1, "error: standard output cannot be written: No space left"),
        ("0>/dev/null", 1, "error: standard input cannot be read: Bad file descriptor"),
        ("", 0, ""),
        ("2>&-", 0, ""),
    ],
)
def test_streams_that_cannot_be_used_are_told_in_a_line(
    checkpoint: Path, redirected: str, code: int, message: str
) -> None:
    command = f'"$0" -m onrecord predict - --model "$1" {redirected}'
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    given = [sys.executable, str(checkpoint)]
    found = subprocess.run(
        ["sh", "-c", command, *given],
        cwd=ROOT,
        env=environment,
        input="“€”\n".encode(),
        capture_output=True,
        check=False,
    )
    told = found.stderr.decode()
    assert found.returncode == code and told.startswith(message) and told.count("\n") == code, told
    assert found.stdout.decode().endswith("“€”\n") == (code == 0)


@pytest.mark.parametrize(
    ("words", "offered"),
    [("onrecord pre", "predict"), ("onrecord score a b --on-error ", "skip"), ("onrecord score --max", "--max-error")],
)
def test_the_shell_completes(words: str, offered: str) -> None:
    environment = os.environ | {
        "_ONRECORD_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    code = "import sys; sys.argv = ['onrecord']; from onrecord.cli import app; app(prog_name='onrecord')"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert offered in found.stdout.split(), found.stderr


def test_completion_and_exit_codes_are_in_the_help() -> None:
    found = run(app, ["--help"]).stdout
    assert "--install-completion" in found and "Exit codes: 0 done" in found
