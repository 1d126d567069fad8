"""Published files with a flipped bit or a malicious header, loaded by name."""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.stress.outcome import Outcome
from tests.stress.registries import NAME, make_registry, published
from zoo_core.errors import VerificationError
from zoo_core.installation.installed import installed_catalog
from zoo_core.pretrained.load import load_pretrained

SECONDS = 60.0
BYTES = 50_000_000
"""Maximum cost of reading a malicious file: bytes of memory, and seconds that only a hang takes."""


def flipped_bits(count: int) -> Outcome:
    """Flip single bits of a published file, anywhere."""
    rng, problems = random.Random(0), []
    with tempfile.TemporaryDirectory() as folder:
        path = make_registry(Path(folder) / "registry")
        registry = str(Path(folder) / "registry")
        size = path.stat().st_size
        with path.open("r+b", buffering=0) as file:
            for _ in range(count):
                position, bit = rng.randrange(size), 1 << rng.randrange(8)
                whole = os.pread(file.fileno(), 1, position)
                os.pwrite(file.fileno(), bytes([whole[0] ^ bit]), position)
                try:
                    load_pretrained(installed_catalog(), NAME, registry=registry)
                except VerificationError:
                    pass
                else:
                    problems.append(f"bit {bit} of byte {position} was not noticed")
                os.pwrite(file.fileno(), whole, position)
        load_pretrained(
            installed_catalog(), NAME, registry=registry
        )  # because the file is whole again
    return Outcome(count, tuple(problems), "every one noticed" if not problems else "")


def crafted_headers(count: int) -> Outcome:
    """Load malicious files in a separate process, whose memory is measured."""
    with tempfile.TemporaryDirectory() as folder:
        make_registry(Path(folder) / "whole")
        for what, content in list(crafted())[:count]:
            make_registry(Path(folder) / what, content)
        done = subprocess.run(
            [sys.executable, "-c", "from tests.stress.bits import in_child; in_child()", folder],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
    report = json.loads(done.stdout)
    return Outcome(
        report["tried"],
        tuple(report["problems"]),
        f"{1000 * report['slowest']:.0f} ms and {report['memory'] / 1e6:.0f} MB at most",
    )


def in_child() -> None:
    """Load each malicious file, and print its problems and cost."""
    root, problems, slowest = Path(sys.argv[1]), [], 0.0
    load_pretrained(installed_catalog(), NAME, registry=str(root / "whole"))
    before = peak_memory()
    registries = sorted(path for path in root.iterdir() if path.name != "whole")
    for registry in registries:
        start = time.perf_counter()
        try:
            load_pretrained(installed_catalog(), NAME, registry=str(registry))
        except VerificationError:
            pass
        except Exception as exc:
            problems.append(f"{registry.name}: {type(exc).__name__}: {exc}")
        else:
            problems.append(f"{registry.name}: was loaded")
        seconds = time.perf_counter() - start
        slowest = max(slowest, seconds)
        if seconds > SECONDS:
            problems.append(f"{registry.name}: took {seconds:.2f} s")
    memory = peak_memory() - before
    if memory > BYTES:
        problems.append(f"{memory:,} bytes of memory were taken")
    report = {"problems": problems, "slowest": slowest, "memory": memory, "tried": len(registries)}
    print(json.dumps(report))


def peak_memory() -> int:
    """Return the peak memory of this process in bytes, or 0 if the system does not expose it.

    `resource.getrusage` would include the memory of the parent process.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return sum(
        1024 * int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")
    )


def crafted() -> Iterator[tuple[str, bytes]]:
    """Yield a description of a fault and the file with it."""
    header, data = make_whole()
    weight = "0.weight"

    def tensors(**changes: Any) -> bytes:
        """Return the file with other entries in its header."""
        return pack(json.dumps({**header, **changes}).encode(), data)

    def entry(**changes: Any) -> bytes:
        return tensors(**{weight: {**header[weight], **changes}})

    start, end = header[weight]["data_offsets"]
    text = json.dumps(header).encode()
    twice = json.dumps({weight: header[weight]}).encode()[1:-1]
    yield "a tensor twice", pack(text[:-1] + b"," + twice + b"}", data)
    yield "metadata twice", pack(text[:-1] + b',"__metadata__":{"zoo":"{}"}}', data)
    yield (
        "a key of a tensor twice",
        pack(text.replace(b'"dtype"', b'"dtype":"F16","dtype"', 1), data),
    )
    yield "overlapping ranges", entry(data_offsets=[start + 4, end + 4])
    yield "one range for two", tensors(**{"0.bias": header[weight]})
    yield "a gap", pack(json.dumps(header).encode(), data[:end] + bytes(8) + data[end:])
    yield "a range beyond the end", entry(data_offsets=[start, end + 1_000_000])
    yield "a range that ends before it starts", entry(data_offsets=[end, start])
    yield "a negative range", entry(data_offsets=[-4, end])
    yield "a missing range", entry(data_offsets=[start])
    yield "bytes that no range names", pack(text, data + bytes(64))
    yield "a cut end", pack(text, data[:-64])
    yield "another dtype", entry(dtype="I32")
    yield "an unknown dtype", entry(dtype="F99")
    yield "another shape", entry(shape=header[weight]["shape"][::-1])
    yield "a negative shape", entry(shape=[-128, -784])
    yield "an absurd count", entry(shape=[1 << 40, 1 << 40])
    yield "a count that overflows", entry(shape=[1 << 32, 1 << 32, 4])
    yield "a tensor missing", pack_without(header, data, "2.bias")
    yield "a tensor too many", tensors(extra={"dtype": "F32", "shape": [0], "data_offsets": [0, 0]})
    yield "not a number", pack(text, struct.pack("<f", float("nan")) + data[4:])
    yield "infinity", pack(text, data[:-4] + struct.pack("<f", float("inf")))
    yield (
        "no metadata",
        pack(json.dumps({k: v for k, v in header.items() if k[0] != "_"}).encode(), data),
    )
    yield "metadata of another kind", tensors(__metadata__={"zoo": '{"format": 1}'})
    yield "deep nesting", pack(b"[" * 500_000, data)
    yield "no JSON", pack(bytes(range(256)), data)
    yield "a header longer than the file", struct.pack("<Q", 1 << 63) + text + data
    yield "a tiny file", bytes(9)
    yield "a header of 100 MB", pack(b"{" + b" " * 100_000_000 + b"}", b"")
    many = {f"t{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(6_000)}
    yield "6,000 tensors", pack(json.dumps({**many, **header}).encode(), data)


def make_whole() -> tuple[dict[str, Any], bytes]:
    """Return header and data of the published file."""
    with tempfile.TemporaryDirectory() as folder:
        content = make_registry(Path(folder) / "registry").read_bytes()
    length = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + length])
    assert published().bytes == len(content)
    return header, content[8 + length :]


def pack(header: bytes, data: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header + data


def pack_without(header: dict[str, Any], data: bytes, name: str) -> bytes:
    """Return the file without one tensor, with valid ranges."""
    start, end = header[name]["data_offsets"]
    kept = {key: dict(value) for key, value in header.items() if key != name}
    for key, value in kept.items():
        if key[0] != "_" and value["data_offsets"][0] >= end:
            value["data_offsets"] = [offset - end + start for offset in value["data_offsets"]]
    return pack(json.dumps(kept).encode(), data[:start] + data[end:])
