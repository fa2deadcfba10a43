"""What `onrecord read` is given and cannot read ends in one line that says the way out."""

import sys
import time
from pathlib import Path

import pytest
import typer

from onrecord.article import documents
from onrecord.cli import article_files
from onrecord.cli.article_files import article_text


@pytest.mark.parametrize(
    ("file", "data", "message"),
    [
        ("https://news.example/?b=1&c=2", None, "curl -sL 'https://news.example/?b=1&c=2' | onrecord read - --source"),
        ("none.txt", None, "No such file"),
        ("a.doc", b"\xd0\xcf\x11\xe0\0\0", "save it as .docx"),
        ("a.pdf", b"%PDF-1.7\n", "PDF"),
        ("a.bin", b"a\0b", "binary file"),
    ],
)
def test_one_line(
    file: str, data: bytes | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if data is not None:
        (tmp_path / file).write_bytes(data)
    with pytest.raises(typer.Exit):
        article_text(file if "://" in file else str(tmp_path / file))
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1


def test_a_mail_is_read(tmp_path: Path) -> None:
    mail = "Subject: x\nContent-Type: text/plain; charset=utf-8\n\nMarr said “no”.\n"
    (tmp_path / "a.eml").write_bytes(mail.encode())
    assert article_text(str(tmp_path / "a.eml")) == "Marr said “no”.\n"


def test_a_document_that_a_library_does_not_finish_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its hundred thousand parameters take the mail library hours, as it reads each of them with all that follow."""
    header = b"Content-Type: text/plain" + b"; a=b" * 100_000
    (tmp_path / "a.eml").write_bytes(header + b"\n\nHe left.\n")
    monkeypatch.setattr(article_files, "SECONDS", 0.2)
    with pytest.raises(typer.Exit):
        article_text(str(tmp_path / "a.eml"))
    told = capsys.readouterr().err
    assert "a.eml takes more than 0.2 seconds to read" in told and told.count("\n") == 1
    (tmp_path / "a.eml").write_bytes(b"Subject: x\n\nHe left.\n")
    assert article_text(str(tmp_path / "a.eml")) == "He left.\n"


def test_it_is_given_up_too_if_python_drops_the_first_exception(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it does with all that is raised while it deletes an object or collects garbage."""
    (tmp_path / "a.eml").write_bytes(b"Subject: x\n\nHe left.\n")
    dropped: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", dropped.append)
    monkeypatch.setattr(article_files, "SECONDS", 0.05)

    def busy(seconds: float) -> None:
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    class Deleted:
        def __del__(self) -> None:
            busy(2)

    def document_text(data: bytes, name: str) -> str:
        Deleted()
        busy(2)
        return "He left."

    monkeypatch.setattr(documents, "document_text", document_text)
    with pytest.raises(typer.Exit):
        article_text(str(tmp_path / "a.eml"))
    assert len(dropped) == 1 and "takes more than 0.05 seconds to read" in capsys.readouterr().err
