"""The `onrecord` command."""

import contextlib
import copy
import dataclasses
import importlib.metadata
import io
import json
import math
import os
import re
import socket
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from zoneinfo import available_timezones

import typer
import typer.core
from typer.exceptions import TyperException

from onrecord.article.read import DATED, Article, published_date
from onrecord.article.read import read as read_article
from onrecord.article.show import show
from onrecord.article.webpage import is_html
from onrecord.calibration import WishError
from onrecord.classifier import DEFAULT, CheckpointError, Classifier, Prediction
from onrecord.inference.backends import BackendName
from onrecord.tables.lines import arriving
from onrecord.tables.progress import Meter
from onrecord.tables.read import TableError
from onrecord.tables.score import PART_ROWS, Options, ScoreError, Summary
from onrecord.tables.score import score as score_table

# A command's output is its own: no load reports or bars of transformers, which reads these when torch is loaded.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

EXIT_CODES = """Exit codes: 0 done; 1 it ended for the reason that standard error gives (score goes on when started again); 2 wrong usage: an argument, option or value
that there is not, or that this checkpoint does not know; 3 done, but bad lines or rows were left out, each named on standard error."""
LEFT_OUT = 3


class Command(typer.core.TyperCommand):
    """A command whose usage errors say what to do about a sentence that begins with a dash."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See TyperCommand."""
        given = list(args)  # which is consumed
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            error.message = error.message.removeprefix("Value error, ")
            option = getattr(error, "option_name", None)
            if option and any(arg.startswith(option) and " " in arg for arg in given):
                error.message += "; put -- before a sentence that begins with a dash, options before it"
            raise


