"""Downloads from web servers that may be slow, broken or hostile."""

import base64
import io
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.stress import servers
from zoo_core.errors import DataError, InvalidValueError, UnavailableError
from zoo_core.system import download
from zoo_core.system.download import default_timeout
from zoo_core.system.progress import progress_bar
from zoo_core.system.progress.parts import Part

CONTENT = bytes(range(256)) * 400
SLACK = 8_000_000
"""Maximum bytes in the buffers of a connection."""

BOUND = 300
"""Maximum seconds of a download with a timeout of a second, on a machine under load."""


@pytest.fixture
def server(loopback, tmp_path, monkeypatch):
    """Return a server with the file `file`; the timeout is a second."""
    monkeypatch.setenv("ZOO_TIMEOUT", "1")
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "file").write_bytes(CONTENT)
    with servers.serving(folder) as server:
        yield server


@pytest.fixture
def unhurried(monkeypatch):
    """Return the list of the seconds between attempts, which are skipped."""
    waits = []
    monkeypatch.setenv("ZOO_TIMEOUT", "30")
    monkeypatch.setattr(download.time, "sleep", waits.append)
    return waits


def get(server, behavior=servers.answer, **options):
    server.behaviors["file"] = behavior
    to = io.BytesIO()
    download.download(f"{server.url}/file", to, max_bytes=len(CONTENT), **options)
    return to.getvalue()


