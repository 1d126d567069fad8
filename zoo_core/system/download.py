"""Downloads over HTTP from servers that may be slow, broken or hostile.

The standard library does it, with three bounds of our own: bytes, time (the whole of it, headers
and redirects included, whatever the server drips), and where a redirect may lead.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from zoo_core.errors import UnavailableError, one_line
from zoo_core.system.deadline import Deadline
from zoo_core.system.paths import home_write_error
from zoo_core.version import __version__

ATTEMPTS = 3
RETRY_STATUS = (429, 500, 502, 503, 504)
"""Answers that another attempt may change."""

MAX_WAIT = 10.0
"""Seconds between two attempts, at most, whatever ``Retry-After`` asks for."""


ProgressCallback = Callable[[int, int | None], None]
"""Hears of a transfer: how many bytes came, of how many where the server states it."""


def _ignore_progress(_taken: int, _whole: int | None) -> None: ...


def download(
    url: str, to: BinaryIO, *, max_bytes: int, on_progress: ProgressCallback = _ignore_progress
) -> None:
    """Write what a URL gives to a file.

    Args:
        url: ``http://`` or ``https://``.
        to: a new file; where an attempt failed, it is emptied for the next.
        max_bytes: bytes that are taken at most.
        on_progress: hears how far it is.

    Raises:
        UnavailableError: it did not work, and why.
        DataError: what came cannot be kept.
    """
    with Deadline().enforced() as deadline:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                _attempt(url, to, max_bytes, on_progress=on_progress, deadline=deadline)
            except _BusyError as exc:
                wait = min(exc.wait or 0.5 * 2**attempt, MAX_WAIT)
                if attempt == ATTEMPTS or wait > deadline.remaining():
                    raise _download_error(url, str(exc)) from exc
                time.sleep(wait)
                to.seek(0)
                to.truncate()
            else:
                return


class _BusyError(Exception):
    """The server may answer another time."""

    def __init__(self, what: str, wait: float = 0) -> None:
        super().__init__(what)
        self.wait = wait


def _attempt(
    url: str, to: BinaryIO, max_bytes: int, *, on_progress: ProgressCallback, deadline: Deadline
) -> None:
    try:
        request = urllib.request.Request(url, headers={"User-Agent": f"zoo/{__version__}"})
        with _opener(deadline).open(request, timeout=deadline.timeout) as response:
            _copy(url, response, to, max_bytes, on_progress=on_progress, deadline=deadline)
            if deadline.over:  # which looks like the end of a body whose length nobody stated
                raise TimeoutError
    except urllib.error.HTTPError as exc:
        exc.close()
        if exc.code in RETRY_STATUS:
            raise _BusyError(f"it answered {exc.code}", _seconds(exc)) from exc
        raise _download_error(url, f"it answered {exc.code} {exc.reason}") from exc
    except (OSError, http.client.HTTPException, ValueError, OverflowError, _BusyError) as exc:
        inner = getattr(exc, "reason", None)  # of what urllib wraps
        cause = inner if isinstance(inner, Exception) else exc
        if deadline.over or isinstance(cause, TimeoutError):
            raise _download_error(url, str(deadline)) from exc
        if isinstance(cause, ConnectionError) and not isinstance(cause, ConnectionRefusedError):
            raise _BusyError(one_line(cause)) from exc
        if isinstance(exc, _BusyError):
            raise
        raise _download_error(url, one_line(cause)) from exc
    finally:
        deadline.release()


def _copy(
    url: str,
    response: http.client.HTTPResponse,
    to: BinaryIO,
    max_bytes: int,
    *,
    on_progress: ProgressCallback,
    deadline: Deadline,
) -> None:
    stated, taken = response.length, 0
    if stated is not None and stated > max_bytes:
        raise _download_error(url, f"it has {stated:,} bytes, {max_bytes:,} are due at most")
    try:
        while piece := response.read1(1 << 16):
            taken += len(piece)
            deadline.add_bytes(len(piece))
            if taken > max_bytes:
                raise _download_error(
                    url, f"it gives more than the {max_bytes:,} bytes that are due at most"
                )
            _write(url, to, piece)
            on_progress(taken, stated)
    except http.client.IncompleteRead as exc:
        raise _BusyError(f"it broke off after {taken:,} bytes") from exc
    if stated is not None and taken < stated:
        raise _BusyError(f"it broke off after {taken:,} of {stated:,} bytes")


def _write(url: str, to: BinaryIO, piece: bytes) -> None:
    try:
        to.write(piece)
        to.flush()
    except OSError as exc:
        raise home_write_error(url, exc) from exc


def _opener(deadline: Deadline) -> urllib.request.OpenerDirector:
    class Plain(http.client.HTTPConnection):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._create_connection = deadline.connect

    class Secure(http.client.HTTPSConnection):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._create_connection = deadline.connect

    class PlainHandler(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> Any:
            return self.do_open(Plain, req)

    class SecureHandler(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> Any:
            return self.do_open(Secure, req)

    return urllib.request.build_opener(PlainHandler, SecureHandler, _Redirects)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https only, and never from https to http."""

    max_redirections = 5

    def http_error_302(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any
    ) -> Any:
        fp.close()  # the library would read its body, however long that is
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(  # noqa: PLR0917 (the library's signature)
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        allowed = ("https",) if urlsplit(req.full_url).scheme == "https" else ("http", "https")
        if urlsplit(newurl).scheme not in allowed:
            raise _download_error(req.full_url, f"it redirects to {newurl}, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _seconds(answer: urllib.error.HTTPError) -> float:
    """Return what ``Retry-After`` asks for, 0 where it says nothing in seconds."""
    try:
        return max(0.0, float(answer.headers.get("Retry-After", "")))
    except ValueError:
        return 0.0


def _download_error(url: str, why: str) -> UnavailableError:
    said = "".join(c if c.isprintable() else repr(c)[1:-1] for c in why[:300])
    return UnavailableError(
        f"{url} could not be read: {said}",
        hint="Try again; `zoo registry list` shows the registries.",
    )
