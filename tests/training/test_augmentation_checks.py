"""Refusals of augmentation that data or tasks do not fit: one sentence, and what to do."""

import dataclasses

import pytest

from zoo_core.errors import InvalidValueError
from zoo_core.metrics.task import Task
from zoo_core.plugins.data_specs import InputSpec, TargetSpec, class_targets
from zoo_core.recipes.recipe import Recipe
from zoo_core.tasks.classification import Classification
from zoo_core.tasks.segmentation import Segmentation
from zoo_core.tasks.sequence import StringRecognition
from zoo_core.testing.random_data import DATASET
from zoo_core.training.checks.augmentation_checks import check_augmentation

CLASSES = class_targets(3)
STRINGS = TargetSpec(task="sequence", classes=("a", "b"), shape=(4,))
MASKS = TargetSpec(task="segmentation", size=3, shape=(12, 12))


class Whole(Task):
    """A task of another plugin."""


def check(fields, spec=None, tasks=None):
    dataset = dataclasses.replace(DATASET, input=spec or InputSpec(shape=(3, 9, 9)))
    recipe = Recipe(dataset="d", trainer="t", **fields)
    check_augmentation(recipe, dataset, tasks or [Classification(*CLASSES)], lambda _: "--set")


TOKENS = InputSpec(kind="tokens", shape=(5,), size=9)
COUNTS = InputSpec(kind="array", shape=(5,), dtype="int64")
GRAY, FOUR = InputSpec(shape=(1, 9, 9)), InputSpec(shape=(4, 9, 9))


@pytest.mark.parametrize(
    ("fields", "spec", "tasks", "problem"),
    [
        ({"mixup": 0.4}, None, [StringRecognition(STRINGS)], "targets of task sequence cannot"),
        ({"cutmix": 1.0}, None, [Segmentation(MASKS)], "targets of task segmentation cannot"),
        (
            {"mixup": 0.4},
            None,
            [Classification(*CLASSES), StringRecognition(STRINGS)],
            "targets of task sequence cannot",
        ),
        ({"mixup": 0.4}, TOKENS, None, "the inputs of dataset 'random' are tokens of int64"),
        ({"mixup": 0.4}, COUNTS, None, "the inputs of dataset 'random' are array of int64"),
        ({"mixup": 0.4, "batch_size": 1}, None, None, "batch_size is 1"),
        ({"saturation": 0.4}, GRAY, None, "images of dataset 'random' have 1 channel, not 3"),
        ({"hue": 0.1}, FOUR, None, "images of dataset 'random' have 4 channels, not 3"),
        ({"randaugment": 5.0, "trivialaugment": True}, None, None, "trivialaugment is true"),
        ({"plain_end": 0.1}, None, None, "no field of augmentation is set"),
        ({"plain_end": 0.1, "views": 5}, None, None, "no field of augmentation is set"),
        ({"plain_end": 0.1, "flip": 0.5, "patience": 3}, None, None, "patience is 3, and with"),
    ],
)
def test_augmentation_that_does_not_fit_is_refused(fields, spec, tasks, problem):
    field, value = next(iter(fields.items()))
    with pytest.raises(InvalidValueError) as caught:
        check(fields, spec, tasks)
    assert str(caught.value).startswith(f"invalid --set: {field} is {value}, but ")
    assert problem in str(caught.value)
    assert caught.value.hint == f"Leave it out: --set {field}=0"


@pytest.mark.parametrize(
    ("fields", "spec", "tasks"),
    [
        ({"mixup": 0.4, "cutmix": 1.0}, None, [Whole(CLASSES[0])]),
        ({"mixup": 0.4}, InputSpec(kind="features", shape=(5,)), None),
        ({"mixup": 0.4}, InputSpec(kind="array", shape=(5, 2), dtype="float64"), None),
        ({"contrast": 0.4, "trivialaugment": True}, GRAY, None),
        ({"erase": 0.4, "hue": 0.4}, None, [Segmentation(MASKS)]),
    ],
)
def test_augmentation_that_fits_is_accepted(fields, spec, tasks):
    check(fields, spec, tasks)


def test_mixable_is_documented_by_the_built_in_tasks():
    mixable = {each.__name__: each.mixable for each in (Classification, Segmentation, Whole)}
    assert mixable == {"Classification": True, "Segmentation": False, "Whole": True}
