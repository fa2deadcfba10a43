"""README.md of a checkpoint: model_card.md.jinja filled in, behind front matter that the hub reads."""

import re
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from train.config import Config, Corpus, Stop, read_record
from train.measure.metrics import figure, notes

TEMPLATE = Path(__file__).with_name("model_card.md.jinja")
BASES = {
    "minilm": "sentence-transformers/all-MiniLM-L6-v2",
    "mpnet": "sentence-transformers/all-mpnet-base-v2",
    "tiny": "two random layers, for trying things out",
}
OURS: dict[str, Any] = {  # of their own data, users know
    "language": "en",
    "license": "apache-2.0",
    "datasets": ["onrecord"],
    "tags": ["onrecord", "onnx", "news", "journalism", "claim-detection", "hedge-detection", "negation"],
}


def recipe(config: Config) -> dict[str, Any]:
    """The config that the checkpoint was trained with. Raises Stop for what train.fit did not write."""
    path, again = config.checkpoint / "train_config.yaml", f"train again with {config.fit_command}"
    settings = read_record(path, dict, again)
    if not isinstance(settings.get("engine"), dict) or not isinstance(settings["engine"].get("model"), str):
        raise Stop(f"{path} names no model (engine.model): {again}")
    return settings


def model_card(metrics: dict[str, Any], config: Config) -> str:
    """Markdown made from metrics.json, with the figures of --extra files, such as real news, where there are any."""
    trained = recipe(config)["engine"]
    model = trained["model"]
    ours = config.source.files is None
    extra = model_by_part(metrics)
    baselines = {f"own test: {name}": measured for name, measured in metrics["baselines"].items()}
    front = ModelCardData(
        **OURS if ours else {},
        library_name="transformers",
        pipeline_tag="text-classification",
        base_model=None if model == "tiny" or Path(model).is_dir() else BASES.get(model, model),
        model_name=f"onrecord {config.run}",
        metrics=["f1", "accuracy"],
        eval_results=[
            result
            for split, measured in ({"test": metrics["test"]} | extra).items()
            for result in _results("onrecord" if ours else config.run, split, measured, config.measure.metric)
        ],
    )
    card = ModelCard.from_template(
        front,
        template_path=str(TEMPLATE),
        metrics=metrics,
        run=config.run,
        base=BASES.get(model, model),
        labels=config.corpus.labels,
        meanings=meanings(config.corpus),
        cell=cell,
        code=code,
        documents=config.documents,
        max_tokens=trained.get("max_tokens", config.engine.max_tokens),
        priors=config.measure.priors,
        ours=ours,
        systems={"own test": metrics["test"]} | baselines | extra,
        notes={name: notes(m, config.documents) for name, m in ({"own test": metrics["test"]} | extra).items()},
        raters=read_ceilings(Path(config.corpus.seeds)) if ours else [],
    )
    return f"{card}\n"


def model_by_part(metrics: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """FILE, PART -> the model's figures on that part of an --extra file."""
    return {
        f"{name}, {part}": kinds["model"] for name, parts in metrics["extra"].items() for part, kinds in parts.items()
    }


def meanings(corpus: Corpus) -> str:
    """The section that defines the labels; nothing where the config's definitions are of other labels."""
    if corpus.definitions.keys() != set(corpus.labels):
        return ""
    lines = [f"- {code(label)}: {corpus.definitions[label]}\n" for label in corpus.labels]
    return "## What the labels mean\n\n" + "".join(lines)


def code(text: str) -> str:
    """A text as code in Markdown, between more backticks than it holds in a row."""
    line = " ".join(text.split())
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    blank = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{blank}{line}{blank}{fence}"


def cell(text: str) -> str:
    """A text for a cell or a line of Markdown, in which nothing of it is markup."""
    return re.sub(r"([\\`*\[\]<>|])", r"\\\1", " ".join(text.split()))


def read_ceilings(seeds: Path) -> list[dict[str, Any]]:
    """Figures of further raters on real sentences in SEEDS/third_rater.yaml: name, macro_f1 and perhaps rows."""
    path = seeds / "third_rater.yaml"
    return read_record(path, list, "give a list of name, macro_f1 and perhaps rows") if path.is_file() else []


def _results(data: str, split: str, measured: dict[str, Any], metric: str) -> list[EvalResult]:
    """What the hub shows of one split, the config's own metric first."""
    figures = [("f1", "macro-F1", measured["macro_f1"]), ("accuracy", "accuracy", measured["accuracy"])]
    if metric.startswith("f1:") and metric[3:] not in measured["absent"]:
        name, value, _ = figure(measured, metric)
        figures.insert(0, ("f1", name, value))
    if split == "test":
        figures.append(("ece", "expected calibration error", measured["calibration_error"]))
    return [
        EvalResult("text-classification", data, data, kind, value, dataset_split=split, metric_name=name)
        for kind, name, value in figures
    ]
