"""Limits of requests: size, time, number and token."""

import json
import socket
import struct
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

INFER = "/v2/models/fuse/infer"

PATIENCE = 15
"""Seconds within which limits of one or two seconds act, on a slow machine, too."""


def number(value):
    return {"inputs": [{"name": "inputs", "datatype": "FP32", "shape": [1, 2], "data": [value, 0]}]}


def raw(server, *parts, pause=0.0):
    """Send bytes in parts, and return the bytes of the response."""
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=60)) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        received = b""
        while chunk := connection.recv(1 << 16):
            received += chunk
        return received


@pytest.fixture
def limited(serve, fuse):
    """Return a server with low limits."""
    return serve(
        *(f"fuse={fuse / 'fuse'}", "--workers", 1, "--max-body", 0.01, "--max-queue", 2),
        *("--timeout", 2, "--client-timeout", 1, "--max-connections", 8),
    )


def test_large_body_is_refused_before_it_is_sent(limited):
    head = b"POST /predict/fuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n"
    answer = raw(limited, head)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"at most 10,485 bytes" in answer


def test_large_chunked_body_is_refused(limited):
    head = b"POST /predict/fuse HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = raw(limited, head, b"3000\r\n" + bytes(0x3000) + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_slow_headers_and_slow_body_time_out(limited):
    for parts in (
        [b""],
        [b"POST /predict/fuse HTTP/1.1\r\nHost: localhost\r\n"],
        [b"POST /predict/fuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n", b"12345"],
    ):
        began = time.monotonic()
        answer = raw(limited, *parts)
        assert time.monotonic() - began < PATIENCE
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"within 1 s" in answer


def test_cut_body_is_no_prediction(limited):
    head = b"POST /predict/fuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345"
    with closing(socket.create_connection(("127.0.0.1", limited.port))) as connection:
        connection.sendall(head)
    assert limited.ask(INFER, number(1)).status == 200


def test_large_headers_and_other_protocols_are_refused(limited):
    begin = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    # At once, because the rest of a refused request would reset the connection.
    answer = raw(limited, begin + (b"a: " + b"b" * 1000 + b"\r\n") * 66)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert raw(limited, b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_connections_are_limited(limited):
    held = [socket.create_connection(("127.0.0.1", limited.port)) for _ in range(8)]
    try:
        assert raw(limited).startswith(b"HTTP/1.1 503 ")
    finally:
        for connection in held:
            connection.close()
    time.sleep(0.2)
    assert limited.ask(INFER, number(1)).status == 200


def test_full_queue_and_slow_prediction_are_refused(limited):
    replies = []

    def client(value):
        replies.append(limited.ask(INFER, number(value)))

    began = time.monotonic()
    threads = [threading.Thread(target=client, args=(value,)) for value in (777, 1, 1)]
    for thread in threads:
        thread.start()
        time.sleep(0.3)
    refused = limited.ask(INFER, number(1))
    assert refused.status == 503
    assert refused.headers["retry-after"] == "1"
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < PATIENCE
    assert [reply.status for reply in replies] == [504] * 3
    assert "within 2 s" in replies[0].error


def test_hanging_worker_is_replaced(limited, wait_for):
    (before,) = limited.workers()
    assert limited.ask(INFER, number(777)).status == 504
    wait_for(lambda: before not in limited.workers() and limited.metric("zoo_workers_ready") == 1)
    assert limited.ask(INFER, number(1)).status == 200


@pytest.mark.parametrize("by_file", [True, False])
def test_token_is_required(serve, tmp_path, by_file):
    (tmp_path / "token").write_text("open-sesame\n")
    arguments = ["--token-file", "token"] if by_file else []
    env = {} if by_file else {"ZOO_SERVE_TOKEN": "open-sesame"}
    server = serve("numpy-regressor", *arguments, env=env)
    row = {"content_type": "text/csv"}
    for wrong in ({}, {"authorization": "Bearer open"}, {"authorization": "open-sesame"}):
        reply = server.ask("/predict/numpy-regressor", b"a,b\n1,2\n", **row, **wrong)
        assert reply.status == 401
        assert reply.headers["www-authenticate"] == "Bearer"
        assert server.ask("/metrics", **wrong).status == 401
    right = {"authorization": "Bearer open-sesame"}
    assert server.ask("/predict/numpy-regressor", b"a,b\n1,2\n", **row, **right).status == 200
    for path in ("/", "/docs", "/openapi.json", "/v2/health/live", "/v2/health/ready"):
        assert server.ask(path).status == 200
    assert b"open-sesame" not in Path(f"/proc/{server.process.pid}/cmdline").read_bytes()


def test_client_that_does_not_read_its_response_is_disconnected(serve, fuse, wait_for):
    server = serve(f"fuse={fuse / 'fuse'}", "--client-timeout", 1)
    before = server.metric("process_open_fds")
    size = 1_500_000  # a response of more than the buffers of the sockets
    tensor = {"name": "inputs", "datatype": "FP32", "shape": [size, 2]}
    tensor["parameters"] = {"binary_data_size": 8 * size}
    head = json.dumps({"inputs": [tensor]}).encode()
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(
            b"POST /v2/models/fuse/infer HTTP/1.1\r\nHost: localhost\r\n"
            b"Inference-Header-Content-Length: %d\r\nContent-Length: %d\r\n\r\n"
            % (len(head), len(head) + 8 * size)
        )
        connection.sendall(head + bytes(8 * size))
        wait_for(lambda: server.metric('zoo_requests_total{code="200"') == 1)
        end = time.monotonic() + PATIENCE
        while server.metric("process_open_fds") > before:
            assert time.monotonic() < end
            time.sleep(0.2)


def test_request_to_another_name_is_refused_without_a_token(server):
    # As a page of another site sends it, whose name resolves to this machine's address.
    for name, status in [
        ("evil.example.org", 403),
        ("127.0.0.1.evil.example.org:8000", 403),
        ("localhost", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8000", 200),
    ]:
        response = server.ask("/v2/health/ready", Host=name)
        assert response.status == status, name


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_connections_that_clients_reset_leave_no_memory(server):
    head = f"POST {INFER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n["
    immediately = struct.pack("ii", 1, 0)

    def memory_after(count):
        for _ in range(count):
            with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, immediately)
                connection.sendall(head.encode())
                assert connection.recv(12).endswith(b"400")
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    before = memory_after(200)
    # 6 kB each, as long as the timer of an idle connection is not cancelled.
    assert memory_after(1500) - before < 3000
