"""Local web servers for registries, correct and hostile."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Behavior = Callable[["Request", bytes], None]
"""A behavior: a function that answers a request for a file with some content."""

PAUSE = 0.02
"""Seconds between two bytes of a slow server."""


class Request(BaseHTTPRequestHandler):
    """A request handler that serves a folder, or applies the behavior of a path."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].lstrip("/")
        with self.server.lock:
            self.server.asked[path] += 1
        file = self.server.folder / path
        content = file.read_bytes() if file.is_file() else b""
        behavior = self.server.behaviors.get(path, answer if file.is_file() else missing)
        self.close_connection = True
        with contextlib.suppress(OSError):  # because the client may close the connection
            behavior(self, content)

    def setup(self) -> None:
        super().setup()  # because bytes in socket buffers count as sent
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)

    def send(self, content: bytes) -> None:
        self.wfile.write(content)
        with self.server.lock:
            self.server.sent += len(content)

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def pause(self, seconds: float = PAUSE) -> None:
        """Wait, unless the server shuts down."""
        if self.server.ending.wait(seconds):
            raise ConnectionAbortedError

    def log_message(self, *_: object) -> None: ...


class Server(ThreadingHTTPServer):
    """A server of a folder's files.

    Attributes:
        behaviors: path -> behavior, instead of serving the file.
        asked: path -> number of requests.
        sent: number of bytes that were sent, without the headers of correct answers.
        ending: event that stops waiting behaviors.
    """

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.folder = folder
        self.behaviors: dict[str, Behavior] = {}
        self.asked: Counter[str] = Counter()
        self.sent = 0
        self.lock = threading.Lock()
        self.ending = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None: ...


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Serve a folder inside the block."""
    server = Server(folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()


def answer(request: Request, content: bytes) -> None:
    request.head(200, Content_Length=len(content))
    request.send(content)


def missing(request: Request, _: bytes) -> None:
    request.head(404, Content_Length=0)


def status(code: int, **headers: object) -> Behavior:
    """Send a status without a body."""
    return lambda request, _: request.head(code, Content_Length=0, **headers)


def text(content: bytes) -> Behavior:
    """Send other content."""
    return lambda request, _: answer(request, content)


def raw(content: bytes) -> Behavior:
    """Send raw bytes instead of an HTTP answer."""
    return lambda request, _: request.send(content)


def cut(share: float, *, chunked: bool = False) -> Behavior:
    """Announce the whole body, and close the connection after a share of it."""

    def behave(request: Request, content: bytes) -> None:
        part = content[: int(share * len(content))]
        if chunked:
            request.head(200, Transfer_Encoding="chunked")
            request.send(f"{len(content):x}\r\n".encode() + part)
        else:
            request.head(200, Content_Length=len(content))
            request.send(part)

    return behave


def unstated(share: float = 1.0) -> Behavior:
    """Announce no length, and close the connection after a share of the body."""

    def behave(request: Request, content: bytes) -> None:
        request.head(200)
        request.send(content[: int(share * len(content))])

    return behave


def promise(more: int) -> Behavior:
    """Announce a wrong length, and send the whole body."""

    def behave(request: Request, content: bytes) -> None:
        request.head(200, Content_Length=max(0, len(content) + more))
        request.send(content)

    return behave


def flip(share: float) -> Behavior:
    """Send the body with one changed byte."""

    def behave(request: Request, content: bytes) -> None:
        position = int(share * (len(content) - 1))
        changed = bytes([content[position] ^ 1])
        answer(request, content[:position] + changed + content[position + 1 :])

    return behave


def endless(code: int = 200, *, chunked: bool = False, **headers: object) -> Behavior:
    """Send an endless body."""

    def behave(request: Request, _: bytes) -> None:
        request.head(code, **({"Transfer_Encoding": "chunked"} if chunked else {}), **headers)
        while True:
            request.send(b"10000\r\n" * chunked + bytes(1 << 16) + b"\r\n" * chunked)

    return behave


def large(size: int) -> Behavior:
    """Announce a length, and send that many bytes."""

    def behave(request: Request, _: bytes) -> None:
        request.head(200, Content_Length=size)
        for _piece in range(size >> 16):
            request.send(bytes(1 << 16))

    return behave


def drip(*, stated: bool = True, after: float = 0.0) -> Behavior:
    """Send a share of the body, and the rest byte by byte."""

    def behave(request: Request, content: bytes) -> None:
        request.head(200, **({"Content_Length": len(content)} if stated else {}))
        first = int(after * len(content))
        request.send(content[:first])
        for byte in content[first:]:
            request.send(bytes([byte]))
            request.pause()

    return behave


def drip_headers(request: Request, _: bytes) -> None:
    """Send an endless header byte by byte."""
    request.send(b"HTTP/1.1 200 OK\r\nName: ")
    while True:
        request.send(b"X")
        request.pause()


def not_yet(request: Request, _: bytes) -> None:
    """Send ``100 Continue`` forever."""
    while True:
        request.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.pause(0.001)


def silence(request: Request, _: bytes) -> None:
    request.pause(60)


def hang_up(_request: Request, _: bytes) -> None: ...


def once(first: Behavior) -> Behavior:
    """Apply a behavior to the first request only."""
    left = [first]

    def behave(request: Request, content: bytes) -> None:
        (left.pop() if left else answer)(request, content)

    return behave
