"""The command as a user types it."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from onrecord.cli import app
from tests.conftest import LABELS
from train import calibrate
from train.config import Config

run = CliRunner().invoke


@pytest.fixture
def model(checkpoint: Path) -> list[str]:
    return ["--model", str(checkpoint)]


def test_predict(model: list[str]) -> None:
    found = run(app, ["predict", "First one.", "Second one.", *model])
    assert found.exit_code == 0 and [line.split()[0] in LABELS for line in found.stdout.splitlines()] == [True, True]
    assert found.stdout.splitlines()[1].endswith("Second one.")


def test_predict_json_from_standard_input(model: list[str]) -> None:
    found = run(app, ["predict", "-", "--json", *model], input="First “one”.\n\nSecond.\n")
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert [row["text"] for row in rows] == ["First “one”.", "Second."]
    assert set(rows[0]) == {"text", "label", "confidence", "probabilities", "windows", "abstained", "label_set"}


def test_read_json_offsets(model: list[str], tmp_path: Path) -> None:
    article = "Title here\r\n\r\nOne — two. “Three?”\r\n"
    (tmp_path / "a.txt").write_bytes(article.encode())
    found = run(app, ["read", str(tmp_path / "a.txt"), "--json", *model])
    rows = json.loads(found.stdout)
    assert [article[row["start"] : row["end"]] for row in rows] == [row["text"] for row in rows] == ["Title here", "One — two.", "“Three?”"]


def test_read_table(model: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One two [bold]three[/bold].")
    found = run(app, ["read", str(tmp_path / "a.txt"), *model])
    assert found.exit_code == 0 and "[bold]three[/bold]." in found.stdout


def test_errors_are_one_line(tmp_path: Path, model: list[str]) -> None:
    (tmp_path / "latin.txt").write_bytes("Café".encode("latin-1"))
    for words, message in (
        (["predict", "x", "--model", str(tmp_path)], "make train"),
        (["read", str(tmp_path / "none.txt"), *model], "No such file"),
        (["read", str(tmp_path), *model], "Is a directory"),
        (["read", str(tmp_path / "latin.txt"), *model], "not UTF-8"),
    ):
        found = run(app, words)
        assert found.exit_code == 1 and message in found.stderr and found.stderr.count("\n") == 1 and not found.stdout
    assert run(app, ["predict"]).exit_code == 2


def test_read_other_forms(model: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("“A <b>, we go,” he said. She left.")
    file = str(tmp_path / "a.txt")
    rows = [json.loads(line) for line in run(app, ["read", file, "--jsonl", *model]).stdout.splitlines()]
    assert [(row["text"], row["speaker"]) for row in rows] == [("“A <b>, we go,” he said.", "he"), ("She left.", None)]
    table = list(csv.DictReader(run(app, ["read", file, "--csv", *model]).stdout.splitlines()))
    assert [(row["text"], row["speaker"], row["start"]) for row in table] == [("“A <b>, we go,” he said.", "he", "0"), ("She left.", "", "25")]
    html = run(app, ["read", file, "--html", "--published", "2024-05-02", *model]).stdout
    assert "A &lt;b&gt;" in html and "· he</small>" in html and "published 2024-05-02" in html and "<script" not in html and html.count("<small>") == 2


def test_read_refuses(model: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onrecord.cli.LARGEST", 1000)
    for data, message in ((b"a\0b", "binary"), (b" \n", "empty"), (b"a" * 1001, "larger"), (b"<html><body></body></html>", "no text found")):
        (tmp_path / "bad").write_bytes(data)
        found = run(app, ["read", str(tmp_path / "bad"), *model])
        assert found.exit_code == 1 and message in found.stderr and found.stderr.count("\n") == 1 and not found.stdout
    assert run(app, ["read", "-", "--json", "--csv", *model]).exit_code == 2
    assert run(app, ["read", "-", "--published", "May 2", *model]).exit_code == 2


def test_read_writes_a_calendar(model: list[str], checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The council meets on Tuesday at 3 p.m. tomorrow. They voted last week.\nThe vote is set for June 3.")
    labels = {row["prediction"]["label"] for row in json.loads(run(app, ["read", str(tmp_path / "a.txt"), "--json", *model]).stdout)}
    out = tmp_path / "a.ics"
    for label in labels:
        found = run(
            app, ["read", str(tmp_path / "a.txt"), "--jsonl", "--published", "2024-05-02", "--zone", "Europe/London", "--dated", label, "--ics", str(out), *model]
        )
        assert found.exit_code == 0, found.stderr
        rows = [json.loads(line) for line in found.stdout.splitlines()]
        entries = sum(not when["past"] for row in rows for when in row["dates"])
        assert out.read_bytes().count(b"BEGIN:VEVENT") == entries and f"{entries} calendar entries" in found.stderr
        assert all(row["text"][when["start"] : when["end"]] == when["text"] for row in rows for when in row["dates"])
    assert run(app, ["read", str(tmp_path / "a.txt"), "--ics", str(out), *model]).exit_code == 2
    for words, message in ((["--dated", "diary"], "no label"), (["--zone", "Mars/Olympus", "--dated", *labels][:4], "unknown")):
        found = run(app, ["read", str(tmp_path / "a.txt"), "--published", "2024-05-02", *words, *model])
        assert found.exit_code == 1 and message in found.stderr


def test_prior_and_unsure_sentences(model: list[str], settings: Config, tmp_path: Path) -> None:
    assert "never calibrated" in run(app, ["predict", "One.", "--prior", "uniform", *model]).stderr
    config = Config.model_validate(settings.model_dump() | {"run": "cli"})
    shutil.copytree(model[1], config.checkpoint)
    calibrate.main(Config.model_validate(config.model_dump() | {"max_error": 0.001}))
    found = run(app, ["predict", "One.", "--prior", "uniform", "--model", str(config.checkpoint)])
    assert found.exit_code == 0 and "%? One." in found.stdout
    assert "unknown; there are" in run(app, ["predict", "One.", "--prior", "nws", "--model", str(config.checkpoint)]).stderr


def test_explain_names_each_word_and_refuses_a_foreign_label(checkpoint: Path) -> None:
    said = run(app, ["explain", "The talks were denied.", "--model", str(checkpoint)])
    assert said.exit_code == 0 and [line.split()[1] for line in said.stdout.splitlines()[1:]] == ["The", "talks", "were", "denied."]
    as_json = json.loads(run(app, ["explain", "The talks.", "--label", "hedge", "--json", "--model", str(checkpoint)]).stdout)
    assert as_json["label"] == "hedge" and [word["text"] for word in as_json["words"]] == ["The", "talks."]
    refused = run(app, ["explain", "The talks.", "--label", "rumour", "--model", str(checkpoint)])
    assert refused.exit_code == 2 and "rumour" in refused.output
