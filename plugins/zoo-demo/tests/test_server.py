"""The server over HTTP, and as a process."""

import http.client
import json
import re
import signal
import socket
import threading
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from zoo_core import InputSpec, class_targets
from zoo_core.cli.web_server import address_of, listen
from zoo_core.errors import InvalidValueError, UnknownNameError
from zoo_core.installation.installed import installed_catalog
from zoo_demo import models, request_limits
from zoo_demo.model_selection import choose, load_all
from zoo_demo.models import in_order, serve

NAME = "numpy-net.default"  # needs no torch, so it starts quickly


def connect(address):
    where = urlsplit(address)
    return closing(http.client.HTTPConnection(where.hostname, where.port, timeout=60))


# Over HTTP.


def test_server_answers_fifty_concurrent_clients_correctly(loopback, address, drawing):
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
                connection.request("POST", "/api/read?mode=mnist", digits[expected])
                response = connection.getresponse()
                said = json.loads(response.read())
                heads = [answer["predictions"][0]["heads"] for answer in said["answers"]]
                if any(head["name"] != expected for (head,) in heads):
                    wrong.append((expected, response.status, said))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_server_rejects_oversized_content_length_before_body(loopback, address):
    with connect(address) as connection:
        connection.putrequest("POST", "/api/read?mode=mnist")
        connection.putheader("Content-Length", str(request_limits.MAX_BYTES + 1))
        connection.endheaders()
        with connection.getresponse() as response:
            assert response.status == 413
            assert "1,048,576 bytes" in json.loads(response.read())["error"]


def test_server_rejects_oversized_chunked_body(loopback, address):
    chunk = b"10000\r\n" + bytes(1 << 16) + b"\r\n"
    with connect(address) as connection:
        connection.putrequest("POST", "/api/read?mode=mnist")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        for _ in range(17):  # and no end: it would go on for ever
            connection.send(chunk)
        with connection.getresponse() as response:
            assert response.status == 413


def test_server_times_out_incomplete_body(loopback, address, monkeypatch):
    monkeypatch.setattr(request_limits, "BODY_TIMEOUT", 0.05)
    with connect(address) as connection:
        connection.putrequest("POST", "/api/read?mode=mnist")
        connection.putheader("Content-Length", "1000")
        connection.endheaders(b"begun")
        with connection.getresponse() as response:
            assert response.status == 408


