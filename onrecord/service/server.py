"""The application on a socket, by uvicorn, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import contextlib
import copy
import socket

import uvicorn
from starlette.types import ASGIApp

from onrecord.service import limits


def run(app: ASGIApp, listening: socket.socket) -> bool:
    """Serve until told to end, then answer what was accepted, for at most DRAIN_SECONDS. Whether it ever began."""
    # asyncio does so only for sockets whose protocol is named; without it the second half of an answer waits 40 ms for
    # the first to be acknowledged.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; elsewhere a client that reads nothing stays until DRAIN_SECONDS
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * limits.UNREAD_SECONDS))
    logs = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
    logs["loggers"]["onrecord.service"] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http="h11",  # what the tests attack; another one would be taken if it happened to be installed
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
