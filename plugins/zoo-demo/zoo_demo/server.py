"""The server: its socket, its URL and its limits."""

from __future__ import annotations

import errno
import socket

import uvicorn
from starlette.applications import Starlette

from zoo_core import ZooError
from zoo_core.plugin_api import InvalidValueError

# Below the usual limit of 1,024 open files, because the data sets' files need some too.
MAX_CONNECTIONS = 800
"""Maximum number of connections; uvicorn answers any further one with 503."""

GRACE = 2
"""Seconds for pending requests when the server ends."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address; requests wait until a server runs.

    Args:
        host: address or name of this machine.
        port: port number; 0 for any free one.

    Raises:
        InvalidValueError: this machine does not have the address.
        ZooError: the port is in use or forbidden.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
    except (OSError, UnicodeError) as exc:  # UnicodeError: a label of more than 63 characters
        raise InvalidValueError(
            f"invalid --host {host!r}: {exc}", hint="Use 127.0.0.1 for this machine."
        ) from exc
    # With its protocol number, unlike the socket of `socket.create_server`: asyncio sets
    # TCP_NODELAY only for IPPROTO_TCP. Without it, Nagle's algorithm holds a response's body back
    # until the client has acknowledged the headers, which takes 40 ms.
    bound = socket.socket(family, kind, protocol)
    # A new server can use the port of one that has just ended.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
        # Not left to uvicorn, which logs and exits if the port is in use. Listening before the
        # models are loaded, so that the second of two servers fails at once.
        bound.listen(2048)
    except OSError as exc:
        bound.close()
        if exc.errno == errno.EADDRNOTAVAIL:
            raise InvalidValueError(
                f"invalid --host {host!r}: not an address of this machine",
                hint="Use 127.0.0.1, or 0.0.0.0 for all addresses.",
            ) from exc
        why = "is in use" if exc.errno == errno.EADDRINUSE else f"is not usable: {exc.strerror}"
        raise ZooError(
            f"port {port} of {host} {why}", hint="Choose a free port with --port 0."
        ) from exc
    return bound


def address_of(host: str, bound: socket.socket) -> str:
    """Return the page's URL."""
    # Browsers cannot open the wildcard addresses.
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    port = bound.getsockname()[1]
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def make_server(app: Starlette) -> uvicorn.Server:
    """Return the server of an application; ``run(sockets=[…])`` serves until a signal arrives."""
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="error",
        access_log=False,
        limit_concurrency=MAX_CONNECTIONS,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    return uvicorn.Server(config)
