"""Downloads over HTTP from servers that may be slow, broken or hostile.

Registries, data sets and pretrained weights all use `download`, so there is one rule for proxies,
timeouts, retries, redirects and ``ZOO_OFFLINE``.
"""

from __future__ import annotations

import http.client
import io
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

# Importing urllib3 takes about as long as `zoo list`, so other modules import this one only to
# download something.
import urllib3
from urllib3.exceptions import HTTPError

from zoo_core.errors import InvalidValueError, UnavailableError, one_line
from zoo_core.system.atomic_files import atomic_writer
from zoo_core.system.environment import is_set
from zoo_core.system.paths import write_error, zoo_home
from zoo_core.system.progress.progress_bar import ProgressBar
from zoo_core.text import printable
from zoo_core.version import __version__

ATTEMPTS = 3
"""Maximum number of requests for one file, redirects aside."""

MAX_REDIRECTS = 5
"""Maximum number of redirects of one request."""

RETRY_STATUS = (429, 500, 502, 503, 504)
"""HTTP statuses after which another attempt may succeed."""

MAX_WAIT = 10.0
"""Maximum seconds between two attempts, even if ``Retry-After`` is larger."""

MIN_RATE = 32_768
"""Minimum bytes per second, averaged over the timeout."""

CONNECT_TIMEOUT = 10.0
"""Maximum seconds to connect to one address of a host, because the host may have others."""

_CHUNK_BYTES = 1 << 16
"""Maximum bytes per read."""


def default_timeout() -> float:
    """Return the seconds without progress after which a download fails: ``$ZOO_TIMEOUT`` or 30."""
    text = os.environ.get("ZOO_TIMEOUT", "30")
    try:
        return min(max(0.1, float(text)), 86_400.0)
    except ValueError as exc:
        problem = f"ZOO_TIMEOUT: expected a number of seconds, got {text!r}"
        raise InvalidValueError(problem) from exc


def download(
    url: str, to: BinaryIO, *, max_bytes: int, headers: Mapping[str, str] | None = None
) -> None:
    """Write the content of a URL to a file, with a progress bar if standard error is a terminal.

    Args:
        url: ``http://`` or ``https://``.
        to: empty file.
        max_bytes: maximum number of bytes to accept.
        headers: HTTP headers for the host of `url`; a redirect to another host drops them.

    Raises:
        UnavailableError: the download failed, or ``ZOO_OFFLINE`` forbids it.
        DataError: the content could not be written to the file.
    """
    refuse_offline(url)
    _Download(url, to, max_bytes, headers or {}).run()


