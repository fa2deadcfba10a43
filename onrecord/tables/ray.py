"""`onrecord score --engine ray`: a directory of Parquet or JSONL files in, a directory of parts and a manifest out.

It runs on one machine or a cluster. The driver cuts the files into spans (row groups of Parquet, some MiB of JSONL)
and gives them to a pool of Ray Data actors. An actor writes a span's parts one by one, each whole or not at all and
under a name that says where its rows stood, and then a report about the span. What is there is not done again:
neither when Ray repeats the span of an actor that died, nor when a killed run is started again. `_manifest.json` is
written last. Directories may lie wherever fsspec reaches (s3://, gs://, ...); all machines must reach them and the
checkpoint.
"""

from __future__ import annotations

import io
import json
import logging
import os
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any, BinaryIO

from onrecord.classifier import Classifier
from onrecord.tables.formats import TableError, compression_of, format_of
from onrecord.tables.identity import Options, check_identity, checkpoint_identity, run_identity
from onrecord.tables.parts import ScoreError, writing
from onrecord.tables.read import Span
from onrecord.tables.score import Progress, Scorer, Summary
from onrecord.tables.write import Form

# readers of directories of Parquet pass over names with an underscore
RUN, SPANS, MANIFEST = ("_run.json", "_spans", "_manifest.json")
OPENERS = 32  # files looked into at the same time


@dataclass(frozen=True)
class Work:
    """What every actor is told."""

    model: str | None
    checkpoint: str  # identity of what the driver found under `model`
    prior: str | Mapping[str, float] | None
    device: str
    options: Options
    on_error: str
    target: str


def unsupported(source: str, target: str, options: Options, overwrite: bool) -> str | None:
    """The first wish, as an option of the command, that is not for directories; None where there is none."""
    wishes = {
        "--overwrite": overwrite,
        "--delimiter": options.delimiter,
        "--encoding": options.encoding,
        "--safe-csv": options.safe_csv,
        "-": "-" in (source, target),
    }
    return next((name for name, wish in wishes.items() if wish), None)


