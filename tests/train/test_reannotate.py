"""A sheet of doubted sentences goes out blind and comes back without loss."""

import csv
import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest

from tests.conftest import CUE, LABELS, changed
from train import build, reannotate
from train.config import Config, Stop, run
from train.corpus.rows import read_seeds
from train.corpus.splits import load_split
from train.reannotate import COLUMNS, doubted, read_sheet, write_sheet


class Model:
    """Knows the label of a sentence by its cue word, and is surer of longer ones."""

    def predict(self, texts: Iterable[str]) -> list[SimpleNamespace]:
        predictions = []
        for text in texts:
            words = text.lower().rstrip(".").split()
            predictions.append(
                SimpleNamespace(
                    label=next(label for label, cue in CUE.items() if cue in words), confidence=0.5 + len(text) / 1000
                )
            )
        return predictions


@pytest.fixture
def noisy(settings: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Config, set[str]]:
    """A corpus in which a few labels are wrong, and the ids of those rows."""
    shutil.copytree(settings.corpus.seeds, tmp_path / "seeds")
    file = tmp_path / "seeds" / "articles" / "made.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    wrong = [row for row in rows if row.get("label") == "none"][::4]
    for row in wrong:
        row["label"] = "denial"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = changed(
        settings,
        corpus__seeds=str(tmp_path / "seeds"),
        corpus__data=str(tmp_path / "data"),
        output=str(tmp_path / "runs"),
    )
    build.main(config)
    monkeypatch.setattr(reannotate, "refuse_other_data", lambda config: None)
    monkeypatch.setattr(reannotate.Classifier, "load", lambda *args, **options: Model())
    tested = set(load_split(config.corpus, "test")["id"])
    return config, {i for row in wrong if (i := f"{row['doc']}/{row['order']:02d}") not in tested}


def filled(path: Path, answers: dict[str, tuple[str, str]]) -> None:
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        sheet = csv.DictWriter(file, COLUMNS)
        sheet.writeheader()
        for row in rows:
            label, settled = answers.get(row["id"], ("", ""))
            sheet.writerow(row | {"label": label, "settled": settled})