@pytest.mark.parametrize("behavior", [servers.answer, servers.unstated()])
def test_download_reads_file(server, behavior):
    assert get(server, behavior) == CONTENT
    assert server.asked["file"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("total", [len(CONTENT) // 1000, None])
def test_download_shows_progress_of_long_transfer(server, monkeypatch, total):
    shown = []

    class Line:
        has_unicode = True

        def draw(self, *parts):
            shown.append([each.text for each in parts if isinstance(each, Part)])

        def close(self):
            pass

    def pause_twice(request, content):
        request.head(200, **({"Content_Length": len(content)} if total else {}))
        for start in (0, 10_000, 20_000):
            request.send(content[start : start + 10_000] if start < 20_000 else content[start:])
            request.pause(0.3)

    monkeypatch.setattr(progress_bar, "open_line", lambda below_lines: Line())
    assert get(server, pause_twice) == CONTENT
    assert shown[0][:2] == ["file, kB", "20/102" if total else "20"]
    assert get(server, servers.answer) == CONTENT
    assert len(shown) < 4  # none for the second file, which arrives at once


def drip_chunk_size(request, _):
    """Send the size of a chunk digit by digit, without an end."""
    request.head(200, Transfer_Encoding="chunked")
    while True:
        request.send(b"0")
        request.pause()


def drip_trailer(request, content):
    """Send the whole body, then header after header."""
    request.head(200, Transfer_Encoding="chunked")
    request.send(f"{len(content):x}\r\n".encode() + content + b"\r\n0\r\n")
    while True:
        request.send(b"a: b\r\n")
        request.pause()


HOSTILE = {
    "404": (servers.status(404), "404 Not Found"),
    "403": (servers.status(403), r"\b403\b"),
    "breaks off": (servers.cut(0.5), "51,200 of 102,400 bytes"),
    "breaks a chunk": (servers.cut(0.5, chunked=True), "51,200 bytes"),
    "states too much": (servers.promise(9), "at most 102,400 bytes, got 102,409"),
    "endless": (servers.endless(), "at most 102,400 bytes, got more"),
    "endless chunks": (servers.endless(chunked=True), "at most 102,400 bytes, got more"),
    "large": (servers.large(100_000_000), "at most 102,400 bytes, got 100,000,000"),
    "drips": (servers.drip(), r"\b\d+ bytes in \d+\.\d s.* ZOO_TIMEOUT=2 "),
    "drips, unstated": (servers.drip(stated=False), "ZOO_TIMEOUT=2 "),
    "drips at last": (servers.drip(after=0.99), "ZOO_TIMEOUT=2 "),
    "drips headers": (servers.drip_headers, r"\b0 bytes.* ZOO_TIMEOUT=2 "),
    "drips chunk size": (drip_chunk_size, r"\b0 bytes.* ZOO_TIMEOUT=2 "),
    "drips trailer": (drip_trailer, r"\b102,400 bytes.* ZOO_TIMEOUT=2 "),
    "not yet": (servers.not_yet, r"\b0 bytes.* ZOO_TIMEOUT=2 "),
    "silent": (servers.silence, r"\b0 bytes.* ZOO_TIMEOUT=2 "),
    "hangs up": (servers.hang_up, "RemoteDisconnected"),
    "garbage": (servers.raw(b"\0\1 what is HTTP?\r\n\r\n"), r"BadStatusLine: \\x00\\x01 what"),
    "escapes": (servers.raw(b"HTTP/1.1 404 \x1b[2J\r\n\r\n"), r"404 \\x1b\[2J"),
    "headers": (servers.raw(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 101), "more than 100 headers"),
    "long header": (servers.raw(b"HTTP/1.1 200 OK\r\na: " + b"b" * 70_000), "LineTooLong"),
    "503": (servers.status(503), r"\b503\b"),
    "503, endless": (servers.endless(503), r"\b503\b"),
    "429 for years": (servers.status(429, Retry_After=10**9), r"\b429\b"),
    "to a file": (servers.status(302, Location="file:///etc/passwd"), "file:///etc/passwd"),
    "to data": (servers.status(302, Location="data:,x"), "data:,x, which is not allowed"),
    "to ftp": (servers.status(302, Location="ftp://127.0.0.1/x"), "ftp://127.0.0.1/x"),
    "to nowhere": (servers.status(302, Location="http://[::1"), "Invalid IPv6 URL"),
    "nowhere": (servers.status(302), "302 Found"),
    "in circles": (servers.status(302, Location="/file"), "at most 5 redirects"),
    "in circles, endless": (
        servers.endless(301, Location="/file"),
        "at most 5 redirects",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", HOSTILE)
def test_download_fails_within_bounded_time_and_bytes(server, kind):
    behavior, message = HOSTILE[kind]
    start = time.monotonic()
    with pytest.raises(UnavailableError, match=f"{re.escape(server.url)}/file .*{message}") as exc:
        get(server, behavior)
    assert time.monotonic() - start < BOUND
    assert server.sent < len(CONTENT) + SLACK
    assert str(exc.value).isprintable()
    assert len(str(exc.value)) < 600
    assert get(server, servers.answer) == CONTENT


@pytest.mark.parametrize(
    "first",
    [
        servers.status(503),
        servers.status(429, Retry_After=0),
        servers.cut(0.3),
        servers.cut(0.3, chunked=True),
        servers.hang_up,
    ],
)
def test_download_retries_transient_failure(server, unhurried, first):
    assert get(server, servers.once(first)) == CONTENT
    assert server.asked["file"] == 2
    assert unhurried == [1.0]


@pytest.mark.parametrize(
    ("message", "wait"),
    [(3, 3.0), (10**9, 10.0), ("nan", 1.0), ("inf", 10.0), (-5, 1.0), ("Mon, 01 Jan", 1.0)],
)
def test_download_respects_retry_after_within_limits(server, unhurried, message, wait):
    assert get(server, servers.once(servers.status(503, Retry_After=message))) == CONTENT
    assert unhurried == [wait]


def test_download_makes_three_attempts(server, unhurried):
    with pytest.raises(UnavailableError, match=rf"{re.escape(server.url)}/file .*\b503\b"):
        get(server, servers.status(503))
    assert server.asked["file"] == 3
    assert unhurried == [1.0, 2.0]


@pytest.mark.slow
def test_download_allows_steady_transfer_longer_than_timeout(server, monkeypatch):
    monkeypatch.setattr(download, "MIN_RATE", 20_480)

    def steady(request, content):
        request.head(200, Content_Length=len(content))
        for start in range(0, len(content), 10_240):
            request.send(content[start : start + 10_240])
            request.pause(0.2)

    start = time.monotonic()
    assert get(server, steady) == CONTENT
    assert time.monotonic() - start > default_timeout()


def test_download_follows_redirect(server, tmp_path):
    (tmp_path / "served" / "other").write_bytes(b"there")
    assert get(server, servers.status(302, Location="/other")) == b"there"


@pytest.mark.slow
def test_download_bounds_redirect_to_dripping_server(server):
    server.behaviors["other"] = servers.drip_headers

    def late(request, _):
        request.pause(0.8)
        request.head(302, Location="/other", Content_Length=0)

    start = time.monotonic()
    with pytest.raises(UnavailableError, match="ZOO_TIMEOUT=2 "):
        get(server, late)
    assert time.monotonic() - start < BOUND


@pytest.mark.slow
@pytest.mark.parametrize("drips", [False, True])
def test_download_bounds_tls_handshake(loopback, monkeypatch, drips):
    monkeypatch.setenv("ZOO_TIMEOUT", "1")
    done = threading.Event()

    def shake(listening):
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 kB …
            while drips and not done.wait(0.02):
                try:
                    connection.sendall(b"\x02")  # … and its bytes, one by one
                except OSError:
                    break
            done.wait()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=shake, args=[listening])
        thread.start()
        start = time.monotonic()
        with pytest.raises(UnavailableError, match="ZOO_TIMEOUT=2 "):
            download.download(
                f"https://127.0.0.1:{listening.getsockname()[1]}/x", io.BytesIO(), max_bytes=9
            )
        assert time.monotonic() - start < BOUND
        done.set()
        thread.join()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:1/x", "ConnectionRefusedError"),
        ("http://127.0.0.1:1/ö", "ConnectionRefusedError"),
        ("http://a b/x", "a b"),
        ("http://a..b/x", "label empty or too long"),
        ("http://127.0.0.1:99999/x", "99999"),
        ("ftp://127.0.0.1/x", "scheme ftp"),
    ],
)
def test_download_names_unreachable_url(loopback, url, message):
    with pytest.raises(UnavailableError, match=f"{url} .*{message}"):
        download.download(url, io.BytesIO(), max_bytes=9)


def test_download_rejects_redirect_from_https_to_http(monkeypatch):
    class Redirect(io.BytesIO):
        def get_redirect_location(self):
            return "http://example.org/x"

    monkeypatch.setattr(download, "_request", lambda *_: Redirect())
    with pytest.raises(UnavailableError, match="http://example.org/x, which is not allowed"):
        download.download("https://example.org/x", io.BytesIO(), max_bytes=9)


def test_download_in_offline_mode_sends_no_request(server, monkeypatch):
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    with pytest.raises(UnavailableError, match=r"/file .*ZOO_OFFLINE.* unset ZOO_OFFLINE"):
        get(server)
    assert not server.asked


def test_download_names_file_on_full_disk(server):
    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match=r"/file .*zoo-home\b.* No space left.* ZOO_HOME\b"):
        download.download(f"{server.url}/file", Full(), max_bytes=len(CONTENT))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2", 2), ("0", 0.1), ("-1", 0.1), ("inf", 86_400), ("1e300", 86_400)],
)
def test_default_timeout_clamps_zoo_timeout(server, monkeypatch, value, seconds):
    monkeypatch.setenv("ZOO_TIMEOUT", value)
    assert default_timeout() == seconds
    assert get(server) == CONTENT


