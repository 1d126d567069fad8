"""Refuses every connection of a test's child processes."""

import socket


def _refuse(_self: socket.socket, address: object) -> None:
    raise RuntimeError(f"a test's process tried to connect to {address!r}")


socket.socket.connect = _refuse  # type: ignore[method-assign, assignment]
socket.socket.connect_ex = _refuse  # type: ignore[method-assign, assignment]
