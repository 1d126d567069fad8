"""Rows that are held out from examples composed anew in every epoch."""

import numpy as np
import pytest

from zoo_core import ArrayDataset, Recipe, Split, class_targets
from zoo_core.data.splits import VALIDATION, training_data

RECIPE = Recipe(dataset="toy", trainer="toy", fresh=True)


def split(count):
    return Split(np.zeros((count, 1, 2, 2), np.uint8), (np.arange(count) % 2,))


@pytest.mark.parametrize("has_validation_split", [False, True])
def test_composing_is_given_the_training_rows_that_are_held_out(has_validation_split):
    given = []

    def compose(seed, epoch, held_out):
        given.append(held_out)
        return split(20 - len(held_out))

    splits = {"train": split(20), "test": split(3)}
    if has_validation_split:  # its rows are not those of the training examples
        splits[VALIDATION] = split(5)
    dataset = ArrayDataset(splits=splits, targets=class_targets(2), compose=compose)
    data = training_data(dataset, RECIPE)
    examples, rows = data.epoch(RECIPE, 1)
    expected = [] if has_validation_split else data.validation_rows.tolist()
    assert given[0].tolist() == expected
    assert len(examples) == len(rows) == len(data.train_rows)
