"""Folds: a partition of the training examples, by class and by group, that other examples keep."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.example_record import make_record
from zoo_core.data.examples import Examples
from zoo_core.data.folds.assignment import fold_numbers
from zoo_core.data.folds.fold_rows import without_fold
from zoo_core.data.splits import split_rule, training_data
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.plugins.data_specs import TargetSpec, class_targets
from zoo_core.recipes.recipe import Recipe

CLASSES = ("a", "b", "c")


def make_dataset(labels, groups=None, keys=None, **splits):
    labels = np.array(labels, np.int64)
    keys = keys or [f"{n}.png" for n in range(len(labels))]
    examples = Examples(tuple(keys), tuple(groups or keys))
    inputs = np.arange(len(labels), dtype=np.float32)[:, None]
    test = Split(np.zeros((2, 1), np.float32), (np.zeros(2, np.int64),))
    train = Split(inputs, (labels,), examples=examples)
    return ArrayDataset(
        {"train": train, "test": test, **splits},
        (TargetSpec(task="classification", classes=CLASSES),),
    )


def without_identities(labels):
    whole = make_dataset(labels)
    train = whole.splits["train"]
    return ArrayDataset(
        {**whole.splits, "train": Split(train.inputs, train.targets)}, whole.targets
    )


def recipe(**values):
    return Recipe.model_validate({"dataset": "any", "trainer": "any", **values})


@st.composite
def labeled(draw):
    """Return labels with at least as many examples of each class as folds, and the folds."""
    folds = draw(st.integers(2, 6))
    sizes = draw(st.lists(st.integers(folds, 25), min_size=1, max_size=3))
    labels = [label for label, size in enumerate(sizes) for _ in range(size)]
    return draw(st.permutations(labels)), folds


@st.composite
def grouped(draw):
    """Return labeled examples in at least as many groups as folds, and the folds."""
    labels, folds = draw(labeled())
    count = draw(st.integers(folds, max(folds, len(labels) // 2)))
    others = st.lists(st.integers(0, count - 1), min_size=len(labels), max_size=len(labels))
    numbers = [*range(count), *draw(others)][: len(labels)]
    return labels, [f"patient {number}" for number in numbers], folds


@given(labeled(), st.integers(0, 3), st.booleans())
def test_folds_are_a_stratified_partition(case, seed, by_identity):
    labels, folds = case
    dataset = make_dataset(labels) if by_identity else without_identities(labels)
    numbers = fold_numbers(dataset, folds, seed)
    assert {*numbers.tolist()} == {*range(1, folds + 1)}
    for label in set(labels):
        sizes = np.bincount(numbers[np.array(labels) == label], minlength=folds + 1)[1:]
        assert sizes.max() - sizes.min() <= 1


@given(grouped())
def test_no_fold_splits_a_group_and_none_is_empty(case):
    labels, names, folds = case
    numbers = fold_numbers(make_dataset(labels, names), folds, 0)
    assert {*numbers.tolist()} == {*range(1, folds + 1)}
    fold_of = dict(zip(names, numbers.tolist(), strict=True))
    assert all(fold_of[name] == fold for name, fold in zip(names, numbers, strict=True))
    # And no two of the three parts of a training have examples of one group.
    try:
        data = training_data(make_dataset(labels, names), recipe(folds=folds, fold=1))
    except DataError as exc:
        assert "at least 2 groups" in exc.problem  # the others have a single one
        return
    parts = [{names[row] for row in some.tolist()} for _, some in data.parts.values()]
    assert sum(map(len, parts)) == len(set().union(*parts)) == len(set(names))


@given(labeled(), st.data())
def test_an_example_more_moves_at_most_one_at_each_bound_of_its_class(case, data):
    labels, folds = case
    label, key = data.draw(st.sampled_from(labels)), data.draw(st.sampled_from(["!", "5x", "new"]))
    before = fold_numbers(make_dataset(labels), folds, 0)
    keys = [f"{n}.png" for n in range(len(labels))]
    after = fold_numbers(make_dataset([label, *labels], keys=[f"{key}.png", *keys]), folds, 0)[1:]
    moved = np.flatnonzero(before != after)
    assert len(moved) <= folds - 1
    assert all(labels[row] == label for row in moved)


@given(labeled(), st.randoms(use_true_random=False))
def test_folds_do_not_depend_on_the_order_of_the_examples(case, random):
    labels, folds = case
    order = [*range(len(labels))]
    random.shuffle(order)
    shuffled = make_dataset([labels[n] for n in order], keys=[f"{n}.png" for n in order])
    numbers = fold_numbers(make_dataset(labels), folds, 0)
    assert np.array_equal(fold_numbers(shuffled, folds, 0), numbers[order])


@settings(max_examples=20)
@given(st.integers(0, 5))
def test_first_folds_do_not_get_the_remainder_of_every_class(seed):
    labels = np.repeat(np.arange(100), 11)
    train = Split(np.zeros((1100, 1), np.float32), (labels,))
    dataset = ArrayDataset({"train": train, "test": train}, class_targets(100))
    sizes = np.bincount(fold_numbers(dataset, 5, seed))[1:]
    # With one bound for all classes, one fold would have 300 and the others 200.
    assert sizes.max() < 260


def test_each_seed_has_folds_of_its_own():
    labels = [0, 1, 2] * 20
    for dataset in (make_dataset(labels), without_identities(labels)):
        assert not np.array_equal(fold_numbers(dataset, 5, 0), fold_numbers(dataset, 5, 1))


@pytest.mark.parametrize("by_identity", [True, False])
def test_parts_of_a_training_with_folds(by_identity):
    labels = [0, 1, 2] * 20
    dataset = make_dataset(labels) if by_identity else without_identities(labels)
    tested = []
    for fold in range(1, 6):
        data = training_data(dataset, recipe(folds=5, fold=fold, validation=0.2))
        rows = np.concatenate([some for _, some in data.parts.values()])
        assert sorted(rows.tolist()) == [*range(60)]  # each example in exactly one part
        assert np.array_equal(data.test.inputs[:, 0], data.test_rows)
        assert data.parts["test"][0] is data.train  # without a copy
        tested += data.test_rows.tolist()
    assert sorted(tested) == [*range(60)]


def test_record_and_rule_state_the_fold():
    data = training_data(make_dataset([0, 1, 2] * 20), recipe(folds=5, fold=3))
    found = {each.key for each in make_record(data).examples if each.split == "test"}
    assert found == {f"{row}.png" for row in data.test_rows}
    assert data.test.examples.keys == tuple(f"{row}.png" for row in data.test_rows)
    assert split_rule(data.dataset, recipe(folds=5, fold=3)) == (
        "Fold 3 of 5 of the training examples tests, in place of the test split, by the sha256 of "
        "their identity and split_seed 0. Of the others: A share of 0.1 of the training examples "
        "validates, by the sha256 of their identity and split_seed 0."
    )


def test_validation_split_of_a_data_set_stays():
    validation = Split(np.zeros((3, 1), np.float32), (np.zeros(3, np.int64),))
    dataset = make_dataset([0, 1, 2] * 20, validation=validation)
    data = training_data(dataset, recipe(folds=5, fold=3))
    assert len(data.validation_rows) == 3
    assert sorted([*data.train_rows, *data.test_rows]) == [*range(60)]


def test_composed_examples_contain_nothing_of_the_fold():
    dataset, passed = make_dataset([0, 1, 2] * 20), []

    def compose(seed, epoch, held_out):
        passed.append(held_out)
        return dataset.splits["train"]

    composing = ArrayDataset(dataset.splits, dataset.targets, compose=compose)
    chosen = recipe(folds=5, fold=3, fresh=True)
    data = training_data(composing, chosen)
    data.epoch(chosen, 1)
    assert {*data.test_rows.tolist(), *data.validation_rows.tolist()} == {*passed[0].tolist()}


def test_more_folds_than_a_class_has_examples():
    with pytest.raises(InvalidValueError) as error:
        fold_numbers(make_dataset([0] * 9 + [1] * 3), 5, 0)
    assert error.value.problem == (
        "invalid recipe: folds: expected at most 3, the number of training examples of class 'b', "
        "got 5"
    )
    assert error.value.hint == "Choose fewer: --folds 3."


def test_more_folds_than_groups():
    with pytest.raises(InvalidValueError, match="at most 2, the number of groups, got 3"):
        fold_numbers(make_dataset([0] * 9, ["x", "y", "x"] * 3), 3, 0)


def test_data_without_a_fold():
    dataset, passed = make_dataset([0, 1, 2] * 20), []

    def compose(seed, epoch, held_out):
        passed.append(held_out)
        return dataset.splits["train"]

    composing = ArrayDataset(dataset.splits, dataset.targets, compose=compose)
    rest = without_fold(composing, 5, 3, 0)
    outside = np.flatnonzero(fold_numbers(dataset, 5, 0) == 3)
    kept = np.setdiff1d(np.arange(60), outside)
    assert np.array_equal(rest.splits["train"].inputs[:, 0], kept)
    assert rest.splits["train"].examples.keys == tuple(f"{row}.png" for row in kept)
    # The same validation rows as in a training with this fold.
    within, whole = training_data(rest, recipe()), training_data(dataset, recipe(folds=5, fold=3))
    assert np.array_equal(kept[within.train_rows], whole.train_rows)
    rest.compose(0, 1, np.array([0, 4]))
    assert {*passed[0].tolist()} == {kept[0], kept[4], *outside}