def score_directory(
    source: str,
    target: str,
    model: str | None,
    options: Options,
    *,
    prior: str | Mapping[str, float] | None = None,
    device: str = "cpu",
    on_error: str = "fail",
    actors: int = 2,
    address: str = "local",
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Summary:
    """Score all files of `source` with `actors` actors, each of which takes one CPU, and one GPU if `device` is "cuda".

    `address` is that of a Ray cluster, "auto" for the one that this machine is part of, "local" for one made for this
    run. The parts of `target` have the input's format and, in the order of their names, its rows in their order.
    Raises ScoreError, TableError, and CheckpointError or ValueError as Classifier.load does.
    """
    try:
        import fsspec
        import ray.data  # noqa: F401  here to fail before the model is loaded
    except ModuleNotFoundError:
        raise ScoreError(
            "--engine ray needs Ray: run `pip install 'onrecord[ray]'`, here and on every machine of the cluster"
        ) from None
    files, where = fsspec.core.url_to_fs(source)
    out, there = fsspec.core.url_to_fs(target)
    scorer = Scorer(
        classifier := Classifier.load(
            model, backend=options.backend, prior=prior, max_error=options.max_error, coverage=options.coverage
        ),
        options,
    )
    if f"{there}/".startswith(f"{where.rstrip('/')}/") and type(files) is type(out):
        raise ScoreError(f"{target} lies in {source}, so that scores would be scored: give a directory beside it")
    paths = _paths(files, where, source)
    format = format_of(paths[0])
    found = {path: files.ukey(path) for path in paths}
    identity = run_identity(classifier, classifier.place.directory, options, {"format": format, "files": found})
    way_out = f"delete {target} to begin anew"
    if out.exists(f"{there}/{MANIFEST}"):
        manifest = json.loads(out.cat_file(f"{there}/{MANIFEST}"))
        check_identity(json.dumps(manifest["run"]), identity, way_out)
        there_are = {path.rsplit("/", 1)[-1] for path in out.ls(there, detail=False)}
        if gone := [part["name"] for part in manifest["parts"] if part["name"] not in there_are]:
            raise ScoreError(f"{target} is done, but {gone[0]} has gone from it since: {way_out}")
        return Summary(manifest["rows"], len(manifest["bad rows"]))
    _claim(out, there, target, identity, way_out)
    with ThreadPoolExecutor(OPENERS) as pool:
        spans = [
            task
            for tasks in pool.map(lambda i: _spans(files, i, paths[i], scorer, format), range(len(paths)))
            for task in tasks
        ]
    reports = {
        path.rsplit("/", 1)[-1].removesuffix(".json"): json.loads(data)
        for path, data in _cat(out, f"{there}/{SPANS}").items()
    }
    if on_error == "fail" and (bad := [fault for stem in sorted(reports) for fault in reports[stem]["bad rows"]]):
        raise ScoreError(f"{bad[0]} was left out by an earlier run: go on with --on-error skip, or {way_out}")
    work = Work(model, identity["checkpoint"], prior, device, options, on_error, target)

    def progress(fresh: int, faults: list[str]) -> None:
        rows = sum(each["rows"] + len(each["bad rows"]) for each in reports.values())
        on_progress(Progress(len(reports) / len(spans), rows, fresh, faults))

    todo = [task for task in spans if task["stem"] not in reports]
    fresh = 0
    if reports:
        progress(0, [])
    for report in _run(todo, work, format, source, actors, address):
        if "error" in report:
            raise ScoreError(report["error"])
        reports[report["stem"]] = report
        fresh += report["rows"]
        progress(fresh, report["bad rows"])
    files.invalidate_cache()
    if changed := [path for path in paths if not files.exists(path) or files.ukey(path) != found[path]]:
        raise ScoreError(f"{changed[0]} was changed while it was being scored, so that parts may be of both: {way_out}")
    return _finish(out, there, identity, [reports[task["stem"]] for task in spans])


def _claim(out: Any, there: str, target: str, identity: dict[str, Any], way_out: str) -> None:
    """Make the directory this run's. Raises ScoreError where it is another one's, or holds what no run put there."""
    out.makedirs(there, exist_ok=True)
    started = out.exists(f"{there}/{RUN}")
    half_written = set(out.glob(f"{escape(there)}/_{RUN}.*.new"))  # by a run that was killed then
    if not started and set(out.ls(there, detail=False)) - half_written:
        raise ScoreError(f"{target} is there already and holds no scores: give another directory")
    check_identity(out.cat_file(f"{there}/{RUN}").decode() if started else None, identity, way_out)
    _put(out, f"{there}/{RUN}", json.dumps(identity, indent=1).encode())
    out.makedirs(f"{there}/{SPANS}", exist_ok=True)


def _paths(files: Any, where: str, source: str) -> list[str]:
    """The files to score, in order: those that readers of Parquet see, so neither `_x/a.parquet` nor `.x/a.jsonl`."""
    below = len(where.rstrip("/")) + 1
    visible = [
        path for path in sorted(files.find(where)) if not any(p.startswith(("_", ".")) for p in path[below:].split("/"))
    ]
    formats = {format_of(path) for path in visible}
    if not visible:
        raise ScoreError(f"there is no file in {source}" if files.exists(where) else f"there is no {source}")
    if len(formats) > 1 or not formats <= {"parquet", "jsonl"} or any(map(compression_of, visible)):
        raise ScoreError(
            f"{source} holds {' and '.join(sorted(formats))} files, or packed ones: --engine ray takes a directory of "
            "Parquet or one of JSONL files"
        )
    return visible


def _opened(files: Any, path: str) -> BinaryIO:
    """A file; one in an object store would read five MiB for each line, and all of a line however long."""
    return io.BufferedReader(files.open(path, "rb"), 1 << 20)


def _spans(files: Any, number: int, path: str, scorer: Scorer, format: str) -> list[dict[str, Any]]:
    reader = scorer.reader(format)
    try:
        with _opened(files, path) as file:
            reader.columns(file)
            return [
                {"path": path, "span": span, "stem": f"{number:06}-{i:06}"} for i, span in enumerate(reader.spans(file))
            ]
    except TableError as error:
        raise TableError(f"{path}: {error}") from None


def _run(spans: list[dict[str, Any]], work: Work, format: str, source: str, actors: int, address: str) -> Any:
    """Reports of the spans, as they are done."""
    if not spans:
        return
    import ray.data

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what ails an actor comes as an exception
    alone: dict[str, Any] = {}
    if address == "local":
        os.environ.setdefault("RAY_worker_niceness", "0")  # 15 otherwise: on a busy machine actors would get no turn
        alone = {"include_dashboard": False, "num_cpus": max(actors + 1, os.cpu_count() or 1)}
    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **alone)
    try:
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False  # the caller has its own
        # a span is what is repeated
        tasks = ray.data.from_items([{"task": json.dumps(task)} for task in spans], override_num_blocks=len(spans))
        done = tasks.map_batches(
            SpanScorer,
            fn_constructor_args=(work, format, source),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=min(actors, len(spans))),
            num_cpus=1,
            num_gpus=1 if work.device.startswith("cuda") else 0,
        )
        for row in done.iter_rows():
            yield json.loads(row["report"])
    except ray.exceptions.RayError as error:
        cause, _, _ = str(error).partition("\nThe above exception was the direct cause")  # behind it Ray's advice
        raise ScoreError(
            f"Ray gave up: {cause.strip().splitlines()[-1]}; the same command goes on from here"
        ) from error
    finally:
        ray.shutdown()