app = typer.Typer(
    help="What does a news sentence put on record?",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Model = Annotated[str, typer.Option("--model", help="checkpoint directory or hub id")]
Prior = Annotated[
    str | None,
    typer.Option(
        "--prior",
        help='label shares of the text you type: a name that the checkpoint knows, uniform, data, or each label\'s share as JSON, {"claim": 0.8, "hedge": 0.1, ...}',
    ),
]
MaxError = Annotated[
    float | None,
    typer.Option(
        "--max-error",
        help="share of wrong labels allowed among the answers without a ?, 0 to 1; default: the checkpoint's",
    ),
]
Coverage = Annotated[
    float | None,
    typer.Option(
        "--coverage",
        help="share of each label's sentences whose label_set must hold it, 0 to 1; default: the checkpoint's",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table")]
SHARES = '{"claim": 0.8, "hedge": 0.1, ...}'  # with all labels
BAR = 12  # characters of a bar of 100%
MOST_ROWS = 1_000_000  # of a part, all of which are in memory at once
NO_DAY = "--ics needs --published: 'Monday' is a date only for who knows when it was written"
ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")
LARGEST = 20_000_000  # bytes of an article; a long one has 200 thousand


Backend = Annotated[
    BackendName | None,
    typer.Option(
        "--backend",
        help="onnx, int8 (quicker, some labels differ: `onrecord info`) or torch; if not given, onnx where the checkpoint has it",
    ),
]


class OnError(StrEnum):
    """What becomes of bad lines and rows."""

    skip = "skip"
    fail = "fail"


class Engine(StrEnum):
    """What `score` runs on."""

    local = "local"
    ray = "ray"


def _version(wanted: bool) -> None:
    if wanted:
        print(importlib.metadata.version("onrecord"))
        raise typer.Exit


@app.callback()
def _streams(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version and end")
    ] = False,
) -> None:
    # Pipes are UTF-8, whatever the locale says. Backslashes for the half characters that an argument may hold.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    if sys.stdout is None and context.invoked_subcommand != "score":
        raise _fail("standard output is closed, so there is nowhere to answer")


def _fail(message: str) -> typer.Exit:
    print(f"error: {message}", file=sys.stderr)
    return typer.Exit(1)


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """Around whatever prints an answer, which is flushed here. Ends the command where it cannot be written: well, if the reader has enough (`| head`)."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes once more when it ends
        if isinstance(error, BrokenPipeError):
            raise typer.Exit(0) from None
        raise _fail(f"standard output cannot be written: {error.strerror}") from None


def _load(
    model: str,
    prior: str | None,
    max_error: float | None = None,
    coverage: float | None = None,
    backend: BackendName | None = None,
    device: str = "cpu",
) -> Classifier:
    try:
        return Classifier.load(
            model, device, backend=backend, prior=_shares(prior), max_error=max_error, coverage=coverage
        )
    except WishError as error:
        raise _senseless(error, max_error, coverage) from None
    except (CheckpointError, ValueError) as error:
        raise _fail(str(error)) from None
    except (RuntimeError, AssertionError) as error:  # as torch refuses a device
        raise _fail(f"device {device!r}: {str(error).strip().splitlines()[0]}") from None


def _promising(
    model: str,
    prior: str | None,
    max_error: float | None,
    coverage: float | None,
    backend: BackendName | None,
    device: str = "cpu",
) -> Classifier:
    """The classifier; where nothing is sure enough for the error promised, standard error says so once."""
    classifier = _load(model, prior, max_error, coverage, backend, device)
    if classifier.rule.threshold == math.inf and classifier.calibration:
        wanted = classifier.calibration.max_error if max_error is None else max_error
        print(
            f"note: on this checkpoint's validation sentences no confidence keeps the error within {wanted:.3g}, so every answer has a ?; --max-error allows more",
            file=sys.stderr,
            flush=True,
        )
    return classifier


def _shares(prior: str | None) -> str | dict[str, float] | None:
    """A prior as Classifier.load takes it: what begins as a JSON object is label -> share, anything else a name. Raises typer.BadParameter."""
    if prior is None or not prior.lstrip().startswith("{"):
        return prior
    try:
        shares = json.loads(prior)
    except ValueError as error:
        raise typer.BadParameter(f"--prior {prior} is no JSON ({error}); give it as in '{SHARES}'") from None
    if odd := [
        label for label, share in shares.items() if isinstance(share, bool) or not isinstance(share, int | float)
    ]:
        raise typer.BadParameter(f"--prior: the share of {', '.join(odd)} is no number; give it as in '{SHARES}'")
    return shares


def _senseless(error: WishError, *shares: float | None) -> typer.BadParameter:
    """What Typer says of a wish that makes no sense."""
    return typer.BadParameter(
        f"{error}{'; a share is meant, so 0.05 is 5%' if any(share is not None and share >= 1 for share in shares) else ''}"
    )


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise _fail("standard input is closed, so there is nothing to read")
    return sys.stdin.buffer


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _fail(
            f"{name} is not UTF-8 (byte {error.start} is 0x{data[error.start]:02x}); convert it first, e.g. `iconv -f cp1252 -t utf-8`"
        ) from None


@app.command(cls=Command)
def predict(
    texts: Annotated[
        list[str], typer.Argument(help="sentences; - reads one a line from standard input, and answers as they come")
    ],
    model: Model = str(DEFAULT),
    prior: Prior = None,
    max_error: MaxError = None,
    coverage: Coverage = None,
    backend: Backend = None,
    as_json: AsJson = False,
    on_error: Annotated[
        OnError,
        typer.Option(
            "--on-error",
            help="what becomes of a line that is not UTF-8: left out and named on standard error, or the end",
        ),
    ] = OnError.skip,
) -> None:
    """Type sentences. A ? behind the confidence: too unsure to be answered within the error promised."""
    classifier = _promising(model, prior, max_error, coverage, backend)
    bad = 0
    try:
        for text in texts:
            if text == "-":
                bad += _predict_lines(_standard_input(), classifier, as_json, on_error)
            else:
                _print(classifier.predict([text]), as_json)
    except OSError as error:
        raise _fail(f"standard input cannot be read: {error.strerror}") from None
    if bad:
        raise typer.Exit(LEFT_OUT)


def _predict_lines(stream: BinaryIO, classifier: Classifier, as_json: bool, on_error: OnError) -> int:
    """Answer a stream; the number of bad lines."""
    bad = 0
    for lines in arriving(stream):
        for line in lines:
            if line.fault:
                bad += 1
                message = f"line {line.number} {line.fault}"
                if on_error == OnError.fail:
                    _print(classifier.predict(before.text for before in lines if before.number < line.number), as_json)
                    raise _fail(
                        f"{message}; leave such lines out with --on-error skip, or convert them first, e.g. `iconv -f cp1252 -t utf-8`"
                    )
                print(f"left out: {message}", file=sys.stderr, flush=True)
        _print(classifier.predict(line.text for line in lines if not line.fault), as_json)
    return bad


def _print(predictions: list[Prediction], as_json: bool) -> None:
    with _answering():
        for p in predictions:
            print(
                json.dumps(dataclasses.asdict(p), ensure_ascii=False)
                if as_json
                else f"{p.label:12}{p.confidence:6.1%}{'?' if p.abstained else ' '} {p.text}{f'  [read in {p.windows} windows]' if p.windows > 1 else ''}"
            )


@app.command(cls=Command)
def score(
    source: Annotated[str, typer.Argument(metavar="IN", help="table: .csv, .tsv, .jsonl or .parquet")],
    target: Annotated[
        str,
        typer.Argument(
            metavar="OUT",
            help="the same rows and columns with the labels' columns behind them; any of the four formats",
        ),
    ],
    text_column: Annotated[str, typer.Option("--text-column", help="the column with the sentences")] = "text",
    on_error: Annotated[
        OnError,
        typer.Option("--on-error", help="what becomes of a bad row: left out and named on standard error, or the end"),
    ] = OnError.fail,
    prefix: Annotated[str, typer.Option("--prefix", help="before the names of the columns added")] = "",
    model: Model = str(DEFAULT),
    prior: Prior = None,
    max_error: MaxError = None,
    coverage: Coverage = None,
    backend: Backend = None,
    device: Annotated[str, typer.Option("--device", help="torch device")] = "cpu",
    part_rows: Annotated[
        int, typer.Option("--part-rows", min=1, max=MOST_ROWS, help="rows that are done, or done again, together")
    ] = PART_ROWS,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace OUT if it is there; not with ray")] = False,
    engine: Annotated[
        Engine,
        typer.Option(
            "--engine",
            help="ray: IN is a directory of Parquet or JSONL files, OUT a directory of parts; both may be URLs (s3://...)",
        ),
    ] = Engine.local,
    actors: Annotated[
        int, typer.Option("--actors", min=1, help="of ray: processes, each with a CPU, and a GPU if --device cuda")
    ] = 2,
    ray_address: Annotated[
        str,
        typer.Option(
            "--ray-address", help="of a ray cluster; auto: the one this machine is part of; local: one for this run"
        ),
    ] = "local",
) -> None:
    """Type a table of sentences. Killed, the same command goes on where it was; OUT appears when all is done."""
    if engine == Engine.ray and overwrite:
        raise typer.BadParameter("--overwrite is not for --engine ray: give another OUT, or delete the directory")
    options = Options(text_column, prefix, part_rows, max_error, coverage, backend)
    meter = Meter()
    try:
        if engine == Engine.ray:
            from onrecord.tables.ray import score_directory

            summary = score_directory(
                source,
                target,
                model,
                options,
                prior=_shares(prior),
                device=device,
                on_error=on_error,
                actors=actors,
                address=ray_address,
                on_progress=meter,
            )
        else:
            classifier = _promising(model, prior, max_error, coverage, backend, device)
            summary = score_table(
                Path(source),
                Path(target),
                classifier,
                model,
                options,
                on_error=on_error,
                overwrite=overwrite,
                on_progress=meter,
            )
    except WishError as error:
        raise _senseless(error, max_error, coverage) from None
    except (ScoreError, CheckpointError, ValueError) as error:
        raise _fail(str(error)) from None
    except (TableError, OSError) as error:
        raise _fail(f"{source}: {error}") from None
    except KeyboardInterrupt:
        raise _fail("stopped; the same command goes on from here") from None
    _finish(summary, target)


def _finish(summary: Summary, target: str) -> None:
    print(
        f"{summary.written:,} rows in {target}{f', {summary.bad:,} bad ones left out' if summary.bad else ''}",
        file=sys.stderr,
    )
    if summary.bad:
        raise typer.Exit(LEFT_OUT)


def _text(file: str) -> str:
    """The article as text; what cannot be one ends the command with a message."""
    name = "standard input" if file == "-" else file
    try:
        with _standard_input() if file == "-" else open(file, "rb") as source:
            data = source.read(LARGEST + 1)
    except OSError as error:
        raise _fail(f"cannot read {file}: {error.strerror}") from None
    if len(data) > LARGEST:
        raise _fail(
            f"{name} is larger than {LARGEST // 1_000_000} MB, which no article is; cut it into articles and read them one by one"
        )
    if b"\0" in data[:8192]:
        raise _fail(
            f"{name} is a binary file, not text (a NUL byte at {data.index(0)}); convert a PDF, Word file or UTF-16 text to UTF-8 text first"
        )
    text = _decode(data, name)
    if not text.strip():
        raise _fail(f"{name} is empty: there is no article to read")
    return text


@app.command(cls=Command)
def explain(
    text: Annotated[str, typer.Argument(help="one sentence")],
    model: Model = str(DEFAULT),
    prior: Prior = None,
    backend: Backend = None,
    label: Annotated[
        str | None, typer.Option("--label", help="the label to look at, if not the most probable one")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Which words does the answer hang on? Prints what the label's probability loses without each word (bars to the right), or gains (to the left): sensitivity, not
    the model's reason."""
    classifier = _load(model, prior, backend=backend)
    try:
        found = classifier.explain(text, label)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    with _answering():
        if as_json:
            print(json.dumps(dataclasses.asdict(found), ensure_ascii=False))
            return
        print(f"{found.label} {found.confidence:.1%}")
        for word in found.words:
            against, carried = ("▒" * round(BAR * -word.effect), "▇" * round(BAR * word.effect))  # one of them is empty
            print(f"{word.effect:+7.1%}  {against:>{BAR}}│{carried:<{BAR}}  {word.text}")


@app.command(cls=Command)
def read(
    file: Annotated[str, typer.Argument(help="article as plain text or HTML, UTF-8; - for standard input")],
    model: Model = str(DEFAULT),
    prior: Prior = None,
    max_error: MaxError = None,
    coverage: Coverage = None,
    backend: Backend = None,
    published: Annotated[
        str | None,
        typer.Option(
            "--published",
            metavar="DATE",
            help="day of publication, ISO 8601; if not given, the one that a web page names, if it names one",
        ),
    ] = None,
    as_json: AsJson = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON, a sentence a line")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV with a header")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="a self-contained page with coloured sentences")] = False,
    zone: Annotated[
        str | None, typer.Option("--zone", help="IANA zone of clock times that name none, e.g. Europe/London")
    ] = None,
    dated: Annotated[str, typer.Option("--dated", help="the label whose sentences are diary entries")] = DATED,
    ics: Annotated[
        Path | None,
        typer.Option("--ics", help="also write what lies ahead as a calendar; needs the day of publication"),
    ] = None,
) -> None:
    """Type every sentence of an article. A ? behind the confidence: too unsure to be answered within the error promised."""
    if as_json + as_jsonl + as_csv + as_html > 1:
        raise typer.BadParameter("give one of --json, --jsonl, --csv and --html, or none for a table")
    try:
        published_date(published)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if zone is not None and zone not in available_timezones():
        raise typer.BadParameter(f"--zone {zone!r} is unknown; give an IANA name such as Europe/London")
    text = _text(file)
    if ics and not published and not is_html(text):
        raise typer.BadParameter(NO_DAY)
    classifier = _promising(model, prior, max_error, coverage, backend)
    if dated not in classifier.labels and (ics or dated != DATED):
        raise typer.BadParameter(f"--dated {dated!r} is no label of {model}; it knows {', '.join(classifier.labels)}")
    try:
        article = read_article(text, published, classifier, zone=zone, dated=dated)
    except (ValueError, ModuleNotFoundError) as error:
        raise _fail(f"{file}: {error}") from None
    if ics and article.published is None:
        raise typer.BadParameter(f"{NO_DAY}; this page names none")
    if article.published and not published:
        print(f"published {article.published}, as the page says; --published gives another day", file=sys.stderr)
    if ics:
        _write_calendar(article, zone, dated, ics)
    with _answering():
        show(
            article,
            classifier.labels,
            "standard input" if file == "-" else Path(file).name,
            "html" * as_html or "csv" * as_csv or "jsonl" * as_jsonl or "json" * as_json,
        )


