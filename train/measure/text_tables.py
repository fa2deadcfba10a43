"""What `train.evaluate` prints: the figures as tables of text."""

from typing import Any

from train.config import WIDE
from train.measure.baselines import WORDS
from train.measure.metrics import notes


def render(metrics: dict[str, Any], labels: list[str], unit: str = "documents") -> str:
    """The figures as a text table: one line a system and set.

    More labels than a terminal is wide are left to the report.
    """
    warnings: list[str] = []
    labels = labels if len(labels) <= WIDE else []
    lines = [
        f"{'':42}{'rows':>6}{'accuracy':>10}{'macro-F1':>10}   {'95% interval':14}"
        + "".join(f"{label:>11}" for label in labels)
        + f"{'ECE':>8}"
    ]
    sets = {"test": {"model": metrics["test"], **metrics["baselines"]}}
    sets |= {f"{name}, {part}": systems for name, parts in metrics["extra"].items() for part, systems in parts.items()}
    for name, systems in sets.items():
        for system, m in systems.items():
            low, high = m["macro_f1_interval"]
            f1 = "".join(
                f"{'absent' if label in m['absent'] else format(m['labels'][label]['f1'], '.3f'):>11}"
                for label in labels
            )
            warnings += [f"{name}: {system}: {note}" for note in notes(m, unit)] if system == "model" else []
            if system == "model" and m["macro_f1"] <= systems[WORDS]["macro_f1"]:
                warnings.append(f"{name}: {system}: macro-F1 is not above that of {WORDS}, which needs no model")
            lines.append(
                f"{name + ': ' + system:42}{m['rows']:6}{m['accuracy']:10.3f}{m['macro_f1']:10.3f}   {low:.3f} - "
                f"{high:.3f} {f1}" + (f"{m['calibration_error']:8.3f}" if "calibration_error" in m else "")
            )
    lines += ["", *warnings] * bool(warnings)
    if not labels:
        return "\n".join(lines)
    lines += [
        "",
        "confusion on test (rows: true, columns: predicted)",
        f"{'':12}" + "".join(f"{label:>12}" for label in labels),
    ]
    lines += [
        f"{label:12}" + "".join(f"{n:12}" for n in row)
        for label, row in zip(labels, metrics["test"]["confusion"], strict=True)
    ]
    return "\n".join(lines)


def render_behaviour(figures: dict[str, Any]) -> str:
    """One line a rule, weakest first."""
    guidelines = figures["guidelines"]
    lines = [
        f"\nbehaviour: {figures['rows']} sentences of held-out contrast groups, "
        + (f"accuracy {figures['accuracy']:.3f}, " if figures["rows"] else "")
        + f"pairs of one group with both right {figures['groups_passed']:.3f}; "
        + f"edits that left the label alone {figures['edits_passed']:.3f}"
    ]
    if guidelines["rows"]:
        lines.append(
            f"examples of the guidelines: {guidelines['rows']} sentences, accuracy {guidelines['accuracy']:.3f}"
        )
    for kind, heading in (("rules", "pairs of a rule's groups"), ("edits", "edits of test sentences")):
        lines += [f"{heading}:"] + [
            f"  {name:20}{rate['pairs']:5} pairs {rate['passed']:7.1%}"
            + (f", {rate['unseen']} more that its tokens do not show" if rate.get("unseen") else "")
            for name, rate in sorted(figures[kind].items(), key=lambda item: item[1]["passed"])
        ]
    return "\n".join(lines)
