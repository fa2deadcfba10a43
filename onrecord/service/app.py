"""The HTTP service: `application` makes it of a classifier. Needs the extra `serve`.

The event loop never runs the model and reads no article: see worker.py.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Security
from fastapi.responses import JSONResponse, Response
from fastapi.security import HTTPBearer
from starlette.middleware.cors import CORSMiddleware

from onrecord.classifier import Classifier
from onrecord.defaults import DATED
from onrecord.service import limits
from onrecord.service.articles import MEDIA_TYPES
from onrecord.service.error_responses import MEDIA_TYPE, Problem, handle, problem
from onrecord.service.messages import (
    CalendarRequest,
    ModelResponse,
    PredictRequest,
    PredictResponse,
    ReadRequest,
    ReadResponse,
    Status,
    zones,
)
from onrecord.service.metrics import MEDIA_TYPE as METRICS_TYPE
from onrecord.service.metrics import Metrics
from onrecord.service.middleware import Gate, SafeHeaders
from onrecord.service.pages import add_pages
from onrecord.service.worker import Worker


def application(
    classifier: Classifier, *, token: str | None = None, cors: Sequence[str] = (), hosts: Sequence[str] | None = None
) -> FastAPI:
    """The service as an ASGI app for one process.

    With a `token`, all but the probes and the pages for humans ask for `Authorization: Bearer TOKEN`. Web pages of the
    origins in `cors` may use the service. With `hosts`, a request must ask for one of these names, localhost or an IP
    address; give it, empty, to a service that only this machine shall reach.
    """
    metrics = Metrics(classifier.labels)
    worker = Worker(classifier, metrics)
    warm = False

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        nonlocal warm
        zones()  # read from the disk once
        await worker.start()
        warm = True
        yield
        await worker.close()

    errors: dict[int | str, dict[str, Any]] = {
        "default": {"model": Problem, "description": "RFC 9457", "content": {MEDIA_TYPE: {}}}
    }
    app = FastAPI(
        title="onrecord",
        description="What does a news sentence put on record?",
        version=importlib.metadata.version("onrecord"),
        lifespan=lifespan,
        docs_url=None,  # the framework's pages fetch scripts from a third party
        redoc_url=None,
        redirect_slashes=False,
        responses=errors,
    )
    app.add_middleware(Gate, token=token, hosts=hosts, observe=metrics.request, full=lambda: worker.full)
    if cors:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=cors,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
        )
    app.add_middleware(SafeHeaders)
    handle(app)
    # Only those who read the schema are told here; the gate asks for the token.
    secured = [Security(HTTPBearer(auto_error=False))] if token else []

    @app.post(
        "/v1/predict", tags=["labels"], summary="Label sentences", response_model=PredictResponse, dependencies=secured
    )
    async def predict(request: PredictRequest) -> Response:
        """A prediction for each text, in their order."""
        answer = PredictResponse(predictions=await worker.predict(request.texts))
        return Response(answer.model_dump_json(), media_type="application/json")

    @app.post(
        "/v1/read", tags=["labels"], summary="Label an article", response_model=ReadResponse, dependencies=secured
    )
    async def read_article(request: ReadRequest) -> Response:
        """Every sentence of a text or a web page with its label, speaker and dates, and the events made of them."""
        return await worker.read("/v1/read", request)

    @app.post(
        "/v1/calendar",
        tags=["labels"],
        summary="The events of an article, as a file",
        response_class=Response,
        responses={
            200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}, "description": "in the form asked for"}
        },
        dependencies=secured,
    )
    async def article_calendar(request: CalendarRequest) -> Response:
        """The events that `/v1/read` gives, in a form that planning desks take; after an edit they keep their UID."""
        return await worker.read("/v1/calendar", request)

    @app.get("/v1/model", tags=["the model"], summary="What answers", dependencies=secured)
    async def model() -> ModelResponse:
        """Labels, prior, backend, versions, and what one request may ask."""
        library = "torch" if classifier.backend.name == "torch" else "onnxruntime"
        return ModelResponse(
            labels=list(classifier.labels),
            dated=DATED if DATED in classifier.labels else None,
            prior=classifier.rule.prior,
            backend=classifier.backend.name,
            window=classifier.max_tokens,
            versions={name: importlib.metadata.version(name) for name in ("onrecord", "tokenizers", "numpy")}
            | {library: classifier.backend.version},
            limits={name.lower(): value for name, value in vars(limits).items() if name.isupper()},
        )

    @app.head("/healthz", include_in_schema=False)
    @app.get("/healthz", tags=["running it"], summary="Is it alive?")
    async def healthz() -> Status:
        """Whether the process answers."""
        return Status(status="alive")

    @app.head("/readyz", include_in_schema=False)
    @app.get("/readyz", tags=["running it"], summary="Is it ready?", responses={503: {"model": Problem}})
    async def readyz() -> Response:
        """Whether the model has answered once and another request would be taken."""
        if not warm or worker.full:
            return problem(503, "as many requests wait as may" if warm else "the model has not answered yet")
        return JSONResponse({"status": "ready"})

    @app.get(
        "/metrics",
        tags=["running it"],
        summary="Counters for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}},
        dependencies=secured,
    )
    async def show_metrics() -> Response:
        """What was counted since the process began, in the text format of Prometheus."""
        return Response(metrics.page(), media_type=METRICS_TYPE)

    add_pages(app, classifier, secured)
    return app
