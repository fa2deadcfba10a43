"""Measure a run on the test split and hold it to the gate. The only command that opens `test`.

    python -m train.evaluate [--extra FILE.jsonl ...] [--measure.gate configs/gates/small.yaml]
        [--release] [--key value]

Predictions come from the `Classifier` that users call. Writes metrics.json, report.html and gate.md into
runs/NAME and the model card into the checkpoint; exit 1 if the gate does not hold.
"""

import hashlib
import importlib.metadata
import json
import platform
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from onrecord.calibration import DATA, Rule
from onrecord.classifier import CheckpointError, Classifier
from onrecord.tables.parts import write_whole
from train.config import DEFAULTS, Config, Measure, Stop, changed, parse, read_record, run
from train.corpus.rows import key
from train.corpus.source_files import read_table
from train.corpus.splits import refuse_other_data, rows_of, with_labels
from train.measure.baselines import Baselines
from train.measure.behaviour import measure_behaviour
from train.measure.gate import FAIL, INVESTIGATE, PASS, UNRELEASED, Verdict, judge, read_rules, released_file, table
from train.measure.metrics import figure, measure
from train.measure.model_card import model_card
from train.measure.promises import abstention, label_sets
from train.measure.released import against_released, rows_fingerprint, write_released
from train.measure.report import report
from train.measure.shipped import deciding_files, measure_backends
from train.measure.slices import slices, worst
from train.measure.text_tables import render, render_behaviour

MISTAKES = 30  # shown in the report: of validation and behaviour rows, as nobody may write at what test has shown


def main(config: Config, extra: list[str], gate: str | None, release: bool = False) -> int:
    """Measure, write metrics.json, predictions.json, report.html and the model card, print the tables; 1 if the gate is
    red. Behaviour is measured where data/ has rows for it: the held-out contrast groups and the label-keeping edits.

    With `release`, a gate without a failing rule makes these answers the released ones. Raises Stop, before anything is
    measured, for a release without a rule that says where they are kept.
    """
    rules = [] if gate is None else read_rules(gate)
    released = released_file(rules)
    if release and released is None:
        why = f"{gate} has no rule no_regression" if rules else "there is no gate"
        raise Stop(
            f"--release: {why}, so nothing says which file keeps the released answers; give --measure.gate FILE with "
            "one"
        )
    config = with_labels(config)
    files = deciding_files(config.checkpoint)  # before they are read: a change meanwhile is seen
    classifier = load_checked(config, extra)
    config = as_promised(config, classifier)
    (config.run_dir / "gate.md").unlink(missing_ok=True)  # a verdict on other figures must not stay behind
    train, validation, test = (rows_of(config.corpus, name) for name in ("train", "validation", "test"))
    if config.measure.metric.startswith("f1:") and config.measure.metric[3:] not in {row["label"] for row in test}:
        raise Stop(
            f"measure.metric: {config.measure.metric} cannot be measured, as no test sentence is labelled "
            f"{config.measure.metric[3:]}; move some there, or judge by macro_f1"
        )
    labels = config.corpus.labels
    baselines = Baselines(
        [r["text"] for r in train], [labels.index(r["label"]) for r in train], labels, config.measure.cues
    )
    metrics, numbers = evaluate(classifier, baselines, test, config)
    rule = _rule(classifier, DATA)
    looked_at = validation
    behaviour = (Path(config.corpus.data) / "behaviour.parquet").is_file()
    if behaviour:
        rows = rows_of(config.corpus, "behaviour")
        looked_at = validation + rows
        metrics["behaviour"] = measure_behaviour(
            lambda texts: (
                [labels[i] for i in rule.probabilities(classifier.logits(texts)[0]).argmax(1)] if texts else []
            ),
            lambda texts: classifier.tokens.encode(texts) if texts else [],
            rows,
            test,
        )
    probabilities = rule.probabilities(classifier.logits([r["text"] for r in looked_at])[0])
    wrong = mistakes(looked_at, probabilities, labels)  # for the page alone: metrics.json is packed and published
    metrics["shipped"] = measure_backends(
        config.checkpoint, [r["text"] for r in test], [labels.index(r["label"]) for r in test]
    )
    seen = {key(row["text"]) or row["text"] for row in train + validation}
    metrics["extra"] = {
        Path(path).stem: measure_extra(classifier, baselines, path, config.measure, seen) for path in extra
    }
    metrics["files"] = files
    metrics["released"] = against_released(released, test, numbers, labels)
    verdicts = judge(metrics, rules)
    metrics["gate"] = [vars(verdict) for verdict in verdicts]  # in one file: figures that failed are never packed
    refuse_other_data(config)  # again: a build may have come meanwhile, or a training
    if deciding_files(config.checkpoint) != files:
        raise Stop(f"{config.checkpoint} was changed while it was measured: nothing was written; measure it again")
    write(config.checkpoint / "README.md", model_card(metrics, config))  # first: what has figures is packed with it
    write(config.run_dir / "metrics.json", json.dumps(metrics, indent=2))
    answers = {row["id"]: labels[i] for row, i in zip(test, numbers, strict=True)}
    write(config.run_dir / "predictions.json", json.dumps({"test": rows_fingerprint(test), "answers": answers}))
    write(config.run_dir / "report.html", report(metrics | {"mistakes": wrong}, config))
    name, value, (low, high) = figure(metrics["test"], config.measure.metric)
    print(
        f"{name} on test: {value:.4f} ({low:.4f} - "
        f"{high:.4f})\n\n{render(metrics, config.corpus.labels, config.documents)}"
    )
    if behaviour:
        print(render_behaviour(metrics["behaviour"]))
    print(f"\nreport: {config.run_dir / 'report.html'}")
    if not rules:
        return 0
    outcomes = hold_to_gate(config, verdicts)
    if outcomes[FAIL]:
        return 1
    if not release:
        if outcomes[UNRELEASED]:
            print("look at what changed; if it is as it should be, --release makes these answers the released ones")
        return int(outcomes[UNRELEASED] > 0)
    assert released is not None
    if metrics["released"].get("difference", 0) < 0:
        raise Stop(
            f"not released: macro-F1 is {-metrics['released']['difference']} below the released answers, if within "
            f"noise; delete {released} to start anew"
        )
    write_released(released, test, numbers, labels)
    print(f"released: later runs are compared with these answers ({released})")
    return 0


