"""seeds/, or the config's `source`, -> data/: check every row, split by article, refuse leakage, write Parquet, dataset
card and manifest.

    python -m train.build [--check | --audit] [--key value]

The same seeds give the same bytes. The manifest is written last: where it stands, the data is complete. --check builds
in memory and exits 1 if data/ holds anything else; --audit runs the slow checks of train.corpus.audit.
"""

import hashlib
import io
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import datasets
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from onrecord.tables.ownership import MARKER, NotOurs, claim_directory
from onrecord.tables.parts import write_whole
from train.config import SPLITS, WIDE, Config, Corpus, Stop, flat, load, parse, run
from train.corpus.assign_splits import FILE, deal, read_splits, write_splits_file
from train.corpus.card import agreement, dataset_card
from train.corpus.leakage import NEAR_DUPLICATE, near_duplicates
from train.corpus.patterns import breaches, read_patterns
from train.corpus.rows import ARTICLE_FIELDS, Sentence, key, read_seeds
from train.corpus.sources import WHOLE, read_source
from train.corpus.splits import labelled
from train.measure.slices import refuse_unknown

PURPOSE = "train.build"  # that its directories are marked with
VERSION = "1"  # raise it when the same seeds are meant to give other bytes


def split(sentences: list[Sentence], corpus: Corpus) -> dict[str, list[Sentence]]:
    """Whole documents into train, validation, test and behaviour; what splits.tsv knows stays where it is.

    New articles are dealt so that each split gets its share of every part and label. Contrast groups never reach
    validation or test, which stand for news as it comes: `behaviour_groups` of each rule are kept out, the others
    train.
    """
    decided = read_splits(Path(corpus.seeds))
    articles = [s for s in sentences if s.meta["part"] not in ("contrast", "guidelines")]
    chosen = _deal(articles, {s.doc: s.doc for s in articles}, decided, corpus, SPLITS[1:])
    chosen |= {s.doc: s.meta["split"] for s in sentences if s.meta["part"] == "guidelines"}
    groups: dict[str, set[str]] = defaultdict(set)
    for s in sentences:
        if s.meta["part"] == "contrast":
            groups[s.meta["rule"]].add(s.doc)
    for rule, docs in sorted(groups.items()):
        new = sorted(doc for doc in docs if doc not in decided)
        kept = sum(decided.get(doc) == "behaviour" for doc in docs)
        more = Random(f"{corpus.split_seed}/{rule}").sample(new, min(max(0, corpus.behaviour_groups - kept), len(new)))
        chosen |= {doc: decided.get(doc, "behaviour" if doc in more else "train") for doc in docs}
    parts: dict[str, list[Sentence]] = {name: [] for name in (*SPLITS, "behaviour")}
    for s in sentences:
        parts[chosen[s.doc]].append(s)
    return parts


def split_source(parts: dict[str, list[Sentence]], corpus: Corpus) -> dict[str, list[Sentence]]:
    """Ready-made splits as they are; those that are missing are made of the training rows, whole groups at a time.

    Texts that are nearly alike count as one group, so that none of them straddles splits made here.
    """
    pool = parts.get(WHOLE, parts.get("train", []))
    wanted = [name for name in SPLITS[1:] if name not in parts]
    chosen: dict[str, str] = {}
    if wanted:
        group = _alike(pool)
        owners = _deal(pool, group, {}, corpus, wanted)
        chosen = {doc: owners[owner] for doc, owner in group.items()}
    made: dict[str, list[Sentence]] = {name: list(parts.get(name, [])) for name in (*SPLITS, "behaviour")}
    made["train"] = [s for s in pool if chosen.get(s.doc, "train") == "train"]
    for s in pool:
        if chosen.get(s.doc, "train") != "train":
            made[chosen[s.doc]].append(s)
    return made


