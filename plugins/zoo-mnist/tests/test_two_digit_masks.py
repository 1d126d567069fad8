"""The data set two-digit-masks: its images, and the digits that its masks separate."""

import numpy as np
import pytest

from zoo_core.installation.installed import load_catalog
from zoo_mnist import mnist, two_digit, two_digit_masks
from zoo_mnist.two_digit_masks import CLASSES, INK

PAPER, TOP, BOTTOM, BOTH = range(4)


@pytest.fixture(scope="module")
def digits():
    return mnist.load()


@pytest.fixture(scope="module")
def masks():
    return two_digit_masks.load()


def test_masks_are_of_the_images_of_two_digit_mnist(masks):
    pairs = two_digit.load()
    for name, split in pairs.splits.items():
        assert np.array_equal(masks.splits[name].inputs, split.inputs)


def test_spec_states_the_data_that_are_loaded(masks):
    spec = load_catalog().dataset("two-digit-masks").spec
    assert spec.targets == masks.targets
    assert spec.sha256 == masks.sha256()
    assert spec.targets[0].classes == CLASSES


def test_pixel_belongs_to_each_digit_that_has_ink_there(digits, masks):
    rows, test = two_digit.test_pairs(), digits.splits["test"].inputs[:, 0]
    for i in (0, 1, 2_000, 3_999):
        top, bottom = np.zeros((2, 42, 28), bool)
        top[:28], bottom[14:] = test[rows[i]] >= INK
        expected = np.select([top & bottom, top, bottom], [BOTH, TOP, BOTTOM], PAPER)
        assert np.array_equal(masks.splits["test"].targets[0][i], expected)


def test_paper_is_where_the_image_has_no_ink(masks):
    for split in masks.splits.values():
        assert np.array_equal(split.targets[0] == PAPER, split.inputs[:, 0] < INK)


def test_every_class_is_frequent_enough_to_be_learned(masks):
    shares = np.bincount(masks.splits["train"].targets[0].ravel(), minlength=4)
    assert (shares / shares.sum() > 0.005).all()


def test_composed_images_are_those_of_two_digit_mnist(digits, masks):
    train, held_out = digits.splits["train"], np.arange(39_900)
    composed = masks.compose(3, 1, held_out)
    expected = two_digit.compose_anew(train, 3, 1, held_out)
    assert np.array_equal(composed.inputs, expected.inputs)
    assert np.array_equal(composed.targets[0] == PAPER, composed.inputs[:, 0] < INK)
    assert set(np.unique(composed.targets[0])) == {PAPER, TOP, BOTTOM, BOTH}
