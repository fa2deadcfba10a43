"""The command as a user types it."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
from typer.testing import CliRunner

from onrecord import Classifier
from onrecord.calibration import Calibration
from onrecord.cli import app
from onrecord.explain import Explanation, Word
from onrecord.tables.identity import Options, run_identity
from tests.conftest import LABELS, changed
from tests.onrecord.cli.conftest import json_lines
from train import calibrate
from train.config import Config

run = CliRunner().invoke


def test_predict(model: list[str]) -> None:
    found = run(app, ["predict", "First one.", "Second one.", *model])
    assert found.exit_code == 0 and [line.split()[0] in LABELS for line in found.stdout.splitlines()] == [True, True]
    assert found.stdout.splitlines()[1].endswith("Second one.")


def test_predict_json_from_standard_input(model: list[str]) -> None:
    found = run(app, ["predict", "-", "--json", *model], input="First “one”.\n\nSecond.\n")
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert [row["text"] for row in rows] == ["First “one”.", "Second."]
    assert set(rows[0]) == {"text", "label", "confidence", "probabilities", "windows", "abstained", "label_set"}


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
    found = run(app, ["predict", str(tmp_path / "latin.txt"), *model])
    assert found.exit_code == 0 and "there is a file of that name" in found.stderr


def test_no_words_of_others_reach_a_terminal_as_they_are(model: list[str], tmp_path: Path) -> None:
    name = tmp_path / "a\x1b[31m.txt"
    name.write_text("Officials \x1b[2Jsaid so\u202e.")
    calls = [["predict", name.read_text()], ["explain", name.read_text()], ["read", f"{name}t"]]
    label = run(app, ["predict", "Officials \x1b[2Jsaid so\u202e.", *model]).stdout.split()[0]
    day = ["--published", "2024-05-02", "--ics", str(tmp_path / "a\x1b.ics"), "--dated", label]
    (tmp_path / "a.csv").write_text("text\nHe left.\n")
    table = ["score", str(tmp_path / "a.csv"), str(tmp_path / "b\x1b.csv")]
    for words in [*calls, ["read", str(name), *day], table]:
        found = run(app, [*words, *model])
        assert not {"\x1b", "\u202e"} & {*found.stdout, *found.stderr}, words
        assert "\\x1b" in found.stdout + found.stderr, words


def test_prior_and_unsure_sentences(model: list[str], settings: Config, tmp_path: Path) -> None:
    assert "never calibrated" in run(app, ["predict", "One.", "--prior", "uniform", *model]).stderr
    config = changed(settings, run="cli")
    shutil.copytree(model[1], config.checkpoint)
    calibrate.main(changed(config, measure__max_error=0.001))
    found = run(app, ["predict", "One.", "--prior", "uniform", "--model", str(config.checkpoint)])
    assert found.exit_code == 0 and "%? One." in found.stdout
    calls = [["predict", "One."], ["explain", "One."], ["read", __file__], ["score", __file__, str(tmp_path / "o.csv")]]
    for command in calls:
        found = run(app, [*command, "--prior", "nws", "--model", str(config.checkpoint)])
        assert found.exit_code == 2 and "unknown" in found.stderr, command


def test_explain_names_each_word_and_refuses_a_foreign_label(model: list[str]) -> None:
    said = run(app, ["explain", "The talks were denied.", *model])
    words = [line.split()[-1] for line in said.stdout.splitlines()[1:]]
    assert said.exit_code == 0 and words == ["The", "talks", "were", "denied."]
    assert run(app, ["explain", "The talks were denied.", "--backend", "torch", *model]).stdout == said.stdout
    assert "onnx" in run(app, ["explain", "One.", "--backend", "onnx", *model]).stderr
    (as_json,) = json_lines("explain", "The talks.", "--label", "hedge", "--json", *model)
    assert as_json["label"] == "hedge" and [word["text"] for word in as_json["words"]] == ["The", "talks."]
    refused = run(app, ["explain", "The talks.", "--label", "rumour", *model])
    assert refused.exit_code == 2 and "rumour" in refused.output


def test_explain_draws_what_speaks_for_the_label_and_what_against_it_to_two_sides(
    model: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (Word("The", 0, 3, -0.5), Word("deal", 4, 8, 0.25), Word("is", 9, 11, 0.0))
    monkeypatch.setattr(Classifier, "explain", lambda *_: Explanation("The deal is", "claim", 0.5, words))
    assert run(app, ["explain", "The deal is", *model]).stdout.splitlines()[1:] == [
        " -50.0%        ▒▒▒▒▒▒│              The",
        " +25.0%              │▇▇▇           deal",
        "  +0.0%              │              is",
    ]


def calibrate_at(checkpoint: Path, sureness: float) -> None:
    """As if it had got 200 sentences right, 40 a label, with scores this far apart."""
    targets = np.arange(200) % 5
    known = Calibration(1.0, dict.fromkeys(LABELS, 0.2), {}, 0.1, 0.9, sureness * np.eye(5)[targets], targets)
    known.save(checkpoint)


@pytest.fixture(scope="module")
def calibrated(settings: Config, checkpoint: Path) -> Path:
    """A checkpoint that promises things: it got 200 sentences right, none of them with confidence."""
    config = changed(settings, run="wishes")
    shutil.copytree(checkpoint, config.checkpoint)
    calibrate_at(config.checkpoint, 0.01)
    return config.checkpoint


def test_max_error_and_coverage_are_wishes_of_predict_read_and_score(calibrated: Path, tmp_path: Path) -> None:
    sentences = [f"Perhaps the {word} said tomorrow." for word in ("council", "mayor", "club")]
    (tmp_path / "a.txt").write_text("\n\n".join(sentences))
    (tmp_path / "in.csv").write_text("text\n" + "\n".join(sentences) + "\n")
    model = ["--model", str(calibrated)]
    for max_error, coverage in ((0.0001, 0.999), (0.9, 0.2)):
        wishes = ["--max-error", str(max_error), "--coverage", str(coverage)]
        expected = Classifier.load(calibrated, max_error=max_error, coverage=coverage).predict(sentences)
        assert {(p.abstained, len(p.label_set) == 5) for p in expected} == {(max_error < 0.5, coverage > 0.5)}
        answers = [(p.abstained, list(p.label_set)) for p in expected]
        predicted = json_lines("predict", *sentences, "--json", *wishes, *model)
        read = [row["prediction"] for row in json_lines("read", str(tmp_path / "a.txt"), "--jsonl", *wishes, *model)]
        assert [(p["abstained"], p["label_set"]) for p in predicted] == answers
        assert [(p["abstained"], p["label_set"]) for p in read] == answers
        found = run(app, ["score", str(tmp_path / "in.csv"), str(tmp_path / f"{coverage}.jsonl"), *wishes, *model])
        assert found.exit_code == 0, found.stderr
        scored = [json.loads(line) for line in (tmp_path / f"{coverage}.jsonl").read_text().splitlines()]
        assert [(p["abstained"], p["label_set"]) for p in scored] == answers


def test_a_prior_may_be_given_as_shares(calibrated: Path, tmp_path: Path) -> None:
    shares = {"claim": 0.02, "hedge": 0.02, "denial": 0.9, "scheduling": 0.03, "none": 0.03}
    sentence = "Perhaps the council said tomorrow."
    (tmp_path / "in.csv").write_text(f"text\n{sentence}\n")
    model, given = ["--model", str(calibrated)], ["--prior", json.dumps(shares)]
    expected = Classifier.load(calibrated, prior=shares).predict(sentence)
    assert expected.confidence != Classifier.load(calibrated).predict(sentence).confidence
    (answer,) = json_lines("predict", sentence, "--json", *given, *model)
    assert answer["probabilities"] == expected.probabilities
    out, denial = str(tmp_path / "out.jsonl"), expected.probabilities["denial"]
    assert run(app, ["score", str(tmp_path / "in.csv"), out, *given, *model]).exit_code == 0
    assert json.loads(Path(out).read_text())["probability_denial"] == pytest.approx(denial, abs=1e-5)
    loaded = (Classifier.load(calibrated, prior=prior) for prior in (shares, shares | {"claim": 0.5}))
    one, other = (run_identity(each, calibrated, Options(), {}) for each in loaded)
    assert one["prior"] != other["prior"], "a run with other shares went on from the parts of this one"
    for prior, message in (
        ('{"claim": 0.5}', "must name each of"),
        ("{claim: 0.5}", "no JSON"),
        ('{"claim": "much"}', "claim is no number"),
        ("nws", "give shares as"),
    ):
        for command in (["predict", sentence], ["serve", "--port", "0"]):
            found = run(app, [*command, "--prior", prior, *model], env={"COLUMNS": "300"})
            assert found.exit_code == 2 and message in found.stderr, found.stderr


def test_score_blames_the_file_that_is_at_fault(model: list[str], tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nOne.\n")
    found = run(app, ["score", str(tmp_path / "in.csv"), str(tmp_path / "out.txt"), *model])
    assert found.exit_code == 1
    assert found.stderr.startswith(f"error: {tmp_path / 'out.txt'}: the name says the format")
    assert "in.csv" not in found.stderr


def test_score_does_not_go_on_with_another_revision_of_a_hub_model(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its name gives may be another model tomorrow."""
    revisions = [tmp_path / "one", tmp_path / "other"]
    for revision in revisions:
        shutil.copytree(checkpoint, revision)
    (revisions[1] / "training.json").write_text("{}")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(revisions[0]))
    (tmp_path / "in.csv").write_text("text,n\nOne.,1\nOne.\nOne.,1,2\n")
    words = ["score", str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), "--model", "owner/name", "--part-rows", "1"]
    assert run(app, words).exit_code == 1 and (tmp_path / "out.csv.parts").is_dir()
    revisions.reverse()
    found = run(app, [*words, "--on-error", "skip"])
    assert found.exit_code == 1 and "parts of another run lie there (checkpoint was" in found.stderr
    revisions.reverse()
    assert run(app, [*words, "--on-error", "skip"]).exit_code == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["predict", "One.", "--max-error", "5"],
            "max_error = 5.0 must lie between 0 and 1; a share is meant, so 0.0",
        ),
        (
            ["predict", "One.", "--coverage", "95"],
            "coverage = 95.0 must lie between 0 and 1; a share is meant, so 0.0",
        ),
        (["predict", "One.", "--backend", "tensorrt"], "Invalid value for '--backend': 'tensorrt' is not one of"),
        (["predict", "-5C is forecast."], "No such option: -5; put -- before a sentence that begins with a dash"),
        (["predict", "--jsn", "One."], "Possible options: --json"),
    ],
)
def test_usage_errors_say_what_to_do(calibrated: Path, words: list[str], message: str) -> None:
    found = run(app, [*words, "--model", str(calibrated)], env={"COLUMNS": "300"})
    assert found.exit_code == 2 and message in found.stderr and "Value error" not in found.stderr, found.stderr


