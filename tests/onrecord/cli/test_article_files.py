"""What `onrecord read` is given and cannot read ends in one line that says the way out."""

from pathlib import Path

import pytest
import typer

from onrecord.cli.article_files import article_text


@pytest.mark.parametrize(
    ("file", "data", "message"),
    [
        (
            "https://news.example/a?b=1&c=2",
            None,
            "curl -sL 'https://news.example/a?b=1&c=2' | onrecord read - --source",
        ),
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
    (tmp_path / "a.eml").write_bytes(
        b"Subject: x\nContent-Type: text/plain; charset=utf-8\n\nMarr said \xe2\x80\x9cno\xe2\x80\x9d.\n"
    )
    assert article_text(str(tmp_path / "a.eml")) == "Marr said “no”.\n"
