"""Targets with exactly so many labels: probabilities against a list of all sets, and scores."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import DataError
from zoo_core.plugins.data_specs import TargetSpec, plain, target_of
from zoo_core.tasks.label_sets import (
    label_probabilities,
    most_probable_sets,
    set_cross_entropies,
)
from zoo_core.tasks.multi_label import MultiLabel

PAIR = TargetSpec(task="multi-label", classes=tuple("abcd"), choose=2)
TASK = MultiLabel(PAIR)


def every_set(logits, size):
    """Return all sets of a size, and the probability of each, of one row of logits."""
    sets = [list(each) for each in combinations(range(len(logits)), size)]
    weights = np.array([np.exp(logits[each].sum()) for each in sets])
    return sets, weights / weights.sum()


@given(st.integers(0, 2**32 - 1), st.integers(2, 7), st.data())
def test_probabilities_are_sums_over_all_sets(seed, labels, data):
    size = data.draw(st.integers(1, labels - 1))
    logits = np.random.default_rng(seed).normal(0, 3, labels)
    sets, shares = every_set(logits, size)
    expected = [sum(p for one, p in zip(sets, shares, strict=True) if i in one)
                for i in range(labels)]  # fmt: skip
    found = label_probabilities(logits[np.newaxis], size)[0]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.sum() == pytest.approx(size, abs=1e-5)
    best = sets[int(shares.argmax())]
    assert np.flatnonzero(most_probable_sets(logits[np.newaxis], size)[0]).tolist() == best
    for one, share in zip(sets, shares, strict=True):
        wanted = np.isin(np.arange(labels), one)[np.newaxis]
        assert set_cross_entropies(logits[np.newaxis], wanted)[0] == pytest.approx(
            -np.log(share), abs=1e-9
        )


def test_a_number_added_to_all_logits_changes_nothing():
    logits, targets = np.array([[3.0, 1, -2, 0]]), np.array([[1, 0, 0, 1]])
    for by in (-50.0, 7.0):
        np.testing.assert_allclose(
            label_probabilities(logits + by, 2), label_probabilities(logits, 2), atol=1e-6
        )
        assert set_cross_entropies(logits + by, targets) == pytest.approx(
            set_cross_entropies(logits, targets)
        )


def test_large_logits_have_finite_loss_and_probabilities():
    logits = np.array([[1e4, -1e4, 0, 1e4]], np.float32)
    assert set_cross_entropies(logits, np.array([[1, 0, 0, 1]])).tolist() == [0]
    assert set_cross_entropies(logits, np.array([[0, 1, 1, 0]])).tolist() == [3e4]
    assert label_probabilities(logits, 2).tolist() == [[1, 0, 0, 1]]


def test_prediction_has_as_many_labels_as_the_target_states():
    outputs = np.array([[-1, -2, -3, -4], [5, 6, 7, 8], [0, 0, 0, 0]], np.float32)
    prediction = TASK.predict(outputs)
    # Of equal logits the first ones.
    assert prediction.present.tolist() == [[1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 0, 0]]
    np.testing.assert_allclose(prediction.probabilities.sum(axis=1), 2, rtol=1e-6)
    assert [*TASK.texts(prediction)][2] == "a (50.0%), b (50.0%)"


def test_first_measure_is_whether_the_set_is_right():
    outputs = np.array([[5, 4, 0, 0], [5, 0, 4, 0]], np.float32)
    measured = TASK.measure(outputs, np.array([[1, 1, 0, 0], [1, 1, 0, 0]], np.uint8))
    first, *_ = TASK.measures
    assert (first.name, first.binary) == ("exact_match", True)
    assert measured.columns[first.name].tolist() == [True, False]
    metrics = TASK.metrics(measured)
    assert metrics["exact_match"] == 0.5
    assert metrics["exact"] == 1
    assert metrics["f1"] == 0.75


def test_ensemble_does_not_depend_on_a_number_added_to_all_logits():
    one, other = np.array([[3.0, 1, 0, 0]], np.float32), np.array([[0, 2.0, 1, 0]], np.float32)
    shifted, plain_mean = (TASK.predict(TASK.combine([one, each])) for each in (other - 100, other))
    np.testing.assert_allclose(shifted.probabilities, plain_mean.probabilities, atol=1e-4)
    assert shifted.present.tolist() == [[True, True, False, False]]


def test_other_numbers_of_labels_are_an_error():
    right = np.array([[1, 1, 0, 0], [0, 1, 0, 1]], np.uint8)
    TASK.check_targets(right)
    for wrong, got in (([1, 1, 1, 0], 3), ([0, 0, 0, 1], 1)):
        targets = np.array([[1, 1, 0, 0], wrong], np.uint8)
        with pytest.raises(DataError, match=f"exactly 2 labels per example, got {got} in exampl"):
            TASK.check_targets(targets)


@given(st.integers(2, 12), st.data())
def test_example_targets_are_legal_and_differ(labels, data):
    choose = data.draw(st.integers(1, labels - 1))
    task = MultiLabel(TargetSpec(task="multi-label", size=labels, choose=choose))
    targets = task.example_targets(20)
    task.check_targets(targets)
    assert len(np.unique(targets, axis=0)) > 1


@pytest.mark.parametrize("choose", [-1, 4, 5])
def test_number_of_labels_must_be_less_than_all(choose):
    with pytest.raises(ValueError, match=rf"choose: expected .* less than size, 4, .* {choose}$"):
        TargetSpec(task="multi-label", size=4, choose=choose)


def test_number_of_labels_is_in_json_only_where_it_is_stated():
    assert plain(PAIR)["choose"] == 2
    assert target_of(plain(PAIR)) == PAIR
    assert "choose" not in plain(TargetSpec(task="multi-label", size=4))