def load_checked(config: Config, extra: list[str]) -> Classifier:
    """The run's classifier. Raises Stop if it goes with neither the config nor the data, or two files share a name."""
    try:
        classifier = Classifier.load(config.checkpoint)
    except CheckpointError as error:
        raise Stop(str(error)) from error
    if tuple(config.corpus.labels) != classifier.labels:
        raise Stop(
            f"the checkpoint knows the labels {list(classifier.labels)}, the config has {config.corpus.labels}; train "
            f"again with {config.fit_command}"
        )
    refuse_other_data(config)
    names = Counter(Path(path).stem for path in extra)
    if names and (twice := names.most_common(1)[0])[1] > 1:
        raise Stop(f"--extra: two files are called {twice[0]!r}, and figures are kept by name; rename one")
    return classifier


def as_promised(config: Config, classifier: Classifier) -> Config:
    """The config with what the checkpoint was calibrated for: its promises are measured, not those of options."""
    if (known := classifier.calibration) is None:
        return config
    promises = dict(measure__max_error=known.max_error, measure__coverage=known.coverage)
    return changed(config, **promises, measure__priors=known.priors)


def hold_to_gate(config: Config, verdicts: list[Verdict]) -> Counter[str]:
    """Write gate.md and print it; how many rules have which outcome."""
    write(config.run_dir / "gate.md", table(verdicts))
    counts = Counter(verdict.outcome for verdict in verdicts)
    print(
        f"\n{table(verdicts)}\n\ngate: {counts[FAIL]} of {len(verdicts)} rules fail, {counts[UNRELEASED]} wait for a "
        f"release, {counts[INVESTIGATE]} to investigate, {counts[PASS]} pass"
    )
    return counts


def evaluate(
    classifier: Classifier, baselines: Baselines, test: list[dict], config: Config
) -> tuple[dict[str, Any], list[int]]:
    """The metrics of model and baselines on the test rows, and the number of the model's label for each of them.

    The test split has the label shares of the training data, so the model is measured under these; under another prior
    of the checkpoint the line is called "model, prior NAME".
    """
    labels = config.corpus.labels
    logits, _ = classifier.logits([r["text"] for r in test])
    systems = _measure_all(classifier, logits, baselines, test, config.measure)
    model = systems.pop("model")
    others = [m for name, m in systems.items() if not name.startswith("model")]
    rule = _rule(classifier, DATA)
    targets = [labels.index(r["label"]) for r in test]
    probabilities = rule.probabilities(logits)
    predicted = probabilities.argmax(1).tolist()
    parts = slices(test, predicted, labels, config.measure.slices)
    return {
        "run": config.run,
        "calibrated": classifier.calibration is not None,
        "training": read_record(config.checkpoint / "training.json", dict, f"train again with {config.fit_command}"),
        "versions": versions(config.corpus.data)
        | {"backend": f"{classifier.backend.name} {classifier.backend.version}"},
        "test": model | {"margin_over_baselines": round(model["macro_f1"] - max(b["macro_f1"] for b in others), 4)},
        "abstention": abstention(rule, probabilities, targets, labels, config.measure.max_error),
        "label_sets": label_sets(rule, probabilities, targets, labels, config.measure.coverage),
        "slices": parts,
        "worst_slice": worst(parts),
        "baselines": systems,
    }, predicted


def mistakes(rows: list[dict], probabilities: np.ndarray, labels: list[str]) -> list[dict[str, Any]]:
    """The wrong answers, most confident first: text, true label, answer, confidence, document and rule (of contrast
    groups).
    """
    wrong = [
        {
            "text": row["text"],
            "label": row["label"],
            "answer": labels[p.argmax()],
            "confidence": round(float(p.max()), 4),
            "id": row["id"],
            "rule": row.get("rule"),
        }
        for row, p in zip(rows, probabilities, strict=True)
        if labels[p.argmax()] != row["label"]
    ]
    return sorted(wrong, key=lambda m: -m["confidence"])[:MISTAKES]