class SpanScorer:
    """One actor: a classifier that scores spans of files."""

    def __init__(self, work: Work, format: str, source: str) -> None:
        import fsspec

        self.work = work
        self.format = format
        loaded = Classifier.load(
            work.model,
            work.device,
            backend=work.options.backend,
            prior=work.prior,
            max_error=work.options.max_error,
            coverage=work.options.coverage,
        )
        if (here := checkpoint_identity(loaded.place.directory)) != work.checkpoint:
            raise ScoreError(
                f"{loaded.place.source} is another checkpoint on {os.uname().nodename} ({here}) than where the run was "
                f"started ({work.checkpoint})"
            )
        self.scorer = Scorer(loaded, work.options)
        self.files, _ = fsspec.core.url_to_fs(source)
        self.out, self.there = fsspec.core.url_to_fs(work.target)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        """Reports of the spans of a batch of tasks, both as JSON."""
        return {"report": [json.dumps(self._report(**json.loads(task))) for task in batch["task"]]}

    def _report(self, path: str, span: Span, stem: str) -> dict[str, Any]:
        self.out.invalidate_cache()
        kept = {name.rsplit("/", 1)[-1] for name in self.out.glob(f"{escape(self.there)}/{stem}-*")}
        report: dict[str, Any] = {"stem": stem, "source": path, "rows": 0, "bad rows": [], "parts": []}
        reader = self.scorer.reader(self.format)
        try:
            with _opened(self.files, path) as file:
                columns = reader.columns(file)
                for part in self.scorer.parts(
                    reader, file, span, stem, Form(self.format), columns, kept.__contains__, self.work.on_error
                ):
                    if part.content is not None:
                        _put(self.out, f"{self.there}/{part.name}", part.content)
                    report["rows"] += part.rows
                    report["bad rows"] += [f"{path}: {fault}" for fault in part.faults]
                    report["parts"].append({"name": part.name, "rows": part.rows})
        except (ScoreError, TableError) as error:
            return {"error": f"{path}: {error}"}
        _put(self.out, f"{self.there}/{SPANS}/{stem}.json", json.dumps(report).encode())
        return report


def _finish(out: Any, there: str, identity: dict[str, Any], reports: list[dict[str, Any]]) -> Summary:
    """Write the manifest, then take away what only an unfinished run needs."""
    bad = [fault for report in reports for fault in report["bad rows"]]
    parts = [part | {"source": report["source"]} for report in reports for part in report["parts"]]
    summary = Summary(sum(part["rows"] for part in parts), len(bad))
    _put(
        out,
        f"{there}/{MANIFEST}",
        json.dumps({"run": identity, "rows": summary.written, "bad rows": bad, "parts": parts}, indent=1).encode(),
    )
    out.invalidate_cache()
    for rest in (f"{there}/{SPANS}", f"{there}/{RUN}", *out.glob(f"{escape(there)}/_*.new")):
        with suppress(FileNotFoundError):
            out.rm(rest, recursive=True)
    return summary


def _put(files: Any, path: str, content: bytes) -> None:
    """Write a file whole or not at all; two who write the same one do not mind each other. Raises ScoreError."""
    directory, name = path.rsplit("/", 1)
    fresh = f"{directory}/_{name}.{uuid.uuid4().hex}.new"
    with writing(Path(directory)):
        with files.open(fresh, "wb") as file:
            file.write(content)
            file.flush()
            with suppress(AttributeError, io.UnsupportedOperation):  # what is no disk has no file number
                os.fsync(file.fileno())
        files.mv(fresh, path)


def _cat(files: Any, directory: str) -> dict[str, bytes]:
    names = files.glob(f"{escape(directory)}/*.json")  # a bracket in a name is no pattern; `cat` would take it for one
    with ThreadPoolExecutor(OPENERS) as pool:
        return dict(zip(names, pool.map(files.cat_file, names), strict=True))
