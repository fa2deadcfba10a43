"""What every request passes before the routes see it: the token, the limits of its body, and the net under all errors.

Starlette's own body limit answers in plain text and knows no time, so a client that trickles would hold its place for ever.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
import traceback
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onrecord.service import docs as docs_page
from onrecord.service import limits as limits
from onrecord.service import page
from onrecord.service.problems import problem

PROBES = ("/healthz", "/readyz")
OPEN = (*PROBES, *docs_page.OPEN, *page.OPEN)  # without a token: they tell nothing that is not public
PATHS = ("/v1/predict", "/v1/read", "/v1/calendar", "/v1/model", "/metrics", *page.PATHS, *OPEN)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LOG = logging.getLogger("onrecord.service")
CLOSE = {"Connection": "close"}  # the body was not read to its end


class Gate:
    """ASGI middleware. Logs method, path, status and time of each request, and tells `observe`, but no words of the client's: no text, no query, no unknown path."""

    def __init__(
        self,
        app: ASGIApp,
        token: str | None,
        observe: Callable[[str, str, int, float], None] = lambda method, path, status, seconds: None,
    ) -> None:
        self.app = app
        self.observe = observe
        self.expected = None if token is None else f"Bearer {token}".encode()
        self.bodies = 0  # being received

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        begun, status = time.monotonic(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            refusal = await self._refusal(scope, receive, noting)
            if refusal:
                await refusal(scope, receive, noting)
        except Exception as error:  # its message may hold the client's text, and uvicorn would log that
            LOG.error("%s at\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
            if not status:
                await problem(500, "the service failed; its log says where")(scope, receive, noting)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "(unknown method)"
            path = scope["path"] if scope["path"] in PATHS else "(unknown path)"
            seconds = time.monotonic() - begun
            LOG.info("%s %s %d %.3f s", method, path, status, seconds)
            self.observe(method, path, status, seconds)

    async def _refusal(self, scope: Scope, receive: Receive, send: Send) -> Response | None:
        """Why the request goes no further; None if the app has answered it, or nobody waits for an answer."""
        headers = Headers(scope=scope)
        if scope["path"] not in OPEN and not self._known(headers.get("authorization", "")):
            return problem(401, "send the token as Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"} | CLOSE)
        if scope["method"] == "POST":  # no other method's body is read by anyone
            if self.bodies >= limits.BODIES:
                return problem(
                    429,
                    f"{limits.BODIES} other bodies are being received; come again",
                    {"Retry-After": str(limits.RETRY_SECONDS)} | CLOSE,
                )
            self.bodies += 1
            try:
                body = await _body(headers, receive)
            except TimeoutError:
                return problem(408, f"the body did not arrive within {limits.BODY_SECONDS:g} seconds", CLOSE)
            except ClientDisconnect:
                return None
            finally:
                self.bodies -= 1
            if body is None:
                return problem(413, f"a body may have {limits.BODY_BYTES} bytes; send less at once", CLOSE)
            receive = _replay(body, receive)
        await self.app(scope, receive, send)
        return None

    def _known(self, authorization: str) -> bool:
        """Whether this header has the token, in a time that does not depend on how much of it is right."""
        if self.expected is None:
            return True
        scheme, _, token = authorization.partition(" ")
        return secrets.compare_digest(f"{scheme.title()} {token.strip()}".encode(), self.expected)


async def _body(headers: Headers, receive: Receive) -> bytes | None:
    """The whole body, or None if it is too large, by its length or, sent in chunks, by what came. Raises TimeoutError, ClientDisconnect.

    What is somewhat too large is taken in and thrown away: a client that is cut off while it sends may never see why.
    """
    length = headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 15 or int(length) > limits.DISCARDED_BYTES):
        return None
    body, size = bytearray(), 0
    async with asyncio.timeout(limits.BODY_SECONDS):
        while size <= limits.DISCARDED_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            size += len(message.get("body", b""))
            if size <= limits.BODY_BYTES:
                body += message.get("body", b"")
            if not message.get("more_body"):
                return bytes(body) if size <= limits.BODY_BYTES else None
    return None


def _replay(body: bytes, receive: Receive) -> Receive:
    """A channel that gives the body in one piece, and then what else comes."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
