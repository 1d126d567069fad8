"""The data set multi-mnist: its pairs of digits, and the sums of their pixels."""

import numpy as np
import pytest

from zoo_core import Split
from zoo_core.installation.installed import load_catalog
from zoo_mnist import mnist, multi_mnist
from zoo_mnist.multi_mnist import Pairs, compose, compose_anew, train_pairs

TENTH = np.arange(54_000, 60_000)
"""The rows of `held_out: last`."""


@pytest.fixture(scope="module")
def digits():
    return mnist.load()


@pytest.fixture(scope="module")
def pairs():
    return multi_mnist.load()


@pytest.fixture(scope="module")
def labels(digits):
    return digits.splits["train"].targets[0]


def test_spec_states_the_data_that_are_loaded(pairs):
    spec = load_catalog().dataset("multi-mnist").spec
    assert spec.targets == pairs.targets
    assert spec.sha256 == pairs.sha256()
    pixels = pairs.splits["train"].inputs / 255
    assert pairs.mean == pytest.approx((pixels.mean(),), abs=1e-7)
    assert pairs.std == pytest.approx((pixels.std(),), abs=1e-7)


@pytest.mark.parametrize("name", ["train", "test"])
def test_every_image_has_two_digits_and_every_digit_is_the_first_once(name, digits, pairs):
    single, split = digits.splits[name], pairs.splits[name]
    drawn = getattr(multi_mnist, f"{name}_pairs")(single.targets[0])
    assert drawn.digits[:, 0].tolist() == [*range(len(single))]
    assert (split.targets[0].sum(axis=1) == 2).all()
    rows = np.arange(len(single))
    for digit in drawn.digits.T:
        assert split.targets[0][rows, single.targets[0][digit]].all()


def test_image_is_the_sum_of_two_shifted_digits_up_to_255(digits, pairs):
    test = digits.splits["test"]
    drawn = multi_mnist.test_pairs(test.targets[0])
    for i in (0, 1, 9_999):
        total = np.zeros((36, 36), int)
        for digit, (down, right) in zip(drawn.digits[i], drawn.corners[i], strict=True):
            total[down : down + 28, right : right + 28] += test.inputs[digit, 0]
        assert total.max() > 255
        assert np.array_equal(pairs.splits["test"].inputs[i, 0], total.clip(max=255))


def test_shifts_and_classes_are_drawn_evenly(labels):
    drawn = train_pairs(labels)
    assert np.bincount(drawn.corners.ravel(), minlength=9).min() > 0.98 * 4 * 60_000 / 9
    first, second = labels[drawn.digits].T
    table = np.bincount(10 * first + second, minlength=100).reshape(10, 10)
    assert not table.diagonal().any()
    # Each digit of another class is as likely as any other one.
    share = np.bincount(labels) / len(labels)
    expected = np.outer(len(labels) * share / (1 - share), share)
    rest = ~np.eye(10, dtype=bool)
    chi = ((table - expected) ** 2 / expected)[rest].sum()
    assert chi < 130  # of 89 degrees of freedom or less; 99.7 % of tables are below


def test_last_tenth_shares_no_digit_with_the_others(labels):
    drawn = train_pairs(labels).digits
    assert drawn[TENTH].min() == 54_000
    assert drawn[:54_000].max() == 53_999


def test_composed_images_have_no_digit_of_a_held_out_image():
    # Images of one pixel, whose level is the number of the digit.
    inputs = np.zeros((200, 1, 28, 28), np.uint8)
    inputs[:, 0, 0, 0] = 1 + np.arange(200)
    digits = Split(inputs, (np.arange(200) % 10,))
    held_out = np.arange(120, 200)
    composed = compose_anew(digits, 0, 1, held_out)
    assert composed.inputs.shape == (120, 1, 36, 36)
    assert (composed.targets[0].sum(axis=1) == 2).all()
    apart = composed.inputs[(composed.inputs > 0).sum(axis=(1, 2, 3)) == 2]
    assert len(apart) > 100
    unseen = np.setdiff1d(np.arange(200), train_pairs(digits.targets[0]).digits[held_out])
    levels = np.setdiff1d(apart, 0)
    assert 60 < len(levels) <= len(unseen)
    assert np.isin(levels - 1, unseen).all()


def test_composed_images_vary_by_epoch_and_seed(pairs):
    held_out = np.arange(2_000, 60_000)
    first, again, epoch, seed = (
        pairs.compose(*key, held_out) for key in ((0, 1), (0, 1), (0, 2), (1, 1))
    )
    assert np.array_equal(first.inputs, again.inputs)
    assert not np.array_equal(first.inputs, epoch.inputs)
    assert not np.array_equal(first.inputs, seed.inputs)


def test_digit_in_a_corner_is_not_cut():
    digits = Split(np.full((2, 1, 28, 28), 100, np.uint8), (np.array([3, 8]),))
    pairs = Pairs(np.array([[0, 1]]), np.array([[[0, 0], [8, 8]]]))
    (image,) = compose(digits, pairs).inputs[:, 0]
    expected = np.zeros((36, 36), int)
    expected[:28, :28] += 100
    expected[8:, 8:] += 100
    assert np.array_equal(image, expected)


def test_info_states_how_many_labels_an_image_has(cli):
    result = cli("info", "multi-mnist")
    assert result.code == 0
    assert "exactly 2 of 10 classes" in result.out
