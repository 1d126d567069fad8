"""The command: its start, its end and its errors."""

import re
import signal
import socket
import threading
import time
from contextlib import closing

import pytest

INFER = "/v2/models/fuse/infer"


def number(value):
    return {"inputs": [{"name": "inputs", "datatype": "FP32", "shape": [1, 2], "data": [value, 0]}]}


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_server_after_accepted_requests(serve, fuse, sent):
    server = serve(f"fuse={fuse / 'fuse'}", "--drain", 1.5)
    assert re.fullmatch(
        r"http://127\.0\.0\.1:\d+/ serves fuse\. Stop it with Ctrl-C\.\n", server.line
    )
    workers, statuses = server.workers(), []

    def client():
        with closing(server.connect()) as connection:
            while True:
                connection.request(
                    "POST", "/predict/fuse", b"a,b\n1,2\n", {"content-type": "text/csv"}
                )
                response = connection.getresponse()
                response.read()
                statuses.append(response.status)
                if response.headers["connection"] == "close":
                    return

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    server.process.send_signal(sent)
    time.sleep(0.5)
    assert server.ask("/v2/health/ready").status == 503
    assert server.ask("/v2/health/live").status == 200
    for thread in threads:
        thread.join()
    assert server.process.wait(60) == 0
    assert set(statuses) == {200}
    assert server.errors.read_text() == ""
    assert workers


def test_request_in_progress_is_answered_at_the_end(serve, fuse):
    server = serve(f"fuse={fuse / 'fuse'}", "--timeout", 3, "--drain", 0)
    replies = []
    thread = threading.Thread(target=lambda: replies.append(server.ask(INFER, number(777))))
    thread.start()
    time.sleep(1)
    assert server.stop() == 0
    thread.join()
    assert replies[0].status == 504


def test_port_in_use_is_named(cli):
    with closing(socket.create_server(("127.0.0.1", 0))) as bound:
        port = bound.getsockname()[1]
        result = cli("serve", "numpy-net", "--port", port)
    assert result.code == 1
    assert result.err == (
        f"zoo: port {port} of 127.0.0.1 is in use. Choose a free port with --port 0.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["numpy-net.lost"], 3, "no registry has published weights 'numpy-net.lost'"),
        (["./nowhere"], 1, "there are no weights at nowhere"),
        (["numpy-net", "numpy-net"], 2, "two models have the name 'numpy-net'"),
        (["a=numpy-net", "a=numpy-regressor"], 2, "Name one of them: NAME=WEIGHTS."),
        (["numpy-net", "--host", "203.0.113.7"], 2, "invalid --host '203.0.113.7'"),
        (["numpy-net", "--runtime", "none"], 2, "none"),
        (["numpy-net", "--max-batch", "0"], 2, "--max-batch"),
        ([], 2, "NAME"),
    ],
)
def test_wrong_argument_is_named(fresh_cli, arguments, code, message):
    result = fresh_cli("serve", *arguments, "--port", 0)
    assert (result.code, message in result.err) == (code, True), result.err


def test_wrong_token_is_named(cli, tmp_path):
    (tmp_path / "token").write_text("\n")
    result = cli("serve", "numpy-net", "--token-file", "token", "--port", 0)
    assert "expected a token in token, got an empty file" in result.err


def test_open_host_without_token_is_a_warning(serve):
    server = serve("numpy-regressor", "--host", "0.0.0.0")
    assert server.line.startswith("http://127.0.0.1:")
    assert "every machine" in server.errors.read_text()


def test_signal_during_the_start_leaves_nothing_behind(loopback, spawn, tmp_path, wait_for):
    (tmp_path / "tmp").mkdir()
    process = spawn(
        *("-m", "zoo_core", "serve", "numpy-regressor", "--port", 0),
        env={"TMPDIR": str(tmp_path / "tmp")},
    )
    wait_for(lambda: list((tmp_path / "tmp").glob("zoo-serve-*/*")))
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 143
    assert not list((tmp_path / "tmp").iterdir())
