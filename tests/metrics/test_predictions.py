"""Predictions: the fields of all heads, under the names that their tasks give them."""

import copy
import pickle

import numpy as np
import pytest

from zoo_core.metrics.predictions import predictions_of
from zoo_core.plugins.data_specs import TargetSpec, class_targets
from zoo_core.tasks.classification import Classification
from zoo_core.tasks.regression import Regression


@pytest.fixture
def predictions():
    tasks = [Classification(target) for target in class_targets(2, 3)]
    random = np.random.default_rng(0)
    outputs = [random.standard_normal((4, classes)).astype(np.float32) for classes in (2, 3)]
    return predictions_of(tasks, outputs)


def test_field_with_one_number_per_example_is_one_array_of_all_heads(predictions):
    assert predictions.labels.shape == (4, 2)
    for head, each in enumerate(predictions.heads):
        assert np.array_equal(predictions.labels[:, head], each.labels)


def test_field_with_several_numbers_per_example_is_a_list_of_heads(predictions):
    assert [each.shape for each in predictions.probabilities] == [(4, 2), (4, 3)]
    assert len(predictions) == 4


def test_unknown_field_is_an_attribute_error(predictions):
    with pytest.raises(AttributeError, match="values"):
        _ = predictions.values
    assert not hasattr(predictions, "__array__")


def test_field_of_some_heads_is_that_of_a_head(predictions):
    tasks = [
        Classification(*class_targets(2)),
        Regression(TargetSpec(task="regression")),
        Classification(*class_targets(2)),
    ]
    mixed = predictions_of(tasks, [*predictions.outputs[:1], np.zeros((4, 1)), np.ones((4, 2))])
    with pytest.raises(AttributeError, match=r"use \.heads\[0\]\.labels or \.heads\[2\]\.labels$"):
        _ = mixed.labels
    with pytest.raises(AttributeError, match="no 'masks': .* labels, probabilities, values$"):
        _ = mixed.masks


def through_pickle(predictions):
    return pickle.loads(pickle.dumps(predictions))  # noqa: S301 (its own bytes)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, through_pickle])
def test_predictions_can_be_copied(predictions, duplicate):
    assert np.array_equal(duplicate(predictions).labels, predictions.labels)
