"""Users' rows, in every form they may bring them; each fault is made and named with its place and the way out."""

import json
import math
from pathlib import Path

import datasets
import pytest

from tests.conftest import changed
from tests.train.corpus.conftest import config_of, one_line, read, rows, save
from train import build
from train.config import Stop, flat, load
from train.corpus.sources import WHOLE
from train.corpus.splits import rows_of


def test_names_of_columns_a_title_names_of_labels_and_a_file_without_header(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text('1,Rain,"It rains, again."\n2,Sun,It shines.\n')
    changes = dict(
        source__csv={"columns": ["class", "head", "body"]},
        source__text_column="body",
        source__title_column="head",
        source__label_column="class",
        source__label_names={"1": "wet"},
    )
    parts, labels = read(config_of(tmp_path, source__files=str(tmp_path / "mine.csv"), **changes))
    assert [(s.text, s.label) for s in parts[WHOLE]] == [
        ("Rain It rains, again.", "wet"),
        ("Sun It shines.", "2"),
    ] and labels == ["2", "wet"]


def test_a_directory_is_read_by_the_names_of_its_files_or_whole(tmp_path: Path) -> None:
    for number, name in enumerate(("my_train_1.csv", "my_train_2.jsonl", "my_dev.tsv", "my_test.parquet")):
        save(tmp_path / name, rows(4, seed=number))
    parts, _ = read(config_of(tmp_path, source__files=str(tmp_path)))
    assert {name: len(part) for name, part in parts.items()} == {"train": 8, "validation": 4, "test": 4}
    save(tmp_path / "more.csv", rows(4, seed=9))
    with pytest.raises(Stop, match=r"which split is .*more\.csv\?"):
        read(config_of(tmp_path, source__files=str(tmp_path)))
    for path in tmp_path.glob("my_*"):
        path.unlink()
    assert list(read(config_of(tmp_path, source__files=str(tmp_path)))[0]) == [WHOLE]
    (tmp_path / "more.csv").rename(tmp_path / "latest.csv")
    assert list(read(config_of(tmp_path, source__files=str(tmp_path)))[0]) == [WHOLE]
    (tmp_path / "latest.csv").unlink()
    with pytest.raises(Stop, match="holds no"):
        read(config_of(tmp_path, source__files=str(tmp_path)))


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["TrainSet.csv", "TestSet.csv"], {"train", "test"}),
        (["trainset.csv", "DEV.csv"], {"train", "validation"}),
        (["traindata.csv", "testdata.csv"], {"train", "test"}),
        (["train_split.csv", "validationsplit.csv"], {"train", "validation"}),
        (["news.csv", "test.csv"], None),
        (["dev.csv", "test.csv"], None),
    ],
)
def test_the_test_split_of_a_directory_is_never_dealt_to_train(
    tmp_path: Path, names: list[str], found: set[str] | None
) -> None:
    """Where no name had the word train, all files were one, and dealt anew."""
    for number, name in enumerate(names):
        save(tmp_path / name, rows(4, seed=number))
    config = config_of(tmp_path, source__files=str(tmp_path))
    if found is None:
        with pytest.raises(Stop, match="which split is"):
            read(config)
    else:
        assert set(read(config)[0]) == found


def test_a_hub_dataset_has_its_splits_and_class_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])})

    def loaded(*asked: str | None) -> datasets.DatasetDict:
        assert asked == ("someone/films", "plain")
        texts = [row["text"] for row in rows(30)]
        pieces = {
            name: dict(text=texts[i * 6 : i * 6 + 6], label=[0, 1] * 3)
            for i, name in enumerate(("train", "test", "unsupervised", "valid", "dev"))
        }
        return datasets.DatasetDict(
            {name: datasets.Dataset.from_dict(piece, features=features) for name, piece in pieces.items()}
        )

    monkeypatch.setattr(datasets, "load_dataset", loaded)
    parts, labels = read(config_of(tmp_path, source__files="someone/films:plain"))
    assert labels == ["neg", "pos"] and {name: len(part) for name, part in parts.items()} == {
        "train": 6,
        "test": 6,
        "validation": 12,
    }
    assert "unsupervised" in capsys.readouterr().err

    def offline(*asked: str | None) -> None:
        raise ConnectionError("no route\nmore of it")

    monkeypatch.setattr(datasets, "load_dataset", offline)
    with pytest.raises(
        Stop,
        match=r"'someone/fimls' is no file or directory here, and as a hub dataset it could not be loaded: no route$",
    ):
        read(config_of(tmp_path, source__files="someone/fimls"))


