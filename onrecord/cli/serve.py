"""`onrecord serve`: the HTTP service."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import sys
from typing import Annotated

import typer

from onrecord.cli.command import fail
from onrecord.cli.loading import load_and_note
from onrecord.cli.options import Backend, Coverage, MaxError, Model, Prior

ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")
NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.IGNORECASE)


def serve(
    model: Model = None,
    prior: Prior = None,
    max_error: MaxError = None,
    coverage: Coverage = None,
    backend: Backend = None,
    host: Annotated[str, typer.Option(help="address to listen on; 0.0.0.0 lets other machines in")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free")] = 8000,
    token_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="environment variable with the token that clients must send")
    ] = None,
    cors: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN", help="a site whose pages may use the service, e.g. https://desk.example; repeatable"
        ),
    ] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="a name that requests may ask for besides localhost and IP addresses, e.g. that of a proxy; "
            "repeatable. Without it any will do, unless --host is reached from this machine alone",
        ),
    ] = None,
) -> None:
    """Serve predictions over HTTP until SIGTERM or Ctrl-C; what was accepted is answered first."""
    try:
        from onrecord.service.app import application
        from onrecord.service.server import run
    except ModuleNotFoundError as error:
        raise fail(f"serving needs {error.name}: pip install 'onrecord[serve]'") from None
    token = _token(token_env)
    for origin in cors or ():
        if not ORIGIN.fullmatch(origin):
            raise fail(
                f"--cors {origin!r}: give an origin as browsers send it, scheme://host or scheme://host:port in "
                "lower case, without a path; or *"
            )
    for name in allowed_host or ():
        if not NAME.fullmatch(name):
            raise fail(f"--allowed-host {name!r}: give a name alone, such as desk.example, without scheme and port")
    if not host:
        raise fail("--host is empty: give an address; 0.0.0.0 lets other machines in")
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, UnicodeError) as error:
        raise fail(f"cannot listen on {host}, port {port} ({_reason(error)}); give another --port or --host") from None
    with listening:
        local = ipaddress.ip_address(listening.getsockname()[0]).is_loopback
        classifier = load_and_note(model, prior, max_error, coverage, backend)
        app = application(
            classifier, token=token, cors=cors or (), hosts=allowed_host or [] if local or allowed_host else None
        )
        address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        print(f"serving {classifier.place.source} on {address}", file=sys.stderr, flush=True)
        if not run(app, listening):
            raise fail("the service did not start; the reason stands above")


def _reason(error: OSError | UnicodeError) -> str:
    """Why an address cannot be listened on; the standard library's own words hold the address once more."""
    number = getattr(error, "errno", None) or 0
    return os.strerror(number) if number > 0 else getattr(error, "strerror", None) or str(error)


def _token(name: str | None) -> str | None:
    """The token in this environment variable; None asks for none."""
    if name is None:
        return None
    token = os.environ.get(name, "")
    if not token or not all("!" <= c <= "~" for c in token):
        raise fail(
            f"--token-env: the environment variable {name} must hold a token of printable ASCII without blanks; it is "
            f"{'set otherwise' if token else 'not set'}"
        )
    return token