def versions(data: str) -> dict[str, str]:
    """Of code, data and libraries."""
    git = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False, cwd=DEFAULTS.parent
    )
    manifest = Path(data) / "manifest.json"
    return {
        "code": git.stdout.strip() or "not in a git clone",
        "data": hashlib.sha256(manifest.read_bytes()).hexdigest()[:12],
        "python": platform.python_version(),
    } | {name: importlib.metadata.version(name) for name in ("torch", "transformers", "scikit-learn")}


def write(path: Path, text: str) -> None:
    """The whole file or none of it, ending in one line end."""
    write_whole(path, f"{text.rstrip(chr(10))}\n".encode())


def _rule(classifier: Classifier, prior: str) -> Rule:
    """The classifier's own rule, or that for another prior if it was calibrated."""
    return classifier.calibration.rule(prior) if classifier.calibration else classifier.rule


def measure_extra(
    classifier: Classifier, baselines: Baselines, path: str, section: Measure, seen: set[str]
) -> dict[str, Any]:
    """Model and baselines on another labelled table, with `text` and `label`; a `sample` field reports its values apart
    too.

    The model is measured as users get it, under the default prior; under another one of the checkpoint the line is
    called "model, prior NAME". Rows whose text, by `key`, was `seen` in training are counted and told.
    """
    rows = read_extra(path, list(classifier.labels))
    if known := sum((key(row["text"]) or row["text"]) in seen for row in rows):
        print(
            f"warning: --extra {path}: {known} of {len(rows)} texts stand in train or validation: its figures flatter",
            file=sys.stderr,
        )
    logits, _ = classifier.logits([r["text"] for r in rows])
    parts = {"all": list(range(len(rows)))} | {
        name: [i for i, r in enumerate(rows) if r.get("sample") == name]
        for name in sorted({r["sample"] for r in rows if "sample" in r})
    }
    return {
        name: _measure_all(classifier, logits[chosen], baselines, [rows[i] for i in chosen], section)
        for name, chosen in parts.items()
    }


def read_extra(path: str, labels: list[str]) -> list[dict]:
    """Rows of a table in any format. Raises Stop naming the place of the first that cannot be used."""
    rows = []
    try:
        read = read_table(path, ["text", "label"])
    except Stop as error:
        raise Stop(f"--extra {error}") from error
    for where, row in read:
        if missing := [name for name in ("text", "label") if name not in row]:
            raise Stop(f"--extra {where}: needs a column {missing[0]}; there are {', '.join(row)}")
        sample = row.pop("sample", None)
        if sample == "all" or not isinstance(sample, str | None):
            raise Stop(f"--extra {where}: sample {sample!r} must be a string, and not 'all', which is the whole file")
        if not isinstance(row["text"], str) or row["label"] not in labels:
            raise Stop(
                f"--extra {where}: label {row['label']!r} is none of {', '.join(labels)}, or the text is not a string"
            )
        rows.append(row | {"doc": str(row.get("doc", row.get("id", where)))} | ({"sample": sample} if sample else {}))
    if not rows:
        raise Stop(f"--extra {path}: no rows")
    return rows


def _measure_all(
    classifier: Classifier, logits: np.ndarray, baselines: Baselines, rows: list[dict], section: Measure
) -> dict[str, Any]:
    """system -> figures on `rows`, whose scores are `logits`: the model under `data`, under the checkpoint's other
    priors, the baselines.
    """
    labels = list(classifier.labels)
    texts, targets, documents = (
        [r["text"] for r in rows],
        [labels.index(r["label"]) for r in rows],
        [r["doc"] for r in rows],
    )
    systems = {}
    for prior in (DATA, *(classifier.calibration.priors if classifier.calibration else ())):
        rule = _rule(classifier, prior)
        probabilities = rule.probabilities(logits)
        name = "model" if prior == DATA else f"model, prior {prior}"
        kept = abstention(rule, probabilities, targets, labels, section.max_error)
        systems[name] = measure(targets, probabilities.argmax(1).tolist(), labels, documents, probabilities) | {
            "prior": rule.prior,
            "error_at_80": kept["error_at_80"],
            "answered": {key: kept[key] for key in ("answered", "error")},
            "set_coverage": label_sets(rule, probabilities, targets, labels, section.coverage)["coverage"],
        }
    answered = baselines.predict(texts)
    return systems | {name: measure(targets, predicted, labels, documents) for name, predicted in answered.items()}


def _command() -> int:
    config, options = parse(
        prog="train.evaluate",
        extra=dict(nargs="+", default=[], help="further labelled tables (text, label) to measure beside test"),
        release=dict(
            action="store_true",
            help="if no rule fails, make this run's answers the released ones that later runs are compared with",
        ),
    )
    return main(config, gate=config.measure.gate, **options)


if __name__ == "__main__":
    run(_command)
