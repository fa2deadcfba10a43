"""What every request passes before the routes see it: the host it asks for, the token, the limits of its body, and the
net under all errors; and what every answer passes on its way out.

Starlette's own body limit answers in plain text and knows no time, so a client that trickles would hold its place for
ever; its check of hosts answers in plain text too, and redirects.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import secrets
import time
import traceback
from collections.abc import Callable, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onrecord.service import limits, pages
from onrecord.service.error_responses import COME_AGAIN, problem

PROBES = ("/healthz", "/readyz")
OPEN = (*PROBES, *pages.OPEN)  # without a token: they tell nothing that is not public
WITH_BODY = ("/v1/predict", "/v1/read", "/v1/calendar")  # by POST; no other body is read by anyone
PATHS = (*WITH_BODY, "/v1/model", "/metrics", *pages.PATHS, *OPEN)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LOG = logging.getLogger("onrecord.service")
CLOSE = {"Connection": "close"}  # the body was not read to its end
LOCAL = "localhost"
UNMEANT = "ask for localhost, an IP address or a name that the service was started with (onrecord serve --allowed-host)"
HEADERS = {  # so that a browser does nothing with an answer that was not meant
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class SafeHeaders:
    """ASGI middleware: adds HEADERS to every answer. A route that sets one of them itself is left alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add to its answer the headers that it lacks."""

        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, adding)


class Gate:
    """ASGI middleware: what is not let in is answered here, and work stops when its client leaves.

    `hosts` are the names that a request may ask for besides localhost and IP addresses; None lets all in. While `full`
    says so a request gets 429 before it is parsed, which would leave the model little time under a flood. Logs method,
    path, status and time of each request, and tells `observe`, but no words of the client's: no text, no query, no
    unknown path. Status 0 is a client that has left.
    """

    def __init__(
        self,
        app: ASGIApp,
        token: str | None,
        hosts: Sequence[str] | None = None,
        observe: Callable[[str, str, int, float], None] = lambda method, path, status, seconds: None,
        full: Callable[[], bool] = lambda: False,
    ) -> None:
        self.app = app
        self.full = full
        self.observe = observe
        self.hosts = None if hosts is None else {host.lower() for host in hosts}
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
            refusal = self._refusal(scope) or await self._answered(scope, receive, noting)
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

    def _refusal(self, scope: Scope) -> Response | None:
        """Why a request goes no further, by its head alone."""
        headers = Headers(scope=scope)
        if self.hosts is not None and not _meant(headers.get("host", ""), self.hosts):
            return problem(421, UNMEANT, CLOSE)
        if "content-length" in headers and "transfer-encoding" in headers:  # what stands between may see another end
            return problem(400, "send either Content-Length or Transfer-Encoding, not both", CLOSE)
        if scope["path"] not in OPEN and not self._known(headers.get("authorization", "")):
            return problem(401, "send the token as Authorization: Bearer TOKEN", {"WWW-Authenticate": "Bearer"} | CLOSE)
        return None

    def _known(self, authorization: str) -> bool:
        """Whether this header has the token, in a time that does not depend on how much of it is right."""
        if self.expected is None:
            return True
        scheme, _, token = authorization.partition(" ")
        return secrets.compare_digest(f"{scheme.title()} {token.strip()}".encode(), self.expected)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> Response | None:
        """Let the app answer; why it did not; None if it did, or nobody waits for an answer any more."""
        headers = Headers(scope=scope)
        if scope["method"] != "POST" or scope["path"] not in WITH_BODY:
            with_body = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
            await self.app(scope, receive, _closing(send) if with_body else send)
            return None
        if self.bodies >= limits.BODIES:
            return problem(429, f"{limits.BODIES} other bodies are being received; come again", COME_AGAIN | CLOSE)
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
        if self.full():
            return problem(429, "as many requests wait as may; come again", COME_AGAIN)
        await self._while_there(scope, body, receive, send)
        return None

    async def _while_there(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        """Let the app answer a request with this body, as long as the client waits for it."""
        left, replayed = asyncio.create_task(_left(receive)), False

        async def replay() -> Message:
            nonlocal replayed
            if replayed:
                return await asyncio.shield(left)
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        answering = asyncio.ensure_future(self.app(scope, replay, send))
        try:
            await asyncio.wait((answering, left), return_when=asyncio.FIRST_COMPLETED)
        finally:
            left.cancel()
            answering.cancel()  # nothing to one that is done
            await asyncio.wait((answering,))
        if not answering.cancelled():
            answering.result()  # raises what the app raised


def _meant(host: str, names: set[str]) -> bool:
    """Whether a Host header asks for one of these names, localhost or an address.

    A page whose own name was made to point here (DNS rebinding) sends that name.
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    name = name.lower().rstrip(".")
    if not host or name in names or name == LOCAL or name.endswith(f".{LOCAL}"):  # without Host: HTTP/1.0, no browser
        return True
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _closing(send: Send) -> Send:
    """A channel for the answer after which the connection is closed: there is a body on it that nobody reads."""

    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(CLOSE)
        await send(message)

    return closing


async def _left(receive: Receive) -> Message:
    """The message that says that the client has left."""
    while (message := await receive())["type"] != "http.disconnect":
        pass
    return message


async def _body(headers: Headers, receive: Receive) -> bytes | None:
    """The whole body, or None if it is too large, by its length or, sent in chunks, by what came.

    What is somewhat too large is taken in and thrown away: a client that is cut off while it sends may never see why.
    Raises TimeoutError, ClientDisconnect.
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
