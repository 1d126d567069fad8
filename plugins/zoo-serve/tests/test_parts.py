"""Messages, names of models and multipart bodies."""

import os
import socket

import pytest
from hypothesis import given, strategies as st

from zoo_serve.messages import Buffer, Request, pack, parse_request, receive
from zoo_serve.targets import Asked, Target, is_followed, parse_asked
from zoo_serve.worker.multipart import File, read_files
from zoo_serve.worker.replies import RefusedError

MESSAGES = st.lists(st.lists(st.binary(max_size=50), min_size=1, max_size=4), max_size=4)


@given(MESSAGES, st.integers(1, 60))
def test_messages_arrive_whole_in_pieces_of_any_size(messages, size):
    stream, buffer = b"".join(map(pack, messages)), Buffer()
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert [message for piece in pieces for message in buffer.feed(piece)] == messages


def test_receive_returns_messages_until_the_connection_ends():
    here, there = socket.socketpair()
    with here, there:
        here.sendall(pack([b"a", os.urandom(100)]) + pack([b"b"])[:5])
        here.close()
        assert len(receive(there)) == 2
        assert receive(there) is None


def test_request_survives_as_head_and_body():
    request = Request("infer", "text/csv; a=b", "17", "best", "1", b"\n\n")
    assert parse_request(request.head, request.body) == request


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cnn", "cnn"),
        ("zoo/cnn.best@sha256:0123456789abcdef", "zoo/cnn.best"),
        ("timm/resnet18", "timm/resnet18"),
        ("./runs//cnn-1/", "runs/cnn-1"),
        ("/srv/model.safetensors", "srv/model.safetensors"),
        ("../cnn", "cnn"),
        ("a/b.c=runs/x=y", "a/b.c"),
    ],
)
def test_served_name_of_an_argument(text, name):
    assert parse_asked(text).name == name


def test_only_names_without_tag_and_checksum_are_followed():
    target = Target("cnn", "best", "0" * 64, "/r", "cnn.best", "/r")
    followed = ("cnn", "zoo/cnn")
    for text in (*followed, "cnn.best", "zoo/cnn.best", "cnn@sha256:00000000"):
        assert is_followed(Asked("cnn", text), target) == (text in followed)
    assert not is_followed(Asked("cnn", "runs/cnn"), Target("cnn", "local", "0" * 64, "/r"))


def test_multipart_files_keep_their_bytes():
    contents = [bytes(range(256)), b"\r\n--other\r\n\r\n", b""]
    parts = [
        b'--a b\r\nContent-Disposition: form-data; name="f"; filename="x/%d.png"\r\n'
        b"Content-Type: image/png\r\n\r\n%b\r\n" % (number, content)
        for number, content in enumerate(contents)
    ]
    field = b'--a b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
    body = b"".join([*parts, field, b"--a b--\r\n"])
    files = read_files('multipart/form-data; boundary="a b"', body)
    expected = [File(f"{n}.png", "image/png", content) for n, content in enumerate(contents)]
    assert files == expected
    with pytest.raises(RefusedError, match="without its end"):
        read_files('multipart/form-data; boundary="a b"', body[:-9])
