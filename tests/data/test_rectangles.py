"""Erased rectangles and crops: sizes and places in images of any size."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.data.augmentation.rectangles import crop_matrices, draw_erased
from zoo_core.data.augmentation.warps import draw_warps
from zoo_core.recipes.recipe import Recipe

SIZES = st.tuples(st.sampled_from([1, 2, 7, 224]), st.sampled_from([1, 3, 28, 300]))


def recipe(**fields):
    return Recipe(dataset="d", trainer="t", **fields)


def still(height, width):
    y, x = np.mgrid[:height, :width]
    return np.stack([x - (width - 1) / 2, y - (height - 1) / 2])


@given(size=SIZES, seed=st.integers(0, 2**63 - 1), step=st.integers(0, 10**6))
def test_erased_rectangles_are_inside_of_images_of_any_size(size, seed, step):
    boxes = draw_erased(recipe(erase=1.0, seed=seed), (3, *size), 50, step)
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] >= boxes[:, :2]).all()
    assert (boxes[:, 2:] <= [size[1], size[0]]).all()


def test_erased_rectangles_have_the_areas_and_proportions_of_random_erasing():
    left, top, right, bottom = draw_erased(recipe(erase=1.0), (3, 300, 300), 4000, 0).T
    wide, high = right - left, bottom - top
    areas = wide * high / 300**2
    assert (areas.min(), areas.max()) == pytest.approx((0.02, 1 / 3), abs=0.01)
    assert areas.mean() == pytest.approx((0.02 + 1 / 3) / 2, abs=0.01)
    ratios = np.log(wide / high)
    assert (ratios.min(), ratios.max()) == pytest.approx((-np.log(3.3), np.log(3.3)), abs=0.06)
    assert ((left + right) / 2).mean() == pytest.approx(150, abs=4)
    assert (left.min(), top.min(), right.max(), bottom.max()) == (0, 0, 300, 300)


def test_share_of_images_is_erased():
    boxes = draw_erased(recipe(erase=0.3), (1, 28, 28), 4000, 5)
    empty = (boxes == 0).all(axis=1)
    assert (~empty).mean() == pytest.approx(0.3, abs=0.03)
    assert (boxes[~empty, 2:] > boxes[~empty, :2]).all()


def test_crops_are_parts_of_the_image_with_its_area_and_nearly_its_proportions():
    matrices = crop_matrices(recipe(crop=0.25), (3, 40, 60), 4000, 0)
    wide, high = matrices[:, 0, 0], matrices[:, 1, 1]
    areas = wide * high
    assert (areas.min(), areas.max()) == pytest.approx((0.25, 1), abs=0.01)
    assert areas.mean() == pytest.approx(0.625, abs=0.02)
    ratios = wide / high
    assert (ratios.min(), ratios.max()) == pytest.approx((3 / 4, 4 / 3), abs=0.01)
    assert (matrices[:, [0, 1], [1, 0]] == 0).all()


@given(
    size=SIZES, crop=st.floats(0.001, 0.99), seed=st.integers(0, 2**63 - 1), step=st.integers(0, 99)
)
def test_crops_contain_no_position_outside_of_the_image(size, crop, seed, step):
    height, width = size
    positions = draw_warps(recipe(crop=crop, seed=seed), (3, *size), 20, step)
    for axis, length in ((0, width), (1, height)):
        assert np.abs(positions[:, axis]).max() <= (length - 1) / 2 * (1 + 1e-6)


def test_crops_reach_every_border():
    positions = draw_warps(recipe(crop=0.1), (3, 40, 60), 2000, 0)
    for axis, length in ((0, 60), (1, 40)):
        ends = positions[:, axis].min(axis=(1, 2)), positions[:, axis].max(axis=(1, 2))
        assert ends[0].min() == pytest.approx(-(length - 1) / 2, abs=0.3)
        assert ends[1].max() == pytest.approx((length - 1) / 2, abs=0.3)
        # Of the narrow ones, no border is more likely than the other.
        assert (ends[0] + ends[1]).mean() == pytest.approx(0, abs=1)


def test_crops_leave_other_warps_unchanged():
    fields = {"rotate": 20.0, "translate": 2.0, "elastic": 1.0}
    plain, cropped = (
        draw_warps(recipe(crop=crop, **fields), (1, 9, 7), 500, 3) for crop in (1.0, 0.9999)
    )
    np.testing.assert_allclose(cropped, plain, atol=2e-3)


def test_crops_of_a_turned_image_are_parts_of_it():
    """The corner of a crop is a corner of a part of the image that is turned first."""
    turned = draw_warps(recipe(rotate=30.0), (1, 40, 60), 100, 0)
    cropped = draw_warps(recipe(rotate=30.0, crop=0.25), (1, 40, 60), 100, 0)
    for before, after in zip(turned, cropped, strict=True):
        # Turned back, a position is within the turned image's own coordinates.
        matrix = np.stack([before[:, 0, 1] - before[:, 0, 0], before[:, 1, 0] - before[:, 0, 0]])
        own = np.linalg.solve(matrix.T, after.reshape(2, -1))
        assert np.abs(own[0]).max() <= 59 / 2 * 1.001
        assert np.abs(own[1]).max() <= 39 / 2 * 1.001


def test_still_grid_is_that_of_the_core():
    positions = draw_warps(recipe(flip=1e-9), (1, 5, 4), 2, 0)
    np.testing.assert_array_equal(positions[0], still(5, 4))
