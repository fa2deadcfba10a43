"""The HTTP service: `application` makes it of a classifier. Needs the extra `serve`.

The event loop never runs the model: one thread does, and the answer is made into JSON there too.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from onrecord import service_limits as limits
from onrecord.article import read
from onrecord.classifier import Classifier
from onrecord.page import add_page
from onrecord.problems import MEDIA_TYPE, Problem, handle, problem
from onrecord.sentences import sentences
from onrecord.service_gate import Gate
from onrecord.service_messages import ModelResponse, PredictRequest, PredictResponse, ReadRequest, ReadResponse, Status, zones
from onrecord.webpage import main_text

T = TypeVar("T")


class Worker:
    """One thread that runs the model, and a bounded number of jobs that wait for it."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "model")
        self._jobs = 0  # running or waiting

    @property
    def full(self) -> bool:
        """Whether the next job would be refused."""
        return self._jobs > limits.WAITING

    async def run(self, job: Callable[[], T]) -> T:
        """What the job returns. Raises HTTPException 429 if too many wait, and what the job raises."""
        if self.full:
            raise HTTPException(429, f"{limits.WAITING} requests wait for the model; come again", {"Retry-After": str(limits.RETRY_SECONDS)})
        self._jobs += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, job)
        finally:
            self._jobs -= 1

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()


def application(classifier: Classifier, *, token: str | None = None) -> FastAPI:
    """The service as an ASGI app for one process. With a `token`, all but the probes ask for `Authorization: Bearer TOKEN`."""
    worker = Worker()
    warm = False

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        nonlocal warm
        zones()  # read from the disk once
        await worker.run(lambda: _read(classifier, ReadRequest.model_validate({"text": "Ready?"})))
        warm = True
        yield
        worker.close()

    errors: dict[int | str, dict[str, Any]] = {"default": {"model": Problem, "description": "RFC 9457", "content": {MEDIA_TYPE: {}}}}
    app = FastAPI(
        title="onrecord",
        description="What does a news sentence put on record?",
        version=importlib.metadata.version("onrecord"),
        lifespan=lifespan,
        docs_url=None,  # they fetch scripts from a third party
        redoc_url=None,
        redirect_slashes=False,
        responses=errors,
    )
    app.add_middleware(Gate, token=token)
    handle(app)

    @app.post("/v1/predict", response_model=PredictResponse)
    async def predict(request: PredictRequest) -> Response:
        """Type sentences: a prediction for each text, in their order."""
        return _json(await worker.run(lambda: PredictResponse(predictions=classifier.predict(request.texts)).model_dump_json().encode()))

    @app.post("/v1/read", response_model=ReadResponse)
    async def read_article(request: ReadRequest) -> Response:
        """Type every sentence of an article; with a day of publication, find the dates of what is scheduled."""
        return _json(await worker.run(lambda: _read(classifier, request)))

    @app.get("/v1/model")
    async def model() -> ModelResponse:
        """What answers, and what one request may ask."""
        library = "torch" if classifier.backend.name == "torch" else "onnxruntime"
        return ModelResponse(
            labels=list(classifier.labels),
            prior=classifier.rule.prior,
            backend=classifier.backend.name,
            window=classifier.max_tokens,
            versions={name: importlib.metadata.version(name) for name in ("onrecord", "tokenizers", "numpy")} | {library: classifier.backend.version},
            limits={name.lower(): value for name, value in vars(limits).items() if name.isupper()},
        )

    @app.get("/healthz")
    async def healthz() -> Status:
        """Whether the process answers."""
        return Status(status="alive")

    @app.get("/readyz", responses={503: {"model": Problem}})
    async def readyz() -> Response:
        """Whether the model has answered once and another request would be taken."""
        if not warm or worker.full:
            return problem(503, "as many requests wait as may" if warm else "the model has not answered yet")
        return JSONResponse({"status": "ready"})

    add_page(app, classifier, worker.run)
    return app


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")


def _read(classifier: Classifier, request: ReadRequest) -> bytes:
    """An article, read in the worker. Raises HTTPException for one that cannot be."""
    text = _page(request.html) if request.text is None else request.text
    for start, end, _ in sentences(text):
        if end - start > limits.TEXT_CHARACTERS:
            raise HTTPException(422, f"the sentence at {start} has {end - start} characters; {limits.TEXT_CHARACTERS} are read: put line breaks between paragraphs")
    article = read(text, request.published, classifier, html=False, zone=request.zone)
    return ReadResponse(text=article.text, published=article.published, statements=article.statements).model_dump_json().encode()


def _page(html: str | None) -> str:
    """The main text of a web page. Raises HTTPException."""
    assert html is not None  # ReadRequest has seen to it
    try:
        text = main_text(html)
    except ModuleNotFoundError as error:
        raise HTTPException(501, str(error)) from None
    except ValueError as error:
        raise HTTPException(422, str(error)) from None
    if len(text) > limits.CHARACTERS:
        raise HTTPException(422, f"the page's main text has {len(text)} characters; {limits.CHARACTERS} may be sent at once")
    return text