def test_a_split_column(tmp_path: Path) -> None:
    records = [
        row | {"part": word} for row, word in zip(rows(12), ["Train"] * 8 + ["dev"] * 2 + ["test"] * 2, strict=True)
    ]
    config = config_of(tmp_path, source__files=save(tmp_path / "mine.csv", records), source__split_column="part")
    assert {name: len(part) for name, part in read(config)[0].items()} == {"train": 8, "validation": 2, "test": 2}
    records[3]["part"] = "holdout"
    save(tmp_path / "mine.csv", records)
    with pytest.raises(
        Stop, match=r"^.*mine\.csv:5: unknown split 'holdout' in column part; it may say train, training, validation.*$"
    ):
        read(config)
    with pytest.raises(Stop, match="says test, but no row is train"):
        read(changed(config, source__files=save(tmp_path / "test.csv", [row | {"part": "test"} for row in rows(4)])))


def test_no_group_is_on_two_sides(tmp_path: Path) -> None:
    records = [row | {"who": f"author {i // 3}"} for i, row in enumerate(rows(120, seed=1))]
    parts, _ = build.checked(
        config_of(tmp_path, source__files=save(tmp_path / "mine.csv", records), source__group_column="who")
    )
    owners = [{s.doc for s in parts[name]} for name in build.SPLITS]
    assert all(owners) and not owners[0] & owners[1] and not owners[0] & owners[2] and not owners[1] & owners[2]
    assert sum(len(parts[name]) for name in build.SPLITS) == 120
    files = {"train": save(tmp_path / "a.csv", records[:60]), "test": save(tmp_path / "b.csv", records[59:])}
    config = config_of(tmp_path, source__files=files, source__group_column="who")
    with pytest.raises(
        Stop,
        match=r"^the group 'author 19' is in train \(.*a\.csv:59\) and in test \(.*b\.csv:2\); "
        r"correct or delete one, or set repeats: warn$",
    ):
        read(config)
    torn, _ = read(changed(config, source__repeats="warn"))
    assert len({s.id for part in torn.values() for s in part}) == 121, "no id stands on two sides"