def _alike(pool: list[Sentence]) -> dict[str, str]:
    """document -> the document that stands for all that share a text, or nearly one, with it."""
    number = {doc: i for i, doc in enumerate(dict.fromkeys(s.doc for s in pool))}
    alone: dict[str, list[Sentence]] = defaultdict(list)
    first: dict[str, str] = {}  # text -> document; a text repeated n times would otherwise be n * n pairs
    edges = []
    for s in pool:
        if (doc := first.setdefault(key(s.text) or s.text, s.doc)) == s.doc:
            alone[s.doc].append(s)
        else:
            edges.append((number[s.doc], number[doc]))
    edges += [(number[a], number[b]) for _, a, _, b, _ in near_duplicates(alone)]
    left, right = np.array(edges, dtype=int).reshape(-1, 2).T
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(len(number), len(number)))
    docs, (_, component) = list(number), connected_components(graph, directed=False)
    stands_for: dict[int, str] = {}
    return {doc: stands_for.setdefault(component[i], doc) for i, doc in enumerate(docs)}


def _deal(
    rows: list[Sentence], group: dict[str, str], decided: dict[str, str], corpus: Corpus, wanted: Sequence[str]
) -> dict[str, str]:
    """document -> split. `group` maps a document to what must not be torn apart. Raises Stop if there are too few."""
    asked = {"test": corpus.test_share, "validation": corpus.validation_share}
    made = {name: asked[name] for name in wanted if asked[name]}
    shares = {"train": 1 - sum(made.values())} | made
    strata: dict[str, Counter[str]] = defaultdict(Counter)
    for s in rows:
        strata[group[s.doc]][f"{s.meta['part']}/{s.label}"] += 1
    needed = {name: round(1 / share) for name, share in shares.items() if name != "train"}
    for name, least in sorted(needed.items(), key=lambda item: -item[1]):
        if len(strata) < max(2, least):
            raise Stop(
                f"{len(strata)} articles or groups are too few for a {name} split of {shares[name]:.0%}: "
                f"{max(2, least)} are needed; write more or raise {name}_share"
            )
    return deal(strata, decided, shares, corpus.split_seed)


def refuse_leakage(parts: dict[str, list[Sentence]], warn: bool = False) -> None:
    """Raise Stop with the pairs of near-duplicates across splits, if there are any, or print how many there are."""
    pairs = near_duplicates(parts)
    if pairs and warn:
        print(f"warning: {len(pairs)} pairs of nearly the same text stand in two splits", file=sys.stderr)
    elif pairs:
        lines = [
            f"{score:.2f}  {a}: {x.where} {x.text[:70]!r}  ~  {b}: {y.where} {y.text[:70]!r}"
            for score, a, x, b, y in pairs
        ]
        raise Stop(
            f"{len(pairs)} sentences stand in two splits (similarity {NEAR_DUPLICATE} or more); rewrite or delete "
            "one:\n  " + "\n  ".join(lines)
        )


def refuse_unsound(parts: dict[str, list[Sentence]], config: Config) -> None:
    """Print the audit's figures. Raises Stop with its faults, if there are any."""
    # here: it brings torch and sentence-transformers, which a plain build does not need
    from train.corpus.audit import audit

    figures, faults = audit(parts, config.corpus.labels)
    if config.source.files is None:  # the patterns are those of our guidelines
        patterns = read_patterns(Path(config.corpus.seeds) / "patterns.yaml", config.corpus.labels)
        faults = breaches((s for part in parts.values() for s in part), patterns) + faults
    print("\n".join(f"{name:20}{value:>8}" for name, value in figures.items()))
    if faults:
        raise Stop(f"the audit found {len(faults)} faults:\n  " + "\n  ".join(faults))


def parquet(rows: list[Sentence], labels: list[str], ours: bool) -> bytes:
    """One split as Parquet, with the columns of the seeds (`ours`) or of the user's rows, label as ClassLabel."""
    text, label = datasets.Value("string"), datasets.ClassLabel(names=labels)
    features: dict[str, Any] = {"id": text, "doc": text, "order": datasets.Value("int32"), "text": text, "label": label}
    columns: dict[str, list] = {name: [getattr(s, name) for s in rows] for name in features}
    theirs = {name for s in rows for name in s.meta if name != "part" or s.meta[name]} - set(features)
    meta = (*ARTICLE_FIELDS, "rule") if ours else sorted(theirs)
    features |= dict.fromkeys(meta, text)
    columns |= {name: [s.meta.get(name, "") for s in rows] for name in meta}  # a row need not have each of them
    if ours:
        features |= {"unsure": datasets.Value("bool"), "annotators": datasets.List(text), "second": text}
        columns |= {"unsure": [s.unsure for s in rows], "annotators": [list(s.annotators) for s in rows]}
        columns["second"] = [s.second for s in rows]
    buffer = io.BytesIO()
    datasets.Dataset.from_dict(columns, features=datasets.Features(features)).to_parquet(buffer)
    return buffer.getvalue()


