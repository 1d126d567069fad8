"""Data sets as arrays, held against what their specs declare."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.data.dataset import ArrayDataset, Split, load_dataset
from zoo_core.data.splits import TrainingData, permutation, split_rows
from zoo_core.errors import DataError, VerificationError
from zoo_core.metrics.scores import cross_entropy, score, softmax
from zoo_core.plugins.entry import Entry


def images(*shape):
    return np.zeros(shape, np.uint8)


def labels(*rows):
    return np.array(rows, np.int64)


@pytest.mark.parametrize(
    ("pixels", "targets", "said"),
    [
        (np.zeros((2, 1, 3, 3), np.float32), labels([0], [0]), "images must be uint8"),
        (images(2, 3, 3), labels([0], [0]), r"got uint8 \(2, 3, 3\)"),
        (images(2, 1, 3, 3), np.zeros((2, 1), np.int32), "labels must be int64"),
        (images(2, 1, 3, 3), np.zeros(2, np.int64), r"got int64 \(2,\)"),
        (images(2, 1, 3, 3), labels([0]), "2 images and 1 labels"),
    ],
)
def test_a_split_refuses_other_arrays(pixels, targets, said):
    with pytest.raises(DataError, match=said):
        Split(pixels, targets)


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (labels([0], [2]), "labels from 0 to 2 in head 0, which has the classes 0 to 1"),
        (labels([-1], [0]), "labels from -1 to 0"),
        (labels([0, 0], [1, 1]), "2 labels an image for 1 heads"),
    ],
)
def test_a_dataset_refuses_labels_without_a_class(targets, said):
    with pytest.raises(DataError, match=said):
        ArrayDataset({"train": Split(images(2, 1, 3, 3), targets)}, (("a", "b"),), (0.0,), (1.0,))


def test_the_checksum_sees_every_pixel_label_and_class(toy):
    dataset = load_dataset(toy.dataset("toy"))
    split = dataset.splits["test"]
    pixels, targets = split.images.copy(), split.labels.copy()
    pixels[-1, 0, -1, -1] ^= 1
    targets[-1, 0] = (targets[-1, 0] + 1) % 3
    splits = [
        {"test": Split(pixels, split.labels)},
        {"test": Split(split.images, targets)},
        {"extra": split},
    ]
    changed = [dataclasses.replace(dataset, splits={**dataset.splits, **new}) for new in splits]
    changed.append(dataclasses.replace(dataset, classes=(("high", "middle", "LOW"),)))
    assert len({dataset.sha256(), *(other.sha256() for other in changed)}) == 5


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"sha256": "0" * 64}, VerificationError, "has the sha256 .* declares 0000"),
        ({"shape": (1, 7, 5)}, DataError, r"has the shape \(200, 1, 6, 5\), .* \(200, 1, 7, 5\)"),
        ({"sizes": {"train": 201, "test": 50}}, DataError, "split 'train'"),
        ({"sizes": {"train": 200, "test": 50, "x": 1}}, DataError, "split 'x' .* shape None"),
    ],
)
def test_a_dataset_that_is_not_as_declared_is_refused(toy, change, error, said):
    entry = toy.dataset("toy")
    with pytest.raises(error, match=said):
        load_dataset(Entry(dataclasses.replace(entry.spec, **change), entry.plugin))


@pytest.mark.parametrize("declares", [True, False])
def test_the_data_set_of_a_card_is_the_one_that_is_loaded(toy, declares):
    entry = toy.dataset("toy")
    sha256 = entry.spec.sha256
    if not declares:  # as where nobody could know it beforehand
        entry = Entry(dataclasses.replace(entry.spec, sha256=""), entry.plugin)
    assert load_dataset(entry, expected=sha256).sha256() == sha256
    with pytest.raises(VerificationError, match=f"about toy with the sha256 0+, .* has {sha256}"):
        load_dataset(entry, expected="0" * 64)


@given(st.integers(2, 500), st.floats(0.001, 0.999), st.none() | st.integers(0, 2**32))
def test_every_row_is_trained_on_or_held_out(size, share, seed):
    train, validation = split_rows(size, share, seed)
    assert len(train)
    assert len(validation)
    assert sorted([*train, *validation]) == list(range(size))
    again = split_rows(size, share, seed)
    assert np.array_equal(train, again[0])


def test_the_last_rows_are_held_out_without_a_seed():
    train, validation = split_rows(10, 0.2, None)
    assert train.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert validation.tolist() == [8, 9]


def test_the_order_is_a_pure_function_of_seed_and_epoch(toy):
    dataset = load_dataset(toy.dataset("toy"))
    rows, held_out = split_rows(200, 0.1, 0)
    data = TrainingData(dataset, rows, held_out, normalization=None)
    assert np.array_equal(data.order(3, 5), data.order(3, 5))
    assert set(data.order(3, 5)) == set(rows)
    different = [data.order(3, 5), data.order(3, 6), data.order(4, 5), data.order(5, 3)]
    assert len({tuple(order) for order in different}) == 4


def test_the_order_is_the_same_on_every_machine():
    assert permutation(10, 1, 2).tolist() == [5, 6, 9, 3, 2, 1, 0, 8, 4, 7]


logits = st.lists(st.lists(st.floats(-50, 50), min_size=3, max_size=3), min_size=1, max_size=9)


@given(logits)
def test_probabilities_are_positive_and_sum_to_one(rows):
    probabilities = softmax(np.array(rows, np.float32))
    assert (probabilities >= 0).all()
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_loss_is_the_cross_entropy_in_nats():
    flat = np.zeros((4, 10), np.float32)
    assert cross_entropy(flat, np.arange(4)) == pytest.approx(np.log(10))
    sure = np.array([[1000.0, 0.0]], np.float32)
    assert cross_entropy(sure, np.array([0])) == 0
    assert cross_entropy(sure, np.array([1])) == 1000


def test_scores_count_each_head_and_both():
    heads = [np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)]
    scores = score(heads, labels([0, 0], [1, 0], [0, 2]))
    assert scores.correct == (2, 2)
    assert scores.accuracy == (2 / 3, 2 / 3)
    assert (scores.all_correct, scores.total) == (1, 3)
