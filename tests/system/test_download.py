"""Reading from web servers that may be slow, broken or hostile."""

import io
import re
import socket
import threading
import time

import pytest

from tests.stress import servers
from zoo_core.errors import DataError, UnavailableError
from zoo_core.system import deadline, download
from zoo_core.system.deadline import Deadline, default_timeout

CONTENT = bytes(range(256)) * 400
SLACK = 8_000_000
"""Bytes that may lie in the buffers of a connection."""

BOUND = 300
"""Seconds: what has no bound takes for ever, what has one takes a second."""


@pytest.fixture
def server(loopback, tmp_path, monkeypatch):
    """Return a server with the file `file`; a second without progress is too slow."""
    monkeypatch.setenv("ZOO_TIMEOUT", "1")
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "file").write_bytes(CONTENT)
    with servers.serving(folder) as server:
        yield server


@pytest.fixture
def unhurried(monkeypatch):
    """Make the waits between attempts visible, and short."""
    waits = []
    monkeypatch.setenv("ZOO_TIMEOUT", "30")
    monkeypatch.setattr(download.time, "sleep", waits.append)
    return waits


def get(server, behavior=servers.answer):
    server.behaviors["file"] = behavior
    to = io.BytesIO()
    download.download(f"{server.url}/file", to, max_bytes=len(CONTENT))
    return to.getvalue()


@pytest.mark.parametrize("behavior", [servers.answer, servers.unstated()])
def test_download_reads_file(server, behavior):
    assert get(server, behavior) == CONTENT
    assert server.asked["file"] == 1


@pytest.mark.parametrize(
    ("behavior", "whole"), [(servers.answer, len(CONTENT)), (servers.unstated(), None)]
)
def test_download_reports_progress(server, behavior, whole):
    reported = []
    server.behaviors["file"] = behavior
    url = f"{server.url}/file"
    download.download(
        url, io.BytesIO(), max_bytes=len(CONTENT), on_progress=lambda *of: reported.append(of)
    )
    taken = [part for part, _ in reported]
    assert taken == sorted(taken)
    assert reported[-1] == (len(CONTENT), whole)
    assert len(reported) > 1


HOSTILE = {
    "404": (servers.status(404), "404 Not Found"),
    "403": (servers.status(403), r"\b403\b"),
    "breaks off": (servers.cut(0.5), "51,200 of 102,400 bytes"),
    "breaks a chunk": (servers.cut(0.5, chunked=True), "51,200 bytes"),
    "states too much": (servers.promise(9), "102,409 bytes.* 102,400"),
    "endless": (servers.endless(), "more than .*102,400 bytes"),
    "endless chunks": (servers.endless(chunked=True), "more than .*102,400 bytes"),
    "large": (servers.large(100_000_000), "100,000,000 bytes.* 102,400"),
    "drips": (servers.drip(), r"\b\d+ bytes in \d+\.\d s.* ZOO_TIMEOUT=2 "),
    "drips, unstated": (servers.drip(stated=False), "ZOO_TIMEOUT=2 "),
    "drips at last": (servers.drip(after=0.99), "ZOO_TIMEOUT=2 "),
    "drips headers": (servers.drip_headers, r"\b0 bytes.* ZOO_TIMEOUT=2 "),
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
    "to data": (servers.status(302, Location="data:,x"), "'data:,x' is not allowed"),
    "to ftp": (servers.status(302, Location="ftp://127.0.0.1/x"), "ftp://127.0.0.1/x"),
    "to nowhere": (servers.status(302, Location="http://[::1"), "Invalid IPv6 URL"),
    "nowhere": (servers.status(302), "302 Found"),
    "in circles": (servers.status(302, Location="/file"), "infinite loop"),
    "in circles, endless": (servers.endless(301, Location="/file"), "infinite loop"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", HOSTILE)
def test_download_fails_within_bounded_time_and_bytes(server, kind):
    behavior, said = HOSTILE[kind]
    start = time.monotonic()
    with pytest.raises(UnavailableError, match=f"{re.escape(server.url)}/file .*{said}") as exc:
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
    ("said", "wait"),
    [(3, 3.0), (10**9, 10.0), ("nan", 1.0), ("inf", 10.0), (-5, 1.0), ("Mon, 01 Jan", 1.0)],
)
def test_download_respects_retry_after_within_limits(server, unhurried, said, wait):
    assert get(server, servers.once(servers.status(503, Retry_After=said))) == CONTENT
    assert unhurried == [wait]


def test_download_makes_three_attempts(server, unhurried):
    with pytest.raises(UnavailableError, match=rf"{re.escape(server.url)}/file .*\b503\b"):
        get(server, servers.status(503))
    assert server.asked["file"] == 3
    assert unhurried == [1.0, 2.0]


@pytest.mark.slow
def test_download_allows_steady_transfer_longer_than_timeout(server, monkeypatch):
    monkeypatch.setattr(deadline, "MIN_RATE", 20_480)

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


@pytest.mark.parametrize("late", [False, True])
def test_deadline_cuts_detached_or_late_connection(loopback, late):
    bound = Deadline()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        bound.over = late
        connected = bound.connect(listening.getsockname())
        with socket.socket(fileno=connected.detach()) as taken:
            taken.settimeout(1)
            if not late:
                bound._cut()
            assert taken.recv(1) == b""
        bound.release()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1/x", "ConnectionRefusedError"),
        ("http://a b/x", "InvalidURL"),
        ("http://a..b/x", "UnicodeError"),
        ("http://user:word@127.0.0.1/x", "InvalidURL"),
        ("http://127.0.0.1:1/ö", "UnicodeEncodeError"),
    ],
)
def test_download_names_unreachable_url(loopback, url, said):
    with pytest.raises(UnavailableError, match=f"{url} .*{said}"):
        download.download(url, io.BytesIO(), max_bytes=9)


def test_download_rejects_redirect_from_https_to_http():
    request = download.urllib.request.Request("https://example.org/x")
    with pytest.raises(UnavailableError, match="http://example.org/x"):
        download._Redirects().redirect_request(
            request, io.BytesIO(), 302, "Found", {}, "http://example.org/x"
        )


def test_download_names_file_on_full_disk(server):
    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match=r"/file .*zoo-home\b.* No space left.* ZOO_HOME\b"):
        download.download(f"{server.url}/file", Full(), max_bytes=len(CONTENT))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("2", 2), ("0", 0.1), ("-1", 0.1), ("x", 30), ("nan", 30), ("inf", 86_400), ("1e300", 86_400)],
)
def test_default_timeout_clamps_zoo_timeout(server, monkeypatch, value, seconds):
    monkeypatch.setenv("ZOO_TIMEOUT", value)
    assert default_timeout() == seconds
    assert get(server) == CONTENT


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
