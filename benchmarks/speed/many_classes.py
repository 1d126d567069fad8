"""Two data sets of a million examples each, one with a thousand classes and one with ten."""

from __future__ import annotations

import numpy as np

from zoo_core import ArrayDataset, DatasetSpec, InputSpec, Split, class_targets, hookimpl

TRAIN, TEST = 1_000_000, 10_000
SHAPE = (1, 2, 2)
MANY, FEW = 1000, 10


@hookimpl
def zoo_datasets() -> list[DatasetSpec]:
    """Offer both data sets; the module is a plugin without a package."""
    return [
        DatasetSpec(
            name=f"classes-{count}",
            summary=f"Noise with random labels of {count} classes.",
            loader=f"benchmarks.speed.many_classes:load_{count}",
            input=InputSpec(shape=SHAPE),
            targets=class_targets(count),
            sizes={"train": TRAIN, "test": TEST},
            sha256="",
            license="CC0-1.0",
            source="made when it is measured",
        )
        for count in (MANY, FEW)
    ]


def load_1000() -> ArrayDataset:
    """Return examples with a thousand classes."""
    return _load(MANY)


def load_10() -> ArrayDataset:
    """Return the same inputs with ten classes."""
    return _load(FEW)


def _load(count: int) -> ArrayDataset:
    splits = {}
    for seed, (name, size) in enumerate((("train", TRAIN), ("test", TEST))):
        random = np.random.default_rng(seed)
        inputs = random.integers(0, 256, (size, *SHAPE), dtype=np.uint8)
        splits[name] = Split(inputs, (random.integers(0, count, size),))
    return ArrayDataset(splits, class_targets(count))
