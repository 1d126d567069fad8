"""The HTTP API of the demo: responses, and requests that are refused."""

import base64
import dataclasses
import struct
import threading
import time
import zlib
from io import BytesIO
from urllib.parse import quote, unquote

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from zoo_core import class_targets
from zoo_core.data.dataset import load_dataset
from zoo_core.data.images.processor import processor_for
from zoo_core.installation.installed import installed_catalog
from zoo_demo import app, gallery, request_limits

READ = "/api/read?mode=mnist"


def error_of(response, status):
    """Return the error message of a refused request."""
    assert response.status == status, response.body
    return response.json()["error"]


def names_of(answer):
    """Return the names of the classes that a model predicts for the only input."""
    (prediction,) = answer["predictions"]
    return [head["name"] for head in prediction["heads"]]


def misread(get, name, query=""):
    """Return the response of the misread API once the search is done."""
    while (response := get(f"/api/models/{name}/misread{query}")).status == 202:
        assert response.json()["state"] == "computing"
        time.sleep(0.05)
    return response


# Models, predictions, cards.


def test_models_api_lists_modes_with_card_facts(get, model):
    modes = get("/api/models").json()["modes"]
    assert [(mode["id"], mode["title"]) for mode in modes] == [
        ("mnist", "One digit"),
        ("two-digit-mnist", "Two digits"),
    ]
    assert [each["id"] for each in modes[0]["models"]] == [
        "numpy-net.default",
        "mlp.default",
        "cnn.default",
    ]
    facts, card = modes[0]["models"][2], model("cnn.default").pretrained.card
    assert facts["parameters"] == card.parameters
    assert facts["bytes"] == card.weights.bytes
    assert facts["accuracy"] == card.metrics["test"]["accuracy"][0]
    assert facts["sha256"] == card.weights.sha256


@pytest.mark.parametrize("mode", ["mnist", "two-digit-mnist"])
def test_read_api_returns_prediction_of_each_model(get, models, drawing, mode):
    body = drawing([(0.5, 0.1), (0.5, 0.6)], [(0.2, 0.8), (0.8, 0.8), (0.4, 1.4)], height=1.5)
    answer = get(f"/api/read?mode={mode}&force=1", body).json()
    members = [each for each in models if each.pretrained.card.dataset.name == mode]
    shape = members[0].pretrained.input_shape
    image = processor_for(installed_catalog(), mode, shape).read(BytesIO(body))
    seen = answer["inputs"][0]["image"]
    assert (seen["width"], seen["height"]) == (shape[2], shape[1])
    assert base64.b64decode(seen["pixels"]) == image.tobytes()
    assert [each["id"] for each in answer["answers"]] == [each.id for each in members]
    for each, said in zip(members, answer["answers"], strict=True):
        expected = each.pretrained.predict(image[np.newaxis])
        (prediction,) = said["predictions"]
        assert prediction["confidence"] == pytest.approx(expected.confidence[0], abs=1e-5)
        accepted = expected.accepted[0] and not answer["inputs"][0]["doubt"]
        assert prediction["accepted"] == accepted
        assert [head["label"] for head in prediction["heads"]] == expected.labels[0].tolist()
        assert names_of(said) == [str(label) for label in expected.labels[0].tolist()]
        for head, shares in zip(prediction["heads"], expected.probabilities, strict=True):
            assert head["probabilities"] == pytest.approx(shares[0].tolist(), abs=1e-5)
        assert said["ms"] > 0


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_read_api_accepts_other_image_formats(get, drawing, file_format):
    body = drawing([(0.54, 0.2), (0.48, 0.8)], file_format=file_format)
    given = get(READ, body).json()["answers"]
    assert [names_of(each) for each in given] == [["1"]] * 3


def test_read_api_passes_dataset_image_unchanged(get):
    pixels = load_dataset(installed_catalog().dataset("mnist")).splits["test"].inputs[0]
    file = BytesIO()
    Image.fromarray(pixels[0]).save(file, "PNG")
    seen = get(READ, file.getvalue()).json()["inputs"][0]["image"]
    assert base64.b64decode(seen["pixels"]) == pixels.tobytes()


def test_read_api_accepts_empty_drawing(get, drawing):
    assert get(READ, drawing()).status == 200