def checked(config: Config) -> tuple[dict[str, list[Sentence]], Config]:
    """The splits, and the config with the labels found. Raises Stop on faulty rows, leakage or a label that a split
    lacks.

    Of ready-made splits only train must have every label; what validation or test lacks is printed.
    """
    ready: set[str] = set()
    if config.source.files is None:
        parts = split(read_seeds(config.corpus.seeds, config.corpus.labels), config.corpus)
    else:
        source_parts, labels = read_source(config.source, config.corpus.labels, config.measure.slices)
        config, ready = labelled(config, labels), set(source_parts) & set(SPLITS[1:])
        everything = [s for rows in source_parts.values() for s in rows]
        refuse_unknown(config.measure.slices, dict.fromkeys(name for s in everything for name in (*vars(s), *s.meta)))
        parts = split_source(source_parts, config.corpus)
    refuse_leakage(parts, warn=config.source.files is not None and config.source.repeats == "warn")
    refuse_empty(parts, config.corpus.labels, ready)
    return parts, config


def refuse_empty(parts: dict[str, list[Sentence]], labels: list[str], ready: set[str]) -> None:
    """Raise Stop for a label that no row has, that the training or validation rows lack, or that a split made here
    lacks; print what a `ready`-made test split lacks.
    """
    counts = {name: Counter(s.label for s in parts[name]) for name in SPLITS}
    if nowhere := [label for label in labels if not any(counts[name][label] for name in SPLITS)]:
        raise Stop(
            f"no row is labelled {', '.join(nowhere)}; label some, or take it out of labels: {', '.join(labels)}"
        )
    if ready and (unlearnt := [label for label in labels if not counts["train"][label]]):
        seen = {label: ", ".join(name for name in SPLITS if counts[name][label]) for label in unlearnt}
        message = "; ".join(f"the label {label!r} is seen only in {where}" for label, where in seen.items())
        raise Stop(f"{message}, so it cannot be learned; correct it, move some of its rows to train, or delete them")
    empty = {name: ", ".join(label for label in labels if not counts[name][label]) for name in SPLITS}
    if "test" in ready and (missing := empty.pop("test")):
        print(f"warning: test has no row labelled {missing}, so nothing will be known of these", file=sys.stderr)
    if "validation" in ready and empty["validation"]:
        message = f"validation has no row labelled {empty['validation']}, so nothing could be promised for these"
        raise Stop(f"{message}; move some there, or leave validation out of the source: it is then made of train")
    if any(empty.values()):
        message = "; ".join(f"{name} has no row labelled {missing}" for name, missing in empty.items() if missing)
        raise Stop(f"{message}: write more articles or raise the split's share")


