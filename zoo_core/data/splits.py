"""Splits: training rows, validation rows, and the order of an epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.examples import held_out_rows
from zoo_core.data.folds.assignment import classes_of_rows
from zoo_core.data.folds.fold_rows import fold_rows, tested_split
from zoo_core.data.normalization import Normalization
from zoo_core.data.sampling.balanced_order import balanced_order, joint_classes
from zoo_core.data.standardize import make_normalization
from zoo_core.data.tokens import check_tokens
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.metrics.task import Task
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.random_numbers import permutation

VALIDATION = "validation"
"""Name of the validation split, in data sets that have their own."""


@dataclass(frozen=True)
class TrainingData:
    """A data set with its training and validation rows.

    Attributes:
        dataset: the data set; no input is copied.
        train_rows: int64, the rows of ``dataset.splits["train"]`` to train on.
        validation_rows: int64, the rows that the best epoch is chosen on: all other rows, or the
            rows of the split ``validation`` if the data set has one.
        normalization: normalization of inputs and targets.
        test_rows: int64, the rows of the fold of ``dataset.splits["train"]`` that takes the place
            of the test split; None for the data set's own.
    """

    dataset: ArrayDataset
    train_rows: NDArray[np.int64]
    validation_rows: NDArray[np.int64]
    normalization: Normalization
    test_rows: NDArray[np.int64] | None = None

    @property
    def train(self) -> Split:
        return self.dataset.splits["train"]

    @property
    def validation(self) -> Split:
        """A copy of the validation rows."""
        rows = self.validation_rows
        return Split(self.held_out.inputs[rows], self.held_out.select_targets(rows))

    @property
    def held_out(self) -> Split:
        """The split that contains the validation rows."""
        return self.dataset.splits.get(VALIDATION, self.train)

    @cached_property
    def test(self) -> Split:
        """The data set's test split, or a copy of the rows of the fold."""
        return tested_split(self.dataset, self.test_rows)

    @property
    def parts(self) -> dict[str, tuple[Split, NDArray[np.int64]]]:
        """The examples and the rows of ``train``, ``validation`` and ``test``."""
        whole = self.dataset.splits["test"] if self.test_rows is None else self.train
        rows = np.arange(len(whole)) if self.test_rows is None else self.test_rows
        return {
            "train": (self.train, self.train_rows),
            VALIDATION: (self.held_out, self.validation_rows),
            "test": (whole, rows),
        }

    @cached_property
    def _classes(self) -> NDArray[np.int64]:
        """Number of the joint class of each training row."""
        return joint_classes(self.train.select_targets(self.train_rows))

    def order(self, seed: int, epoch: int) -> NDArray[np.int64]:
        """Return the training rows of `epoch` (from 1), in order."""
        # A pure function of seed and epoch, because a resumed training has no generator's state.
        return self.train_rows[permutation(len(self.train_rows), seed, epoch)]

    def epoch(self, recipe: Recipe, epoch: int) -> tuple[Split, NDArray[np.int64]]:
        """Return the training examples of `epoch` (from 1), and the order of their rows."""
        if recipe.fresh:
            assert self.dataset.compose is not None  # `make_plan` checked it
            # Passed, so that no part of them is in a composed example. None of them is held out if
            # the validation rows are those of another split.
            held_out = np.setdiff1d(np.arange(len(self.train)), self.train_rows)
            composed = self.dataset.compose(recipe.seed, epoch, held_out)
            return composed, np.arange(len(composed))  # in random order already
        if recipe.sampler:
            order = balanced_order(self._classes, recipe.seed, epoch)
            return self.train, self.train_rows[order]
        if not recipe.shuffle:
            return self.train, self.train_rows
        return self.train, self.order(recipe.seed, epoch if recipe.reshuffle else 1)


def training_data(
    dataset: ArrayDataset, recipe: Recipe, tasks: Sequence[Task] | None = None
) -> TrainingData:
    """Return a data set with the split and the normalization of a recipe.

    Args:
        dataset: the data set.
        recipe: the recipe.
        tasks: task of each head; None for the split alone, to describe the data.

    Raises:
        DataError: there are too few examples for a validation split, inputs are not of their kind,
            targets do not fit their task, or inputs cannot be normalized.
    """
    tested = fold_rows(dataset, recipe)
    train, validation = _split(dataset, recipe, tested)
    if tasks is None:
        normalization = Normalization(dataset.mean, dataset.std)
    else:
        check_inputs(dataset)
        check_targets(dataset, tasks)
        normalization = make_normalization(dataset, train, recipe, tasks)
    return TrainingData(dataset, train, validation, normalization, tested)


def check_inputs(dataset: ArrayDataset) -> None:
    """Check that the inputs of all splits are values of their kind.

    Raises:
        DataError: one is not.
    """
    if dataset.input_spec.kind != "tokens":
        return
    for name, split in dataset.splits.items():
        try:
            check_tokens(split.inputs, dataset.input_spec)
        except DataError as exc:
            raise DataError(f"wrong inputs in split {name!r}: {exc.problem}") from exc


