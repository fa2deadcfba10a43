"""The page at /docs where a human can try the API: Swagger UI, from files that are installed and not from a third party's server."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import Response

STATIC = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}  # of the package fastapi-offline
OPEN = (
    "/docs",
    "/openapi.json",
    *(f"/docs/{name}" for name in STATIC),
)  # without a token: the same for everybody, and here a user enters the token
HEADERS = {"Cache-Control": "no-cache"}


def add_docs(app: FastAPI) -> None:
    """Serve the page and its files, under a policy that lets no other script run."""
    script, style, icon = (f"/docs/{name}" for name in STATIC)
    page = bytes(
        get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=app.title,
            swagger_js_url=script,
            swagger_css_url=style,
            swagger_favicon_url=icon,
        ).body
    )
    digests = (hashlib.sha256(code).digest() for code in re.findall(rb"<script>(.*?)</script>", page, re.DOTALL))
    inline = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    policy = (
        f"default-src 'none'; script-src 'self' {inline}; style-src 'self'; "
        "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )

    def serve(path: str, content: bytes, kind: str, headers: dict[str, str]) -> None:
        async def static() -> Response:
            return Response(content, media_type=kind, headers=headers)

        app.add_api_route(path, static, methods=["GET", "HEAD"], include_in_schema=False)

    serve("/docs", page, "text/html", HEADERS | {"Content-Security-Policy": policy})
    for name, kind in STATIC.items():
        serve(f"/docs/{name}", files("fastapi_offline").joinpath("static", name).read_bytes(), kind, HEADERS)
