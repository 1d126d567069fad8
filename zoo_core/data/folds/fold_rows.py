"""The rows of a fold, and a data set without them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.folds.assignment import fold_numbers
from zoo_core.recipes.recipe import Recipe


def fold_rows(dataset: ArrayDataset, recipe: Recipe) -> NDArray[np.int64] | None:
    """Return the training rows of a recipe's fold; None for a recipe without folds."""
    if not recipe.folds:
        return None
    numbers = fold_numbers(dataset, recipe.folds, recipe.split_seed)
    return np.flatnonzero(numbers == recipe.fold)


def tested_split(dataset: ArrayDataset, rows: NDArray[np.int64] | None) -> Split:
    """Return the test split, or a copy of the training rows that take its place."""
    if rows is None:
        return dataset.splits["test"]
    return _select(dataset.splits["train"], rows)


def without_fold(dataset: ArrayDataset, folds: int, fold: int, seed: int) -> ArrayDataset:
    """Return a copy of a data set without the training examples of a fold, for a search."""
    numbers = fold_numbers(dataset, folds, seed)
    rows, left_out = np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold)
    compose, train = dataset.compose, _select(dataset.splits["train"], rows)

    def compose_rest(seed: int, epoch: int, held_out: NDArray[np.int64]) -> Split:
        assert compose is not None
        return compose(seed, epoch, np.union1d(rows[held_out], left_out))

    splits = {**dataset.splits, "train": train}
    return replace(dataset, splits=splits, compose=compose_rest if compose else None)


def _select(split: Split, rows: NDArray[np.int64]) -> Split:
    """Return a copy of rows of a split."""
    examples = split.examples.select(rows) if split.examples else None
    return Split(split.inputs[rows], split.select_targets(rows), examples=examples)
