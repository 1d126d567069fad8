"""Morphology in NumPy, compared with SciPy's."""

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from hypothesis.extra import numpy as arrays

from zoo_mnist.photos.components import find_components
from zoo_mnist.photos.lines import run_lengths
from zoo_mnist.photos.morphology import (
    bounding_box,
    center_of_mass,
    close,
    dilate,
    dilate_mask,
    open_gray,
)

ndimage = pytest.importorskip("scipy.ndimage")

SIDES = st.tuples(st.integers(1, 40), st.integers(1, 40))
MASKS = arrays.arrays(np.bool_, SIDES)
SHADES = st.floats(0, 1, width=32, allow_subnormal=False)
GRAY = arrays.arrays(np.uint8, SIDES)
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
def test_labels_are_equal_to_scipy(mask):
    labels = find_components(mask, mask).labels
    expected, count = ndimage.label(mask, np.ones((3, 3)))
    pairs = {*zip(labels.ravel().tolist(), expected.ravel().tolist(), strict=True)}
    assert len(pairs) == len({new for new, _ in pairs}) == len({old for _, old in pairs})
    assert len(pairs - {(0, 0)}) == count == labels.max(initial=0)


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


@given(GRAY, st.integers(1, 8))
def test_close_and_open_are_equal_to_scipy_on_an_image_that_continues(image, radius):
    width, margin = 2 * radius + 1, 2 * radius + 1
    continued = np.pad(image, 2 * margin, mode="edge")
    inside = (slice(2 * margin, -2 * margin),) * 2
    assert np.array_equal(close(image, width), ndimage.grey_closing(continued, width)[inside])
    assert np.array_equal(open_gray(image, width), ndimage.grey_opening(continued, width)[inside])


@given(MASKS, st.randoms(use_true_random=False))
def test_components_are_equal_to_scipy(mask, random):
    core = mask & (np.arange(mask.size).reshape(mask.shape) % random.randint(1, 3) == 0)
    found = find_components(mask, core)
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    boxes = [
        (rows.start, columns.start, rows.stop, columns.stop)
        for rows, columns in ndimage.find_objects(labels)
    ]
    index = np.arange(1, count + 1)
    edge = np.pad(
        np.zeros(np.maximum(np.subtract(mask.shape, 2), 0), np.bool_), 1, constant_values=True
    )
    edge = edge[: mask.shape[0], : mask.shape[1]]
    expected = zip(
        boxes,
        ndimage.sum_labels(mask, labels, index).astype(int).tolist(),
        ndimage.sum_labels(core, labels, index).astype(int).tolist(),
        ndimage.sum_labels(edge, labels, index).astype(int).tolist(),
        strict=True,
    )
    actual = zip(
        map(tuple, found.boxes.tolist()),
        found.areas.tolist(),
        found.cores.tolist(),
        found.at_edge.tolist(),
        strict=True,
    )
    assert sorted(actual) == sorted(expected)


@given(MASKS)
def test_run_lengths_are_vertical(mask):
    labels, count = ndimage.label(mask, [[0, 1, 0], [0, 1, 0], [0, 1, 0]])
    sizes = ndimage.sum_labels(mask, labels, np.arange(count + 1)).astype(int)
    assert np.array_equal(run_lengths(mask), np.where(mask, sizes[labels], 0))
