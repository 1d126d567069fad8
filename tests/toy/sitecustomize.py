"""Offline rule of child processes: refuse connections unless the test has `loopback`."""

import os
import socket

_connect = socket.socket.connect


def _refuse(self: socket.socket, address: object) -> None:
    if isinstance(address, str):  # a Unix socket, by which a library reaches its own process
        return _connect(self, address)
    here = isinstance(address, tuple) and address[0] == "127.0.0.1"
    if here and os.environ.get("ZOO_TEST_LOOPBACK"):
        return _connect(self, address)
    raise RuntimeError(f"a test's process tried to connect to {address!r}")


socket.socket.connect = _refuse  # type: ignore[method-assign, assignment]
socket.socket.connect_ex = _refuse  # type: ignore[method-assign, assignment]
