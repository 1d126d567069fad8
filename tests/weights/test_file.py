"""Weight files: complete, equal for equal content, and verified."""

import json
import os
import signal
import struct
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo_core.errors import DataError, VerificationError
from zoo_core.system.atomic_files import write_atomic
from zoo_core.weights.file import MAX_HEADER, check_tensors, load_weights, save_weights

TENSORS = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "count": np.array(7, np.int64),
}


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    return path, save_weights(path, TENSORS, {"b": 1, "a": [2]})


def test_weight_file_round_trips(saved):
    path, sha256 = saved
    file = load_weights(path, sha256=sha256)
    assert file.metadata == {"a": [2], "b": 1}
    assert file.sha256 == sha256
    check_tensors(file, TENSORS)
    for name, tensor in TENSORS.items():
        assert np.array_equal(file.tensors[name], tensor)


def test_save_weights_writes_equal_files_for_equal_content(tmp_path, saved):
    other = tmp_path / "other.safetensors"
    save_weights(other, dict(reversed(TENSORS.items())), {"a": [2], "b": 1})
    assert other.read_bytes() == saved[0].read_bytes()


def test_load_weights_detects_flipped_bit_in_any_byte(saved):
    path, sha256 = saved
    content = path.read_bytes()
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        with pytest.raises(VerificationError, match=sha256):
            load_weights(path, sha256=sha256)


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_load_weights_rejects_arbitrary_bytes(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    path.write_bytes(content)
    with pytest.raises(VerificationError, match=r"any\.safetensors"):
        load_weights(path)


def crafted(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


META = {"__metadata__": {"zoo": "{}"}}


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        (b"", r"\b0 bytes.* header"),
        (crafted(META, length=1 << 40), r"\b[1-9]\d bytes.* header"),
        (crafted(b" " * (MAX_HEADER + 1)), "524,288 bytes.* 524,289"),
        (crafted({}), "KeyError"),
        (crafted({"__metadata__": {"zoo": "[]"}}), "object .*got list"),
        (crafted(b'{"a":1,"a":2}'), "duplicate key"),
        (crafted(b"[" * 100_000), "RecursionError"),
        (crafted({"__metadata__": {"zoo": '{"x":1,"x":2}'}}), "duplicate key"),
        (crafted({**META, "t": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}), "damaged"),
        (
            crafted(
                {**META, "t": {"dtype": "F32", "shape": [9], "data_offsets": [0, 8]}}, bytes(8)
            ),
            "damaged",
        ),
        (
            crafted(
                {**META, "t": {"dtype": "F99", "shape": [2], "data_offsets": [0, 8]}}, bytes(8)
            ),
            "damaged",
        ),
    ],
)
def test_load_weights_rejects_crafted_header(tmp_path, content, pattern):
    path = tmp_path / "crafted.safetensors"
    path.write_bytes(content)
    with pytest.raises(VerificationError, match=pattern):
        load_weights(path)


def test_load_weights_reports_missing_file(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        load_weights(tmp_path / "none.safetensors")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_load_weights_rejects_nonfinite_tensor(tmp_path, value):
    path = tmp_path / "model.safetensors"
    save_weights(path, {"w": np.array([1.0, value])}, {})
    with pytest.raises(VerificationError, match="'w' is not finite"):
        load_weights(path)


@pytest.mark.parametrize(
    ("expected", "pattern"),
    [
        ({"a": TENSORS["a"]}, "unknown .*'count'"),
        ({**TENSORS, "b": TENSORS["a"]}, "lacks tensor 'b'.*code has changed"),
        ({**TENSORS, "a": TENSORS["a"].T}, r"'a': expected float32 \(3, 2\), got float32 \(2, 3\)"),
        ({**TENSORS, "a": TENSORS["a"].astype(np.float64)}, "'a': expected float64 .*float32"),
    ],
)
def test_check_tensors_rejects_weights_of_other_model(saved, expected, pattern):
    with pytest.raises(VerificationError, match=pattern):
        check_tensors(load_weights(saved[0]), expected)


def test_write_atomic_keeps_only_old_file_after_failure(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_write_atomic_leaves_old_or_new_file_when_killed(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"0" * 500_000)
    code = f"""
    from pathlib import Path
    from zoo_core.system.atomic_files import write_atomic
    print("ready", flush=True)
    for digit in range(10**9):
        write_atomic(Path({str(path)!r}), str(digit % 10).encode() * 500_000)
    """
    for attempt in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE
        )
        process.stdout.readline()
        time.sleep(0.02 + 0.011 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        content = path.read_bytes()
        assert len(content) == 500_000
        assert len(set(content)) == 1
