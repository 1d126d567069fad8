"""Weights of classes: words, numbers and names of a recipe as numbers for each head's loss."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import InvalidValueError
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.recipes.class_weights import class_weights
from zoo_core.recipes.recipe import Recipe
from zoo_core.tasks.classification import Classification
from zoo_core.tasks.multi_label import MultiLabel
from zoo_core.tasks.segmentation import IGNORED_PIXEL, Segmentation

PETS = Classification(TargetSpec(task="classification", classes=("cat", "dog", "owl")))
SIZES = Classification(TargetSpec(task="classification", name="size", classes=("small", "large")))
WEIGHTED, PLAIN = ("class_weights",), ()


def weights(value, tasks=(PETS,), fields=None, targets=None):
    recipe = Recipe(dataset="pets", trainer="torch", class_weights=value)
    fields = fields or [WEIGHTED] * len(tasks)
    return class_weights(recipe, fields, tasks, targets or [np.array([0])] * len(tasks))


def test_numbers_are_in_the_order_of_the_classes():
    assert weights([1, 2, 0.5]) == ((1, 2, 0.5),)


def test_names_are_for_their_classes_and_others_have_1():
    assert weights({"owl": 5}) == ((1, 1, 5),)
    assert weights({"owl": 5, "large": 0}, (PETS, SIZES)) == ((1, 1, 5), (1, 0))


def test_loss_without_weights_has_none():
    assert weights({"owl": 5}, (PETS, SIZES), [WEIGHTED, PLAIN]) == ((1, 1, 5), ())


@given(st.lists(st.integers(0, 5), min_size=1))
def test_balanced_classes_have_equal_sums_of_weights(labels):
    task = Classification(TargetSpec(task="classification", size=6))
    targets = np.array(labels)
    (found,) = weights("balanced", (task,), targets=[targets])
    sums = np.bincount(targets, np.array(found)[targets], minlength=6)
    present = np.bincount(targets, minlength=6) > 0
    # N / (K * count), for K classes that have examples.
    np.testing.assert_allclose(sums[present], len(labels) / present.sum())
    assert (np.array(found)[~present] == 1).all()


def test_balanced_labels_count_as_much_as_their_absence():
    task = MultiLabel(TargetSpec(task="multi-label", size=3))
    targets = np.array([[1, 1, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0]])
    # None or all of the examples have the others, which no weight could balance.
    assert weights("balanced", (task,), targets=[targets]) == ((3, 1, 1),)


def test_balanced_pixels_are_counted_without_those_ignored():
    task = Segmentation(TargetSpec(task="segmentation", size=3, shape=(2, 2)))
    targets = np.array([[[0, 0], [0, 2]], [[IGNORED_PIXEL] * 2] * 2], np.uint8)
    assert weights("balanced", (task,), targets=[targets]) == ((4 / 6, 1, 2),)


@pytest.mark.parametrize(
    ("value", "tasks", "problem", "hint"),
    [
        ({"dgo": 2}, (PETS,), "expected names of classes, got 'dgo'", "Did you mean 'dog'"),
        ([1, 2], (PETS,), "expected 3 numbers, one per class of the target, got 2", '{"NAME": 2}'),
        ([1, 2, 3], (PETS, SIZES), "expected 2 numbers, one per class of target 'size', got 3", ""),
        ([0, 0, 0], (PETS,), "greater than 0 for some class of the target, got 0 for all", ""),
        ({"small": 0, "large": 0}, (PETS, SIZES), "some class of target 'size', got 0 for all", ""),
    ],
)
def test_weights_that_fit_no_classes_are_refused(value, tasks, problem, hint):
    with pytest.raises(InvalidValueError) as found:
        weights(value, tasks)
    assert problem in found.value.problem
    assert hint in found.value.hint


@pytest.mark.parametrize("value", ["even", [-1, 1, 1], {"cat": -1}, [float("inf"), 1, 1], 3])
def test_other_values_are_refused(value):
    with pytest.raises(ValueError, match="class_weights"):
        Recipe(dataset="pets", trainer="torch", class_weights=value)