def test_behind_two_dashes_a_sentence_may_begin_with_one(model: list[str]) -> None:
    assert run(app, ["predict", *model, "--", "-5C is forecast."]).stdout.endswith("-5C is forecast.\n")


def test_a_promise_that_nothing_keeps_is_told_once(calibrated: Path) -> None:
    model = ["--model", str(calibrated)]
    found = run(app, ["predict", "One.", "Two.", "--max-error", "0.0001", *model])
    assert found.stdout.count("%?") == 2
    told = "no confidence keeps the error within 0.0001, so every answer has a ?"
    assert found.stderr.count(told) == found.stderr.count("\n") == 1
    assert not run(app, ["predict", "One.", "--max-error", "0.9", *model]).stderr


def test_an_exported_checkpoint_that_lost_its_calibration_is_told(
    exported: Config, checkpoint: Path, tmp_path: Path
) -> None:
    """It answered on, without a ? on any answer; one fresh from a training may."""
    lost = shutil.ignore_patterns("calibration.json")
    copied = shutil.copytree(exported.checkpoint, tmp_path / "copied", ignore=lost)
    for words in (["predict", "One.", "Two."], ["explain", "One."], ["info"]):
        told = run(app, [*words, "--model", str(copied)]).stderr
        assert told.count("has no calibration.json, so confidences are raw") == told.count("\n") == 1
    assert not run(app, ["predict", "One.", "--model", str(checkpoint)]).stderr


