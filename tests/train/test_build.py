"""Splits by article, leakage refused, the same bytes each time."""

import json
import os
import re
from collections import Counter
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest
from huggingface_hub import DatasetCard

from onrecord.tables.parts import write_whole
from tests.conftest import LABELS
from train import build
from train.config import Config, Stop, load
from train.corpus.rows import read_seeds
from train.corpus.splits import load_split


def config_for(seeds: Path, **changes: object) -> Config:
    return load(
        corpus__seeds=str(seeds), corpus__data=str(seeds.parent / "data"), corpus__behaviour_groups=1, **changes
    )


def made(seeds: Path, **changes: object) -> dict[str, bytes]:
    config = config_for(seeds, **changes)
    return build.build(*build.checked(config))


def test_no_document_straddles_splits_and_nothing_is_lost(seeds: Path) -> None:
    config = config_for(seeds)
    everything = read_seeds(config.corpus.seeds, config.corpus.labels)
    parts = build.split(everything, config.corpus)
    owner = {}
    for name, rows in parts.items():
        for s in rows:
            assert owner.setdefault(s.doc, name) == name
    assert sorted(s.id for rows in parts.values() for s in rows) == sorted(s.id for s in everything)
    assert 0.1 < len(parts["test"]) / 240 < 0.2 and 0.05 < len(parts["validation"]) / 240 < 0.15
    for name in build.SPLITS:
        assert min(Counter(s.label for s in parts[name])[label] for label in LABELS) > 0
    assert not any(s.meta["part"] == "contrast" for s in parts["test"] + parts["validation"])
    assert len({s.doc for s in parts["behaviour"]}) == 2  # one group for each of two rules


def test_same_seeds_same_bytes_and_another_split_seed_another_split(seeds: Path) -> None:
    assert made(seeds) == made(seeds)
    assert made(seeds)["test.parquet"] != made(seeds, corpus__split_seed=8)["test.parquet"]


def test_datasets_opens_it(seeds: Path) -> None:
    config = config_for(seeds)
    build.main(config)
    opened = datasets.load_dataset(config.corpus.data, cache_dir=str(seeds.parent / "cache"))
    manifest = json.loads((Path(config.corpus.data) / "manifest.json").read_text())
    assert {name: len(opened[name]) for name in opened} == {name: manifest["rows"][name] for name in build.SPLITS}
    assert opened["train"].features["label"].names == LABELS


