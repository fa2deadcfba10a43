"""The pages for people: the one at `/` with the model card that it shows, and Swagger UI at `/docs`.

Their files are sent as they lie there. Both pages ask the same API as every other client, and no other site.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import mimetypes
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import Response
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from pydantic import BaseModel, Field
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from onrecord.card import Result, read_card
from onrecord.classifier import Classifier

STATIC = files("onrecord.service").joinpath("static")
SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")  # of the package fastapi-offline
OPEN = (  # without a token: the same for everybody, and these are where a user enters the token
    "/",
    *sorted(f"/static/{file.name}" for file in STATIC.iterdir()),
    "/docs",
    "/openapi.json",
    *(f"/docs/{name}" for name in SWAGGER),
)
PATHS = ("/v1/card", *OPEN)
POLICY = (
    "default-src 'none'; script-src 'self'{inline}; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY.format(inline=""),
    "Cache-Control": "no-cache",  # asked for each time, as after an update the files belong together
}
LOG = logging.getLogger("onrecord.service")
mimetypes.add_type("text/javascript", ".js")  # RFC 9239; Python 3.11 has another name for it
# A card is written by people: its HTML is shown as it is written, and no picture is fetched from elsewhere.
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _without_style(state: StateCore) -> None:
    """Drop the alignment of table cells: the content policy forbids style attributes."""
    for token in state.tokens:
        token.attrs.pop("style", None)


MARKDOWN.core.ruler.push("without_style", _without_style)


class CardResponse(BaseModel):
    """The model card of the checkpoint in use."""

    results: list[Result] = Field(description="the evaluation results of its front matter")
    text: str = Field(description="Markdown, without the front matter; empty where the checkpoint has no README.md")
    html: str = Field(description="the same as HTML, in which markup of the card's own is text")


class Files(StaticFiles):
    """Files with these headers, on a 304 too: a browser puts those in the place of the ones that it has stored."""

    def __init__(self, headers: Mapping[str, str], **where: Any) -> None:
        super().__init__(**where)
        self._headers = headers

    async def get_response(self, path: str, scope: Scope) -> Response:
        """See StaticFiles."""
        response = await super().get_response(path, scope)
        response.headers.update(self._headers)
        return response


def card(markdown: str) -> CardResponse:
    """A model card taken apart. One whose front matter cannot be read is only text."""
    try:
        results, text = read_card(markdown)
    except ValueError as error:
        LOG.warning("README.md of the checkpoint: %s", error)
        results, text = [], markdown
    return CardResponse(results=results, text=text, html=MARKDOWN.render(text))


def add_pages(app: FastAPI, classifier: Classifier, secured: Sequence[Any]) -> None:
    """Serve the pages. `secured` are the dependencies of all but their files."""
    shown = card(classifier.card)

    @app.get("/v1/card", tags=["the model"], summary="The model card", dependencies=secured)
    async def model_card() -> CardResponse:
        """What the labels mean, what was measured, and where the limits are."""
        return shown

    static = Files(HEADERS, directory=str(STATIC))

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def page(request: Request) -> Response:
        return await static.get_response("index.html", request.scope)

    app.mount("/static", static)

    script, style, icon = (f"/docs/{name}" for name in SWAGGER)
    swagger = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=app.title,
        swagger_js_url=script,
        swagger_css_url=style,
        swagger_favicon_url=icon,
    )
    digests = (
        hashlib.sha256(code).digest() for code in re.findall(rb"<script>(.*?)</script>", swagger.body, re.DOTALL)
    )
    inline = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    swagger.headers.update(HEADERS | {"Content-Security-Policy": POLICY.format(inline=inline)})

    @app.api_route("/docs", methods=["GET", "HEAD"], include_in_schema=False)
    async def docs() -> Response:
        return swagger

    app.mount("/docs", Files(HEADERS, packages=[("fastapi_offline", "static")]))
