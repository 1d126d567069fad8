"""Reading over HTTP from servers that may be slow, broken or hostile.

The standard library does it, with three bounds of our own: bytes, time (the whole of it, headers
and redirects included, whatever the server drips), and where a redirect may lead.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from zoo_core import __version__
from zoo_core.errors import DataError, one_line

SLOWEST = 32_768
"""Bytes a second below which a transfer is given up, once its patience is over."""

ATTEMPTS = 3
BUSY = (429, 500, 502, 503, 504)
"""Answers that another attempt may change."""

LONGEST_WAIT = 10.0
"""Seconds between two attempts, at most, whatever ``Retry-After`` asks for."""


def patience() -> float:
    """Return the seconds that any transfer may take: ``$ZOO_TIMEOUT``, else 30."""
    try:
        return max(0.1, float(os.environ["ZOO_TIMEOUT"]))
    except (KeyError, ValueError):
        return 30.0


def download(url: str, to: BinaryIO, *, most: int) -> None:
    """Write what a URL gives to a file.

    Args:
        url: ``http://`` or ``https://``.
        to: a new file; where an attempt failed, it is emptied for the next.
        most: bytes that are taken at most.

    Raises:
        DataError: it did not work, and why.
    """
    until = time.monotonic() + patience() + most / SLOWEST
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _attempt(url, to, most, until)
        except _BusyError as fault:
            wait = min(fault.wait or 0.5 * 2**attempt, LONGEST_WAIT)
            if attempt == ATTEMPTS or time.monotonic() + wait > until:
                raise _failed(url, str(fault)) from fault
            time.sleep(wait)
            to.seek(0)
            to.truncate()
        else:
            return


class _BusyError(Exception):
    """The server may answer another time."""

    def __init__(self, what: str, wait: float) -> None:
        super().__init__(what)
        self.wait = wait


def _attempt(url: str, to: BinaryIO, most: int, until: float) -> None:
    with _deadline(until) as (opener, expired):
        try:
            request = urllib.request.Request(url, headers={"User-Agent": f"zoo/{__version__}"})
            with opener.open(request, timeout=max(0.1, until - time.monotonic())) as response:
                _copy(url, response, to, most)
        except urllib.error.HTTPError as fault:
            fault.close()
            if fault.code in BUSY:
                raise _BusyError(f"it answered {fault.code}", _seconds(fault)) from fault
            raise _failed(url, f"it answered {fault.code} {fault.reason}") from fault
        except (OSError, http.client.HTTPException, ValueError, _BusyError) as fault:
            reason = getattr(fault, "reason", None) or fault
            if expired.is_set() or isinstance(reason, TimeoutError):
                raise _failed(url, f"it was too slow, more than {patience():g} s") from fault
            if isinstance(fault, ConnectionError | http.client.IncompleteRead):
                raise _BusyError(one_line(fault), 0) from fault
            if isinstance(fault, _BusyError):
                raise
            raise _failed(url, f"{type(fault).__name__}: {reason}") from fault


def _copy(url: str, response: http.client.HTTPResponse, to: BinaryIO, most: int) -> None:
    stated, taken = response.length, 0
    if stated is not None and stated > most:
        raise _failed(url, f"it has {stated:,} bytes, {most:,} are due at most")
    while piece := response.read1(1 << 16):
        taken += len(piece)
        if taken > most:
            raise _failed(url, f"it gives more than the {most:,} bytes that are due at most")
        try:
            to.write(piece)
        except OSError as fault:
            raise DataError(
                f"what {url} gives cannot be kept: {fault.strerror}",
                hint="Free some space, or let ZOO_HOME name another folder for the cache.",
            ) from fault
    if stated is not None and taken < stated:
        raise _BusyError(f"it broke off after {taken:,} of {stated:,} bytes", 0)


@contextlib.contextmanager
def _deadline(until: float) -> Iterator[tuple[urllib.request.OpenerDirector, threading.Event]]:
    """Give an opener whose connections are cut when time is up, and the event that says so.

    A timeout of a socket starts again with every byte, so that it does not bound a slow drip.
    """
    sockets: list[socket.socket] = []
    expired = threading.Event()

    def cut() -> None:
        expired.set()
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            sockets.append(self.sock)

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            sockets.append(self.sock)

    class PlainHandler(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> Any:
            return self.do_open(Plain, req)

    class SecureHandler(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> Any:
            return self.do_open(Secure, req)

    timer = threading.Timer(max(0.0, until - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield urllib.request.build_opener(PlainHandler, SecureHandler, _Redirects), expired
    finally:
        timer.cancel()


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https only, and never from https to http."""

    max_redirections = 5

    def redirect_request(  # noqa: PLR0917 (the library's signature)
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        allowed = ("https",) if urlsplit(req.full_url).scheme == "https" else ("http", "https")
        if urlsplit(newurl).scheme not in allowed:
            raise _failed(req.full_url, f"it redirects to {newurl[:200]}, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _seconds(answer: urllib.error.HTTPError) -> float:
    """Return what ``Retry-After`` asks for, 0 where it says nothing in seconds."""
    try:
        return max(0.0, float(answer.headers.get("Retry-After", "")))
    except ValueError:
        return 0.0


def _failed(url: str, why: str) -> DataError:
    return DataError(
        f"{url} could not be read: {why}",
        hint="Try again; `zoo registry list` shows the registries.",
    )