def _write_calendar(article: Article, zone: str | None, dated: str, path: Path) -> None:
    from onrecord.dates.diary import diary, to_ics  # here: it is slow to import

    assert article.published is not None
    events = diary(article.statements, article.published, zone, label=dated)
    try:
        content = to_ics(events)
        path.write_bytes(content)
    except (ImportError, OSError) as error:
        raise _fail(str(error)) from None
    print(f"{len(events)} calendar entries in {path}", file=sys.stderr)
    entered = {event.text for event in events}
    left_out = [s for s in article.statements if s.prediction.label == dated and s.text not in entered]
    for reason, sentences in (
        ("name no date that is certain", [s for s in left_out if not s.dates]),
        ("name only what is past or called off", [s for s in left_out if s.dates]),
    ):
        if sentences:
            print(
                f"{len(sentences)} {dated} sentence{'s' * (len(sentences) > 1)} {reason if len(sentences) > 1 else reason.replace('name', 'names', 1)}:",
                file=sys.stderr,
            )
            print(*(f"  {' '.join(s.text.split())}" for s in sentences), sep="\n", file=sys.stderr)


@app.command(cls=Command)
def serve(
    model: Model = str(DEFAULT),
    prior: Prior = None,
    max_error: MaxError = None,
    coverage: Coverage = None,
    backend: Backend = None,
    host: Annotated[
        str, typer.Option("--host", help="address to listen on; 0.0.0.0 lets other machines in")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any that is free")] = 8000,
    token_env: Annotated[
        str | None,
        typer.Option("--token-env", metavar="NAME", help="environment variable with the token that clients must send"),
    ] = None,
    cors: Annotated[
        list[str] | None,
        typer.Option(
            "--cors",
            metavar="ORIGIN",
            help="a site whose pages may use the service, e.g. https://desk.example; repeatable",
        ),
    ] = None,
) -> None:
    """Serve predictions over HTTP until SIGTERM or Ctrl-C; what was accepted is answered first."""
    try:
        import uvicorn

        from onrecord.service.app import application
        from onrecord.service.limits import IDLE_SECONDS
    except ModuleNotFoundError as error:
        raise _fail(f"serving needs {error.name}: pip install 'onrecord[serve]'") from None
    token = _token(token_env)
    for origin in cors or ():
        if not ORIGIN.fullmatch(origin):
            raise _fail(
                f"--cors {origin!r}: give an origin as browsers send it, scheme://host or scheme://host:port in lower case, without a path; or *"
            )
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, UnicodeError) as error:
        raise _fail(f"cannot listen on {host}, port {port} ({_reason(error)}); give another --port or --host") from None
    with listening:
        # asyncio does so only for sockets whose protocol is named; without it the second half of an answer waits 40 ms for the first to be acknowledged.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        logs = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
        logs["loggers"]["onrecord.service"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
        made = application(_promising(model, prior, max_error, coverage, backend), token=token, cors=cors or ())
        # Its access log would hold what clients put into addresses; the service has its own.
        server = uvicorn.Server(
            uvicorn.Config(
                made,
                log_config=logs,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                ws="none",
                timeout_keep_alive=IDLE_SECONDS,
            )
        )
        shown = f"[{host}]" if ":" in host else host
        print(f"serving {model} on http://{shown}:{listening.getsockname()[1]}", file=sys.stderr, flush=True)
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C, raised once more when all is answered
            server.run(sockets=[listening])
    if not server.started:
        raise _fail("the service did not start; the reason stands above")


def _reason(error: OSError | UnicodeError) -> str:
    """Why an address cannot be listened on; the standard library puts it in words of its own, with the address once more."""
    number = getattr(error, "errno", None) or 0
    return os.strerror(number) if number > 0 else getattr(error, "strerror", None) or str(error)


def _token(name: str | None) -> str | None:
    """The token in this environment variable; None asks for none."""
    if name is None:
        return None
    token = os.environ.get(name, "")
    if not token or not all("!" <= c <= "~" for c in token):
        raise _fail(
            f"--token-env: the environment variable {name} must hold a token of printable ASCII without blanks; it is {'set otherwise' if token else 'not set'}"
        )
    return token


@app.command(cls=Command)
def info(
    model: Annotated[str, typer.Argument(help="checkpoint directory or hub id")] = str(DEFAULT), as_json: AsJson = False
) -> None:
    """What a checkpoint is: labels, priors, promises, backend, versions, what became of its export, and the metrics of its model card."""
    from huggingface_hub import ModelCard  # here, not above: the other commands do without

    classifier = _load(model, None)
    lines = {"model": model, "labels": ", ".join(classifier.labels), "window": f"{classifier.max_tokens} tokens"}
    lines["backend"] = f"{classifier.backend.name} {classifier.backend.version}"
    lines |= {name: importlib.metadata.version(name) for name in ("onrecord", "tokenizers", "numpy")}
    if classifier.calibration:
        for name, shares in classifier.calibration.priors.items():
            lines[f"prior {name}"] = ", ".join(f"{label} {share:g}" for label, share in shares.items())
        lines["prior in use"] = classifier.rule.prior
        lines["answers from confidence"] = (
            f"{classifier.rule.threshold:.3f}, so that at most {classifier.calibration.max_error:.0%} of the answers are wrong"
        )
        lines["label sets"] = f"hold {classifier.calibration.coverage:.0%} of each label's sentences"
    lines |= _exported(Path(model))
    if (card := Path(model) / "README.md").is_file():
        for result in ModelCard.load(card).data.eval_results or []:
            lines[f"{result.metric_name}, {result.dataset_split}"] = f"{result.metric_value:g}"
    with _answering():
        if as_json:
            print(json.dumps(lines, ensure_ascii=False, indent=1))
            return
        for name, value in lines.items():
            print(f"{name:44}{value}")


def _exported(directory: Path) -> dict[str, str]:
    """What train.export says of the ONNX files: on which CPU they were judged, and why int8 is there or not."""
    if not (path := directory / "export.json").is_file():
        return {}
    record = json.loads(path.read_text())
    rungs = [
        f"{rung['rung']}: {'kept' if rung['holds'] else 'refused' + (', ' + rung['reason'] if 'reason' in rung else '')}"
        for rung in record["int8"]
    ]
    return {
        "exported files": ", ".join(record["kept"]),
        "judged on": f"{record['cpu']['machine']} {' '.join(record['cpu']['features'])}",
        "int8": "; ".join(rungs),
    }


if __name__ == "__main__":
    app()