def test_download_refuses_a_zoo_timeout_that_is_not_a_number(server, monkeypatch):
    monkeypatch.setenv("ZOO_TIMEOUT", "x")
    with pytest.raises(InvalidValueError, match="ZOO_TIMEOUT: .* got 'x'"):
        get(server)


@pytest.mark.slow
def test_download_leaves_no_thread_running(server):
    before = set(threading.enumerate())
    for behavior in (servers.answer, servers.cut(0.5), servers.endless(), servers.drip()):
        with pytest.raises(DataError) if behavior is not servers.answer else io.StringIO():
            get(server, behavior)
    end = time.monotonic() + BOUND
    while set(threading.enumerate()) - before and time.monotonic() < end:
        time.sleep(0.01)
    assert set(threading.enumerate()) <= before


class BreaksOff:
    """A server's behavior: the connection breaks off after 1,000 bytes, later ranges are supported.

    Attributes:
        first: validators of the first response.
        later: validators of the content afterwards.
        start: first byte of the range that is sent.
        requests: values of `Range` and `If-Range` in each request.
    """

    def __init__(self, first, later=None, start=1000):
        self.first, self.later = first, first if later is None else later
        self.start, self.requests = start, []

    def __call__(self, request, content):
        self.requests.append((request.headers["Range"], request.headers["If-Range"]))
        if len(self.requests) == 1:
            request.head(200, Content_Length=len(content), **self.first)
            request.send(content[:1000] if self.later == self.first else bytes(1000))
        elif request.headers["If-Range"] in self.later.values():
            stated = f"bytes {self.start}-{len(content) - 1}/{len(content)}"
            request.head(206, Content_Length=len(content) - self.start, Content_Range=stated)
            request.send(content[self.start :])
        else:
            servers.answer(request, content)


