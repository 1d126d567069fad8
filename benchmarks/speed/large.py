"""A data set that is larger than the memory of the training."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.disk_store import DatasetContent, load_or_create
from zoo_core.plugins.data_specs import InputSpec, class_targets

LIMIT = 1 << 30
"""Memory limit of the training in bytes, including the page cache."""

TRAIN, TEST = 350_000, 2_000
SHAPE = (3, 64, 64)
"""4.3 GB in all, four times the limit."""

PART = 5_000

PLUGIN = f"""from zoo_core import DatasetSpec, InputSpec, class_targets, hookimpl


@hookimpl
def zoo_datasets() -> list[DatasetSpec]:
    return [
        DatasetSpec(
            name="large",
            summary="Noise with a bright bar.",
            loader="benchmarks.speed.large:load",
            input=InputSpec(shape={SHAPE}),
            targets=class_targets(10),
            sizes={{"train": {TRAIN}, "test": {TEST}}},
            sha256="",
            license="CC0-1.0",
            source="made when it is measured",
        )
    ]
"""

METADATA = "Metadata-Version: 2.4\nName: zoo-large\nVersion: 1.0\nLicense-Expression: MIT\n"


def prepare(folder: Path) -> None:
    """Make the data set in ``home``, and the plugin that offers it in ``site``."""
    info = folder / "site" / "zoo_large-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text("[zoo.v1]\nzoo-large = zoo_large_plugin\n")
    (folder / "site" / "zoo_large_plugin.py").write_text(PLUGIN)
    with patch.dict(os.environ, ZOO_HOME=str(folder / "home")):
        load()


def variables() -> dict[str, str]:
    """Return the environment variables with which a contestant finds the data set."""
    root = Path(__file__).parents[2]
    return {"ZOO_HOME": "{prepared}/home", "PYTHONPATH": f"{{prepared}}/site:{root}"}


def load() -> ArrayDataset:
    """Return the data set from the disk store, as a plugin with downloaded data does."""
    splits = {"train": _parts(TRAIN, 0), "test": _parts(TEST, 1)}
    return load_or_create(
        "large",
        "1",
        lambda: DatasetContent(splits, InputSpec(shape=SHAPE), class_targets("0123456789")),
    )


def _parts(count: int, seed: int) -> Iterator[Split]:
    random = np.random.default_rng(seed)
    for start in range(0, count, PART):
        size = min(PART, count - start)
        images = random.integers(0, 200, (size, *SHAPE), dtype=np.uint8)
        labels = random.integers(0, 10, size)
        for image, label in zip(images, labels, strict=True):
            image[:, 6 * label : 6 * label + 6] += 50
        yield Split(images, (labels,))


def run_limited(command: list[str]) -> int:
    """Run a command in a control group with the limit, which needs root.

    The data set's pages are dropped from the page cache first.
    """
    for path in Path(os.environ["ZOO_HOME"]).glob("datasets/*/*-inputs.npy"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    groups = Path("/sys/fs/cgroup")
    is_old = (groups / "memory").is_dir()  # version 1 has a tree for each kind of limit
    root = groups / "memory" if is_old else groups
    own = root / f"zoo-{os.getpid()}"
    own.mkdir()
    (own / ("memory.limit_in_bytes" if is_old else "memory.max")).write_text(str(LIMIT))
    (own / "cgroup.procs").write_text(str(os.getpid()))
    try:
        return subprocess.call(command)
    finally:
        (root / "cgroup.procs").write_text(str(os.getpid()))
        own.rmdir()


if __name__ == "__main__":
    sys.exit(run_limited(sys.argv[1:]))
