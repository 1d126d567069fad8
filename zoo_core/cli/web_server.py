"""Web servers of commands: the options of their address, their socket and their URL."""

from __future__ import annotations

import errno
import socket

import click

from zoo_core.errors import InvalidValueError, ZooError

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Names of this machine, for itself alone."""

BACKLOG = 2048
"""Maximum number of connections that wait until the server runs."""

_BROWSABLE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
"""Wildcard address, which browsers cannot open -> address of this machine."""

host_option = click.option(
    "--host", metavar="HOST", default="127.0.0.1", show_default=True, help="Address to listen on."
)
port_option = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    default=8000,
    show_default=True,
    help="Port to listen on; 0 for any free one.",
)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address; connections wait until a server runs.

    Args:
        host: address or name of this machine.
        port: port number; 0 for any free one.

    Raises:
        InvalidValueError: this machine does not have the address.
        ZooError: the port is in use or forbidden.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as exc:  # UnicodeError: a label of more than 63 characters
        raise InvalidValueError(
            f"invalid --host {host!r}: {exc}", hint="Use 127.0.0.1 for this machine."
        ) from exc
    family, kind, protocol, _, address = found[0]
    # With its protocol number, unlike the socket of `socket.create_server`: asyncio sets
    # TCP_NODELAY only for IPPROTO_TCP. Without it, Nagle's algorithm holds a response's body back
    # until the client has acknowledged the headers, which takes 40 ms.
    bound = socket.socket(family, kind, protocol)
    try:
        # A new server can use the port of one that has just ended.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        # Not left to uvicorn, which logs and exits if the port is in use. Listening before the
        # models are loaded, so that the second of two servers fails at once.
        bound.listen(BACKLOG)
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
    """Return the URL of a socket, which browsers can open."""
    shown, port = _BROWSABLE.get(host, host), bound.getsockname()[1]
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"
