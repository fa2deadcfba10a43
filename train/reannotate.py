"""Label noise: sentences that the model is sure are labelled wrongly, as a sheet for a second annotator, and the filled
sheet back into the seeds.

    python -m train.reannotate --write sheet.csv [--confidence 0.9] [--rows 300] [--key value]
    python -m train.reannotate --read sheet.csv

The sheet is CSV for a spreadsheet: it begins with a byte order mark, and a cell that a spreadsheet would run has an
apostrophe before it, which is taken off again. It may come back as CSV with any delimiter, or as .xlsx. It has `id`,
`before` (the sentence before), `text` and the empty columns `label` and `settled`. It is blind: it shows neither the
author's label nor the model's. The second annotator fills `label`; where the two then differ, whoever settles it fills
`settled` (`--read` lists what is open). Only train and validation are looked at: test is opened by train.evaluate
alone. A row that was read has two `annotators` in the seeds and is not asked about again.
"""

import json
import sys
from pathlib import Path
from random import Random

from rich.console import Console
from rich.progress import track

from onrecord import Classifier
from onrecord.classifier import TOKENISED_TOGETHER
from onrecord.tables.parts import write_whole
from onrecord.tables.write import BOM, Form, csv_lines, with_formula
from onrecord.terminal import visible
from train.config import Config, Corpus, Stop, parse, run
from train.corpus.rows import Sentence, normalise, read_seeds, seed_lines
from train.corpus.source_files import read_table
from train.corpus.splits import refuse_other_data, rows_of

GUIDELINES = "guidelines"  # the part of their examples
COLUMNS = ("id", "before", "text", "label", "settled")


def doubted(config: Config, confidence: float, limit: int) -> list[Sentence]:
    """The sentences whose label the run's model contradicts with at least `confidence`, most confident first, `limit`
    at most, none with a second annotator, none of the guidelines' examples, whose labels the guidelines give.

    The model answers under the label shares of the training data. Raises Stop if there is no model of this data.
    """
    refuse_other_data(config)
    classifier = Classifier.load(config.checkpoint, prior="data", backend="torch")
    sentences = {s.id: s for s in read_seeds(config.corpus.seeds, config.corpus.labels)}
    rows = [row for split in ("train", "validation") for row in rows_of(config.corpus, split)]
    found = [sentences[row["id"]] for row in rows]
    asked = [s for s in found if len(s.annotators) < 2 and s.meta["part"] != GUIDELINES]
    print(f"labelling {len(asked):,} sentences of train and validation with {config.checkpoint}", file=sys.stderr)
    console = Console(stderr=True)
    groups = [asked[i : i + TOKENISED_TOGETHER] for i in range(0, len(asked), TOKENISED_TOGETHER)]
    answers = [
        answer
        for group in track(groups, "labelling", console=console, disable=not console.is_terminal)
        for answer in classifier.predict(s.text for s in group)
    ]
    doubts = [(a.confidence, s) for s, a in zip(asked, answers, strict=True) if a.label != s.label]
    against = [(found, s) for found, s in doubts if found >= confidence]
    return [s for _, s in sorted(against, key=lambda pair: -pair[0])[:limit]]


def write_sheet(config: Config, path: Path, confidence: float, limit: int) -> int:
    """Write the doubted sentences in an order that says nothing; returns their number.

    Raises Stop rather than replace a sheet that somebody may have filled.
    """
    if path.exists():
        raise Stop(f"{path} is there already, perhaps half filled: read it with --read, or give another name")
    sentences = doubted(config, confidence, limit)
    before = {(s.doc, s.order + 1): s.text for s in read_seeds(config.corpus.seeds, config.corpus.labels)}
    Random(config.corpus.split_seed).shuffle(sentences)
    rows = [COLUMNS, *((s.id, before.get((s.doc, s.order), ""), s.text, "", "") for s in sentences)]
    try:
        write_whole(path, BOM + csv_lines(rows, Form("csv", safe=True)))
    except OSError as error:
        raise Stop(f"cannot write {path}: {error.strerror}") from error
    return len(sentences)


