"""The Open Inference Protocol, by the client of Triton and by hand."""

import json
import struct

import numpy as np
import pytest
import tritonclient.http as triton

import zoo_core as zoo

SHAPE = (1, 28, 28)


@pytest.fixture
def client(server):
    with triton.InferenceServerClient(server.address.removeprefix("http://")) as client:
        yield client


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (3, *SHAPE)).astype(np.uint8)


def infer_request(data, **tensor):
    facts = {"name": "inputs", "datatype": "FP32", "shape": [1, 2], "data": data}
    return {"inputs": [{**facts, **tensor}]}


def test_server_and_model_metadata(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    assert client.is_model_ready("a/mood.v1")
    metadata = client.get_model_metadata("numpy-net", "best")
    assert metadata["name"] == "numpy-net"
    assert metadata["versions"] == ["best"]
    assert metadata["inputs"] == [{"name": "images", "datatype": "UINT8", "shape": [-1, *SHAPE]}]
    outputs = {each["name"]: (each["datatype"], each["shape"]) for each in metadata["outputs"]}
    assert outputs["logits"] == ("FP32", [-1, 10])
    assert outputs["labels"] == ("INT64", [-1])
    assert outputs["accepted"] == ("BOOL", [-1])
    states = {each["name"]: each["state"] for each in client.get_model_repository_index()}
    assert states == dict.fromkeys(["numpy-net", "numpy-regressor", "fuse", "a/mood.v1"], "READY")


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("version", ["", "best"])
def test_tensors_of_triton_client_equal_predictions(client, images, binary, version):
    parameters = client.get_model_metadata("numpy-net")["parameters"]
    # The same runtime, because `auto` depends on what this process has imported.
    pretrained = zoo.load("numpy-net", runtime=parameters["runtime"])
    expected = pretrained.predict(images)
    tensor = triton.InferInput("images", images.shape, "UINT8")
    tensor.set_data_from_numpy(images, binary_data=binary)
    outputs = [
        triton.InferRequestedOutput(name, binary_data=binary)
        for name in ("logits", "labels", "probabilities")
    ]
    result = client.infer("numpy-net", [tensor], version, outputs, request_id="7")
    np.testing.assert_array_equal(result.as_numpy("logits"), expected.outputs[0])
    np.testing.assert_array_equal(result.as_numpy("labels"), expected.heads[0].labels)
    np.testing.assert_array_equal(result.as_numpy("probabilities"), expected.heads[0].probabilities)
    answer = result.get_response()
    assert (answer["id"], answer["model_version"]) == ("7", "best")
    assert answer["parameters"]["sha256"] == pretrained.sha256
    assert ("data" not in answer["outputs"][0]) == binary
    everything = client.infer("numpy-net", [tensor], version)
    np.testing.assert_array_equal(everything.as_numpy("accepted"), expected.accepted)


def test_tokens_and_features_are_tensors_too(client, fuse):
    tokens = np.array([[2, 0, 0], [3, 3, 1]])
    tensor = triton.InferInput("inputs", tokens.shape, "INT64")
    tensor.set_data_from_numpy(tokens)
    labels = client.infer("a/mood.v1", [tensor]).as_numpy("labels")
    assert labels.shape == (2,)
    table = np.array([[1.5, 2.0]], np.float32)
    tensor = triton.InferInput("inputs", table.shape, "FP32")
    tensor.set_data_from_numpy(table, binary_data=False)
    assert client.infer("fuse", [tensor]).as_numpy("outputs").shape == (1, 1)


def test_error_reaches_triton_client(client, images):
    tensor = triton.InferInput("pictures", images.shape, "UINT8")
    tensor.set_data_from_numpy(images)
    with pytest.raises(triton.InferenceServerException, match="expected the tensor 'images'"):
        client.infer("numpy-net", [tensor])
    with pytest.raises(triton.InferenceServerException, match="wrong version"):
        client.get_model_metadata("numpy-net", "old")


NESTED = "[" * 100_000


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "expected JSON"),
        (b"{", "expected JSON"),
        (b"\xff\xfe", "expected JSON"),
        (NESTED.encode(), "nested too deeply"),
        (b"[]", "expected a JSON object, got list"),
        (b"{}", "inputs: expected a list with one tensor 'inputs'"),
        ({"inputs": []}, "inputs: expected a list with one tensor"),
        ({"inputs": [1]}, "inputs: expected a list with one tensor"),
        (
            infer_request([1, 2], name="other"),
            "wrong input: expected the tensor 'inputs', got 'other'",
        ),
        (infer_request([1, 2], datatype="FP31"), "datatype: expected one of BOOL"),
        (infer_request([1, 2], datatype=[1]), "datatype: expected one of BOOL"),
        (infer_request([1, 2], datatype="BYTES"), "datatype: expected one of BOOL"),
        (infer_request([1, 2], datatype="BOOL"), "data: expected true or false, got 1"),
        (infer_request([1.5, 2], datatype="INT32"), "data: expected integers, got 1.5"),
        (infer_request([1, 300], datatype="UINT8"), "data: expected 0 to 255, got 300"),
        (infer_request([1, -300], datatype="INT8"), "data: expected -128 to 127, got -300"),
        (infer_request([1, 10**30]), "data: expected lists of numbers"),
        (infer_request([1, "x"]), "data: expected lists of numbers"),
        (infer_request([[1], [1, 2]]), "data: expected lists of numbers"),
        (infer_request({"a": 1}), "data: expected lists of numbers"),
        (infer_request([1, 2, 3]), "expected 2 values for the shape [1, 2], got 3"),
        (infer_request([1, 2], shape=[2, 1]), "shape: expected [-1, 2] with at least one example"),
        (infer_request([1, 2], shape=[2]), "shape: expected [-1, 2]"),
        (infer_request([], shape=[0, 2]), "with at least one example, got [0, 2]"),
        (infer_request([1, 2], shape=[1, -2]), "shape: expected a list of sizes"),
        (infer_request([1, 2], shape=[True, 2]), "shape: expected a list of sizes"),
        (infer_request([1, 2], shape=[1 << 62, 2]), "shape: expected a list of sizes"),
        (infer_request([1, 2], shape=[1 << 39, 2]), "expected 1099511627776 values"),
        (infer_request([1, 2], shape=[1] * 40), "shape: expected a list of sizes"),
        (infer_request([1, float("nan")]), "expected numbers, got nan"),
        (infer_request([1, float("inf")]), "expected numbers, got inf"),
        (infer_request([1, 1e300]), "expected numbers, got inf"),
        (
            {**infer_request([1, 2]), "outputs": [{"name": "x"}]},
            "wrong output: expected one of outputs",
        ),
        ({**infer_request([1, 2]), "outputs": {}}, "outputs: expected a list"),
        ({**infer_request([1, 2]), "id": 1}, "id: expected a string"),
        (infer_request([1, 2], parameters={"binary_data_size": 8}), "expected binary_data_size 8"),
        (infer_request([1, 2], parameters={"binary_data_size": -8}), "binary_data_size: expected"),
        (infer_request([1, 2], parameters=[1]), "parameters: expected an object"),
    ],
)
def test_malformed_request_is_refused(server, body, expected):
    before = server.workers()
    reply = server.ask("/v2/models/fuse/infer", body)
    assert reply.status == 400
    assert reply.error.startswith(expected) or expected in reply.error
    assert server.workers() == before


