"""POST /predict/NAME: exactly the entries of `zoo predict --json`, as a process."""

import json
import random
import threading

import pytest

SHAPES = [
    [(32, 10), (28, 50)],
    [(15, 15), (45, 15), (25, 50)],
    [(15, 10), (15, 30), (45, 30), (40, 5), (40, 55)],
    [(10, 10), (50, 50), (10, 50), (50, 10)],
]


@pytest.fixture
def predict(run_process, tmp_path, fuse):
    """Return the function that runs `zoo predict --json` on files, or on standard input."""

    def run(name, *files, content=None, extra=()):
        if content is not None:
            (tmp_path / "stdin").write_bytes(content)
            files = ("-",)
        with (tmp_path / "stdin").open("rb") if content is not None else open("/dev/null") as stdin:
            command = ("-m", "zoo_core", "predict", name, *files, "--json", *extra)
            result = run_process(*command, stdin=stdin, site=fuse)
        return json.loads(result.out)

    return run


def check(reply, expected):
    """Check that a response has all of a report of `zoo predict`, in the same bytes."""
    assert reply.status == 200, reply.body
    found = reply.json()
    assert found["sha256"] == reply.headers["zoo-weights-sha256"]
    assert expected["model"].endswith(found["sha256"])
    assert found["runtime"] == reply.headers["zoo-runtime"]
    assert reply.body.startswith(json.dumps(expected).encode()[:-1] + b", ")


@pytest.mark.parametrize("number", range(len(SHAPES)))
@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_image_body_gives_entries_of_zoo_predict(server, predict, digit, number, file_format):
    body = digit(*SHAPES[number], file_format=file_format)
    reply = server.ask("/predict/numpy-net", body, content_type=f"image/{file_format.lower()}")
    check(reply, predict("numpy-net", content=body))


def test_refused_image_and_force_give_entries_of_zoo_predict(server, predict, digit):
    blank, strange = digit((0, 0), (0, 0)), digit(*SHAPES[3])
    for body in (blank, strange):
        check(server.ask("/predict/numpy-net", body), predict("numpy-net", content=body))
        forced = predict("numpy-net", content=body, extra=["--force"])
        check(server.ask("/predict/numpy-net?force=1", body), forced)
    (entry,) = server.ask("/predict/numpy-net", blank).json()["predictions"]
    assert not entry["accepted"]


def test_multipart_files_give_entries_of_zoo_predict(server, predict, digit, tmp_path):
    parts = []
    for number, points in enumerate(SHAPES):
        (tmp_path / f"{number}.png").write_bytes(digit(*points))
        head = f'--xyz\r\nContent-Disposition: form-data; name="f"; filename="{number}.png"\r\n\r\n'
        parts += [head.encode(), digit(*points), b"\r\n"]
    body = b"".join([*parts, b"--xyz--\r\n"])
    reply = server.ask("/predict/numpy-net", body, content_type="multipart/form-data; boundary=xyz")
    check(reply, predict("numpy-net", *(f"{number}.png" for number in range(len(SHAPES)))))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/csv", b"a,b\n1,2.5\n3,-4\n1e3,0.1\n"),
        ("text/csv; charset=utf-8", b"b;a\n2,5\n7;8\n"),
        ("application/x-ndjson", b'{"a": 1, "b": 2.5}\n{"a": 3, "b": -4}\n'),
    ],
)
def test_rows_give_entries_of_zoo_predict(server, predict, fuse, content_type, body):
    reply = server.ask("/predict/fuse", body, content_type=content_type)
    expected = predict(fuse / "fuse", content=body)
    if expected["predictions"]:
        found = reply.json()
        assert found["predictions"] == expected["predictions"]
        assert found["model"] == expected["model"]
    else:
        assert reply.status == 400


def test_json_rows_give_entries_of_json_lines(server, predict, fuse):
    rows = [{"a": 1, "b": 2.5}, {"a": 3, "b": -4}]
    expected = predict(fuse / "fuse", content="\n".join(map(json.dumps, rows)).encode())
    for body in (rows, rows[0]):
        reply = server.ask("/predict/fuse", json.dumps(body), content_type="application/json")
        count = len(body) if isinstance(body, list) else 1
        check(reply, {**expected, "predictions": expected["predictions"][:count]})


def test_unreadable_row_is_named_and_others_are_answered(server):
    reply = server.ask("/predict/fuse", b"a,b\n1,2\nx,2\n", content_type="text/csv")
    assert [each["file"] for each in reply.json()["predictions"]] == ["row 2"]
    (error,) = reply.json()["errors"]
    assert error.startswith("the body, row 3, column 'a': expected a number")
    only = server.ask("/predict/fuse", b"a,b\nx,2\n", content_type="text/csv")
    assert only.status == 400 and "row 2" in only.error


def test_text_gives_entries_of_zoo_predict(server, predict, fuse):
    body = b"good good\nbad\nnever seen\n"
    expected = predict(fuse / "mood", content=body)
    check(server.ask("/predict/a/mood.v1", body, content_type="text/plain"), expected)
    rows = json.dumps(body.decode().splitlines())
    check(server.ask("/predict/a/mood.v1", rows, content_type="application/json"), expected)


def test_concurrent_requests_share_batches_and_keep_their_bits(serve, predict, digit, tmp_path):
    server = serve("cnn.best", "--workers", 1)
    draw = random.Random(0)
    bodies = [
        digit(*((draw.randint(8, 52), draw.randint(8, 52)) for _ in range(4))) for _ in range(24)
    ]
    for number, body in enumerate(bodies):
        (tmp_path / f"{number:02}.png").write_bytes(body)
    singles = [predict("cnn.best", f"{number:02}.png")["predictions"] for number in (0, 7)]
    expected = predict("cnn.best", ".")["predictions"]
    assert all(each in expected for single in singles for each in single)
    wrong, start = [], threading.Barrier(len(bodies))

    def client(number):
        start.wait(60)
        for _ in range(5):
            found = server.ask("/predict/cnn.best", bodies[number]).json()["predictions"]
            for entry in found:
                entry["file"] = entry["file"].replace("-", f"{number:02}.png", 1)
            if found != [each for each in expected if each["file"].startswith(f"{number:02}.png")]:
                wrong.append((number, found))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert server.metric("zoo_batch_size_count") < server.metric("zoo_batch_size_sum")
