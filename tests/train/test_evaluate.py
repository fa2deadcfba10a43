"""The evaluator agrees with the trainer, measures further files, and shows what it measured."""

import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from onrecord import Classifier
from onrecord.card import read_card
from onrecord.inference.backends import OnnxBackend
from tests.conftest import LABELS
from train import build, calibrate, evaluate
from train.config import SPLITS, Config, Stop, changed, load
from train.corpus.splits import rows_of
from train.measure.baselines import Baselines, cue_words
from train.measure.metrics import macro_f1
from train.measure.report import explained_rules, learning_curve
from train.measure.shipped import deciding_files, measure_backends


def test_trainer_and_evaluator_agree(settings: Config, checkpoint: Path) -> None:
    """Two roads to one number: validation macro-F1 as early stopping saw it, and from disk through the Classifier."""
    rows = rows_of(settings.corpus, "validation")
    predicted = Classifier.load(checkpoint).probabilities([r["text"] for r in rows]).argmax(1)
    from_disk = macro_f1([LABELS.index(r["label"]) for r in rows], predicted.tolist(), 5)
    assert from_disk == pytest.approx(json.loads((checkpoint / "training.json").read_text())["macro_f1"], abs=1e-9)


def test_extra_files_are_measured_whole_and_by_sample(
    settings: Config, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    rows = [
        {"id": i, "text": f"Sentence {i}.", "label": LABELS[i % 5], "sample": "natural" if i < 6 else "enriched"}
        for i in range(20)
    ]
    rows[3]["text"] = rows_of(settings.corpus, "train")[0]["text"].upper()
    (tmp_path / "real.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert evaluate.main(settings, [str(tmp_path / "real.jsonl")], None) == 0
    assert "1 of 20 texts stand in train or validation: its figures flatter" in capsys.readouterr().err
    by_part = json.loads((settings.run_dir / "metrics.json").read_text())["extra"]["real"]
    assert {part: systems["model"]["rows"] for part, systems in by_part.items()} == {
        "all": 20,
        "natural": 6,
        "enriched": 14,
    }
    assert set(by_part["all"]) == {"model", "majority", "cue words", "TF-IDF + logistic regression"}


@pytest.mark.parametrize(("name", "delimiter"), [("real.csv", ","), ("real.tsv", "\t"), ("real.csv", ";")])
def test_extra_tables_are_read_as_all_tables_are(tmp_path: Path, name: str, delimiter: str) -> None:
    labels = ["None", "NA", "null", "claim"]
    lines = ["text,label", *(f"Sentence {i}.,{label}" for i, label in enumerate(labels))]
    (tmp_path / name).write_text("\n".join(lines).replace(",", delimiter))
    assert [row["label"] for row in evaluate.read_extra(str(tmp_path / name), labels)] == labels


def test_report_and_model_card_show_what_was_measured(settings: Config, checkpoint: Path) -> None:
    assert evaluate.main(settings, [], None) == 0
    metrics = json.loads((settings.run_dir / "metrics.json").read_text())
    page = (settings.run_dir / "report.html").read_text()
    assert f"{metrics['test']['macro_f1']:.3f}" in page and page.count("<svg") == 2
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?https?:""", page.replace('xlink:href="#', "")), (
        "the page must not ask for anything"
    )
    texts = {split: [row["text"] for row in rows_of(settings.corpus, split)] for split in SPLITS}
    assert 0 < sum(html.escape(text) in page for text in texts["validation"]) <= evaluate.MISTAKES
    assert not any(html.escape(text) in page for text in texts["test"])
    packed = json.dumps(metrics, ensure_ascii=False)  # in wheels and on the hub: nobody's rows
    assert not any(text in packed for split in SPLITS for text in texts[split])
    assert "<td>final stop dropped</td>" in page and "<td>torch</td>" in page and "third rater" not in page
    assert metrics["shipped"]["lowest_agreement"] == 1 and set(metrics["shipped"]["backends"]) == {"torch"}
    card = (settings.checkpoint / "README.md").read_text()
    assert "Measured with the backend torch 2." in card
    front = yaml.safe_load(card.split("---")[1])
    values = {m["name"]: m["value"] for m in front["model-index"][0]["results"][0]["metrics"]}
    assert values["macro-F1"] == metrics["test"]["macro_f1"] and front["pipeline_tag"] == "text-classification"
    assert (front["license"], front["language"], front["datasets"]) == ("apache-2.0", "en", ["onrecord"])
    assert "base_model" not in front, "two random layers are nobody's model"
    assert all(f"\n- `{label}`: {text}\n" in card for label, text in settings.corpus.definitions.items())
    for known in ("written for the purpose by language models", "English only", "On real news this checkpoint was not"):
        assert known in card
    assert not re.search(r"[{}]|None|Undefined", card.split("---", 2)[2]), "a place of the template was left empty"


def test_a_card_is_never_older_than_the_figures_that_it_is_packed_with(
    settings: Config, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ended between the two, as by a full disk, a run had the new figures and the card of before."""
    (checkpoint / "README.md").write_text("of before")
    monkeypatch.setattr(evaluate, "report", lambda *_: (_ for _ in ()).throw(OSError("no room")))
    with pytest.raises(OSError, match="no room"):
        evaluate.main(settings, [], None)
    assert (settings.run_dir / "metrics.json").is_file() and "# onrecord tiny" in (checkpoint / "README.md").read_text()


def test_figures_of_a_checkpoint_that_was_replaced_meanwhile_are_not_written(
    settings: Config, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint of a training that ended meanwhile got the model card of the one before."""
    config = changed(settings, output=str(tmp_path))
    shutil.copytree(checkpoint, config.checkpoint)
    (config.checkpoint / "README.md").unlink(missing_ok=True)
    measured = evaluate.measure_backends

    def replaced(*options: Any) -> dict[str, Any]:
        calibrate.main(changed(config, measure__max_error=0.35))
        return measured(*options)

    monkeypatch.setattr(evaluate, "measure_backends", replaced)
    with pytest.raises(Stop, match="was changed while it was measured"):
        evaluate.main(config, [], None)
    assert not (config.checkpoint / "README.md").exists() and not (config.run_dir / "metrics.json").exists()


def test_the_promises_measured_are_those_of_the_checkpoint(settings: Config, checkpoint: Path, tmp_path: Path) -> None:
    """The options of evaluate's command line are not what it was trained and calibrated with."""
    config = changed(settings, output=str(tmp_path))
    shutil.copytree(checkpoint, config.checkpoint)
    recipe = config.checkpoint / "train_config.yaml"
    recipe.write_text(recipe.read_text().replace("max_tokens: 256", "max_tokens: 77"))
    calibrate.main(changed(config, measure__max_error=0.35, measure__coverage=0.55, measure__priors={}))
    evaluate.main(config, [], None)
    metrics = json.loads((config.run_dir / "metrics.json").read_text())
    assert metrics["files"] == deciding_files(config.checkpoint) and "calibration.json" in metrics["files"]
    assert (metrics["abstention"]["promised_error"], metrics["label_sets"]["promised"]) == (0.35, 0.55)
    card = (config.checkpoint / "README.md").read_text()
    assert "wrong in at most\n  35% of cases" in card and "more than 77 tokens" in card and "`news`" not in card


def test_the_third_rater_stands_beside_the_model(settings: Config, checkpoint: Path) -> None:
    shipped = Path(load().corpus.seeds) / "third_rater.yaml"
    shutil.copy(shipped, Path(settings.corpus.seeds))
    assert evaluate.main(settings, [], None) == 0
    for row in yaml.safe_load(shipped.read_text()):
        for path in (settings.run_dir / "report.html", settings.checkpoint / "README.md"):
            assert row["name"] in path.read_text() and f"{row['macro_f1']:.3f}" in path.read_text()
    (Path(settings.corpus.seeds) / "third_rater.yaml").unlink()


def test_every_backend_that_ships_is_measured(exported: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of(exported.corpus, "test")
    texts, targets = [r["text"] for r in rows], [LABELS.index(r["label"]) for r in rows]
    figures = measure_backends(exported.checkpoint, texts, targets)
    assert set(figures["backends"]) == {"torch", "onnx", "int8"}
    assert figures["backends"]["onnx"]["equal_labels"] == 1 and figures["backends"]["int8"]["equal_labels"] > 0.9
    real = OnnxBackend.logits

    def doctored(self: OnnxBackend, rows: list) -> np.ndarray:
        return np.roll(real(self, rows), 1, axis=1)

    monkeypatch.setattr(OnnxBackend, "logits", doctored)
    spoiled = measure_backends(exported.checkpoint, texts, targets)
    assert spoiled["lowest_agreement"] == 0 and spoiled["rows"] == len(rows)


def test_the_baselines_are_fitted_and_the_model_run_once_a_file(
    settings: Config, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits, runs, real, scores = [], [], Baselines.__init__, Classifier.logits

    def fit(self: Baselines, *args: Any) -> None:
        fits.append(1)
        real(self, *args)

    def logits(self: Classifier, texts: list[str], *args: Any) -> Any:
        runs.append(len(texts))
        return scores(self, texts, *args)

    rows = [{"text": f"Line {i}.", "label": LABELS[i % 5], "sample": "ab"[i % 2]} for i in range(17)]
    (tmp_path / "real.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.setattr(Baselines, "__init__", fit)
    monkeypatch.setattr(Classifier, "logits", logits)
    assert evaluate.main(settings, [str(tmp_path / "real.jsonl")], None) == 0
    assert len(fits) == 1 and runs.count(17) == 1 and not {8, 9} & set(runs)


@pytest.mark.slow
def test_a_run_on_fewer_rows_beside_it_makes_a_learning_curve(settings: Config, checkpoint: Path) -> None:
    assert evaluate.main(settings, [], None) == 0
    metrics = json.loads((settings.run_dir / "metrics.json").read_text())
    metrics["training"]["rows"] //= 2
    sibling = settings.run_dir.with_name(f"{settings.run}-half")
    sibling.mkdir()
    (sibling / "metrics.json").write_text(json.dumps(metrics))
    assert evaluate.main(settings, [], None) == 0
    assert (settings.run_dir / "report.html").read_text().count("<svg") == 3
    for other in ({"data": "of another build"}, {"rows": 2 * metrics["training"]["rows"], "seconds": 0}):
        changed_metrics = metrics | {"training": metrics["training"] | other}
        (sibling / "metrics.json").write_text(json.dumps(changed_metrics))
        assert learning_curve(settings.run_dir) is None
    shutil.rmtree(sibling)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", ":1: is no JSON"),
        ('{"text": "a"}', ":1: needs a column label; there are text"),
        ('\n{"text": "a", "label": "clam"}', ":2: label 'clam'"),
        ("", "no rows"),
        (None, "no such file"),
    ],
)
def test_a_faulty_extra_file_is_named(
    settings: Config, checkpoint: Path, tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "x.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Stop, match=message):
        evaluate.main(settings, [str(path)], None)


def test_no_checkpoint(settings: Config, tmp_path: Path) -> None:
    with pytest.raises(Stop, match=r"train it first, with `python -m train\.fit`"):
        evaluate.main(changed(settings, output=str(tmp_path)), [], None)


def test_baselines() -> None:
    texts = ["Was it over?", "He denied the charge.", "It may rain.", "They will meet on Tuesday.", "They met."]
    assert [LABELS[i] for i in cue_words(texts, LABELS, 0, load().measure.cues)] == [
        "none",
        "denial",
        "hedge",
        "scheduling",
        "claim",
    ]
    baselines = Baselines(
        ["red fish", "red cat", "red dog", "blue fish", "blue cat"], [0, 0, 0, 1, 1], ["a", "b"], load().measure.cues
    )
    answers = baselines.predict(["red x", "blue x"])
    assert answers["majority"] == [0, 0] and answers["TF-IDF + logistic regression"] == [0, 1]


def test_a_checkpoint_is_not_measured_on_other_data_than_it_was_trained_on(
    settings: Config, checkpoint: Path, tmp_path: Path
) -> None:
    shutil.copytree(settings.corpus.seeds, tmp_path / "seeds", ignore=shutil.ignore_patterns("splits.tsv"))
    other = changed(
        settings,
        corpus__seeds=str(tmp_path / "seeds"),
        corpus__data=str(tmp_path / "other"),
        corpus__split_seed=settings.corpus.split_seed + 1,
    )
    build.main(other)
    for stage in (lambda: evaluate.main(other, [], None), lambda: calibrate.main(other)):
        with pytest.raises(
            Stop,
            match=r"trained on other data.*: train again with `python -m train\.fit` and the options of the run 'tiny'",
        ):
            stage()


def test_extra_files_do_not_hide_each_other(settings: Config, checkpoint: Path, tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "dev.jsonl").write_text(json.dumps({"text": "One.", "label": "claim", "sample": "all"}))
    with pytest.raises(Stop, match="two files are called 'dev'"):
        evaluate.main(settings, [str(tmp_path / f / "dev.jsonl") for f in "xy"], None)
    with pytest.raises(Stop, match="sample 'all'"):
        evaluate.main(settings, [str(tmp_path / "x" / "dev.jsonl")], None)


def test_a_file_that_lacks_a_label_says_so_in_every_place(
    settings: Config, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "part.jsonl").write_text(
        "\n".join(json.dumps({"text": f"Sentence {i}.", "label": LABELS[i % 2]}) for i in range(8))
    )
    assert evaluate.main(settings, [str(tmp_path / "part.jsonl")], None) == 0
    metrics = json.loads((settings.run_dir / "metrics.json").read_text())
    part = metrics["extra"]["part"]["all"]["model"]
    assert set(part["absent"]) == set(LABELS[2:]) and part["macro_f1"] == pytest.approx(
        (part["labels"]["claim"]["f1"] + part["labels"]["hedge"]["f1"]) / 2, abs=1e-4
    )
    printed = capsys.readouterr().out
    line = next(line for line in printed.splitlines() if line.startswith("part, all: model "))
    assert line.count("absent") == 3 and "macro-F1 goes over claim, hedge" in printed
    assert f"interval from {metrics['test']['documents']} articles" in printed
    assert "part, all: model: interval from 8 articles" in printed
    card = (settings.checkpoint / "README.md").read_text()
    shown = {(result.name, result.split): result.value for result in read_card(card)[0]}
    assert shown["macro-F1", "part, all"] == part["macro_f1"] and "On real news" not in card
    for page in ((settings.run_dir / "report.html").read_text(), card):
        assert "macro-F1 goes over claim, hedge" in page
        assert "interval from 8 articles" in page
        assert page.count(">absent<") + page.count("| absent") >= 3


def test_every_rule_of_the_contrast_groups_is_explained_in_the_report(settings: Config, checkpoint: Path) -> None:
    shipped = load()
    rules = {
        json.loads(line)["rule"]
        for path in Path(shipped.corpus.seeds).glob("contrasts/*.jsonl")
        for line in path.open(encoding="utf-8")
        if '"rule"' in line
    }
    assert rules and rules | {"guidelines"} == set(explained_rules(Path(shipped.corpus.seeds)))
    (Path(settings.corpus.seeds) / "rules.yaml").write_text("rule-0: sees <this>\n")
    assert evaluate.main(settings, [], None) == 0
    assert "<td>rule-0</td>" in (page := (settings.run_dir / "report.html").read_text())
    assert "sees &lt;this&gt;</td>" in page
    (Path(settings.corpus.seeds) / "rules.yaml").unlink()


def test_a_metric_that_the_test_split_cannot_show_is_refused(
    settings: Config, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {
        name: [r for r in rows_of(settings.corpus, name) if r["label"] != "none"]
        for name in ("train", "validation", "test")
    }
    monkeypatch.setattr(evaluate, "rows_of", lambda _, name: rows[name])
    with pytest.raises(Stop, match="no test sentence is labelled none"):
        evaluate.main(changed(settings, measure__metric="f1:none"), [], None)
