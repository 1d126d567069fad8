"""The server as a process, and over HTTP."""

import http.client
import json
import signal
import socket
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from zoo_core.errors import InvalidValueError, UnknownNameError
from zoo_core.installation.installed import installed_catalog
from zoo_demo import request_limits
from zoo_demo.model_selection import choose
from zoo_demo.models import in_order
from zoo_demo.server import address_of, listen

NAME = "numpy-net.default"  # which needs no torch, and is there in a moment


def connect(address):
    where = urlsplit(address)
    return closing(http.client.HTTPConnection(where.hostname, where.port, timeout=60))


# Over HTTP.


def test_fifty_clients_at_once_get_the_right_answers(loopback, address, drawing):
    digits = {
        "1": drawing([(0.54, 0.2), (0.48, 0.8)]),
        "7": drawing([(0.25, 0.25), (0.75, 0.25), (0.45, 0.8)]),
    }
    wrong, start = [], threading.Barrier(50)

    def client(number):
        with connect(address) as connection:
            start.wait(60)
            for i in range(4):
                expected = "17"[(number + i) % 2]
                connection.request("POST", "/api/read?task=mnist", digits[expected])
                response = connection.getresponse()
                said = json.loads(response.read())
                if any(answer.get("names") != [expected] for answer in said["answers"]):
                    wrong.append((expected, response.status, said))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_body_that_says_that_it_is_too_large_is_refused_before_it_is_sent(loopback, address):
    with connect(address) as connection:
        connection.putrequest("POST", "/api/read?task=mnist")
        connection.putheader("Content-Length", str(request_limits.MAX_BYTES + 1))
        connection.endheaders()
        with connection.getresponse() as response:
            assert response.status == 413
            assert "1,048,576 bytes" in json.loads(response.read())["error"]


def test_a_body_that_does_not_say_how_large_it_is_is_counted(loopback, address):
    chunk = b"10000\r\n" + bytes(1 << 16) + b"\r\n"
    with connect(address) as connection:
        connection.putrequest("POST", "/api/read?task=mnist")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        for _ in range(17):  # and no end: it would go on for ever
            connection.send(chunk)
        with connection.getresponse() as response:
            assert response.status == 413


def test_a_body_that_does_not_come_is_not_waited_for(loopback, address, monkeypatch):
    monkeypatch.setattr(request_limits, "BODY_TIMEOUT", 0.05)
    with connect(address) as connection:
        connection.putrequest("POST", "/api/read?task=mnist")
        connection.putheader("Content-Length", "1000")
        connection.endheaders(b"begun")
        with connection.getresponse() as response:
            assert response.status == 408


def test_a_client_that_leaves_takes_nobody_with_it(get, address, one, caplog):
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port)) as gone:
        gone.sendall(b"POST /api/read?task=mnist HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        gone.sendall(b"Content-Length: 1000\r\n\r\nbegun")
    assert get("/api/read?task=mnist", one).status == 200
    assert not caplog.records


def test_answers_leave_at_once():
    with listen("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP  # or asyncio does not set TCP_NODELAY


# As a process.


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_address_is_printed_once_it_answers_and_a_signal_ends_it(loopback, spawn, number):
    process = spawn("-m", "zoo_core", "demo", NAME, "--port", 0)
    line = process.stdout.readline()
    assert line.endswith("/ shows 1 model. Ctrl-C ends it.\n")
    with connect(line.split()[0]) as connection:
        connection.request("GET", "/api/models")
        said = json.loads(connection.getresponse().read())
    assert [each["id"] for each in said["tasks"][0]["models"]] == [NAME]
    process.send_signal(number)
    out, err = process.communicate(timeout=600)
    assert (process.returncode, out, err) == (0, "", "")


def test_the_page_is_opened_where_that_is_asked_for(loopback, spawn, tmp_path):
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.part\nmv {opened}.part {opened}\n')
    browser.chmod(0o755)
    process = spawn(
        "-m", "zoo_core", "demo", NAME, "--port", 0, "--open", env={"BROWSER": f"{browser} %s"}
    )
    url = process.stdout.readline().split()[0]
    for _ in range(200):
        if opened.exists():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=600)[1] == ""
    assert opened.read_text() == f"{url}\n"


def test_a_signal_ends_it_while_a_gallery_is_computed(loopback, spawn):
    process = spawn("-m", "zoo_core", "demo", "numpy-net.best", "--port", 0)
    with connect(process.stdout.readline().split()[0]) as connection:
        connection.request("GET", "/api/models/numpy-net.best/misread")
        with connection.getresponse() as response:
            assert response.status == 202
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=600)[1] == ""
    assert process.returncode == 0