@pytest.mark.parametrize(
    ("length", "size", "rest", "expected"),
    [
        ("x", 8, bytes(8), "wrong Inference-Header-Content-Length"),
        ("99999", 8, bytes(8), "wrong Inference-Header-Content-Length"),
        ("", 8, bytes(8), "expected JSON"),
        (None, 8, bytes(7), "expected binary_data_size 8 bytes after the JSON, got 7"),
        (None, 1 << 50, bytes(8), f"expected binary_data_size {1 << 50} bytes"),
        (None, 7, bytes(7), "expected values of 4 bytes, got 7 bytes"),
        (None, 12, bytes(12), "expected 2 values for the shape [1, 2], got 3"),
        (None, 8, struct.pack("<ff", 1, float("nan")), "expected numbers, got nan"),
    ],
)
def test_malformed_binary_tensor_is_refused(server, length, size, rest, expected):
    tensor = infer_request(None, parameters={"binary_data_size": size})
    del tensor["inputs"][0]["data"]
    head = json.dumps(tensor).encode()
    headers = {"inference_header_content_length": str(len(head)) if length is None else length}
    reply = server.ask("/v2/models/fuse/infer", head + rest, **headers if length != "" else {})
    assert (reply.status, expected in reply.error) == (400, True), reply.error


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/predict/none", 404),
        ("/predict/numpy-net/other", 404),
        ("/v2/models/none", 404),
        ("/v2/models/numpy-net/versions/none", 404),
        ("/v2/models/numpy-net/config", 404),
        ("/v2/models/a/mood.v1/versions/local/ready", 200),
        ("/v2/models/a%2Fmood.v1", 200),
        ("/nothing", 404),
    ],
)
def test_unknown_path_is_refused(server, path, status):
    reply = server.ask(path, b"" if path.startswith("/predict") else None)
    assert reply.status == status
    assert status == 200 or reply.error


