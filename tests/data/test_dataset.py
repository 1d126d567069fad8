"""Data sets as arrays, checked against their specs."""

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
    ("pixels", "targets", "message"),
    [
        (np.zeros((2, 1, 3, 3), np.float32), labels([0], [0]), "images uint8.*float32"),
        (images(2, 3, 3), labels([0], [0]), r"images .*uint8 \(2, 3, 3\)"),
        (images(2, 1, 3, 3), np.zeros((2, 1), np.int32), "labels int64.*int32"),
        (images(2, 1, 3, 3), np.zeros(2, np.int64), r"labels .*int64 \(2,\)"),
        (images(2, 1, 3, 3), labels([0]), "2 images and 1 labels"),
    ],
)
def test_split_rejects_invalid_arrays(pixels, targets, message):
    with pytest.raises(DataError, match=message):
        Split(pixels, targets)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (labels([0], [2]), "'train', head 0: expected 0 to 1, got 0 to 2"),
        (labels([-1], [0]), "'train', head 0: expected 0 to 1, got -1 to 0"),
        (labels([0, 0], [1, 1]), "'train'.* expected 1.* got 2"),
    ],
)
def test_array_dataset_rejects_labels_without_class(targets, message):
    with pytest.raises(DataError, match=message):
        ArrayDataset({"train": Split(images(2, 1, 3, 3), targets)}, (("a", "b"),), (0.0,), (1.0,))


def test_dataset_sha256_covers_pixels_labels_splits_and_classes(toy):
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
    ("change", "error", "message"),
    [
        ({"sha256": "0" * 64}, VerificationError, r"'toy': .* 0{64}\b.* got [0-9a-f]{64}\b"),
        ({"shape": (1, 7, 5)}, DataError, r"\(200, 1, 7, 5\).* got \(200, 1, 6, 5\)"),
        ({"sizes": {"train": 201, "test": 50}}, DataError, "split 'train'"),
        ({"sizes": {"train": 200, "test": 50, "x": 1}}, DataError, "split 'x' .*None"),
    ],
)
def test_load_dataset_rejects_content_unlike_spec(toy, change, error, message):
    entry = toy.dataset("toy")
    with pytest.raises(error, match=message):
        load_dataset(Entry(dataclasses.replace(entry.spec, **change), entry.plugin))


@pytest.mark.parametrize("declares", [True, False])
def test_load_dataset_verifies_expected_sha256(toy, declares):
    entry = toy.dataset("toy")
    sha256 = entry.spec.sha256
    if not declares:  # as for a source, whose content is not known beforehand
        entry = Entry(dataclasses.replace(entry.spec, sha256=""), entry.plugin)
    assert load_dataset(entry, expected=sha256).sha256() == sha256
    with pytest.raises(VerificationError, match=rf"toy .*\b0{{64}}\b.*\b{sha256}\b"):
        load_dataset(entry, expected="0" * 64)


@given(st.integers(2, 500), st.floats(0.001, 0.999), st.none() | st.integers(0, 2**32))
def test_split_rows_assigns_every_row_once(size, share, seed):
    train, validation = split_rows(size, share, seed)
    assert len(train)
    assert len(validation)
    assert sorted([*train, *validation]) == list(range(size))
    again = split_rows(size, share, seed)
    assert np.array_equal(train, again[0])


def test_split_rows_holds_out_last_rows_without_seed():
    train, validation = split_rows(10, 0.2, None)
    assert train.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert validation.tolist() == [8, 9]


def test_training_order_depends_only_on_seed_and_epoch(toy):
    dataset = load_dataset(toy.dataset("toy"))
    rows, held_out = split_rows(200, 0.1, 0)
    data = TrainingData(dataset, rows, held_out, normalization=None)
    assert np.array_equal(data.order(3, 5), data.order(3, 5))
    assert set(data.order(3, 5)) == set(rows)
    different = [data.order(3, 5), data.order(3, 6), data.order(4, 5), data.order(5, 3)]
    assert len({tuple(order) for order in different}) == 4


def test_permutation_is_same_on_every_machine():
    assert permutation(10, 1, 2).tolist() == [5, 6, 9, 3, 2, 1, 0, 8, 4, 7]


logits = st.lists(st.lists(st.floats(-50, 50), min_size=3, max_size=3), min_size=1, max_size=9)


@given(logits)
def test_softmax_is_nonnegative_and_sums_to_one(rows):
    probabilities = softmax(np.array(rows, np.float32))
    assert (probabilities >= 0).all()
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_cross_entropy_is_in_nats():
    flat = np.zeros((4, 10), np.float32)
    assert cross_entropy(flat, np.arange(4)) == pytest.approx(np.log(10))
    sure = np.array([[1000.0, 0.0]], np.float32)
    assert cross_entropy(sure, np.array([0])) == 0
    assert cross_entropy(sure, np.array([1])) == 1000


def test_score_counts_each_head_and_all_heads():
    heads = [np.eye(3, dtype=np.float32), np.eye(3, dtype=np.float32)]
    scores = score(heads, labels([0, 0], [1, 0], [0, 2]))
    assert scores.correct == (2, 2)
    assert scores.accuracy == (2 / 3, 2 / 3)
    assert (scores.all_correct, scores.total) == (1, 3)