def test_wrong_labels_are_found_and_the_sheet_is_blind(
    noisy: tuple[Config, set[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, wrong = noisy
    sentences = doubted(config, 0.5, 100)
    assert len(sentences) > 5 and {s.id for s in sentences} == wrong  # test is not looked at
    assert [len(s.text) for s in sentences] == sorted((len(s.text) for s in sentences), reverse=True)  # surest first
    sure = 0.5 + len(sentences[2].text) / 1000
    assert re.search(r"^labelling [\d,]+ sentences of train and validation with ", capsys.readouterr().err, re.M)
    assert doubted(config, sure, 100) == [s for s in sentences if len(s.text) >= len(sentences[2].text)]
    assert len(doubted(config, 0.5, 2)) == 2 and doubted(config, 0.5, 2) == sentences[:2]
    assert write_sheet(config, tmp_path / "sheet.csv", 0.5, 100) == len(sentences)
    with open(tmp_path / "sheet.csv", newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    texts = {(s.doc, s.order): s.text for s in read_seeds(config.corpus.seeds, config.corpus.labels)}
    assert {row["id"] for row in rows} == {s.id for s in sentences}
    for row in rows:
        doc, order = row["id"].split("/")
        assert row["text"] == texts[doc, int(order)] and row["before"] == texts.get((doc, int(order) - 1), "")
        assert row["label"] == row["settled"] == "" and not set(LABELS) & set(row.values())
    with pytest.raises(Stop, match="is there already, perhaps half filled"):
        write_sheet(config, tmp_path / "sheet.csv", 0.5, 100)


def test_the_sheet_comes_back_without_loss(noisy: tuple[Config, set[str]], tmp_path: Path) -> None:
    config = noisy[0]
    first, second, third, fourth = doubted(config, 0.5, 4)
    sheet = tmp_path / "sheet.csv"
    write_sheet(config, sheet, 0.5, 4)
    before = {path: path.read_bytes() for path in Path(config.corpus.seeds).rglob("*.jsonl")}
    other = next(label for label in LABELS if label != second.label)
    filled(
        sheet,
        {
            first.id: (first.label, ""),
            second.id: (other, other),
            third.id: (next(x for x in LABELS if x != third.label), ""),
        },
    )
    ready, empty, disagreements = read_sheet(config, sheet)
    assert (ready, empty) == (2, 1) and len(disagreements) == 1 and disagreements[0].startswith(third.id)
    now = {s.id: s for s in read_seeds(config.corpus.seeds, config.corpus.labels)}
    assert (now[first.id].label, now[first.id].annotators, now[first.id].second) == (
        first.label,
        (first.label, first.label),
        "doubtful",
    )
    assert (now[second.id].label, now[second.id].annotators) == (other, (second.label, other))
    assert now[third.id] == third and now[fourth.id] == fourth
    for path, content in before.items():  # every other line is the same to the byte
        old, new = content.split(b"\n"), path.read_bytes().split(b"\n")
        assert len(old) == len(new) and sum(a != b for a, b in zip(old, new, strict=True)) == (
            2 if path.name == "made.jsonl" and "articles" in str(path) else 0
        )
    assert read_sheet(config, sheet)[0] == 0  # again changes nothing
    filled(sheet, {third.id: ("hedge" if third.label != "hedge" else "claim", third.label)})
    assert read_sheet(config, sheet)[::2] == (1, [])
    assert {first.id, second.id, third.id}.isdisjoint(s.id for s in doubted(config, 0.5, 100))


def test_another_label_for_a_row_that_was_read_is_told(noisy: tuple[Config, set[str]], tmp_path: Path) -> None:
    """The other copy of a sheet, or a change of mind: it was passed over without a word."""
    config, sheet = noisy[0], tmp_path / "sheet.csv"
    first, second = doubted(config, 0.5, 2)
    write_sheet(config, sheet, 0.5, 2)
    filled(sheet, {first.id: (first.label, "")})
    assert read_sheet(config, sheet) == (1, 1, [])
    before = {path: path.read_bytes() for path in Path(config.corpus.seeds).rglob("*.jsonl")}
    other = next(label for label in LABELS if label != first.label)
    for answer in ((other, ""), (first.label, other)):
        filled(sheet, {first.id: answer, second.id: (second.label, "")})
        with pytest.raises(
            Stop, match=f"1 faults:\n  {first.id}: was read before as {first.label}, settled {first.label}"
        ):
            read_sheet(config, sheet)
    assert before == {path: path.read_bytes() for path in Path(config.corpus.seeds).rglob("*.jsonl")}


def test_without_a_model_of_this_data(settings: Config, tmp_path: Path) -> None:
    with pytest.raises(Stop, match="train again"):
        doubted(changed(settings, output=str(tmp_path)), 0.9, 10)


def test_a_model_that_was_not_calibrated_is_one_line(settings: Config, checkpoint: Path, tmp_path: Path) -> None:
    config = changed(settings, output=str(tmp_path))
    shutil.copytree(checkpoint, config.checkpoint)
    (config.checkpoint / "calibration.json").unlink(missing_ok=True)
    with pytest.raises(SystemExit) as exit_:
        run(lambda: write_sheet(config, tmp_path / "sheet.csv", 0.9, 10))
    assert "was never calibrated" in str(exit_.value.code)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda row: row | {"label": "rumour"}, "unknown label 'rumour'"),
        (lambda row: row | {"text": row["text"] + " More."}, "the text is not that of the seeds"),
        (lambda row: row | {"id": "a999/01"}, "a999/01: no such sentence"),
        (lambda row: row | {"settled": "claim"}, "settled without a second label"),
    ],
)
def test_faulty_sheets_change_nothing(
    noisy: tuple[Config, set[str]], tmp_path: Path, change: object, fault: str
) -> None:
    config = noisy[0]
    write_sheet(config, tmp_path / "sheet.csv", 0.5, 3)
    with open(tmp_path / "sheet.csv", newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    with open(tmp_path / "sheet.csv", "w", newline="") as file:
        sheet = csv.DictWriter(file, COLUMNS)
        sheet.writeheader()
        sheet.writerows([rows[0] | {"label": "claim", "settled": "claim"}, change(rows[1]), rows[2]])  # type: ignore[operator]
    before = {path: path.read_bytes() for path in Path(config.corpus.seeds).rglob("*.jsonl")}
    with pytest.raises(Stop, match=f"nothing was read, 1 faults:(.|\n)*{fault}"):
        read_sheet(config, tmp_path / "sheet.csv")
    assert before == {path: path.read_bytes() for path in Path(config.corpus.seeds).rglob("*.jsonl")}


def ended(config: Config, ends: list[str]) -> Path:
    """The articles with other line ends, in turn; what stands in them is the same."""
    path = Path(config.corpus.seeds) / "articles" / "made.jsonl"
    lines = path.read_text().splitlines()
    path.write_bytes("".join(line + ends[i % len(ends)] for i, line in enumerate(lines)).encode())
    return path


@pytest.mark.parametrize("ends", [["\r\r\n"], ["\r\n"], ["\n", "\r\r\n", "\r\n", "\n\n"]])
def test_a_label_is_written_into_its_own_row_whatever_lines_end_in(
    noisy: tuple[Config, set[str]], tmp_path: Path, ends: list[str]
) -> None:
    config = noisy[0]
    path = ended(config, ends)
    before = path.read_bytes().split(b"\n")
    first, second = doubted(config, 0.5, 2)
    write_sheet(config, tmp_path / "sheet.csv", 0.5, 2)
    filled(tmp_path / "sheet.csv", {s.id: (s.label, "") for s in (first, second)})
    assert read_sheet(config, tmp_path / "sheet.csv") == (2, 0, [])
    after = path.read_bytes().split(b"\n")
    changed_lines = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    assert [json.loads(after[i])["annotators"] for i in changed_lines] == [
        [s.label] * 2 for s in sorted((first, second), key=lambda s: s.id)
    ]
    for i in changed_lines:
        a, b = json.loads(before[i]), json.loads(after[i])
        assert (a["doc"], a["order"], a["text"]) == (b["doc"], b["order"], b["text"])
        assert before[i].rstrip(b"\r") + after[i][len(after[i].rstrip(b"\r")) :] == before[i], "its end stays"


def test_examples_of_the_guidelines_are_not_asked_about(noisy: tuple[Config, set[str]], tmp_path: Path) -> None:
    config, wrong = noisy
    example = {"example": "Why?", "section": "none", "label": "claim", "sentences": ["Why so."], "part": "train"}
    (Path(config.corpus.seeds) / "guideline_examples.jsonl").write_text(json.dumps(example) + "\n")
    build.main(config)
    (known,) = [s for s in read_seeds(config.corpus.seeds, config.corpus.labels) if s.text == "Why so."]
    assert known.id in load_split(config.corpus, "train")["id"] and {s.id for s in doubted(config, 0.5, 100)} == wrong
    write_sheet(config, tmp_path / "sheet.csv", 0.5, 1)
    with open(tmp_path / "sheet.csv", "a", newline="") as file:
        csv.writer(file).writerow([known.id, "", known.text, "none", "none"])
    with pytest.raises(Stop, match=r"nothing was read(.|\n)*correct .*guideline_examples\.jsonl:1 by hand"):
        read_sheet(config, tmp_path / "sheet.csv")


def test_a_row_that_lacks_a_column_is_one_line(settings: Config, tmp_path: Path) -> None:
    """Only the first row was looked at; the second ended in a traceback."""
    whole = dict.fromkeys(COLUMNS, "")
    (tmp_path / "sheet.jsonl").write_text(json.dumps(whole) + "\n" + json.dumps({"id": "a/01", "text": "One."}))
    with pytest.raises(Stop, match="lacks the columns before, label, settled"):
        read_sheet(settings, tmp_path / "sheet.jsonl")


def test_lines_that_end_in_cr_alone_are_one_message(noisy: tuple[Config, set[str]]) -> None:
    ended(noisy[0], ["\r"])
    with pytest.raises(Stop, match=r"made\.jsonl:1: not JSON .*lines end in CR here: save the file with LF"):
        read_seeds(noisy[0].corpus.seeds, noisy[0].corpus.labels)


def test_seeds_that_were_edited_meanwhile_are_not_touched(
    noisy: tuple[Config, set[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = noisy[0]
    (first,) = doubted(config, 0.5, 1)
    write_sheet(config, tmp_path / "sheet.csv", 0.5, 1)
    filled(tmp_path / "sheet.csv", {first.id: (first.label, "")})
    known = read_seeds(config.corpus.seeds, config.corpus.labels)
    path = Path(config.corpus.seeds) / "articles" / "made.jsonl"
    path.write_text("\n" + path.read_text())
    edited = path.read_bytes()
    monkeypatch.setattr(reannotate, "read_seeds", lambda seeds, labels: known)
    with pytest.raises(Stop, match=f"is not {first.id} any more: nothing was read"):
        read_sheet(config, tmp_path / "sheet.csv")
    assert path.read_bytes() == edited


@pytest.mark.parametrize("kind", ["semicolons", "last cells left out", "xlsx"])
def test_the_sheet_may_come_back_as_a_spreadsheet_saves_it(
    noisy: tuple[Config, set[str]], tmp_path: Path, kind: str
) -> None:
    config = noisy[0]
    path = Path(config.corpus.seeds) / "articles" / "made.jsonl"
    odd = ["=1+1 said none", "-30- none", "'+none", "@none"]
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    asked = {s.id for s in doubted(config, 0.5, 100)}
    for row in rows:
        if "order" in row and f"{row['doc']}/{row['order']:02d}" in asked and odd:
            row["text"] = f"{odd.pop()} {row['text']}"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    sentences = doubted(config, 0.5, 100)
    write_sheet(config, tmp_path / "sheet.csv", 0.5, 100)
    sheet = (tmp_path / "sheet.csv").read_bytes()
    assert sheet.startswith("\ufeff".encode()) and b",'=1+1 said" in sheet and b",''+none" in sheet
    filled(tmp_path / "sheet.csv", {s.id: (s.label, "") for s in sentences[:-1]})
    with open(tmp_path / "sheet.csv", newline="", encoding="utf-8-sig") as file:
        table = list(csv.reader(file))
    back = tmp_path / f"back.{'xlsx' if kind == 'xlsx' else 'csv'}"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for cells in table:
            book.active.append(cells)
        book.save(back)
    else:
        with open(back, "w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file, delimiter=";" if kind == "semicolons" else ",")
            writer.writerows(cells[: len(cells) - (not cells[3]) - (not cells[4])] for cells in table)
    assert read_sheet(config, back) == (len(sentences) - 1, 1, [])


def test_rows_of_ones_own_have_no_seeds_to_be_written_into(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """All 28,431 lines of the seeds were listed as faults."""
    monkeypatch.setattr("sys.argv", ["reannotate", "--config", "configs/own.yaml", "--write", "sheet.csv"])
    with pytest.raises(SystemExit) as stop:
        run(reannotate._command)
    assert "labels of your own rows are corrected in source.files" in str(stop.value)