def test_wrong_version_is_refused_by_worker(server):
    reply = server.ask("/v2/models/fuse/versions/none/infer", infer_request([1, 2]))
    assert (reply.status, reply.error) == (
        404,
        "wrong version of fuse: expected 'local', got 'none'",
    )


def test_failing_request_does_not_spoil_others(server):
    reply = server.ask("/v2/models/fuse/infer", infer_request([888, 2]))
    assert (reply.status, reply.error) == (500, "the prediction failed: RuntimeError: made to fail")
    assert server.ask("/v2/models/fuse/infer", infer_request([1, 2])).status == 200


@pytest.mark.parametrize(
    ("path", "content_type", "body", "status", "expected"),
    [
        ("numpy-net", "text/csv", b"a,b", 415, "expected an image"),
        ("numpy-net", "image/png", b"", 400, "the image is not a readable image"),
        ("numpy-net", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(50), 400, "not a readable image"),
        ("numpy-net", "multipart/form-data", b"", 400, "with a boundary"),
        ("numpy-net", "multipart/form-data; boundary=x", b"--x\r\n", 400, "without its end"),
        ("numpy-net", "multipart/form-data; boundary=x", b"--x\r\na\r\n--x--", 400, "empty line"),
        (
            "numpy-net",
            "multipart/form-data; boundary=x",
            b"--x\r\n\r\n\r\n--x--",
            400,
            "files, got 0",
        ),
        ("fuse", "text/csv", b"", 400, "the body is empty"),
        ("fuse", "text/csv", b"a,c\n1,2\n", 400, "the body has no column b"),
        ("fuse", "text/csv", b"\xff\xfe\n", 400, "the body is not UTF-8"),
        ("fuse", "application/json", b"[]", 400, "at least one row"),
        ("fuse", "application/json", NESTED.encode(), 400, "nested too deeply"),
        ("fuse", "application/json", b"[1, 2, 3]", 400, "expected features float32 (N, 2)"),
        ("fuse", "application/json", b'[["x"]]', 400, "expected lists of numbers"),
        ("fuse", "application/x-npy", b"no array", 400, "the body cannot be read"),
        ("a/mood.v1", "application/json", b'["a\\nb"]', 400, "texts of one line"),
    ],
)
def test_malformed_body_is_refused(server, path, content_type, body, status, expected):
    reply = server.ask(f"/predict/{path}", body, content_type=content_type)
    assert (reply.status, expected in reply.error) == (status, True), reply.error
    assert "/tmp" not in reply.error


def test_wrong_force_encoding_and_method_are_refused(server):
    assert server.ask("/predict/fuse?force=2", b"").status == 400
    assert server.ask("/predict/fuse", b"", content_encoding="gzip").status == 415
    assert server.ask("/metrics", b"").status == 405
    assert server.ask("/predict/fuse").status == 404