def test_server_survives_client_disconnect(get, address, one, caplog):
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port)) as gone:
        gone.sendall(b"POST /api/read?mode=mnist HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        gone.sendall(b"Content-Length: 1000\r\n\r\nbegun")
    assert get("/api/read?mode=mnist", one).status == 200
    assert not caplog.records


def test_listen_declares_tcp_protocol():
    with listen("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP  # or asyncio does not set TCP_NODELAY


# As a process.


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_demo_prints_ready_address_and_exits_on_signal(loopback, spawn, number):
    process = spawn("-m", "zoo_core", "demo", NAME, "--port", 0)
    line = process.stdout.readline()
    assert "1 model" in line
    assert "Ctrl-C" in line
    with connect(line.split()[0]) as connection:
        connection.request("GET", "/api/models")
        said = json.loads(connection.getresponse().read())
    assert [each["id"] for each in said["modes"][0]["models"]] == [NAME]
    process.send_signal(number)
    out, err = process.communicate(timeout=600)
    assert (process.returncode, out, err) == (0, "", "")


def test_demo_open_launches_browser(loopback, spawn, tmp_path):
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


def test_demo_exits_on_signal_during_gallery_computation(loopback, spawn):
    process = spawn("-m", "zoo_core", "demo", "numpy-net.best", "--port", 0)
    with connect(process.stdout.readline().split()[0]) as connection:
        connection.request("GET", "/api/models/numpy-net.best/misread")
        with connection.getresponse() as response:
            assert response.status == 202
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=600)[1] == ""
    assert process.returncode == 0


def test_demo_names_unusable_weights_and_serves_rest(loopback, spawn, tmp_path):
    (tmp_path / "broken.safetensors").write_bytes(b"no weights")
    process = spawn(
        "-m", "zoo_core", "demo", "numpy-net.lost", "broken.safetensors", NAME, "--port", 0
    )
    assert "1 model" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    unknown, damaged = process.communicate(timeout=600)[1].splitlines()
    assert unknown.startswith("zoo: numpy-net.lost ")
    assert "registry" in unknown
    assert damaged.startswith("zoo: broken.safetensors ")


def test_demo_fails_with_first_error_when_nothing_is_servable(cli):
    result = cli("demo", "numpy-net.lost", "--port", 0)
    assert result.code == UnknownNameError.exit_code
    (error,) = result.err.splitlines()
    assert "'numpy-net.lost'" in error


def test_models_of_other_inputs_than_images_are_left_out_with_a_note(cli, tmp_path, capsys):
    run = ("train", "numpy-regressor", "--epochs", 1, "--out", "regressor")
    assert cli(*run, env={"ZOO_PLUGINS": "zoo-numpy"}).code == 0
    names = [str(tmp_path / "regressor"), "numpy-net.default"]
    served = load_all(installed_catalog(), names, registry=None, device="cpu")
    assert [model.id for model in served] == ["numpy-net.default"]
    note = "is skipped: expected a model whose inputs are images, got one of features"
    assert f"zoo: {names[0]} {note}" in capsys.readouterr().err


def test_demo_names_occupied_port(cli):
    with listen("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        result = cli("demo", NAME, "--port", port)
    assert result.code == 1
    assert re.fullmatch(rf"zoo: port {port} of 127\.0\.0\.1 .* in use\b.*--port 0\.\n", result.err)


def test_demo_warns_when_host_is_not_loopback(loopback, spawn):
    process = spawn("-m", "zoo_core", "demo", NAME, "--host", "0.0.0.0", "--port", 0)
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    assert "--host 0.0.0.0" in process.communicate(timeout=600)[1]


def test_demo_rejects_names_with_all(cli):
    result = cli("demo", NAME, "--all")
    assert result.code == 2
    assert "--all" in result.err


# Addresses and weights.


@pytest.mark.parametrize("host", ["nowhere.invalid", "203.0.113.7", "x" * 300])
def test_listen_rejects_foreign_host(host):
    with pytest.raises(InvalidValueError, match="--host"):
        listen(host, 0)


def test_address_of_returns_browsable_url():
    with listen("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        assert address_of("localhost", bound) == f"http://localhost:{port}/"
        assert address_of("0.0.0.0", bound) == f"http://127.0.0.1:{port}/"
        assert address_of("::", bound) == f"http://[::1]:{port}/"


def test_choose_defaults_to_default_tag_of_each_model():
    catalog = installed_catalog()
    chosen = [each.published for each in choose(catalog, (), every=False, registry=None)]
    models = {each.model for each in chosen}
    assert {"numpy-net", "mlp", "cnn", "two-headed-mlp", "two-headed-cnn"} <= models
    assert len(chosen) == len(models)
    every = choose(catalog, (), every=True, registry=None)
    assert len(every) > len(chosen)


def test_choose_rejects_empty_registry(tmp_path):
    (tmp_path / "index.json").write_text('{"schema": 1, "models": {}}')
    with pytest.raises(UnknownNameError, match="zoo-registry"):
        choose(installed_catalog(), (), every=False, registry=str(tmp_path))


def test_in_order_puts_most_accurate_model_last(models):
    ordered = in_order([models[2], models[0], models[1]])
    assert [each.id for each in ordered] == ["mlp.default", "numpy-net.default", "cnn.default"]


def test_serve_refuses_model_for_other_inputs(monkeypatch):
    made = SimpleNamespace(input=InputSpec(kind="features", shape=(4,)), targets=class_targets(3))
    monkeypatch.setattr(models, "load_pretrained", lambda *_, **__: made)
    with pytest.raises(InvalidValueError, match="got one of features"):
        serve(None, Path(), "made", device="cpu")
