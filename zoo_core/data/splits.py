"""Splits: training rows, validation rows, and the order of an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.normalization import Normalization
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.random_numbers import permutation

VALIDATION = "validation"
"""The split of a data set that comes with images to choose the best epoch on."""


@dataclass(frozen=True)
class TrainingData:
    """A data set, and which of its training images are trained on.

    Attributes:
        dataset: all of it; no image is copied.
        train_rows: int64, the rows of ``dataset.splits["train"]`` to train on.
        validation_rows: int64, the rows on which the best epoch is chosen: the other ones, or
            those of the split ``validation``, where the data set has one.
        normalization: what the model sees of an image.
    """

    dataset: ArrayDataset
    train_rows: NDArray[np.int64]
    validation_rows: NDArray[np.int64]
    normalization: Normalization

    @property
    def train(self) -> Split:
        return self.dataset.splits["train"]

    @property
    def validation(self) -> Split:
        """The validation rows, copied out."""
        rows = self.validation_rows
        return Split(self.held_out.images[rows], self.held_out.labels[rows])

    @property
    def held_out(self) -> Split:
        """The split that has the validation rows."""
        return self.dataset.splits.get(VALIDATION, self.train)

    @property
    def test(self) -> Split:
        return self.dataset.splits["test"]

    def order(self, seed: int, epoch: int) -> NDArray[np.int64]:
        """Return the rows to train on in `epoch` (from 1), in order: a pure function."""
        return self.train_rows[permutation(len(self.train_rows), seed, epoch)]

    def epoch(self, recipe: Recipe, epoch: int) -> tuple[Split, NDArray[np.int64]]:
        """Return the images to train on in `epoch` (from 1), and the order of their rows."""
        if recipe.fresh:
            assert self.dataset.compose is not None  # the plan saw to it
            composed = self.dataset.compose(recipe.seed, epoch, self.validation_rows)
            return composed, np.arange(len(composed))
        return self.train, self.order(recipe.seed, epoch if recipe.reshuffle else 1)


def training_data(dataset: ArrayDataset, recipe: Recipe) -> TrainingData:
    """Return a data set with the images parted and the pixels treated as a recipe says."""
    size = len(dataset.splits["train"])
    if VALIDATION in dataset.splits:
        train, validation = np.arange(size), np.arange(len(dataset.splits[VALIDATION]))
    else:
        seed = recipe.split_seed if recipe.held_out == "random" else None
        train, validation = split_rows(size, recipe.validation, seed)
    channels = len(dataset.mean)
    raw = Normalization((0.0,) * channels, (1.0,) * channels)
    normalized = Normalization(dataset.mean, dataset.std)
    return TrainingData(dataset, train, validation, normalized if recipe.normalize else raw)


def training_size(sizes: Mapping[str, int], recipe: Recipe) -> int:
    """Return how many images are trained on, of a data set with splits of these sizes."""
    size = sizes["train"]
    return size if VALIDATION in sizes else size - validation_size(size, recipe.validation)


def split_rows(
    size: int, validation: float, seed: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Part the rows 0 … size-1 into those to train on and those held out for validation.

    Args:
        size: number of rows, at least 2.
        validation: share of the rows for validation, above 0 and below 1.
        seed: of the permutation that draws them; None to hold out the last rows.

    Returns:
        Two disjoint sorted arrays, neither empty, that hold every row between them.
    """
    train = size - validation_size(size, validation)
    rows = np.arange(size) if seed is None else permutation(size, seed)
    return np.sort(rows[:train]), np.sort(rows[train:])


def validation_size(size: int, validation: float) -> int:
    """Return how many of `size` rows are held out: the share, rounded, and neither none nor all."""
    return min(max(round(size * validation), 1), size - 1)