def build(parts: dict[str, list[Sentence]], config: Config) -> dict[str, bytes]:
    """File name -> content of data/, the manifest last."""
    labels, ours = config.corpus.labels, config.source.files is None
    files = {f"{name}.parquet": parquet(rows, labels, ours) for name, rows in parts.items() if rows}
    files["README.md"] = dataset_card(parts, labels, Path(config.corpus.seeds) if ours else None).encode()
    manifest = {
        "builder": VERSION,
        "labels": labels,
        "rows": {name: len(rows) for name, rows in parts.items()},
        "documents": {name: len({s.doc for s in rows}) for name, rows in parts.items()},
        "label_counts": {
            name: {label: Counter(s.label for s in rows)[label] for label in labels} for name, rows in parts.items()
        },
        "agreement": agreement(parts, labels),
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    return files | {"manifest.json": (json.dumps(manifest, indent=2) + "\n").encode()}


def write(files: dict[str, bytes], target: Path) -> None:
    """Write each file whole, the manifest last: until then the data is told to be incomplete.

    What an earlier build wrote and this one does not is deleted; files of others stay. Raises Stop where something else
    stands.
    """
    manifest, marker = target / "manifest.json", target / MARKER
    earlier = _earlier(manifest)
    if earlier and not marker.exists() and not target.is_symlink():  # built before directories were marked
        marker.write_text(f"{PURPOSE}\n", encoding="utf-8")
    try:
        claim_directory(target, PURPOSE)
    except NotOurs as error:
        raise Stop(f"{error}; --corpus.data names another directory") from None
    manifest.unlink(missing_ok=True)
    for name in earlier - files.keys():
        (target / name).unlink(missing_ok=True)
    for name, content in files.items():
        write_whole(target / name, content)


def _earlier(manifest: Path) -> set[str]:
    """The files that an earlier build wrote, by its manifest; none if that is missing or was not written by a build."""
    try:
        record = json.loads(manifest.read_text(encoding="utf-8"))
        return {name for name in record["sha256"] if name == Path(name).name} if record["label_counts"] else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _origin(config: Config) -> list[str]:
    """What the data is made of: the seeds, or the files, directory or hub dataset of the source."""
    if config.source.files is None:
        return [config.corpus.seeds]
    files = config.source.files.values() if isinstance(config.source.files, dict) else [config.source.files]
    return [name for entry in files for name in ([entry] if isinstance(entry, str) else entry)]


def main(config: Config, check: bool = False, audit: bool = False) -> int:
    parts, config = checked(config)
    if audit:
        refuse_unsound(parts, config)
        if not check:
            return 0
    dealt = {s.doc: name for name, rows in parts.items() for s in rows if s.meta["part"] != "guidelines"}
    decided = dealt if config.source.files is None else {}
    files = build(parts, config)
    target, origin = Path(config.corpus.data), ", ".join(_origin(config))
    there_is, seeds = target.resolve(), Path(config.corpus.seeds).resolve()
    if there_is == seeds or there_is in seeds.parents or seeds in there_is.parents:
        raise Stop(
            f"--corpus.data {target} would be written over or into --corpus.seeds {config.corpus.seeds}; give a "
            "directory beside it"
        )
    mine, shipped = flat(config), flat(load())
    shared = [f"--{key} {mine[key]}" for key in ("run", "corpus.data") if mine[key] == shipped[key]]
    if config.source.files and shared and not check:
        raise Stop(
            f"{', '.join(shared)} is that of the shipped model, which rows of your own would replace: give another one "
            "(configs/own.yaml is an example)"
        )
    sources = {name: Path(name).resolve() for name in _origin(config)} if config.source.files else {}
    if inside := [name for name, path in sources.items() if there_is in (path, *path.parents)]:
        raise Stop(f"--corpus.data {target} holds {inside[0]}, a source, and would be replaced; give another directory")
    manifest = json.loads(files["manifest.json"])
    if check:
        there = {path.name: path.read_bytes() for path in target.iterdir() if path.is_file()} if target.is_dir() else {}
        there.pop(MARKER, None)
        differing = sorted(name for name in files | there if files.get(name) != there.get(name))
        if differing:
            raise Stop(f"{target} is not what {origin} gives: {', '.join(differing)} differ; run `make data`")
        if new := set(decided) - set(read_splits(Path(config.corpus.seeds))):
            raise Stop(
                f"{len(new)} documents have no split in {config.corpus.seeds}/{FILE} yet: {', '.join(sorted(new)[:3])} "
                "…; run `make data`"
            )
        print(f"{target} is what {origin} gives: {sum(manifest['rows'].values())} rows")
        return 0
    if decided:
        write_splits_file(Path(config.corpus.seeds), decided)
    write(files, target)
    labels = config.corpus.labels
    wide = len(labels) > WIDE
    shown = f"   {len(labels)} labels" if wide else "".join(f"{label:>12}" for label in labels)
    print(f"{'':12}{'rows':>7}{'docs':>7}{shown}")
    for name, rows in manifest["rows"].items():
        if rows:
            counts = [] if wide else manifest["label_counts"][name].values()
            print(f"{name:12}{rows:7}{manifest['documents'][name]:7}" + "".join(f"{n:12}" for n in counts))
    return 0


def _command() -> int:
    config, options = parse(
        prog="train.build",
        check=dict(action="store_true", help="compare data/ with what the seeds give, write nothing"),
        audit=dict(
            action="store_true",
            help="embed all sentences and look for paraphrases, shortcuts and label errors, write nothing",
        ),
    )
    return main(config, **options)


if __name__ == "__main__":
    run(_command)