def read_sheet(config: Config, path: Path) -> tuple[int, int, list[str]]:
    """Put a filled sheet into the seeds. Returns the number of labels read, of rows still empty, and a line for each
    disagreement that is not settled.

    Those rows and the empty ones are left as they are in the seeds, to be read from the same sheet later; every other
    row and byte of the seeds stays. Raises Stop with all faults, and changes nothing, if a row is not in the seeds, has
    another text there, a label that the config does not know, no label but `settled`, or others than were read
    before.
    """
    faults: list[str] = []
    read = [row for _, row in read_table(str(path), ("id", "text"), faults)]  # spreadsheets leave empty last cells out
    rows = [{name: with_formula(str(cell or "")).strip() for name, cell in row.items()} for row in read]
    if missing := [name for name in COLUMNS if any(name not in row for row in rows)]:
        raise Stop(f"{path} lacks the columns {', '.join(missing)}; it must keep those that --write gave it")
    sentences = {s.id: s for s in read_seeds(config.corpus.seeds, config.corpus.labels)}
    answers = {row["id"]: (row["label"], row["settled"]) for row in rows}
    faults += [fault for row in rows if (fault := _fault(row, sentences, config.corpus))]
    if len(answers) < len(rows):
        faults.append(f"{len(rows) - len(answers)} rows repeat an id")
    if faults:
        raise Stop(f"{path}: nothing was read, {len(faults)} faults:\n  " + "\n  ".join(faults))
    filled = {i: answer for i, answer in answers.items() if answer[0]}
    new = {i: answer for i, answer in filled.items() if len(sentences[i].annotators) < 2}  # the others were read before
    disputed = sorted(i for i, (label, settled) in new.items() if label != sentences[i].label and not settled)
    ready = {i: answer for i, answer in new.items() if i not in disputed}
    contents = {}
    for seeds in sorted({Path(sentences[i].where.rpartition(":")[0]) for i in ready}):
        lines = seed_lines(seeds)
        for s in sentences.values():
            name, _, number = s.where.rpartition(":")
            if Path(name) == seeds and s.id in ready:
                lines[int(number) - 1] = _relabelled(lines, int(number) - 1, s, *ready[s.id])
        contents[seeds] = "\n".join(lines).encode("utf-8")
    for seeds, content in contents.items():
        write_whole(seeds, content)
    disagreements = [f"{i}: {sentences[i].label} or {new[i][0]}? {visible(sentences[i].text[:100])}" for i in disputed]
    return len(ready), len(answers) - len(filled), disagreements


def _relabelled(lines: list[str], index: int, s: Sentence, label: str, settled: str) -> str:
    """The line of a sentence with its second label. Raises Stop if another one stands there: the file was edited."""
    line = lines[index] if index < len(lines) else ""
    try:
        row = json.loads(line)
        there = (row["doc"], row["order"])
    except (ValueError, KeyError, TypeError):
        there = ("", 0)
    if there != (s.doc, s.order):
        raise Stop(
            f"{s.where} is not {s.id} any more: nothing was read; do not edit the seeds meanwhile, and read again"
        )
    row |= {"label": settled or label, "annotators": [row["label"], label], "second": "doubtful"}
    return json.dumps(row, ensure_ascii=False) + line[len(line.rstrip("\r")) :]


def _fault(row: dict[str, str], sentences: dict[str, Sentence], corpus: Corpus) -> str | None:
    s = sentences.get(row["id"])
    if s is None:
        return f"{row['id']}: no such sentence in {corpus.seeds}"
    if s.meta["part"] == GUIDELINES:
        return f"{row['id']}: an example of the guidelines has no second annotator: correct {s.where} by hand"
    if normalise(row["text"]) != s.text:
        return f"{row['id']}: the text is not that of the seeds ({s.where}); it is not to be edited in the sheet"
    for label in (row["label"], row["settled"]):
        if label and label not in corpus.labels:
            return f"{row['id']}: unknown label {label!r}; the labels are {', '.join(corpus.labels)}"
    if row["settled"] and not row["label"]:
        return f"{row['id']}: settled without a second label"
    if row["label"] and len(s.annotators) > 1:  # read before: from the other copy of a sheet, or a change of mind
        known = (s.annotators[1], s.label)
        if (row["label"], row["settled"] or row["label"]) != known:
            return (
                f"{row['id']}: was read before as {known[0]}, settled {known[1]}: to change it, edit {s.where} by hand"
            )
    return None


def _command() -> int:
    config, options = parse(
        prog="train.reannotate",
        write=dict(type=str, default=None, help="CSV file to write"),
        read=dict(type=str, default=None, help="filled CSV file to read"),
        confidence=dict(type=float, default=0.9, help="of the model, from which a contradiction counts"),
        rows=dict(type=int, default=300, help="at most"),
    )
    if (options["write"] is None) == (options["read"] is None):
        raise Stop("give either --write SHEET or --read SHEET")
    if config.source.files is not None:
        raise Stop("train.reannotate writes into the seeds; labels of your own rows are corrected in source.files")
    if options["write"]:
        written = write_sheet(config, Path(options["write"]), options["confidence"], options["rows"])
        print(f"{written} sentences in {options['write']}: fill the column label")
        return 0
    ready, empty, disagreements = read_sheet(config, Path(options["read"]))
    print(f"{ready} second labels read into {config.corpus.seeds}, {empty} rows still empty; then `make data`")
    if disagreements:
        print(f"{len(disagreements)} disagreements are open: fill `settled` and read the sheet again")
        print(*(f"  {line}" for line in disagreements), sep="\n")
    return 1 if disagreements else 0


if __name__ == "__main__":
    run(_command)