def download_file(
    url: str,
    path: Path,
    *,
    max_bytes: int,
    headers: Mapping[str, str] | None = None,
    verify: Callable[[BinaryIO], None] | None = None,
) -> None:
    """Download a URL to a path, where the file appears once it is complete; see `download`.

    Args:
        url: ``http://`` or ``https://``.
        path: path of the file, in a folder that need not exist.
        max_bytes: maximum number of bytes to accept.
        headers: HTTP headers for the host of `url`.
        verify: function that raises an exception for wrong content, called with the open file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_writer(path) as file:
            download(url, file, max_bytes=max_bytes, headers=headers)
            file.seek(0)
            if verify:
                verify(file)
    except OSError as exc:
        raise write_error(url, path, exc) from exc


def refuse_offline(url: str) -> None:
    """Raise an `UnavailableError` if ``ZOO_OFFLINE`` forbids network access."""
    if is_set("ZOO_OFFLINE"):
        raise UnavailableError(
            f"{url} cannot be downloaded because ZOO_OFFLINE is set",
            hint="Use files that were downloaded before, or unset ZOO_OFFLINE.",
        )


class _TransientError(Exception):
    """A failure that another attempt may not have.

    Attributes:
        wait: seconds that the server requested until then, 0 for the default.
    """

    def __init__(self, message: str, wait: float = 0) -> None:
        super().__init__(message)
        self.wait = wait


class _Deadline:
    """The time limit of a download: each received byte extends it, up to `timeout` from now.

    The timeout of a socket restarts with every byte, so it does not bound a server that sends one
    byte per second. Every read therefore gets the time that remains as its timeout.
    """

    def __init__(self) -> None:
        self.timeout = default_timeout()
        self.received = 0
        self._start = time.monotonic()
        self._end = self._start + self.timeout

    def __str__(self) -> str:
        return (
            f"it is too slow: {self.received:,} bytes in {time.monotonic() - self._start:.1f} s; "
            f"ZOO_TIMEOUT={2 * self.timeout:g} allows more time"
        )

    @property
    def remaining(self) -> float:
        return self._end - time.monotonic()

    def next_timeout(self) -> float:
        """Return the seconds that remain for the next read; raise `TimeoutError` if none do."""
        if (seconds := self.remaining) <= 0:
            raise TimeoutError
        return seconds

    def add_bytes(self, count: int) -> None:
        """Extend the deadline by the time that `count` bytes take at the minimum rate."""
        self.received += count
        self._end = min(self._end + count / MIN_RATE, time.monotonic() + self.timeout)


class _TimedReader(io.RawIOBase):
    """Reads from a connection's socket, with the time that remains as the timeout of each read."""

    def __init__(self, raw: io.RawIOBase, connection: Any, deadline: _Deadline) -> None:
        self._raw, self._socket, self._deadline = raw, connection, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        # TLS too is within this bound: ssl applies a socket's timeout to a whole record.
        self._socket.settimeout(self._deadline.next_timeout())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Download:
    """One download: the state that its attempts share."""

    def __init__(self, url: str, to: BinaryIO, max_bytes: int, headers: Mapping[str, str]) -> None:
        self._url, self._to, self._max_bytes, self._headers = url, to, max_bytes, headers
        self._deadline = _Deadline()
        self._bar = ProgressBar(quiet=True, text_first=True)
        self._total: int | None = None
        self._validator = ""  # ETag or Last-Modified of the bytes in the file

    def run(self) -> None:
        with self._bar:
            # Late, because most files arrive sooner than rich is imported.
            self._bar.start(delay=0.2)
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    self._attempt()
                except _TransientError as exc:
                    wait = min(exc.wait or 0.5 * 2**attempt, MAX_WAIT)
                    if attempt == ATTEMPTS or wait > self._deadline.remaining:
                        raise self._error(str(exc)) from exc
                    time.sleep(wait)
                else:
                    break

    def _attempt(self) -> None:
        try:
            with self._open() as response:
                self._check_status(response)
                self._copy(response, self._start_of_body(response))
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as exc:
            cause = _root_cause(exc)
            if isinstance(cause, TimeoutError):
                raise self._error(str(self._deadline)) from exc
            if isinstance(cause, http.client.IncompleteRead):
                of = "" if self._total is None else f" of {self._total:,}"
                message = f"the connection was closed after {self._to.tell():,}{of} bytes"
                raise _TransientError(message) from exc
            # A refused connection is final, because no server listens there.
            if isinstance(cause, ConnectionError) and not isinstance(cause, ConnectionRefusedError):
                raise _TransientError(one_line(cause)) from exc
            raise self._error(one_line(cause)) from exc

    def _open(self) -> urllib3.BaseHTTPResponse:
        """Return the response to a request, after redirects."""
        # urllib3's own redirects read the bodies of the redirecting responses, which may be
        # endless, and they follow https to http.
        url, headers = self._url, self._headers
        rest = {}
        if self._validator and self._to.tell():
            # If-Range: a server whose content has changed sends all of the new content instead.
            rest = {"Range": f"bytes={self._to.tell()}-", "If-Range": self._validator}
        for _ in range(MAX_REDIRECTS + 1):
            response = _request(url, {**headers, **rest}, self._deadline)
            location = response.get_redirect_location()
            if not location:
                return response
            response.close()  # without reading its body
            target = urljoin(url, location)
            allowed = ("https",) if urlsplit(url).scheme == "https" else ("http", "https")
            if urlsplit(target).scheme not in allowed:
                raise self._error(f"it redirects to {target}, which is not allowed")
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                headers = {}  # because another host must not get this host's credentials
            url = target
        raise self._error(f"expected at most {MAX_REDIRECTS} redirects, got more")

    def _check_status(self, response: urllib3.BaseHTTPResponse) -> None:
        if response.status in RETRY_STATUS:
            raise _TransientError(f"the server answered {response.status}", _retry_after(response))
        if response.status >= 300:
            raise self._error(f"the server answered {response.status} {response.reason}")

    def _start_of_body(self, response: urllib3.BaseHTTPResponse) -> int:
        """Return the position in the file at which the body of a response belongs."""
        position = self._to.tell()
        if response.status == http.client.PARTIAL_CONTENT:
            end = "" if self._total is None else f"{self._total - 1}/{self._total}"
            actual = response.headers.get("Content-Range", "")
            if not position or not actual.startswith(f"bytes {position}-{end}"):
                raise self._error(f"expected the range bytes {position}-{end}, got {actual!r}")
            return position
        self._to.seek(0)
        self._to.truncate()
        etag = response.headers.get("ETag", "")
        # A weak ETag does not promise equal bytes (RFC 9110, section 8.8.1).
        usable = etag and not etag.startswith("W/")
        self._validator = etag if usable else response.headers.get("Last-Modified", "")
        return 0

    def _copy(self, response: urllib3.BaseHTTPResponse, received: int) -> None:
        length, most = response.length_remaining, self._max_bytes
        self._total = None if length is None else received + length
        if self._total is not None and self._total > most:
            raise self._error(f"expected at most {most:,} bytes, got {self._total:,}")
        while chunk := response.read1(_CHUNK_BYTES):
            received += len(chunk)
            self._deadline.add_bytes(len(chunk))
            if received > most:
                raise self._error(f"expected at most {most:,} bytes, got more")
            self._write(chunk)
            self._show(received)

    def _write(self, chunk: bytes) -> None:
        try:
            self._to.write(chunk)
            self._to.flush()
        except OSError as exc:
            path = getattr(self._to, "name", zoo_home())
            raise write_error(self._url, path, exc) from exc

    def _show(self, received: int) -> None:
        name = urlsplit(self._url).path.rpartition("/")[2]
        total = None if self._total is None else self._total // 1000
        self._bar.update(received // 1000, total, f"{name}, kB")

    def _error(self, reason: str) -> UnavailableError:
        # A server chooses parts of the reason, so it is shortened and cannot control a terminal.
        return UnavailableError(
            f"{self._url} could not be downloaded: {printable(reason[:300])}",
            hint="Check the address and the network, then try again.",
        )


def _request(url: str, headers: Mapping[str, str], deadline: _Deadline) -> urllib3.BaseHTTPResponse:
    """Send a GET request, whose connection has the deadline for every read."""
    manager = _pool_manager(url)
    # Through http.client's response, because it reads the headers as well, line by line.
    pool: Any = manager.connection_from_url(url)
    make_connection = pool.ConnectionCls

    def timed_response(connection: Any, *args: Any, **options: Any) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(connection, *args, **options)
        # Detached while its buffer is still empty; else it would close the socket when collected.
        raw = response.fp.detach()
        response.fp = io.BufferedReader(_TimedReader(raw, connection, deadline))
        return response

    def timed_connection(**options: Any) -> Any:
        connection = make_connection(**options)
        connection.response_class = timed_response
        return connection

    pool.ConnectionCls = timed_connection
    seconds = deadline.next_timeout()
    response: urllib3.BaseHTTPResponse = manager.request(
        "GET",
        url,
        headers={"User-Agent": f"zoo/{__version__}", **headers},
        timeout=urllib3.Timeout(connect=min(seconds, CONNECT_TIMEOUT), read=seconds),
        redirect=False,
        retries=False,
        preload_content=False,
        decode_content=False,
    )
    return response


def _pool_manager(url: str) -> Any:
    """Return urllib3's manager for a URL, with the proxy of the environment or the system."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return urllib3.PoolManager()
    parsed = urllib3.util.parse_url(proxy if "://" in proxy else f"http://{proxy}")
    credentials = parsed.auth and urllib3.make_headers(proxy_basic_auth=unquote(parsed.auth))
    return urllib3.ProxyManager(parsed.url, proxy_headers=credentials or None)


def _retry_after(response: urllib3.BaseHTTPResponse) -> float:
    """Return the seconds in ``Retry-After``, 0 for a date or no value."""
    try:
        return max(0.0, float(response.headers.get("Retry-After", "")))
    except ValueError:
        return 0.0


def _root_cause(exc: BaseException) -> BaseException:
    """Return the exception that urllib3 has wrapped, often several times."""
    # urllib3 has an IncompleteRead of its own, which derives from both.
    while isinstance(exc, HTTPError) and not isinstance(exc, http.client.IncompleteRead):
        wrapped = [each for each in (exc.__cause__, *exc.args) if isinstance(each, BaseException)]
        if not wrapped:
            break
        exc = wrapped[0]
    return exc