def test_check_passes_on_the_build_and_fails_on_anything_else(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_for(seeds)
    with pytest.raises(Stop, match="run `make data`"):
        build.main(config, check=True)
    build.main(config)
    assert build.main(config, check=True) == 0
    card = Path(config.corpus.data) / "README.md"
    card.write_text(card.read_text() + "x")
    monkeypatch.setattr(build, "refuse_unsound", lambda *_: None)
    for audit in (False, True):  # an audit that is asked for too does not take the place of the check
        with pytest.raises(Stop, match=r"README\.md differ"):
            build.main(config, check=True, audit=audit)


def test_the_card_tells_agreement_and_what_was_measured(seeds: Path) -> None:
    """Three of four rows labelled alike: kappa by hand is (0.75 - 0.5) / (1 - 0.5)."""
    path = seeds / "articles" / "made.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    pairs = [("claim", "claim"), ("claim", "claim"), ("hedge", "hedge"), ("claim", "hedge")]
    for row, pair in zip([r for r in rows if "order" in r], pairs, strict=False):
        row |= {"annotators": pair, "second": "random"}
    of = sum("order" in row for row in rows)
    path.write_text("\n".join(map(json.dumps, rows)))
    (seeds / "measured.md").write_text("## Realism\n\nAUC 0.7\n")
    (seeds / "introduction.md").write_text("---\nlicense: mit\ntags: [a, b]\n---\n\n# Mine\n")
    card = made(seeds)["README.md"].decode()
    front = DatasetCard(card).data
    assert (front.license, front.tags, front.configs[0]["config_name"]) == ("mit", ["a", "b"], "default")
    assert "\n# Mine\n" in card and not re.search(r"[{}]|None|Undefined", card)
    counts = Counter(s.label for s in read_seeds(str(seeds), LABELS))
    table = [line.split("|")[4:-1] for line in card.splitlines() if re.match(r"\| (train|validation|test|behav)", line)]
    assert [sum(map(int, column)) for column in zip(*table, strict=True)] == [counts[label] for label in LABELS]
    assert f"| natural | 4 | {of} | 0.750 | 0.500 | 0.80 | 0.67 |  |  |  |" in card and card.endswith(
        "## Realism\n\nAUC 0.7\n"
    )


def test_a_failed_build_leaves_the_old_data(seeds: Path) -> None:
    config = config_for(seeds)
    build.main(config)
    before = (Path(config.corpus.data) / "manifest.json").read_bytes()
    with open(seeds / "articles" / "made.jsonl", "a") as file:
        file.write("{")
    with pytest.raises(Stop, match="not JSON"):
        build.main(config)
    assert (Path(config.corpus.data) / "manifest.json").read_bytes() == before


def test_a_near_duplicate_across_splits_is_refused(seeds: Path) -> None:
    config = config_for(seeds)
    parts = build.split(read_seeds(config.corpus.seeds, config.corpus.labels), config.corpus)
    victim, home = parts["test"][0], parts["train"][0].doc
    with open(seeds / "articles" / "made.jsonl", "a") as file:  # an edit of one letter, in an article that trains
        file.write(
            json.dumps({"doc": home, "order": 99, "text": victim.text.replace("a", "e", 1), "label": victim.label})
            + "\n"
        )
    with pytest.raises(Stop, match="stand in two splits") as stop:
        build.refuse_leakage(build.split(read_seeds(config.corpus.seeds, config.corpus.labels), config.corpus))
    assert victim.where in str(stop.value)


def test_too_few_articles(tmp_path: Path) -> None:
    from tests.conftest import write_seeds

    with pytest.raises(Stop, match="too few for a validation split"):
        build.checked(config_for(write_seeds(tmp_path / "seeds", articles=3)))


def test_a_label_missing_from_a_split_is_named(seeds: Path) -> None:
    path = seeds / "articles" / "made.jsonl"
    path.write_text(path.read_text().replace('"denial"', '"claim"'))
    with pytest.raises(Stop, match="validation has no row labelled denial"):
        build.checked(config_for(seeds))


def test_nothing_but_its_own_data_is_replaced(seeds: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").write_text("precious")
    for target, message in (
        (tmp_path / "thesis", "was not made by train.build"),
        (seeds, "--corpus.seeds"),
        (seeds / "data", "--corpus.seeds"),
        (tmp_path, "--corpus.seeds"),
    ):
        with pytest.raises(Stop, match=message):
            build.main(load(corpus__seeds=str(seeds), corpus__data=str(target)))
    assert (tmp_path / "thesis" / "thesis.tex").read_text() == "precious" and list(seeds.glob("articles/*.jsonl"))
    for _ in range(2):
        assert build.main(load(corpus__seeds=str(seeds), corpus__data=str(tmp_path / "fresh"))) == 0


def test_files_beside_the_data_stay(seeds: Path) -> None:
    config = config_for(seeds)
    data = Path(config.corpus.data)
    build.main(config)
    kept = [data / "notes.txt", data / "more.parquet"]
    for beside in (f"{data}.new", f"{data}.old"):
        Path(beside).mkdir()
        kept.append(Path(beside) / "notes.txt")
    for path in kept:
        path.write_text("precious")
    record = json.loads((data / "manifest.json").read_text())
    record["sha256"] |= {"gone.parquet": "", f"../{data.name}.old/notes.txt": ""}
    (data / "manifest.json").write_text(json.dumps(record))
    (data / "gone.parquet").write_text("of an earlier build")
    build.main(config)
    assert [path.read_text() for path in kept] == ["precious"] * 4 and not (data / "gone.parquet").exists()


def test_a_directory_with_another_manifest_is_not_ours(seeds: Path) -> None:
    config = config_for(seeds)
    data = Path(config.corpus.data)
    data.mkdir()
    for manifest in ('{"manifest_version": 3}', "[]", "{", '{"sha256": {}}'):
        (data / "manifest.json").write_text(manifest)
        with pytest.raises(Stop, match=r"was not made by train\.build"):
            build.main(config)
        assert (data / "manifest.json").read_text() == manifest and len(list(data.iterdir())) == 1


def test_a_split_is_read_from_its_own_file_whatever_its_time(seeds: Path) -> None:
    """As in a container image, or unpacked from an archive. A copy in the user's cache answered, of the file before."""
    config = config_for(seeds)
    build.main(config)
    before = load_split(config.corpus, "test")["text"][:]
    times = {path: path.stat().st_mtime_ns for path in Path(config.corpus.data).glob("*.parquet")}
    (seeds / "splits.tsv").unlink()
    build.main(config_for(seeds, corpus__split_seed=8))
    for path, time in times.items():
        os.utime(path, ns=(time, time))
    after = load_split(config.corpus, "test")
    assert after["text"][:] != before
    assert after["text"][:] == pq.read_table(Path(config.corpus.data) / "test.parquet")["text"].to_pylist()
    assert after.features["label"].names == LABELS


def test_a_build_that_is_killed_is_told_and_built_again(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_for(seeds)
    data = Path(config.corpus.data)

    def die(path: Path, content: bytes) -> None:
        if path.name == "test.parquet":
            raise KeyboardInterrupt
        write_whole(path, content)

    for _ in ("the first build", "another one"):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(build, "write_whole", die)
            build.main(config)
        assert (data / "train.parquet").is_file()
        with pytest.raises(Stop, match="run `make data`"):
            load_split(config.corpus, "train")
        build.main(config)
        assert build.main(config, check=True) == 0
