"""Measure a run on the test split and hold it to the gate. The only command that opens `test`.

    python -m train.evaluate [--behaviour] [--extra '["FILE.jsonl"]'] [--gate configs/gate.yaml] [--key value]

Predictions come from the `Classifier` that users call. Writes runs/NAME/metrics.json; exit 1 if the gate does not hold.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from onrecord.classifier import CheckpointError, Classifier
from train.baselines import predict_baselines
from train.behaviour import edit_rates, edited, overall, pair_rates
from train.config import Config, Stop, parse, run
from train.gate import judge, read_rules, table
from train.metrics import measure
from train.splits import rows_of


def main(config: Config, extra: list[str], gate: str | None, behaviour: bool = False) -> int:
    """Measure, write metrics.json, print the tables; 1 if the gate fell short."""
    try:
        classifier = Classifier.load(config.checkpoint)
    except CheckpointError as error:
        raise Stop(str(error)) from error
    train, test = (rows_of(config, name) for name in ("train", "test"))
    metrics = evaluate(classifier, train, test, config.labels)
    if behaviour:
        metrics["behaviour"] = measure_behaviour(classifier, rows_of(config, "behaviour"))
    metrics["extra"] = {Path(path).stem: measure_extra(classifier, train, path, config.labels) for path in extra}
    (config.run_dir / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    print(render(metrics, config.labels))
    if behaviour:
        print(render_behaviour(metrics["behaviour"]))
    if gate is None:
        return 0
    verdicts = judge(metrics, read_rules(gate))
    fallen = sum(not holds for *_, holds in verdicts)
    print(f"\n{table(verdicts)}\n\n" + (f"gate: {fallen} of {len(verdicts)} rules fell short" if fallen else f"gate: all {len(verdicts)} rules hold"))
    return int(fallen > 0)


def evaluate(classifier: Classifier, train: list[dict], test: list[dict], labels: list[str]) -> dict[str, Any]:
    """The model and the baselines on the same rows (dicts with `text`, `label` and `doc`)."""
    if tuple(labels) != classifier.labels:
        raise Stop(f"the checkpoint knows the labels {list(classifier.labels)}, the data has {labels}; train again with `make train`")
    systems = _measure_all(classifier, train, test, labels)
    model = systems.pop("model")
    return {"test": model | {"margin_over_baselines": round(model["macro_f1"] - max(b["macro_f1"] for b in systems.values()), 4)}, "baselines": systems}


def measure_behaviour(classifier: Classifier, rows: list[dict]) -> dict[str, Any]:
    """Pass rates of the held-out contrast groups by rule, and of the edits that must not change a label."""
    predicted = [p.label for p in classifier.predict(r["text"] for r in rows)]
    edits = edited(rows)
    relabelled: dict[str, Sequence[str]] = {name: [p.label for p in classifier.predict(text for _, text in pairs)] for name, pairs in edits.items()}
    rules, kept = pair_rates(rows, predicted), edit_rates(edits, predicted, relabelled)
    right = sum(label == r["label"] for label, r in zip(predicted, rows, strict=True))
    return {"rows": len(rows), "accuracy": round(right / len(rows), 4), "groups_passed": overall(rules), "edits_passed": overall(kept), "rules": rules, "edits": kept}


def render_behaviour(found: dict[str, Any]) -> str:
    """One line a rule, weakest first."""
    lines = [f"\nbehaviour: {found['rows']} held-out sentences, accuracy {found['accuracy']:.3f}; pairs of one group with both right {found['groups_passed']:.3f}; "
             f"edits that left the label alone {found['edits_passed']:.3f}"]  # fmt: skip
    for kind in ("rules", "edits"):
        lines += [f"  {name:20}{rate['pairs']:5} pairs {rate['passed']:7.1%}" for name, rate in sorted(found[kind].items(), key=lambda item: item[1]["passed"])]
    return "\n".join(lines)


def measure_extra(classifier: Classifier, train: list[dict], path: str, labels: list[str]) -> dict[str, Any]:
    """Model and baselines on another labelled file: JSONL with `text` and `label`; a `sample` field reports its values apart too."""
    rows = read_extra(path, labels)
    parts = {"all": rows} | {name: [r for r in rows if r.get("sample") == name] for name in sorted({r["sample"] for r in rows if "sample" in r})}
    return {name: _measure_all(classifier, train, part, labels) for name, part in parts.items()}


def read_extra(path: str, labels: list[str]) -> list[dict]:
    """Rows of a JSONL file. Raises Stop naming the line of the first that cannot be used."""
    rows = []
    try:
        lines = Path(path).read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise Stop(f"--extra {path}: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text, label = row["text"], row["label"]
        except (ValueError, KeyError, TypeError) as error:
            raise Stop(f"--extra {path}:{number}: needs a JSON object with text and label ({error!r})") from error
        if not isinstance(text, str) or label not in labels:
            raise Stop(f"--extra {path}:{number}: label {label!r} is none of {', '.join(labels)}, or the text is not a string")
        rows.append(row | {"doc": str(row.get("doc", row.get("id", number)))})
    if not rows:
        raise Stop(f"--extra {path}: no rows")
    return rows


def _measure_all(classifier: Classifier, train: list[dict], rows: list[dict], labels: list[str]) -> dict[str, Any]:
    texts, targets, documents = [r["text"] for r in rows], [labels.index(r["label"]) for r in rows], [r["doc"] for r in rows]
    probabilities = classifier.probabilities(texts)
    systems = {"model": measure(targets, probabilities.argmax(1).tolist(), labels, documents, probabilities)}
    given = predict_baselines([r["text"] for r in train], [labels.index(r["label"]) for r in train], texts, labels)
    return systems | {name: measure(targets, predicted, labels, documents) for name, predicted in given.items()}


def render(metrics: dict[str, Any], labels: list[str]) -> str:
    """The figures as a text table: one line a system and set."""
    lines = [f"{'':42}{'rows':>6}{'accuracy':>10}{'macro-F1':>10}   {'95% interval':14}" + "".join(f"{label:>11}" for label in labels) + f"{'ECE':>8}"]
    sets = {"test": {"model": metrics["test"], **metrics["baselines"]}}
    sets |= {f"{name}, {part}": systems for name, parts in metrics["extra"].items() for part, systems in parts.items()}
    for name, systems in sets.items():
        for system, m in systems.items():
            low, high = m["macro_f1_interval"]
            f1 = "".join(f"{m['labels'][label]['f1']:11.3f}" for label in labels)
            lines.append(
                f"{name + ': ' + system:42}{m['rows']:6}{m['accuracy']:10.3f}{m['macro_f1']:10.3f}   {low:.3f} - {high:.3f} {f1}"
                + (f"{m['calibration_error']:8.3f}" if "calibration_error" in m else "")
            )
    lines += ["", "confusion on test (rows: true, columns: predicted)", f"{'':12}" + "".join(f"{label:>12}" for label in labels)]
    lines += [f"{label:12}" + "".join(f"{n:12}" for n in row) for label, row in zip(labels, metrics["test"]["confusion"], strict=True)]
    return "\n".join(lines)


def _command() -> int:
    config, options = parse(
        prog="train.evaluate",
        extra=dict(type=list[str], default=[], help="further labelled JSONL files (text, label) to measure beside test"),
        behaviour=dict(action="store_true", help="also run the held-out contrast groups and the label-keeping edits"),
        gate=dict(type=str | None, default="configs/gate.yaml", help="rules the figures must keep; null measures only"),
    )
    return main(config, **options)


if __name__ == "__main__":
    run(_command)
