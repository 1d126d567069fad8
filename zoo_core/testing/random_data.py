"""Random data for the checks: examples of any shape, and data sets of them.

Everything in the checks that depends on the kind of an input or on the task of a head is in this
module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import comb
from typing import Any

import numpy as np

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.normalization import Normalization
from zoo_core.data.splits import TrainingData
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.system.random_numbers import uniform

Array = np.ndarray[Any, Any]

EXAMPLES, HELD_OUT = 16, 8
"""Number of random examples to train on, and to validate on."""
# A model's own data set may need a download, and would make every check slower.

CHANCE = 1e-3
"""Maximum probability of guessing as many labels as count as learned."""

_SHAPE, _CLASSES = (3, 12, 12), 4

DATASET = DatasetSpec(
    name="random",
    summary="Random images, for checks.",
    loader="zoo_core.testing.random_data:load",
    shape=_SHAPE,
    classes=(_CLASSES,),
    sizes={"train": EXAMPLES + HELD_OUT, "test": HELD_OUT},
    sha256="",
    license="CC0-1.0",
    source="random numbers",
)
"""The data set of the checks, with one head."""

# Heads of different sizes, so that a trainer that confuses them fails.
TWO_HEADED = replace(DATASET, name="random-pairs", classes=(_CLASSES, 3))
"""The data set on which trainers are checked; it is described, but never loaded."""


def load() -> ArrayDataset:
    """Return the data set of the spec `DATASET`."""
    train = _split(DATASET.shape, DATASET.classes, EXAMPLES + HELD_OUT)
    test = _split(DATASET.shape, DATASET.classes, HELD_OUT)
    return _dataset(DATASET.shape, DATASET.classes, {"train": train, "test": test})


def training_data(config: ModelConfig) -> TrainingData:
    """Return random training and validation examples that fit a model's config."""
    split = _split(config.input_shape, config.classes, EXAMPLES + HELD_OUT)
    dataset = _dataset(config.input_shape, config.classes, {"train": split, "test": split})
    normalization = Normalization(dataset.mean, dataset.std)
    rows = np.arange(len(split))
    return TrainingData(dataset, rows[:EXAMPLES], rows[EXAMPLES:], normalization)


def first_examples(data: TrainingData) -> Split:
    """Return the random examples to train on."""
    rows = data.train_rows
    return Split(data.train.images[rows], data.train.labels[rows])


def output_shapes(config: ModelConfig, count: int) -> list[tuple[int, ...]]:
    """Return the shape of the outputs of each head for a number of examples."""
    return [(count, classes) for classes in config.classes]


def other_data(config: ModelConfig, heads: int | None) -> dict[str, list[dict[str, Any]]]:
    """Return values of a config for other data sets, by the name of what differs.

    Args:
        config: the config for the model's own data set.
        heads: number of heads of the model; None for any.
    """
    channels, height, width = config.input_shape
    numbers: list[tuple[int, ...]] = [tuple(many + 3 for many in config.classes)]
    numbers += [(2, 5)] if heads is None else []
    shapes = [
        (1 if channels == 3 else 3, height, width),
        # Not square, which shows height and width in the wrong order; a multiple, because patches
        # and strides divide the model's own size.
        (channels, height, 2 * width),
        (channels, 2 * height, width),
    ]
    return {
        "classes": [{"classes": list(each)} for each in numbers],
        "input_shape": [{"input_shape": list(each)} for each in shapes],
    }


def shortfall(outputs: Sequence[Array], split: Split) -> str:
    """Return the head whose outputs do not fit the targets, or an empty string.

    A head fits if it gives more of the labels than chance would: a small model need not know all.
    """
    for head, (array, labels) in enumerate(zip(outputs, split.labels.T, strict=True)):
        correct = int((array.argmax(axis=1) == labels).sum())
        least = _enough(len(labels), array.shape[1])
        if correct < least:
            what = f"correct labels of head {head} for {len(labels)} images"
            return f"{what}: expected at least {least}, got {correct}"
    return ""


def is_exact(outputs: Sequence[Array], split: Split) -> bool:
    """Return whether the outputs of all heads fit the targets of all examples."""
    return all(
        (array.argmax(axis=1) == labels).all()
        for array, labels in zip(outputs, split.labels.T, strict=True)
    )


def _enough(count: int, classes: int) -> int:
    """Return a number of correct labels that guessing reaches with probability `CHANCE`."""
    right = 1 / classes

    def at_least(number: int) -> float:
        return sum(
            comb(count, k) * right**k * (1 - right) ** (count - k) for k in range(number, count + 1)
        )

    return next((k for k in range(count) if at_least(k) < CHANCE), count)


def _split(shape: tuple[int, ...], classes: tuple[int, ...], count: int) -> Split:
    # Every class in turn, so that no head learns a batch by predicting one class always.
    labels = np.stack([np.arange(count) % many for many in classes], axis=1)
    # A pattern per class below the noise, because a small model cannot learn noise by heart.
    patterns = [
        uniform((many, *shape), 2, head)[labels[:, head]] for head, many in enumerate(classes)
    ]
    shares = 0.5 * uniform((count, *shape), 1) + 0.5 * np.mean(patterns, axis=0)
    return Split((256 * shares).astype(np.uint8), labels)  # (N, C, H, W)


def _dataset(
    shape: tuple[int, ...], classes: tuple[int, ...], splits: dict[str, Split]
) -> ArrayDataset:
    channels = shape[0]
    return ArrayDataset(
        splits=splits,
        classes=tuple(tuple(map(str, range(many))) for many in classes),
        mean=(0.5,) * channels,
        std=(0.2,) * channels,
    )