EACH_WITH_A_FULL_DISK_AND_A_CLOSED_PIPE = """
import json, os, sys
from onrecord.cli import app
for words in json.loads(sys.argv[1]):
    for target in ("full disk", "closed pipe"):
        if target == "full disk":
            out = os.open("/dev/full", os.O_WRONLY)
        else:
            reader, out = os.pipe()
            os.close(reader)
        os.dup2(out, 1)
        os.close(out)
        try:
            app(words)
            code = 0
        except SystemExit as end:
            code = end.code
        print(target, "ended with", code, file=sys.stderr)
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_an_answer_that_cannot_be_written_is_told(exported: Config, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One.")
    model = ["--model", str(exported.checkpoint)]
    read = ["read", str(tmp_path / "a.txt"), *model]
    commands = [["predict", "One."], ["explain", "One."], ["explain", "One.", "--json"], ["info"]]
    commands = [[*words, *model] for words in commands]
    commands += [read, *([*read, form] for form in ("--json", "--jsonl", "--csv", "--html"))]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    program = [sys.executable, "-c", EACH_WITH_A_FULL_DISK_AND_A_CLOSED_PIPE, json.dumps(commands)]
    found = subprocess.run(program, capture_output=True, text=True, env=environment, check=False)
    told = [
        "error: standard output cannot be written: No space left on device",
        "full disk ended with 1",
        "closed pipe ended with 0",
    ]
    lines = [line for line in found.stderr.splitlines() if not line.startswith("note: ")]
    assert found.returncode == 0 and lines == told * len(commands)


def test_info_tells_promises_and_export_in_words_and_json(exported: Config, tmp_path: Path) -> None:
    model = tmp_path / "checkpoint"
    shutil.copytree(exported.checkpoint, model)
    calibrate_at(model, 9)
    found = json.loads(run(app, ["info", "--model", str(model), "--json"]).stdout)
    record = json.loads((model / "export.json").read_text())
    assert found["export"]["files"] == record["kept"] and found["export"]["cpu"] == record["cpu"]
    assert [rung["kept"] for rung in found["export"]["int8"]] == [rung["holds"] for rung in record["int8"]] != []
    assert found["labels"] == LABELS and isinstance(found["window"], int)
    assert found["calibration"]["max_error"] == 0.1 and found["calibration"]["coverage"] == 0.9
    assert 0 < found["calibration"]["threshold"] < 1
    assert all(isinstance(metric["value"], float) for metric in found["metrics"])
    words = run(app, ["info", "--model", str(model)]).stdout
    assert "so that at most 10% of the answers are wrong" in words and "hold 90% of each label's sentences" in words
    assert "claim, hedge" in words and "int8 1." in words
    assert words.count("kept") + words.count("refused") == len(record["int8"])
    assert run(app, ["info", str(model)]).stdout == words, "a positional means what --model means"
    (model / "model.onnx").unlink()  # as in a model wheel
    found = json.loads(run(app, ["info", "--model", str(model), "--json"]).stdout)
    assert found["export"]["files"] == ["model.int8.onnx"]


def test_version() -> None:
    found = run(app, ["--version"])
    assert found.exit_code == 0 and found.stdout.strip() == importlib.metadata.version("onrecord")