def test_read_api_names_failing_model_and_returns_other_answers(elsewhere, models, one):
    class Broken:
        def __getattr__(self, name):
            return getattr(models[1].pretrained, name)

        def predict(self, images):
            raise RuntimeError("out of order")

    broken = dataclasses.replace(models[1], pretrained=Broken())
    with elsewhere([models[0], broken, models[2]]) as get:
        given = get(READ, one).json()["answers"]
    assert given[1] == {"id": "mlp.default", "error": "RuntimeError: out of order"}
    assert [names_of(given[0]), names_of(given[2])] == [["1"], ["1"]]


def test_names_of_others_are_inert_in_responses(elsewhere, models, one):
    evil = "a\x1b[2J\u202e\udcff"
    shown = r"a\x1b[2J\u202e\xff"
    pretrained = models[0].pretrained
    named = class_targets((evil, *"123456789"))
    dataset = pretrained.card.dataset.model_copy(update={"name": evil, "targets": named})

    class Other:
        targets = named
        card = pretrained.card.model_copy(update={"dataset": dataset, "seconds": float("nan")})

        def __getattr__(self, name):
            return getattr(pretrained, name)

    with elsewhere([dataclasses.replace(models[0], pretrained=Other())]) as get:
        (mode,) = get("/api/models").json()["modes"]
        assert mode["id"] == shown
        assert mode["models"][0]["heads"][0]["classes"][0] == shown
        # The page sends back the text that it received.
        (answer,) = get(f"/api/read?mode={quote(shown)}", one).json()["answers"]
        assert names_of(answer) == ["1"]
        card = get(f"/api/models/{models[0].id}/card")
        assert card.json()["card"]["dataset"]["name"] == shown
        assert card.json()["card"]["seconds"] is None
        for response in (
            get("/api/models"),
            card,
            get(f"/api/read?mode={quote(evil, errors='replace')}", one),
        ):
            text = response.body.decode("ascii")
            assert "\\u001b" not in text
            assert "\\u202e" not in text.replace("\\\\u202e", "")


