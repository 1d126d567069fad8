"""Seconds of a verified load of large weight files: ``python -m benchmarks.load``.

`zoo_core.weights.file.load_weights` reads a file into memory, computes its sha256, and checks every
value. It is compared with ``load_file`` of safetensors, which verifies nothing and maps the file:
it has read nothing until a tensor is used. Contestants take turns; the figures are medians.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np

from zoo_core.weights.file import load_weights, save_weights

BASE = "load_file"
"""The contestant that the ratios refer to, in both kinds of comparison."""

MANY = 1 << 20
"""Numbers per tensor in the file of many tensors: 4 MB."""

PAGE = 1024
"""Numbers of float32 in a page of memory."""


class File(NamedTuple):
    """A weight file and its checksum."""

    path: Path
    sha256: str


def _zoo(file: File) -> Mapping[str, Any]:
    return load_weights(file.path, sha256=file.sha256).tensors


def _in_turn(file: File) -> Mapping[str, Any]:
    """Verify and load one step after the other, with the library's copies."""
    from safetensors.numpy import load

    content = file.path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == file.sha256
    tensors: dict[str, Any] = load(content)
    assert all(np.isfinite(each).all() for each in tensors.values())
    return tensors


def _mapped(file: File) -> Mapping[str, Any]:
    from safetensors.torch import load_file

    return load_file(file.path)


def _copied(file: File) -> Mapping[str, Any]:
    return {name: each.clone() for name, each in _mapped(file).items()}


def _pread(file: File) -> Mapping[str, Any]:
    from safetensors.torch import load_file

    return load_file(file.path, backend="pread")


def _hash(file: File) -> str:
    """Hash the mapped file: no verified load can take less time."""
    with file.path.open("rb") as opened:
        content = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        return hashlib.sha256(content).hexdigest()


def _then_use(load: Callable[[File], Mapping[str, Any]]) -> Callable[[File], object]:
    """Return a load that then reads one number per page."""
    return lambda file: [each.reshape(-1)[::PAGE].sum() for each in load(file).values()]


LOADS: dict[str, Callable[[File], object]] = {
    BASE: _mapped,
    "load_file, then use": _then_use(_mapped),
    "load_file, backend pread": _pread,
    "load_file, then clone": _copied,
    "sha256 alone": _hash,
    "read, hash, load in turn": _in_turn,
    "zoo": _zoo,
    "zoo, then use": _then_use(_zoo),
}
"""Contestants within one process."""

_ZOO = "from pathlib import Path; from zoo_core.weights.file import load_weights; "
_LOAD = "load_weights(Path({path!r}), sha256={sha256!r})"

PROCESSES = {
    BASE: "from safetensors.torch import load_file; load_file({path!r})",
    "zoo": _ZOO + _LOAD,
    "zoo, then import torch": f"{_ZOO}{_LOAD}; import torch",
    "zoo, during import torch": "from threading import Thread; "
    f"{_ZOO}thread = Thread(target=lambda: {_LOAD}); thread.start(); import torch; thread.join()",
    "import torch alone": "import torch",
}
"""Contestants that are processes: their code."""


def make_files(folder: Path, size: int) -> Iterator[File]:
    """Write a file of tensors of 4 MB and a file of one tensor, each of `size` bytes."""
    numbers = np.random.default_rng(0).standard_normal(size // 4, dtype=np.float32)
    parts = np.array_split(numbers, max(1, size // 4 // MANY))
    for name, tensors in (
        ("many", {f"layer{index}.weight": part for index, part in enumerate(parts)}),
        ("one", {"weight": numbers}),
    ):
        path = folder / f"{name}.safetensors"
        yield File(path, save_weights(path, tensors, {}))


def run_process(code: str, file: File) -> None:
    """Run a contestant's code in a process of its own."""
    filled = code.format(path=str(file.path), sha256=file.sha256)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", filled], env=env, check=True)


def evict(path: Path) -> None:
    """Drop a file from the page cache."""
    with path.open("rb") as file:
        os.fsync(file.fileno())  # because dirty pages stay
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(
    contestants: Mapping[str, Callable[[File], object]], file: File, times: int, *, cold: bool
) -> dict[str, list[float]]:
    """Return the seconds of each contestant in each turn."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(times + 1):
        for name, contestant in contestants.items():
            if cold:
                evict(file.path)
            started = time.perf_counter()
            result = contestant(file)
            taken = time.perf_counter() - started
            del result  # not measured, because a program keeps its weights
            if turn:  # the first one imports, and fills the page cache
                seconds[name].append(taken)
    return seconds


def print_table(title: str, seconds: Mapping[str, list[float]]) -> None:
    """Print medians, their ratios to `BASE`, and the fastest and slowest turn."""
    base = statistics.median(seconds[BASE])
    width = max(map(len, seconds))
    click.echo(f"\n{title}\n{'':<{width}}  seconds  ratio      fastest  slowest")
    for name, each in seconds.items():
        median = statistics.median(each)
        click.echo(
            f"{name:<{width}}  {median:7.3f}  {median / base:9.2f}  {min(each):7.3f}  "
            f"{max(each):7.3f}"
        )


@click.command()
@click.option("--size", default=1 << 30, show_default=True, help="Bytes of the tensors of a file.")
@click.option("--times", default=7, show_default=True, help="Number of turns.")
@click.option("--folder", type=click.Path(path_type=Path), help="Existing folder for the files.")
def main(size: int, times: int, folder: Path | None) -> None:
    """Print the medians of seconds within a process and of whole processes."""
    processes: dict[str, Callable[[File], object]] = {
        name: lambda file, code=code: run_process(code, file)  # type: ignore[misc]
        for name, code in PROCESSES.items()
    }
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        for file in make_files(Path(scratch), size):
            for cold in (False, True):
                cache = "cold" if cold else "warm"
                what = f"{file.path.stem}: {size:,} bytes, {cache} page cache, medians of {times}"
                print_table(what, measure(LOADS, file, times, cold=cold))
                print_table(f"{what}, whole processes", measure(processes, file, times, cold=cold))


if __name__ == "__main__":
    main()
