"""configs/benchmarks: tiny files in each task's format run from the build to the figure that the task is judged by."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.train.corpus.test_sources import rows
from train import build, calibrate, evaluate, fit
from train.config import DEFAULTS, Config, load

CONFIGS = DEFAULTS.parent / "benchmarks"


def checkthat_2024(path: Path, split: str, number: int) -> None:
    """As published: in the training file two rows stand in one line."""
    lines = [
        f"{i}\t{row['text']}\t{row['label']}"
        for i, row in enumerate(rows(number, ("No", "Yes", "No"), seed=len(split)))
    ]
    if split == "train":
        lines.insert(5, "24098\tWe grow.\tNo29286\tYou cannot.\tNo")
    path.write_text("\n".join(["Sentence_id\tText\tclass_label", *lines]) + "\n")


def checkthat_2025(path: Path, split: str, number: int) -> None:
    """As published: a quotation mark that opens a bare cell, and a fourth column in some files, which half of dev's
    rows lack.
    """
    more = ("\tsolved_conflict", "\tFalse") if split != "test" else ("", "")
    lacking = 2 if split == "validation" else number + 1
    lines = [
        f'id-{i}\t"{row["text"]}\t{row["label"]}{more[1] * bool((i + 1) % lacking)}'
        for i, row in enumerate(rows(number, ("OBJ", "SUBJ"), seed=len(split)))
    ]
    path.write_text("\n".join([f"sentence_id\tsentence\tlabel{more[0]}", *lines]) + "\n")


def ag_news(path: Path, split: str, number: int) -> None:
    records = rows(number, ("1", "2", "3", "4"), seed=len(split))
    path.write_text(
        "".join(f'"{row["label"]}","{row["text"][:20]}","{row["text"][20:]} ""quoted"", he said."\n' for row in records)
    )


def szeged(path: Path, split: str, number: int) -> None:
    """Documents of three sentences, one with a cue."""
    texts = [row["text"] for row in rows(number)]
    documents = [
        f'<Document type="wiki"><DocID type="w">{i}</DocID><DocumentPart type="Text">'
        f'<Sentence id="S{i}.1">{texts[i]}.</Sentence>'
        f'<Sentence id="S{i}.2">It <ccue type="epistemic">may</ccue> be {texts[i + 1]}.</Sentence>'
        f'<Sentence id="S{i}.3">{texts[i + 2]} &amp; Co.</Sentence>'
        '</DocumentPart><DocumentPart type="Title"><Sentence id="empty"/></DocumentPart></Document>'
        for i in range(0, number - 2, 3)
    ]
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<Annotation><DocumentSet>'
        f"{''.join(documents)}</DocumentSet></Annotation>"
    )


WRITERS: dict[str, tuple[Callable[[Path, str, int], None], str]] = {
    "checkthat2024-task1-en": (checkthat_2024, "F1 of Yes on test"),
    "checkthat2025-task1-en": (checkthat_2025, "macro-F1 on test"),
    "ag-news": (ag_news, "accuracy on test"),
    "szeged-uncertainty": (szeged, "F1 of uncertain on test"),
}


def test_every_benchmark_is_tested() -> None:
    assert {path.stem for path in CONFIGS.glob("*.yaml")} == set(WRITERS)


@pytest.fixture(params=WRITERS)
def benchmark(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A config as it stands, its data written where it looks for it, under the current directory."""
    monkeypatch.chdir(tmp_path)
    write = WRITERS[request.param][0]
    config = load(CONFIGS / f"{request.param}.yaml", engine__model="tiny", engine__max_steps=2)
    files = config.source.files if isinstance(config.source.files, dict) else {"all": f"{config.source.files}/wiki.xml"}
    for split, file in files.items():
        path = Path(str(file))
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, split, 90 if split in ("all", "train") else 24)
    return config


def test_a_benchmark_runs_from_its_files_to_its_figure(benchmark: Config, capsys: pytest.CaptureFixture) -> None:
    assert build.main(benchmark) == 0
    best = fit.main(benchmark)
    assert (
        f"best epoch 1: validation {benchmark.measure.metric} {best[benchmark.measure.metric]:.4f}"
        in capsys.readouterr().out
    )
    assert calibrate.main(benchmark) == 0
    assert evaluate.main(benchmark, [], benchmark.measure.gate) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if " on test: " in line)
    metrics = json.loads((benchmark.run_dir / "metrics.json").read_text())["test"]
    value = (
        metrics["labels"][benchmark.measure.metric[3:]]["f1"]
        if benchmark.measure.metric.startswith("f1:")
        else metrics[benchmark.measure.metric]
    )
    assert line.startswith(f"{WRITERS[benchmark.run][1]}: {value:.4f} (")
    page = (benchmark.run_dir / "report.html").read_text()
    assert line.split(" on test")[0] + ", own test" in page and f"<b>{value:.3f}</b>" in page


def test_what_the_readers_make_of_the_formats(benchmark: Config) -> None:
    parts, _ = build.checked(benchmark)
    everything = [s for part in parts.values() for s in part]
    assert {s.label for s in everything} == set(benchmark.corpus.labels)
    if benchmark.run == "szeged-uncertainty":
        assert len(everything) == 90 and all((" may " in s.text) == (s.label == "uncertain") for s in everything)
        assert any(s.text.endswith(" & Co.") for s in everything)
        assert len({s.doc for s in everything}) == 30
    else:
        assert len(everything) == 90 + 24 * (2 if "validation" in (benchmark.source.files or {}) else 1)
    if benchmark.run == "checkthat2025-task1-en":
        assert all(s.text.startswith('"') and "\t" not in s.text for s in everything)
    if benchmark.run == "ag-news":
        assert all(s.text.endswith(' "quoted", he said.') for s in everything)
