"""Morphology in NumPy, compared with SciPy's."""

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from hypothesis.extra import numpy as arrays

from zoo_mnist.photos.morphology import bounding_box, center_of_mass, dilate, dilate_mask, label

ndimage = pytest.importorskip("scipy.ndimage")

SIDES = st.tuples(st.integers(1, 40), st.integers(1, 40))
MASKS = arrays.arrays(np.bool_, SIDES)
SHADES = st.floats(0, 1, width=32, allow_subnormal=False)
IMAGES = arrays.arrays(np.float32, SIDES, elements=SHADES)


def spiral(side):
    """Return a mask of one long component, whose runs meet only at its very end."""
    mask = np.zeros((side, side), np.bool_)
    for start in range(0, side // 2, 2):
        end = side - start
        mask[start, max(start - 2, 0) : end] = mask[end - 1, start:end] = True
        mask[start:end, end - 1] = mask[start + 2 : end, start] = True
    return mask


@settings(max_examples=200)
@given(MASKS)
@example(np.zeros((3, 4), np.bool_))
@example(np.ones((3, 4), np.bool_))
@example(spiral(40))
@example(np.indices((9, 9)).sum(axis=0) % 2 == 0)  # connected by diagonals alone
def test_label_has_the_components_of_scipy(mask):
    labels, (expected, count) = label(mask), ndimage.label(mask, np.ones((3, 3)))
    pairs = {*zip(labels.ravel().tolist(), expected.ravel().tolist(), strict=True)}
    assert len(pairs) == len({new for new, _ in pairs}) == len({old for _, old in pairs})
    assert len(pairs - {(0, 0)}) == count


@given(IMAGES, st.integers(0, 6))
def test_dilate_is_equal_to_scipy(image, radius):
    width = 2 * radius + 1
    assert np.array_equal(dilate(image, width), ndimage.grey_dilation(image, (width, width)))


@given(MASKS)
def test_dilate_mask_is_equal_to_scipy(mask):
    assert np.array_equal(dilate_mask(mask), ndimage.binary_dilation(mask))


@given(MASKS.filter(np.any))
def test_bounding_box_is_equal_to_scipy(mask):
    assert bounding_box(mask) == ndimage.find_objects(mask.astype(np.int8))[0]


@given(IMAGES.filter(np.any))
def test_center_of_mass_is_equal_to_scipy(image):
    assert center_of_mass(image) == ndimage.center_of_mass(image)
