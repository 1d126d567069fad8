"""The order of an epoch with equally many examples of each class."""

import numpy as np
from hypothesis import given, strategies as st

from zoo_core.data.sampling.balanced_order import balanced_order, joint_classes

CLASSES = st.lists(st.integers(0, 6), min_size=1, max_size=60).map(
    lambda each: np.unique(each, return_inverse=True)[1]
)


@given(CLASSES, st.integers(0, 2**63 - 1), st.integers(1, 50))
def test_epoch_has_as_many_examples_as_there_are_and_equally_many_of_each_class(
    classes, seed, epoch
):
    order = balanced_order(classes, seed, epoch)
    counts = np.bincount(classes[order], minlength=classes.max() + 1)
    assert len(order) == len(classes)
    assert counts.max() - counts.min() <= 1
    # A pure function, which a resumed training needs.
    assert np.array_equal(order, balanced_order(classes, seed, epoch))


@given(CLASSES, st.integers(0, 5))
def test_examples_of_a_class_come_up_equally_often_over_epochs(classes, seed):
    epochs = np.concatenate([balanced_order(classes, seed, epoch) for epoch in range(1, 21)])
    times = np.bincount(epochs, minlength=len(classes))
    for number in np.unique(classes):
        own = times[classes == number]
        # All in turn, rare or frequent: whole permutations, one after the other.
        assert own.max() - own.min() <= 1


def test_order_differs_between_epochs_and_seeds():
    classes = np.arange(200) % 5
    orders = {tuple(balanced_order(classes, seed, epoch)) for seed in (0, 1) for epoch in (1, 2, 3)}
    assert len(orders) == 6
    for order in orders:
        assert sorted(order[:50]) != sorted(order[50:100])
        # Shuffled, because batches must not be of one class.
        assert len(np.unique(classes[list(order[:20])])) == 5


def test_single_example_of_a_class_is_repeated_in_half_of_an_epoch():
    classes = np.zeros(20_001, np.int64)
    classes[77] = 1
    order = balanced_order(classes, 3, 2)
    assert np.count_nonzero(order == 77) == 10_000


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(5, 8)), min_size=1))
def test_joint_classes_are_equal_for_equal_classes_of_all_heads(pairs):
    first, second = np.array(pairs).T
    numbers = joint_classes([first, np.zeros((len(pairs), 2)), second])
    assert sorted(set(numbers.tolist())) == list(range(len(set(pairs))))
    assert len(set(zip(numbers.tolist(), pairs, strict=True))) == len(set(pairs))