def test_a_group_written_in_two_ways_is_one(tmp_path: Path) -> None:
    names = ("caf\u00e9 {}", "cafe\u0301  {} ", "CAF\u00c9 {}", "\uff43af\u00e9 {}")
    records = [row | {"doc": names[i % 4].format(i // 4)} for i, row in enumerate(rows(60))]
    config = config_of(tmp_path, source__files=save(tmp_path / "mine.csv", records), source__group_column="doc")
    parts, _ = build.checked(config)
    docs = [s.doc for part in parts.values() for s in part]
    assert len(set(docs)) * 4 == len(docs)
    numbers = [row | {"doc": i // 2 if i % 2 else float(i // 2)} for i, row in enumerate(rows(60))]
    config = config_of(tmp_path, source__files=save(tmp_path / "mine.jsonl", numbers), source__group_column="doc")
    assert len({s.doc for part in build.checked(config)[0].values() for s in part}) == 30


@pytest.mark.parametrize("column", ["title", "doc"])
@pytest.mark.parametrize("value", [math.nan, ["x"]])
def test_a_title_or_a_group_that_is_no_text_is_a_fault(tmp_path: Path, column: str, value: object) -> None:
    """It stood before the text as "nan", or put all such rows into one group."""
    records = [row | {column: value if i == 5 else "x"} for i, row in enumerate(rows(20))]
    (tmp_path / "mine.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in records))
    key = {"title": "source__title_column", "doc": "source__group_column"}[column]
    message = one_line(tmp_path, source__files=str(tmp_path / "mine.jsonl"), **{key: column})
    assert f"mine.jsonl:6: {value!r} is no text" in message


def test_a_column_that_some_rows_lack_is_empty_there(tmp_path: Path) -> None:
    records = [row | ({"domain": "sport"} if i % 2 else {}) for i, row in enumerate(rows(60))]
    (tmp_path / "mine.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in records))
    config = config_of(tmp_path, source__files=str(tmp_path / "mine.jsonl"), measure__slices=["domain"])
    parts, config = build.checked(config)
    build.write(build.build(parts, config), Path(config.corpus.data))
    assert {row["domain"] for row in rows_of(config.corpus, "train")} == {"sport", ""}


def test_a_column_of_numbers_is_kept_with_its_zeros(tmp_path: Path) -> None:
    """A zero, or false, was kept as no value, so that its rows made no slice."""
    records = [row | {"quoted": i % 2, "wire": i % 3 == 0} for i, row in enumerate(rows(60))]
    files = save(tmp_path / "mine.jsonl", records)
    parts, _ = build.checked(config_of(tmp_path, source__files=files, measure__slices=["quoted", "wire"]))
    kept = {(s.meta["quoted"], s.meta["wire"]) for part in parts.values() for s in part}
    assert kept == {("0", "True"), ("0", "False"), ("1", "True"), ("1", "False")}


def test_a_slice_of_no_column_is_refused_before_a_training(tmp_path: Path) -> None:
    """Only train.evaluate told, an hour later, and the column that was meant was not in the data."""
    message = one_line(tmp_path, source__files=save(tmp_path / "mine.csv", rows(60)), measure__slices=["colour"])
    assert "slices: 'colour' is no column of the data" in message


def test_labels_that_differ_by_case_are_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    records = [row | {"label": row["label"].upper()} if i < 9 else row for i, row in enumerate(rows(60))]
    files = save(tmp_path / "mine.csv", records)
    _, labels = read(config_of(tmp_path, source__files=files))
    told = capsys.readouterr().err
    assert all(f"{label.upper()!r} and {label!r}" in told for label in labels if label.islower())
    read(config_of(tmp_path, source__files=files, source__label_names={name.upper(): name for name in labels}))
    assert "alike" not in capsys.readouterr().err


def test_signs_alone_are_not_all_one_text(tmp_path: Path) -> None:
    signs = {"train": "👍👍", "test": "👎👎"}
    files = {
        name: save(tmp_path / f"{name}.csv", [*rows(20, seed=seed), {"text": signs.get(name, "?"), "label": "up"}])
        for seed, name in enumerate(build.SPLITS)
    }
    build.checked(config_of(tmp_path, source__files=files))


FAULTS = [
    ("text,label\n ,a\ny,b\n", "mine.csv:2: empty text in column text; fill or delete the row"),
    ("text,label\nx,\ny,b\n", "mine.csv:2: empty label in column label; fill or delete the row"),
    ("text,label\nx,a\nX!,b\n", "mine.csv:3: 'X!' is labelled 'b', but 'a' in "),
    ("text,label\nx,a\ny,b\nz,a|b\n", "label 'a|b' joins several labels (multi-label)"),
    ('text,label\nx,"[1, 2]"\ny,b\n', "mine.csv:2: label [1, 2] is a list (multi-label)"),
    ("sentence,gold\nx,y\n", "mine.csv:2: no column text, label; there are sentence, gold: name yours as text_column"),
    ("text,label\nx\n", "mine.csv:2: has 1 cell, the header 2; it lacks 'label'"),
    ("text,label\nx,a\n", "every row is labelled 'a'; there must be two labels or more"),
    ("text,label\n", "has no rows"),
]


@pytest.mark.parametrize(("content", "message"), FAULTS)
def test_faults_of_rows_are_one_line(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "mine.csv").write_text(content)
    assert message in one_line(tmp_path, source__files=str(tmp_path / "mine.csv"))


def test_many_faults_are_a_list(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("text,label\n" + ",a\n" * 30)
    with pytest.raises(Stop) as stop:
        read(config_of(tmp_path, source__files=str(tmp_path / "mine.csv")))
    assert str(stop.value).startswith("30 faulty rows (source.on_error: skip goes on without them):\n  ")
    assert str(stop.value).endswith("and 10 more")
    assert str(stop.value).count("\n") == 21


def test_a_metric_of_a_label_that_the_rows_do_not_have(tmp_path: Path) -> None:
    message = one_line(tmp_path, source__files=save(tmp_path / "mine.csv", rows(60)), measure__metric="f1:yes")
    assert message == "measure.metric: f1:yes names none of the labels down, up"


def test_labels_that_do_not_go_with_the_rows(tmp_path: Path) -> None:
    source = save(tmp_path / "mine.csv", [*rows(1), *rows(20, ("down",), seed=3)])
    assert "mine.csv:2: unknown label 'up'; the labels are down, sideways;" in one_line(
        tmp_path, source__files=source, corpus__labels=["down", "sideways"]
    )
    message = one_line(
        tmp_path, source__files=save(tmp_path / "more.csv", rows(60)), corpus__labels=["up", "down", "sideways"]
    )
    assert message == "no row is labelled sideways; label some, or take it out of labels: up, down, sideways"


def test_two_forms_of_one_label_are_one(tmp_path: Path) -> None:
    table = rows(60, ("caf\u00e9", "other"))
    table[0]["label"], table[1]["label"] = "cafe\u0301", " ot\u200bher\n"
    (tmp_path / "mine.jsonl").write_text("\n".join(map(json.dumps, table)))
    for given in (None, ["other", "cafe\u0301"]):
        config = config_of(tmp_path, source__files=str(tmp_path / "mine.jsonl"), corpus__labels=given)
        assert sorted(read(config)[1]) == ["caf\u00e9", "other"]
    with pytest.raises(ValueError, match="characters that cannot be seen"):
        config_of(tmp_path, source__files="a.csv", corpus__labels=["other\u200b", "other"])


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_label_seen_only_outside_train(tmp_path: Path, split: str) -> None:
    files = {
        "train": save(tmp_path / "a.csv", rows(20)),
        split: save(tmp_path / "b.csv", rows(6, ("up", "down", "new"), seed=2)),
    }
    assert f"the label 'new' is seen only in {split}, so it cannot be learned; correct it" in one_line(
        tmp_path, source__files=files
    )


def test_a_split_that_lacks_a_label(tmp_path: Path) -> None:
    files = {
        "train": save(tmp_path / "a.csv", rows(40)),
        "validation": save(tmp_path / "b.csv", rows(6, ("up",), seed=2)),
    }
    message = "validation has no row labelled down, so nothing could be promised for these; move some there, or leave "
    assert f"{message}validation out of the source" in one_line(tmp_path, source__files=files)
    rare = [*rows(40), *rows(1, ("rare",), seed=5)]
    assert "has no row labelled rare: write more articles or raise the split's share" in one_line(
        tmp_path, source__files=save(tmp_path / "c.csv", rare)
    )


def test_a_text_in_two_ready_made_splits(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    files = {"train": save(tmp_path / "a.csv", rows(40)), "test": save(tmp_path / "b.csv", rows(6))}
    with pytest.raises(Stop, match="6 sentences stand in two splits"):
        build.checked(config_of(tmp_path, source__files=files))
    build.checked(config_of(tmp_path, source__files=files, source__repeats="warn"))
    assert "6 pairs of nearly the same text stand in two splits" in capsys.readouterr().err


def test_pairs_and_several_labels_are_refused(tmp_path: Path) -> None:
    for row, message in (
        ({"text": ["a", "b"], "label": "x"}, "one text is read, not pairs"),
        ({"text": "a", "label": ["x", "y"]}, "(multi-label)"),
    ):
        source = tmp_path / "lists.parquet"
        datasets.Dataset.from_list([row]).to_parquet(source)
        assert message in one_line(tmp_path, source__files=str(source))


def test_the_data_never_replaces_its_source(tmp_path: Path) -> None:
    source = save(tmp_path / "mine.csv", rows(60))
    config = config_of(tmp_path, source__files=source)
    assert build.main(config) == 0
    inside = Path(source).rename(Path(config.corpus.data) / "mine.csv")
    with pytest.raises(Stop, match="a source, and would be replaced; give another directory"):
        build.main(changed(config, source__files=str(inside)))
    assert inside.is_file()


@pytest.mark.parametrize("key", ["run", "corpus.data"])
def test_rows_of_ones_own_do_not_replace_the_shipped_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """A config without `run` and `corpus.data` built over data/, and `make train` over runs/default."""
    monkeypatch.chdir(tmp_path)
    config = config_of(tmp_path, source__files=save(tmp_path / "mine.csv", rows(60)), **{key: flat(load())[key]})
    with pytest.raises(Stop, match=rf"^--{key} \w+ is that of the shipped model"):
        build.main(config)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


def test_rows_of_ready_made_splits_are_documents_of_their_own_and_those_of_a_group_are_numbered(tmp_path: Path) -> None:
    files = {"train": save(tmp_path / "a.csv", rows(4)), "test": save(tmp_path / "b.csv", rows(4, seed=1))}
    parts, _ = read(config_of(tmp_path, source__files=files))
    everything = [s for part in parts.values() for s in part]
    assert len({s.id for s in everything}) == len({s.doc for s in everything}) == 8
    grouped, _ = read(
        config_of(
            tmp_path,
            source__files=save(tmp_path / "c.csv", [row | {"who": f"a{i % 2}"} for i, row in enumerate(rows(6))]),
            source__group_column="who",
        )
    )
    assert [s.id for s in grouped[WHOLE]] == ["a0/01", "a1/01", "a0/02", "a1/02", "a0/03", "a1/03"]


RAGGED = (
    "id\ttext\tlabel\tnote\n1\ta one\tup\tx\n2\tb two\tdown\n"
    "3\tc three\tup\ty4\td four\tdown\tz\n5\te five\tdown\n6\t \tup\n7\tg\n"
)


def test_faulty_rows_are_named_and_skipped_where_the_config_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """Rows 2 and 5 lack a column that nobody asked for; of rows 3 and 4 the line end is lost; 6 has no text, 7 no
    label.
    """
    (tmp_path / "mine.tsv").write_text(RAGGED)
    config = config_of(tmp_path, source__files=str(tmp_path / "mine.tsv"))
    with pytest.raises(Stop, match=r"^3 faulty rows \(source\.on_error: skip goes on without them\):\n") as stop:
        read(config)
    parts, labels = read(changed(config, source__on_error="skip"))
    assert [s.text for s in parts[WHOLE]] == ["a one", "b two", "e five"] and labels == ["down", "up"]
    warning = capsys.readouterr().err
    assert warning.startswith("warning: faulty rows are left out, 3 in all:\n")
    for fault in (
        "mine.tsv:4: has 7 cells, the header 4: 2 rows joined by a lost line end (at 'y4')",
        "mine.tsv:6: empty text in column text; fill or delete the row",
        "mine.tsv:7: has 2 cells, the header 4; it lacks 'label'",
    ):
        assert fault in warning and fault in str(stop.value)


def test_rows_with_labels_that_cannot_be_are_skipped(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "mine.csv").write_text("text,label\na,up\nb,down\nc,up|down\nd,sideways\n")
    changes = dict(source__files=str(tmp_path / "mine.csv"), source__on_error="skip", corpus__labels=["up", "down"])
    parts, _ = read(config_of(tmp_path, **changes))
    assert [s.text for s in parts[WHOLE]] == ["a", "b"]
    assert "left out, 2 in all" in capsys.readouterr().err
