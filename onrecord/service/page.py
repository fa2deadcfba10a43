"""The page at `/` of the service: its static files, and the model card that it shows.

The page itself lies in `static/`, as it is sent: no build step. It asks the same API as every other client.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.responses import Response
from pydantic import BaseModel, Field

from onrecord.card import Result, read_card
from onrecord.classifier import Classifier

KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
STATIC = {
    f"/static/{file.name}": file.read_bytes()
    for file in files("onrecord.service").joinpath("static").iterdir()
    if not file.name.startswith(".")
}
OPEN = (
    "/",
    *sorted(STATIC),
)  # without a token: they are the same for everybody, and the page is where a user enters the token
PATHS = ("/v1/card", *OPEN)
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-cache",
}  # not no-store; asked for each time, as after an update the files belong together
LOG = logging.getLogger("onrecord.service")


class CardResponse(BaseModel):
    """The model card of the checkpoint in use."""

    results: list[Result] = Field(description="the evaluation results of its front matter")
    text: str = Field(description="Markdown, without the front matter; empty where the checkpoint has no README.md")


def card(markdown: str) -> CardResponse:
    """A model card taken apart. One whose front matter cannot be read is only text."""
    try:
        results, text = read_card(markdown)
    except ValueError as error:
        LOG.warning("README.md of the checkpoint: %s", error)
        return CardResponse(results=[], text=markdown)
    return CardResponse(results=results, text=text)


def add_page(app: FastAPI, classifier: Classifier, secured: Sequence[Any]) -> None:
    """Serve the page, and what it needs beyond the API there is. `secured` are the dependencies of all but the page's files."""
    shown = card(classifier.card)

    @app.get("/v1/card", tags=["the model"], summary="The model card", dependencies=secured)
    async def model_card() -> CardResponse:
        """What the labels mean, what was measured, and where the limits are."""
        return shown

    def serve(path: str, name: str) -> None:
        content = STATIC[f"/static/{name}"]
        kind = KINDS[name[name.rindex(".") :]]

        async def static() -> Response:
            return Response(content, media_type=kind, headers=HEADERS)

        app.add_api_route(path, static, methods=["GET", "HEAD"], include_in_schema=False)

    serve("/", "index.html")
    for path in STATIC:
        serve(path, path.removeprefix("/static/"))