def check_targets(dataset: ArrayDataset, tasks: Sequence[Task]) -> None:
    """Check that the targets of all splits fit their tasks.

    Raises:
        DataError: one does not.
    """
    for name, split in dataset.splits.items():
        for head, (task, targets) in enumerate(zip(tasks, split.targets, strict=True), 1):
            try:
                task.check_targets(targets)
            except DataError as exc:
                where = f"{task.target.name or f'head {head}'} ({task.target.task})"
                raise DataError(
                    f"wrong targets in split {name!r}, {where}: {exc.problem}", hint=exc.hint
                ) from exc


def _split(
    dataset: ArrayDataset, recipe: Recipe, tested: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the training rows and the validation rows, without those of the tested fold."""
    train = dataset.splits["train"]
    rows = np.arange(len(train))
    if tested is not None:
        rows = np.setdiff1d(rows, tested)
    if VALIDATION in dataset.splits:
        return rows, np.arange(len(dataset.splits[VALIDATION]))
    if recipe.held_out != "last" and train.examples and train.examples.groups is not None:
        return _split_by_identity(train, rows, recipe)
    seed = None if recipe.held_out == "last" else recipe.split_seed
    some, others = split_rows(len(rows), recipe.validation, seed)
    return rows[some], rows[others]


def _split_by_identity(
    train: Split, rows: NDArray[np.int64], recipe: Recipe
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the training rows and the validation rows among some rows of a user's own data."""
    # By each example's own identity, because a user's folder changes: with row numbers, one new
    # example would move most of the others, and a model would be validated on what it was trained
    # on.
    assert train.examples is not None
    groups, classes = train.examples.select(rows).groups, classes_of_rows(train)
    assert groups is not None
    strata = [classes[row] for row in rows.tolist()] if classes else None
    salt = f"{VALIDATION} {recipe.split_seed}"
    held_out = held_out_rows(groups, recipe.validation, salt, strata)
    if not held_out.any():
        raise DataError(
            "expected training examples of at least 2 groups, one of them for validation, got 1",
            hint="Add examples of other groups, or a folder or rows for validation.",
        )
    return rows[~held_out], rows[held_out]


def split_rule(dataset: ArrayDataset, recipe: Recipe) -> str:
    """Return the rule by which the examples of a fold, and of validation, were chosen."""
    if not recipe.folds:
        return validation_rule(dataset, recipe)
    return (
        f"{recipe.tested_on.capitalize()} of the training examples tests, in place of the test "
        f"split, by the {_basis(dataset)} and split_seed {recipe.split_seed}. Of the others: "
        f"{validation_rule(dataset, recipe)}"
    )


def _basis(dataset: ArrayDataset) -> str:
    """Return what the choice of an example follows from."""
    examples = dataset.splits["train"].examples
    by_row = examples is None or examples.groups is None
    return "number of their row" if by_row else "sha256 of their identity"


def validation_rule(dataset: ArrayDataset, recipe: Recipe) -> str:
    """Return the rule by which the validation examples were chosen, as a sentence."""
    if VALIDATION in dataset.splits:
        return "The validation examples are a split of the data set."
    if recipe.held_out == "last":
        return f"The last {recipe.validation:.3g} of the training examples validate."
    return (
        f"A share of {recipe.validation:.3g} of the training examples validates, by the "
        f"{_basis(dataset)} and split_seed {recipe.split_seed}."
    )


def training_size(sizes: Mapping[str, int], recipe: Recipe) -> int:
    """Return the number of training examples, for a data set without identities, by its sizes."""
    size = sizes["train"]
    return size if VALIDATION in sizes else size - validation_size(size, recipe.validation)


def check_batch_size(available: int, recipe: Recipe) -> None:
    """Check that a step has no more examples than there are training examples.

    Raises:
        InvalidValueError: it has more.
    """
    if recipe.step_size <= available:
        return
    # Refused instead of reduced, so that the card states the real batch size.
    expected = f"expected at most {available}, the number of training examples of"
    if recipe.batch_size > available:
        raise InvalidValueError(
            f"invalid recipe: batch_size: {expected} {recipe.dataset!r}, got {recipe.batch_size}",
            hint=f"Choose a smaller one: --set batch_size={available}",
        )
    raise InvalidValueError(
        f"invalid recipe: accumulate: {expected} {recipe.dataset!r}, per step, got "
        f"{recipe.accumulate} batches of {recipe.batch_size}",
        hint=f"Choose a smaller one: --set accumulate={available // recipe.batch_size}",
    )


def split_rows(
    size: int, validation: float, seed: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split the rows 0 … size-1 into training and validation rows.

    Args:
        size: number of rows, at least 2.
        validation: share of the rows for validation, greater than 0 and less than 1.
        seed: seed of the random choice; None to hold out the last rows.

    Returns:
        Two sorted arrays, neither empty; every row is in exactly one.
    """
    train = size - validation_size(size, validation)
    rows = np.arange(size) if seed is None else permutation(size, seed)
    # Sorted, so that copying the inputs reads memory, or the file, from front to back.
    return np.sort(rows[:train]), np.sort(rows[train:])


def validation_size(size: int, validation: float) -> int:
    """Return the number of validation rows: the share, rounded, and at least 1, but not all."""
    return min(max(round(size * validation), 1), size - 1)