DATE = "Sat, 28 Nov 2026 12:00:00 GMT"
ONE, WEAK = {"ETag": '"one"'}, {"ETag": 'W/"one"'}


@pytest.mark.parametrize(
    ("validators", "sent"),
    [
        (ONE, '"one"'),
        (ONE | {"Last_Modified": DATE}, '"one"'),
        (WEAK | {"Last_Modified": DATE}, DATE),
    ],
)
def test_download_resumes_after_broken_connection(server, unhurried, validators, sent):
    behavior = BreaksOff(validators)
    assert get(server, behavior) == CONTENT
    assert behavior.requests == [(None, None), ("bytes=1000-", sent)]


@pytest.mark.parametrize("later", [{"ETag": '"two"'}, {}])
def test_download_starts_again_if_range_is_not_sent(server, unhurried, later):
    behavior = BreaksOff(ONE, later)
    assert get(server, behavior) == CONTENT
    assert behavior.requests == [(None, None), ("bytes=1000-", '"one"')]


@pytest.mark.parametrize("validators", [{}, WEAK])
def test_download_starts_again_without_validator(server, unhurried, validators):
    behavior = BreaksOff(validators)
    assert get(server, behavior) == CONTENT
    assert behavior.requests == [(None, None)] * 2


def test_download_rejects_other_range(server, unhurried):
    with pytest.raises(UnavailableError, match="bytes 1000-102399/102400, got 'bytes 1007-"):
        get(server, BreaksOff(ONE, start=1007))


@pytest.fixture
def other(loopback, tmp_path):
    """Return a server on another port, which is another host to a client."""
    folder = tmp_path / "other"
    folder.mkdir()
    with servers.serving(folder) as server:
        yield server


def test_download_sends_headers_to_first_host_alone(server, other):
    received = []

    def note(request, content):
        received.append(request.headers["Authorization"])
        servers.answer(request, content)

    def redirect(request, _):
        received.append(request.headers["Authorization"])
        request.head(302, Location=f"{other.url}/file", Content_Length=0)

    (other.folder / "file").write_bytes(CONTENT)
    other.behaviors["file"] = server.behaviors["near"] = note
    headers = {"Authorization": "Bearer secret"}
    assert get(server, redirect, headers=headers) == CONTENT
    assert received == ["Bearer secret", None]
    get(server, servers.status(302, Location="/near"), headers=headers)
    assert received[2:] == ["Bearer secret"]


class Proxy(BaseHTTPRequestHandler):
    """Answers every request with its target, and refuses tunnels."""

    requests: list

    def do_GET(self):
        self.requests.append((self.command, self.path, self.headers["Proxy-Authorization"]))
        content = self.path.encode()
        self.send_response(200 if self.command == "GET" else 407)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_CONNECT = do_GET  # noqa: N815 (the library's name)

    def log_message(self, *_): ...


@pytest.fixture
def proxy(loopback, monkeypatch):
    """Return the requests of a proxy, which the environment names."""
    monkeypatch.setattr(Proxy, "requests", [], raising=False)
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        monkeypatch.setenv("HTTP_PROXY", f"http://user:p%40ss@127.0.0.1:{server.server_port}")
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{server.server_port}")
        yield Proxy.requests
        server.shutdown()
        thread.join()


def test_download_uses_proxy_of_environment(proxy):
    to = io.BytesIO()
    download.download("http://example.invalid/x", to, max_bytes=99)
    assert to.getvalue() == b"http://example.invalid/x"
    credentials = base64.b64encode(b"user:p@ss").decode()
    assert proxy == [("GET", "http://example.invalid/x", f"Basic {credentials}")]


def test_download_opens_tunnel_for_https(proxy):
    with pytest.raises(UnavailableError, match=r"https://example\.invalid/x .*\b407\b"):
        download.download("https://example.invalid/x", io.BytesIO(), max_bytes=99)
    assert proxy == [("CONNECT", "example.invalid:443", None)]


def test_download_bypasses_proxy_for_excluded_host(proxy, server, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert get(server) == CONTENT
    assert not proxy
