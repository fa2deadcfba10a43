"""report.html: one self-contained page about a run, drawn from its figures and its most confident mistakes."""

import io
from collections import defaultdict
from pathlib import Path
from typing import Any

import jinja2
import matplotlib
from matplotlib.figure import Figure

from train.config import SECTIONS, Config, read_record
from train.measure.metrics import figure as judged_figure
from train.measure.metrics import notes
from train.measure.model_card import model_by_part, read_ceilings, recipe
from train.measure.slices import LEAST

TEMPLATE = Path(__file__).with_name("report.html.jinja")
INK, ACCENT, SOFT = "#7a7f87", "#2f6db5", "#c2571a"  # greys and two hues that read on white and on black


def report(metrics: dict[str, Any], config: Config) -> str:
    """The page of metrics.json and `mistakes`. Sections whose figures were not measured are left out."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = lambda value, digits=1: "–" if value is None else f"{value:.{digits}%}"
    measured = {"own test": metrics["test"]} | model_by_part(metrics)
    manifest = read_record(Path(config.corpus.data) / "manifest.json", dict, "run `make data` again")
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        metrics=metrics,
        config=config,
        least=LEAST,
        labels=config.corpus.labels,
        judged=judged_figure(metrics["test"], config.measure.metric),
        agreement=manifest.get("agreement", []),
        ceilings=read_ceilings(Path(config.corpus.seeds)) if config.source.files is None else [],
        reliability=reliability_diagram(metrics["test"]["reliability"]),
        risk=risk_diagram(metrics["abstention"]["curve"], metrics["abstention"]["promised_error"]),
        curve=learning_curve(config.run_dir),
        notes={name: lines for name, m in measured.items() if (lines := notes(m, config.documents))},
        rules=explained_rules(Path(config.corpus.seeds)),
        settings=_flat(recipe(config)),
    )


def _flat(settings: dict[str, Any]) -> dict[str, Any]:
    """section.key -> value."""
    inner = {f"{name}.{key}": value for name in SECTIONS if name in settings for key, value in settings[name].items()}
    return {name: value for name, value in settings.items() if name not in SECTIONS} | inner


def explained_rules(seeds: Path) -> dict[str, str]:
    """Rule of the contrast groups -> what it tests, as SEEDS/rules.yaml says; "" for a rule that is not there."""
    path = seeds / "rules.yaml"
    return defaultdict(str, read_record(path, dict, "give a line `rule: what it tests` each") if path.is_file() else {})


def reliability_diagram(bins: list[dict[str, float]]) -> str:
    """Accuracy against confidence, points as large as their bins."""
    figure, axes = _axes("confidence", "accuracy")
    largest = max(b["rows"] for b in bins)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle="--")
    points = [b["confidence"] for b in bins], [b["accuracy"] for b in bins]
    sizes = [12 + 160 * b["rows"] / largest for b in bins]
    axes.plot(*points, color=ACCENT, linewidth=1.5)
    axes.scatter(*points, s=sizes, color=ACCENT, alpha=0.75, linewidths=0)
    axes.set(xlim=(0.15, 1.02), ylim=(0, 1.05))
    return _svg(figure)


def risk_diagram(curve: list[list[float]], promised: float) -> str:
    """Error among the answered against the share answered."""
    figure, axes = _axes("share of sentences answered", "error among them")
    axes.axhline(promised, color=INK, linewidth=1, linestyle="--")
    axes.annotate(
        f"promised: {promised:.0%}", (0.02, promised), textcoords="offset points", xytext=(0, 4), color=INK, fontsize=9
    )
    axes.plot([c for c, _ in curve], [r for _, r in curve], color=ACCENT, linewidth=2)
    axes.set(xlim=(0, 1.02), ylim=(0, max(0.02, promised, *(r for _, r in curve)) * 1.15))
    return _svg(figure)


def learning_curve(run_dir: Path) -> str | None:
    """Macro-F1 against training rows, of this run and its siblings NAME-... on fewer rows of the same data.

    None without siblings. Other runs may be called so too, such as those of other seeds.
    """
    own = read_record(run_dir / "metrics.json", dict, "write it again with train.evaluate")["training"]
    runs: list[tuple[int, float, dict[str, float]]] = []
    for path in [run_dir / "metrics.json", *run_dir.parent.glob(f"{run_dir.name}-*/metrics.json")]:
        if path.is_file():
            metrics = read_record(path, dict, "write it again with train.evaluate")
            trained = metrics["training"]
            if trained != own and (trained.get("data") != own.get("data") or trained["rows"] >= own["rows"]):
                continue
            extra = {name: figures["macro_f1"] for name, figures in model_by_part(metrics).items()}
            runs.append((metrics["training"]["rows"], metrics["test"]["macro_f1"], extra))
    if len(runs) < 2:
        return None
    runs.sort(key=lambda point: point[0])
    figure, axes = _axes("training rows", "macro-F1")
    lines = {"own test": [(rows, score) for rows, score, _ in runs]}
    for name in runs[-1][2]:
        lines[name] = [(rows, extra[name]) for rows, _, extra in runs if name in extra]
    for (name, points), colour in zip(lines.items(), [ACCENT, SOFT, "#4b8f5a", "#8a5aa8"], strict=False):
        axes.plot(*zip(*points, strict=True), color=colour, linewidth=1.8, marker="o", markersize=4, label=name)
    axes.legend(frameon=False, labelcolor="linecolor", fontsize=9, loc="lower right")
    return _svg(figure)


def _axes(across: str, up: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(4.6, 3.4))
    axes = figure.add_subplot()
    axes.set_xlabel(across, color=INK)
    axes.set_ylabel(up, color=INK)
    axes.tick_params(colors=INK, labelsize=9)
    axes.grid(color=INK, alpha=0.18, linewidth=0.6)
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(INK)
    return figure, axes


def _svg(figure: Figure) -> str:
    """The figure as an <svg> element that takes the page's fonts and background."""
    out = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "onrecord", "font.family": "sans-serif"}):
        figure.savefig(out, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
