"""`onrecord read` as a user types it."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from onrecord import Classifier
from onrecord import read as read_article
from onrecord.cli import app
from tests.onrecord.cli.conftest import json_lines

run = CliRunner().invoke


def test_read_json_offsets(model: list[str], tmp_path: Path) -> None:
    article = "Title here\r\n\r\nOne — two. “Three?”\r\n"
    (tmp_path / "a.txt").write_bytes(article.encode())
    rows = json.loads(run(app, ["read", str(tmp_path / "a.txt"), "--json", *model]).stdout)["statements"]
    texts = ["Title here", "One — two.", "“Three?”"]
    assert [article[row["start"] : row["end"]] for row in rows] == [row["text"] for row in rows] == texts


def test_read_table(model: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One two [bold]three[/bold].")
    found = run(app, ["read", str(tmp_path / "a.txt"), *model])
    assert found.exit_code == 0 and "[bold]three[/bold]." in found.stdout
    for columns in ("0", "9"):  # of a terminal that says so: the table gets room all the same
        found = run(app, ["read", str(tmp_path / "a.txt"), *model], env={"COLUMNS": columns})
        assert "[bold]three[/bold]." in " ".join(found.stdout.split()), found.stdout


def test_read_other_forms(model: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("“A <b>, we go,” Roe said. She left.")
    file = str(tmp_path / "a.txt")
    rows = json_lines("read", file, "--jsonl", *model)
    said = "“A <b>, we go,” Roe said."
    assert [(row["text"], row["speaker"]) for row in rows] == [(said, "Roe"), ("She left.", None)]
    table = csv.DictReader(run(app, ["read", file, "--csv", *model]).stdout.splitlines())
    cells = [(row["text"], row["speaker"], row["start"]) for row in table]
    assert cells == [(said, "Roe", "0"), ("She left.", "", "26")]
    html = run(app, ["read", file, "--html", "--published", "2024-05-02", *model]).stdout
    for part in ("A &lt;b&gt;", "· <bdi>Roe</bdi></small>", "published 2024-05-02"):
        assert part in html
    assert "<script" not in html and html.count("<small>") == 2


def test_read_refuses(model: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onrecord.cli.article_files.LARGEST", 1000)
    for data, message in (
        (b"a\0b", "binary"),
        (b" \n", "empty"),
        (b"a" * 1001, "larger"),
        (b"<html><body></body></html>", "no text found"),
        (b'<?xml version="1.0"?>\n<rss><channel><item><title>He left.</title></item></channel></rss>', "this is XML"),
        (b"\xef\xbb\xbf<feed><entry/></feed>", "this is XML"),
    ):
        (tmp_path / "bad").write_bytes(data)
        found = run(app, ["read", str(tmp_path / "bad"), *model])
        assert found.exit_code == 1 and message in found.stderr and found.stderr.count("\n") == 1 and not found.stdout
    assert run(app, ["read", "-", "--json", "--csv", *model]).exit_code == 2
    assert run(app, ["read", "-", "--published", "May 2", *model]).exit_code == 2


def test_a_full_temporary_directory_is_one_line(
    model: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: str) -> None:
        raise OSError("no room: make some")

    monkeypatch.setattr("onrecord.article.read.foreign", full)
    (tmp_path / "a.txt").write_text("He left.")
    found = run(app, ["read", str(tmp_path / "a.txt"), *model])
    assert (found.exit_code, found.stderr) == (1, f"error: {tmp_path / 'a.txt'}: no room: make some\n")


def test_read_writes_a_calendar(model: list[str], checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "The council meets on Tuesday at 3 p.m. tomorrow. They voted last week.\nThe vote is set for June 3."
    )
    labels = {row["prediction"]["label"] for row in json_lines("read", str(tmp_path / "a.txt"), "--jsonl", *model)}
    out, desk, graph = tmp_path / "a.ics", tmp_path / "desk", tmp_path / "a.jsonld"
    where = ["--published", "2024-05-02", "--zone", "Europe/London", "--source", "https://news.example/a"]
    files = ["--ics", str(out), "--superdesk", str(desk), "--jsonld", str(graph)]
    made = 0
    for label in labels:
        shutil.rmtree(desk, ignore_errors=True)
        out.unlink(missing_ok=True)
        found = run(app, ["read", str(tmp_path / "a.txt"), "--jsonl", *where, "--dated", label, *files, *model])
        assert found.exit_code == 0, found.stderr
        asked = dict(zone="Europe/London", source="https://news.example/a", dated=label)
        article = read_article((tmp_path / "a.txt").read_text(), "2024-05-02", Classifier.load(checkpoint), **asked)
        made += len(article.events)
        assert out.read_bytes().count(b"BEGIN:VEVENT") == len(article.events)
        assert f"{len(article.events)} events in {out}" in found.stderr
        records = {json.loads(path.read_text())["guid"] for path in desk.glob("*.json")}
        assert records == {event.uid for event in article.events}
        assert len(json.loads(graph.read_text())["@graph"]) == len(article.events)
        rows = [json.loads(line) for line in found.stdout.splitlines()]
        assert all(row["text"][when["start"] : when["end"]] == when["text"] for row in rows for when in row["dates"])
        assert any("T15:00:00+01:00" in when["first"] for row in rows for when in row["dates"])  # as the service has it
    assert made
    assert run(app, ["read", str(tmp_path / "a.txt"), "--ics", str(out), *model]).exit_code == 2
    day = ["read", str(tmp_path / "a.txt"), *model, "--published", "2024-05-02"]
    twice = ["--ics", str(tmp_path / "one"), "--jsonld", str(tmp_path / "x" / ".." / "one")]
    assert run(app, [*day, *twice]).exit_code == 2 and not (tmp_path / "one").exists()
    for words, message in ((["--dated", "diary"], "no label"), (["--zone", "Mars/Olympus"], "unknown")):
        found = run(app, [*day, *words])
        assert found.exit_code == 2 and message in found.stderr


MINE = b"BEGIN:VCALENDAR\r\nPRODID:-//me//EN\r\nBEGIN:VEVENT\r\nUID:dentist\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def test_a_file_of_others_is_not_taken_for_events(model: list[str], tmp_path: Path) -> None:
    article = tmp_path / "a.txt"
    article.write_text("The council meets on Tuesday at 3 p.m. to vote. They met on Friday.")
    words = ["read", str(article), "--published", "2024-05-02", *model]
    labels = {row["prediction"]["label"] for row in json.loads(run(app, [*words, "--json"]).stdout)["statements"]}
    for name, option, theirs in (("own.ics", "--ics", MINE), ("package.json", "--jsonld", b'{"@graph": [1]}')):
        (tmp_path / name).write_bytes(theirs)
        found = run(app, [*words, "--ics", str(tmp_path / "new.ics"), option, str(tmp_path / name)])
        assert found.exit_code == 1 and name in found.stderr and found.stderr.count("\n") == 1
        assert (tmp_path / name).read_bytes() == theirs and not (tmp_path / "new.ics").exists()
    for option, name in (("--ics", "a.ics"), ("--jsonld", "a.jsonld")):
        (tmp_path / name).write_bytes(b"")  # as `mktemp` makes one
        (tmp_path / f"{name}.new").write_bytes(MINE)
        (tmp_path / f"linked-{name}").symlink_to(tmp_path / name)
        for label in sorted(labels):
            assert run(app, [*words, "--dated", label, option, str(tmp_path / f"linked-{name}")]).exit_code == 0
        assert (tmp_path / f"linked-{name}").is_symlink() and (tmp_path / name).stat().st_size
    assert {file.read_bytes() for file in tmp_path.glob("*.new")} == {MINE} and not list(tmp_path.glob(".*"))
    half = ["--source", "https://a.example/\udcff", "--superdesk", str(tmp_path / "desk")]
    for label in sorted(labels):
        assert run(app, [*words, *half, "--dated", label, "--jsonld", str(tmp_path / "a.jsonld")]).exit_code == 0
        json.loads((tmp_path / "a.jsonld").read_text())


def test_events_that_are_gone_are_told(model: list[str], tmp_path: Path) -> None:
    article, out = tmp_path / "a.txt", tmp_path / "a.ics"
    words = ["read", str(article), "--published", "2024-05-02", "--ics", str(out), *model]
    article.write_text("The council meets on Tuesday.")
    label = json.loads(run(app, [*words, "--json"]).stdout)["statements"][0]["prediction"]["label"]
    assert "taken out" not in run(app, [*words, "--dated", label]).stderr and b"UID:" in out.read_bytes()
    graph = tmp_path / "a.jsonld"
    assert "taken out" not in run(app, [*words, "--dated", label, "--jsonld", str(graph)]).stderr
    theirs = out.read_bytes().replace(b"END:VCALENDAR", b"BEGIN:VEVENT\r\nUID:dentist\r\nEND:VEVENT\r\nEND:VCALENDAR")
    (tmp_path / "shared.ics").write_bytes(theirs)  # as a calendar program adds an entry to our file
    found = run(app, [*words, "--ics", str(tmp_path / "shared.ics")])
    assert found.exit_code == 1 and "shared.ics holds what onrecord did not write" in found.stderr
    assert (tmp_path / "shared.ics").read_bytes() == theirs
    article.write_text("Nobody knows.")
    told = run(app, [*words, "--jsonld", str(graph)]).stderr
    assert all(f"1 events that were in {path} are not of this article" in told for path in (out, graph))


def test_read_shows_speakers_and_dates_and_no_padding(model: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "“A pity,” Ms. Roe said. The vote is on Tuesday at 3 p.m.\nOne. It opens in early June."
    )
    words = ["read", str(tmp_path / "a.txt"), "--published", "2024-05-09", *model]
    labels = {row["prediction"]["label"] for row in json_lines(*words, "--jsonl")}
    shown = [run(app, [*words, "--dated", label], env={"COLUMNS": "80"}).stdout for label in labels]
    days = ["2024-05-14T15:00:00", "2024-06-01/2024-06-10"]
    assert all("  said by Ms. Roe\n" in text for text in shown) and all(day in "".join(shown) for day in days)
    assert all(line == line.rstrip() and len(line) <= 80 for text in shown for line in text.splitlines())
    tables = [run(app, [*words, "--csv", "--dated", label]).stdout.splitlines() for label in labels]
    assert {row["dates"] for table in tables for row in csv.DictReader(table)} >= {"", *days}


def test_sentences_that_make_no_entry_are_told(model: list[str], tmp_path: Path) -> None:
    text = "The council meets on Tuesday. Talks go on.\nThe concert planned for Friday has been called off.\n"
    text += "The ferry will stop for nine days, its operator said on Wednesday."
    (tmp_path / "a.txt").write_text(text)
    words = ["read", str(tmp_path / "a.txt"), "--csv", *model, "--published", "2024-05-09"]
    words += ["--ics", str(tmp_path / "a.ics")]
    rows = list(csv.DictReader(run(app, words).stdout.splitlines()))
    for label in {row["label"] for row in rows}:
        told = run(app, [*words, "--dated", label]).stderr
        for part, reason in (
            ("Talks go on.", "no date that is certain"),
            ("The ferry will stop for nine days, its operator said on Wednesday.", "no date that is certain"),
            ("The concert planned for Friday has been called off.", None),
        ):
            assert (f"  {part}\n" in told and str(reason) in told) == (
                reason is not None and any(row["label"] == label and row["text"] == part for row in rows)
            ), told
        assert "  The council meets" not in told and "what is past" not in told


PAGE = """<html><head><meta property="article:published_time" content="2024-05-02T18:30:00+02:00"></head>
<body><article><p>The council meets on Tuesday at 3 p.m. to vote on the budget, its chairman said in a letter \
to the members.</p></article></body></html>"""


def test_the_day_that_a_page_names_is_used_and_told(model: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE)
    (row,) = json_lines("read", str(tmp_path / "a.html"), "--jsonl", *model)
    label = row["prediction"]["label"]
    words = ["read", str(tmp_path / "a.html"), "--jsonl", "--dated", label, "--ics", str(tmp_path / "a.ics"), *model]
    found = run(app, words)
    assert found.exit_code == 0 and "published 2024-05-02, as the page says" in found.stderr
    assert b"20240507" in (tmp_path / "a.ics").read_bytes()
    given = run(app, [*words, "--published", "2024-06-02"])
    assert given.exit_code == 0 and "as the page says" not in given.stderr
    assert b"20240604" in (tmp_path / "a.ics").read_bytes()
    (tmp_path / "a.html").write_text(PAGE.replace("2024-05-02T18:30:00+02:00", "spring"))
    none = run(app, words)
    assert none.exit_code == 2 and "needs --published" in none.stderr and not none.stdout
