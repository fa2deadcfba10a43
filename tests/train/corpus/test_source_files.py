"""Every kind of file gives the same rows, and one that cannot be read is one line."""

from pathlib import Path

import pytest

from tests.conftest import changed
from tests.train.corpus.conftest import config_of, one_line, read, rows, save
from train.corpus.sources import WHOLE


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, kind: str) -> None:
    records = [*rows(6), {"text": 'He said "no, and\tnever": ünsure,\u2028 he added.', "label": "up"}]
    parts, labels = read(config_of(tmp_path, source__files=save(tmp_path / f"mine.{kind}", records)))
    assert labels == ["down", "up"] and list(parts) == [WHOLE]
    assert [(s.text, s.label) for s in parts[WHOLE]] == [
        (" ".join(row["text"].split()), row["label"]) for row in records
    ]


UNREADABLE = [
    (
        "mine.csv",
        b"text,label\ncaf\xe9,a\n",
        "mine.csv:2: is not UTF-8; perhaps it is cp1252: --encoding cp1252, in a config",
    ),
    ("mine.jsonl", b'{"text": "x", "label": "a"}\n{"text"\n', "mine.jsonl:2: is no JSON"),
    ("mine.jsonl", b'["x", "a"]\n', "mine.jsonl:1: is no JSON object but list"),
    ("mine.parquet", b"PAR1 and no more", "mine.parquet: this is no Parquet file: "),
    ("mine.xml", b"<Annotation><Document>", "mine.xml could not be read: no element found"),
    ("mine.xml", b"<rss><item/></rss>", "no <ccue> in it; the only XML read here is that of the Szeged Uncertainty"),
    ("mine.jsonl", b'{"text": "One.", "label": NaN}', "mine.jsonl:1: nan is no text"),
    ("deep.jsonl", b"[" * 100_000, "deep.jsonl:1: is no JSON"),
    ("odd.xml", b'<?xml version="1.0" encoding="nonsense"?><a/>', "odd.xml could not be read"),
    ("mine.xlsx", b"PK", "this is no .xlsx workbook that can be read"),
    ("nowhere.csv", None, "nowhere.csv: no such file"),
    ("mine.txt", b"x", "rows are read from .csv, .tsv, .jsonl, .ndjson, .parquet, .xlsx, .xml files"),
]


@pytest.mark.parametrize(("name", "content", "message"), UNREADABLE)
def test_an_unreadable_file(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert message in one_line(tmp_path, source__files=[str(tmp_path / name)])


def test_semicolons_and_other_encodings(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "mine.csv").write_bytes("text;label\n“Café”, he said;up\nNo;down\n".encode("cp1252"))
    config = config_of(tmp_path, source__files=str(tmp_path / "mine.csv"))
    parts, _ = read(changed(config, source__csv={"encoding": "cp1252"}))
    assert [s.text for s in parts[WHOLE]] == ["“Café”, he said", "No"]
    assert "mine.csv: the delimiter is ;" in capsys.readouterr().err
    read(changed(config, source__csv={"encoding": "cp1252", "delimiter": ";"}))
    assert not capsys.readouterr().err