def test_what_cannot_be_used_is_named_and_the_rest_is_served(loopback, spawn, tmp_path):
    (tmp_path / "broken.safetensors").write_bytes(b"no weights")
    process = spawn(
        "-m", "zoo_core", "demo", "numpy-net.lost", "broken.safetensors", NAME, "--port", 0
    )
    assert "shows 1 model." in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    lines = process.communicate(timeout=600)[1].splitlines()
    assert lines[0].startswith("zoo: numpy-net.lost is left out: no registry has published")
    assert lines[1].startswith("zoo: broken.safetensors is left out: ")
    assert len(lines) == 2


def test_without_anything_to_serve_it_fails_as_the_first_of_them_does(cli):
    result = cli("demo", "numpy-net.lost", "--port", 0)
    assert result.code == UnknownNameError.exit_code
    assert result.err.splitlines()[-1].startswith("zoo: no registry has published weights")


def test_a_port_that_is_taken_is_named(cli):
    with listen("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        result = cli("demo", NAME, "--port", port)
    assert result.code == 1
    assert result.err == (
        f"zoo: port {port} of 127.0.0.1 is taken. Take another: --port 0 takes any that is free.\n"
    )


def test_others_may_use_it_only_where_that_is_said(loopback, spawn):
    process = spawn("-m", "zoo_core", "demo", NAME, "--host", "0.0.0.0", "--port", 0)
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    assert "--host 0.0.0.0 lets every machine" in process.communicate(timeout=600)[1]


def test_names_and_all_are_not_given_together(cli):
    result = cli("demo", NAME, "--all")
    assert result.code == 2
    assert "name weights, or --all" in result.err


# On what.


@pytest.mark.parametrize("host", ["nowhere.invalid", "203.0.113.7", "x" * 300])
def test_an_address_that_is_not_this_machines_is_refused(host):
    with pytest.raises(InvalidValueError, match="--host"):
        listen(host, 0)


def test_the_address_is_one_that_a_browser_understands():
    with listen("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        assert address_of("localhost", bound) == f"http://localhost:{port}/"
        assert address_of("0.0.0.0", bound) == f"http://127.0.0.1:{port}/"
        assert address_of("::", bound) == f"http://[::1]:{port}/"


def test_the_default_is_each_models_default_tag():
    catalog = installed_catalog()
    chosen = [each.published for each in choose(catalog, (), every=False, registry=None)]
    models = {each.model for each in chosen}
    assert {"numpy-net", "mlp", "cnn", "two-headed-mlp", "two-headed-cnn"} <= models
    assert len(chosen) == len(models)
    every = choose(catalog, (), every=True, registry=None)
    assert len(every) > len(chosen)


def test_an_empty_registry_has_nothing_to_show(tmp_path):
    (tmp_path / "index.json").write_text('{"schema": 1, "models": {}}')
    with pytest.raises(UnknownNameError, match="no published weights"):
        choose(installed_catalog(), (), every=False, registry=str(tmp_path))


def test_the_most_accurate_comes_last(models):
    ordered = in_order([models[2], models[0], models[1]])
    assert [each.id for each in ordered] == ["mlp.default", "numpy-net.default", "cnn.default"]