def test_served_model_reads_one_drawing_at_a_time(models):
    inside, together = threading.Semaphore(1), []

    class Shared:
        def predict(self, images):
            if inside.acquire(blocking=False):
                time.sleep(0.01)
                inside.release()
            else:
                together.append(images)
            return models[0].pretrained.predict(images)

    served = dataclasses.replace(models[0], pretrained=Shared())
    images = np.zeros((1, 1, 28, 28), np.uint8)
    threads = [threading.Thread(target=served.predict, args=(images,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not together


def test_card_api_returns_card_fields_and_checksum(get, model):
    answer = get("/api/models/cnn.default/card").json()
    card = model("cnn.default").pretrained.card.model_dump(mode="json")
    assert answer["sha256"] == card["weights"]["sha256"]
    for name in ("metrics", "recipe", "environment", "license", "interval", "command"):
        assert answer["card"][name] == card[name]


# Misclassified images.


@pytest.mark.parametrize("name", ["numpy-net.default", "mlp.default", "two-headed-mlp.default"])
def test_misread_api_agrees_with_evaluation(get, model, name):
    found = misread(get, name, "?count=200").json()
    served = model(name)
    card = served.pretrained.card
    test = load_dataset(installed_catalog().dataset(card.dataset.name)).splits["test"]
    read = served.pretrained.predict(test.inputs)
    labels = np.stack(test.targets, axis=1)
    wrong = np.flatnonzero((read.labels != labels).any(axis=1))
    assert found["total"] == len(test)
    assert found["count"] == len(wrong) == len(test) - card.metrics["test"].all_correct
    items = found["items"]
    assert len(items) == min(200, len(wrong))
    assert {item["row"] for item in items} <= set(wrong.tolist())
    for item in items:
        row = item["row"]
        assert base64.b64decode(item["image"]["pixels"]) == test.inputs[row].tobytes()
        assert item["true"] == [str(label) for label in labels[row]]
        assert item["read"] == [str(label) for label in read.labels[row]]
        assert item["value"] == pytest.approx(read.confidence[row], abs=1e-5)
    surest = [item["value"] for item in items]
    assert surest == sorted(surest, reverse=True)


def test_misread_api_pages_items(get):
    whole = misread(get, "numpy-net.default", "?count=7").json()["items"]
    parts = [
        misread(get, "numpy-net.default", f"?start={start}&count={count}").json()["items"]
        for start, count in ((0, 3), (3, 4))
    ]
    assert parts[0] + parts[1] == whole


def test_gallery_reports_failure_and_restarts_on_next_request(elsewhere, models, monkeypatch):
    def unreadable(entry):
        raise OSError("no disk")

    with elsewhere(models[:1]) as get:
        with monkeypatch.context() as patch:
            patch.setattr(gallery, "load_dataset", unreadable)
            assert "no disk" in error_of(misread(get, "numpy-net.default"), 500)
        assert misread(get, "numpy-net.default").json()["state"] == "ready"


# Refused requests.


@pytest.mark.parametrize(("query", "fault"), [("", "''"), ("?mode=letters", "'letters'")])
def test_read_api_rejects_unknown_mode_and_lists_known(get, one, query, fault):
    error = error_of(get(f"/api/read{query}", one), 400)
    assert fault in error
    assert "mnist, two-digit-mnist" in error


def test_api_returns_404_for_model_not_served(get):
    assert "'cnn.lost'" in error_of(get("/api/models/cnn.lost/card"), 404)
    assert "mlp.default" in error_of(get("/api/models/cnn.lost/misread"), 404)


@pytest.mark.parametrize("query", ["count=0", "count=1000", "start=-1", "start=x", "count=%D9%A3"])
def test_misread_api_rejects_invalid_page(get, query):
    error = error_of(get(f"/api/models/mlp.default/misread?{query}"), 400)
    name, value = unquote(query).split("=")
    assert name in error
    assert repr(value) in error


def test_server_returns_404_for_unknown_path(get):
    assert "/nothing" in error_of(get("/nothing"), 404)
    assert error_of(get("/..%2f..%2fplugin.py"), 404)


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/read"), ("PUT", "/api/models")])
def test_api_rejects_wrong_method(get, method, path):
    error = error_of(get(path, method=method), 405)
    assert path in error
    assert method in error


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"],
    ids=["empty", "text", "cut", "program"],
)
def test_read_api_rejects_non_image(get, body):
    assert "PNG, JPEG" in error_of(get(READ, body), 400)


def bomb(width, height):
    """Return a small PNG that claims to be an image of a size."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(10_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(4097, 10), (10, 4097), (11_000, 11_000), (60_000, 60_000)])
def test_read_api_rejects_huge_image(get, size):
    assert "4096" in error_of(get(READ, bomb(*size)), 400)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_server_survives_arbitrary_request_bytes(get, one, data):
    some = data.draw(st.binary(max_size=300))
    at = data.draw(st.integers(0, len(one)))
    for body in (some, one[:at] + some, one[:at] + some + one[at + len(some) :]):
        response = get(READ, body)
        assert response.status in (200, 400)
        assert response.json()
    assert get(READ, one).status == 200


def test_read_api_returns_503_with_retry_after_when_queue_is_full(get, one, monkeypatch):
    monkeypatch.setattr(app, "MAX_WAITING", 0)
    response = get(READ, one)
    assert error_of(response, 503)
    assert response.headers["retry-after"] == "1"


def test_body_limit_admits_exactly_max_bytes(get):
    limit = f"{request_limits.MAX_BYTES:,} bytes"
    assert limit in error_of(get(READ, bytes(request_limits.MAX_BYTES)), 400)  # read, but no image
    assert limit in error_of(get(READ, bytes(request_limits.MAX_BYTES + 1)), 413)


# Hosts, origins, headers.


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST"])
def test_server_accepts_loopback_host_header(get, host):
    assert get("/api/models", host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8000", "10.0.0.1", "localhost@evil", "[", ""]
)
def test_server_rejects_foreign_host_header(get, host):
    error = error_of(get("/", host=host), 421)
    assert repr(host) in error
    assert "--host" in error


def test_server_on_all_addresses_accepts_only_ip_host_header(elsewhere, models):
    with elsewhere(models, "0.0.0.0") as get:
        assert get("/", host="10.1.2.3:8000").status == 200
        assert error_of(get("/", host="evil.example"), 421)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9000"])
def test_server_rejects_foreign_origin(get, one, origin):
    assert repr(origin) in error_of(get(READ, one, origin=origin), 403)


def test_server_accepts_own_origin(get, address, one):
    assert get(READ, one, origin=address).status == 200


@pytest.mark.parametrize("path", ["/", "/main.js", "/api/models", "/nothing"])
def test_server_sends_security_headers_with_every_response(get, path):
    headers = get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers
