"""Fixtures of the evaluation's tests: a source of small pictures in folders that a test changes."""

from pathlib import Path

import numpy as np
import pytest

from zoo_core.installation import installed
from zoo_core.installation.installed import load_catalog
from zoo_core.training.training import Training

PLUGIN = '''
"""The source `pictures`: a folder with a sub-folder of .npy files per class."""

import hashlib
from pathlib import Path

import numpy as np

from zoo_core.data.dataset import (Split)
from zoo_core.data.reading_facts import (ReadingFacts)
from zoo_core.data.disk_store import DatasetContent, load_or_create
from zoo_core.data.examples import Examples, held_out_rows
from zoo_core.errors import DataError
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.data_specs import InputSpec, class_targets
from zoo_core.plugins.specs import DatasetSpec, SourceSpec


@hookimpl
def zoo_sources():
    return [
        SourceSpec(name="pictures", summary="Pictures.", address="PATH",
            describe="zoo_pictures.plugin:describe")
    ]


def describe(address):
    data = load(address)
    return DatasetSpec(
        name=f"pictures:{address}", summary="Pictures.", loader="zoo_pictures.plugin:load",
        input=data.input_spec, targets=class_targets(data.targets[0].size),
        sizes={name: len(split) for name, split in data.splits.items()}, sha256=data.sha256(),
        license="CC0-1.0", source="made up", address=address, place=str(Path(address).absolute()))


def load(address):
    root = Path(address)
    if not root.is_dir():
        raise DataError(f"there is no folder {root}")
    files = sorted(root.glob("*/*.npy"))
    classes = sorted({file.parent.name for file in files})
    if (order := root / "order.txt").exists():
        classes = order.read_text().split()
    keys = tuple(file.relative_to(root).as_posix() for file in files)
    labels = np.array([classes.index(file.parent.name) for file in files])
    images = np.stack([np.load(file) for file in files])
    white = float((root / "range.txt").read_text()) if (root / "range.txt").exists() else 0
    facts = ReadingFacts(pixel_ranges={"uint16": (0.0, white)} if white else {})
    identity = repr((keys, labels.tolist(), classes, white))
    digest = hashlib.sha256(identity.encode() + images.tobytes())

    def make():
        has_names = not (root / "anonymous").exists()
        examples = Examples(keys, keys)
        is_validation = np.array(["/val-" in key for key in keys])
        is_test = held_out_rows(keys, 0.3, "test") & ~is_validation
        splits = {}
        for name, rows in (
            ("train", ~is_test & ~is_validation),
            ("test", is_test),
            *([("validation", is_validation)] if is_validation.any() else []),
        ):
            found = examples.select(np.flatnonzero(rows)) if has_names else None
            splits[name] = [Split(images[rows], (labels[rows],), examples=found)]
        return DatasetContent(
            splits, InputSpec(shape=images.shape[1:]), class_targets(classes), lambda: facts)

    return load_or_create("pictures", digest.hexdigest()[:32], make)
'''


@pytest.fixture
def pictures_site(site, write_plugin):
    """Return a folder with the plugin of the source `pictures`, for `cli`."""
    write_plugin(site, "zoo-pictures", PLUGIN)
    return site


@pytest.fixture
def pictures(toy, pictures_site, tmp_path, monkeypatch):
    """Return a catalog with the toy plugin and the source, in a working directory of the test."""
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-pictures")
    catalog = load_catalog()
    monkeypatch.setattr(installed, "_catalog", catalog)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return catalog


@pytest.fixture
def write_noise():
    """Return the function that writes pictures of noise, which a model can only learn by heart."""

    def write(folder, classes=("cat", "dog"), count=60, seed=0):
        rng = np.random.default_rng(seed)
        for name in classes:
            (folder / name).mkdir(parents=True, exist_ok=True)
            for i in range(count):
                picture = rng.integers(0, 256, (1, 16, 16), dtype=np.uint8)
                np.save(folder / name / f"{i:03}.npy", picture)
        return folder

    return write


@pytest.fixture
def learn(pictures):
    """Return the function that trains until every training image is learned by heart."""

    def train(dataset, out, **overrides):
        values = {"dataset": dataset, "epochs": 40, "lr": 0.1, "keep": "last", **overrides}
        return Training.new(pictures, "softmax", out=Path(out), overrides=[values]).run()

    return train


@pytest.fixture
def rename_all():
    """Return the function that gives every picture in a folder a new name."""

    def rename(folder):
        for file in sorted(folder.glob("*/*.npy")):
            file.rename(file.with_name(f"new-{file.name}"))

    return rename
