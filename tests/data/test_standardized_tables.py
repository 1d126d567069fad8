"""Statistics of a table's features: numbers are standardized, categories are not."""

import numpy as np
import pytest

from zoo_core import ArrayDataset, Column, InputSpec, Split, TargetSpec
from zoo_core.data.splits import training_data
from zoo_core.errors import DataError
from zoo_core.recipes.recipe import Recipe
from zoo_core.tasks.regression import Regression

SPEC = InputSpec(
    kind="features",
    shape=(4,),
    columns=(Column(name="size"), Column(name="town", categories=("Bonn", "Kiel", "Ulm"))),
)
TARGET = TargetSpec(task="regression")


def normalization(train, **fields):
    """Return the normalization of training rows, half of which validate."""
    inputs = np.array(train, np.float32)
    split = Split(inputs, (np.arange(len(inputs), dtype=np.float32),))
    dataset = ArrayDataset({"train": split, "test": split}, (TARGET,), input=SPEC)
    recipe = Recipe(dataset="t", trainer="numpy", validation=0.5, held_out="last", **fields)
    return training_data(dataset, recipe, (Regression(TARGET),)).normalization


def test_categories_stay_0_and_1_also_one_that_no_training_row_has():
    found = normalization([[1, 1, 0, 0], [3, 0, 1, 0], [5, 0, 0, 1], [5, 0, 0, 1]])
    assert (found.mean, found.std) == ((2, 0, 0, 0), (1, 1, 1, 1))


@pytest.mark.parametrize("size", [7.0, np.nan])
def test_a_column_with_one_value_or_none_in_the_training_rows_is_refused(size):
    rows = [[size, 1, 0, 0], [size, 0, 1, 0], [5, 0, 0, 1], [6, 0, 0, 1]]
    with pytest.raises(DataError, match="the same value, or none, .* rows: size.*drop=COLUMN"):
        normalization(rows, missing="mean")
