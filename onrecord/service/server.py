"""The application on a socket, by uvicorn, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import resource
import socket
import time
from itertools import islice

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from onrecord.service import limits


class Connection(H11Protocol):
    """One connection: it takes READ_BYTES at most before others have their turn.

    Beyond CONNECTIONS it takes the place of one on which no request is being answered, or else is closed. Without
    that, those who send half a head would take all descriptors of the process.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio.Protocol."""
        transport.max_size = limits.READ_BYTES  # type: ignore[attr-defined]  # of asyncio's own: 256 KiB by default
        super().connection_made(transport)
        self.since = time.monotonic()
        if len(self.connections) > _most_connections():
            there = (c for c in self.connections if isinstance(c, Connection) and c is not self)
            idle = (c for c in there if c.cycle is None or c.cycle.response_complete)
            # to look at all of them would take seconds of a flood; the oldest, as the newest are about to ask
            given_up = min(islice(idle, 256), key=lambda c: c.since, default=self)
            given_up.transport.close()
            self.connections.discard(given_up)  # it counts no more


def _most_connections() -> int:
    """CONNECTIONS, or half the descriptors that this process may have, if those are fewer."""
    return min(limits.CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


def run(app: ASGIApp, listening: socket.socket) -> bool:
    """Serve until told to end, then answer what was accepted, for at most DRAIN_SECONDS. Whether it ever began."""
    # asyncio does so only for sockets whose protocol is named; without it the second half of an answer waits 40 ms for
    # the first to be acknowledged.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; elsewhere a client that reads nothing stays until DRAIN_SECONDS
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * limits.UNREAD_SECONDS))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)  # often 1,024 and much more
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 10 * limits.CONNECTIONS)), hard))
    logs = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
    logs["loggers"]["onrecord.service"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=Connection,  # what the tests attack; another one would be taken if it happened to be installed
            loop="asyncio",  # so would another one of these
            log_config=logs,
            access_log=False,  # it would hold what clients put into addresses; the service has its own
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_keep_alive=limits.IDLE_SECONDS,
            timeout_graceful_shutdown=limits.DRAIN_SECONDS,
        )
    )
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C, raised once more when all is answered
        server.run(sockets=[listening])
    return server.started
