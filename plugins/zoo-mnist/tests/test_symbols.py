"""Symbols from parts, numbers from symbols, and images of numbers."""

import numpy as np
import pytest

from zoo_mnist.photos.components import find_components
from zoo_mnist.photos.normalize import Placed, number_image
from zoo_mnist.photos.numbers import find_numbers
from zoo_mnist.photos.strokes import stroke_width
from zoo_mnist.photos.symbols import find_symbols


def symbols_of(*boxes):
    """Return the boxes of the symbols that filled rectangles form."""
    mask = np.zeros((400, 600), np.bool_)
    for top, left, bottom, right in boxes:
        mask[top:bottom, left:right] = True
    parts = find_components(mask, mask)
    return sorted(find_symbols(parts, np.ones(len(parts), np.bool_)).boxes.tolist())


def test_two_digits_beside_each_other_are_two_symbols():
    boxes = [[100, 100, 200, 160], [105, 180, 200, 240]]
    assert symbols_of(*boxes) == boxes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([100, 150, 112, 210], [120, 140, 200, 190]),  # the bar of a 5
        ([100, 100, 160, 150], [95, 156, 200, 170]),  # the two strokes of a 4
        ([100, 100, 200, 160], [190, 170, 200, 176]),  # a speck of the pen
    ],
    ids=["five", "four", "speck"],
)
def test_pieces_of_a_digit_are_one_symbol(one, other):
    (box,) = symbols_of(one, other)
    assert box == [*np.minimum(one, other)[:2], *np.maximum(one, other)[2:]]


def test_lines_of_digits_and_equals_signs_are_not_stacked():
    assert len(symbols_of([100, 100, 160, 140], [168, 100, 228, 140])) == 2
    assert len(symbols_of([100, 100, 120, 200], [130, 100, 150, 200])) == 2


def test_small_signs_are_not_symbols():
    assert symbols_of([100, 100, 200, 160], [300, 400, 320, 420]) == [[100, 100, 200, 160]]


def test_a_frame_is_not_a_symbol():
    ring = [[50, 50, 55, 250], [245, 50, 250, 250], [50, 50, 250, 55], [50, 245, 250, 250]]
    assert symbols_of(*ring, [90, 120, 200, 170]) == [[90, 120, 200, 170]]
    assert len(symbols_of(*ring)) == 1  # an angular zero


def row(top, *lefts, height=40, width=24):
    return [[top, left, top + height, left + width] for left in lefts]


def numbers_of(*rows):
    return find_numbers(np.array([box for each in rows for box in each], np.intp))


def test_find_numbers_reads_lines_from_top_to_bottom():
    assert numbers_of(row(200, 10, 40), row(100, 12, 45, 80)) == [[2, 3, 4], [0, 1]]


def test_find_numbers_splits_a_line_at_wide_gaps():
    assert numbers_of(row(100, 10, 40, 200, 232, 264)) == [[0, 1], [2, 3, 4]]
    assert numbers_of(row(100, 10, 200)) == [[0], [1]]


def test_find_numbers_accepts_digits_that_are_evenly_far_apart():
    assert numbers_of(row(100, 10, 110, 205, 300, 410)) == [[0, 1, 2, 3, 4]]


def test_find_numbers_follows_a_slanted_line():
    boxes = [
        [100 + 12 * place, 40 * place, 140 + 12 * place, 40 * place + 24] for place in range(9)
    ]
    assert find_numbers(np.array(boxes)) == [list(range(9))]


def placed(left, height=60, width=30, top=100):
    strength = np.zeros((height, width), np.float32)
    strength[:, width // 2 - 4 : width // 2 + 4] = 1
    strength[0] = strength[-1] = 1
    return Placed(strength, top, left)


def columns_of(image):
    inked = np.flatnonzero((image[0] > 60).any(axis=0))
    starts = inked[np.flatnonzero(np.diff(inked, prepend=-9) > 1)]
    return starts.tolist(), int(inked[-1])


def test_number_image_is_twenty_rows_high_and_keeps_gaps():
    image, fits = number_image([placed(0), placed(45), placed(90)])
    assert fits
    assert (image.shape, image.dtype, image.max()) == ((1, 32, 320), np.uint8, 255)
    inked = np.flatnonzero((image[0] > 60).any(axis=1))
    assert (inked[0], inked[-1] + 1) == (6, 26)
    starts, _ = columns_of(image)
    assert starts[0] == 8
    assert np.diff(starts).tolist() == [15, 15]  # a third of 45 pixels each


def test_number_image_closes_wide_gaps():
    image, _ = number_image([placed(0), placed(500)])
    starts, _ = columns_of(image)
    assert starts[1] - starts[0] == 20  # ten columns of a digit, and ten of the gap


def test_number_image_levels_a_slanted_number():
    image, _ = number_image([placed(45 * place, top=100 + 25 * place) for place in range(6)])
    inked = np.flatnonzero((image[0] > 60).any(axis=1))
    assert inked[-1] - inked[0] < 22


def test_number_image_shrinks_what_is_wide_and_states_what_does_not_fit():
    image, fits = number_image([placed(80 * place, width=60) for place in range(12)])
    assert fits
    assert columns_of(image)[1] > 250
    assert not number_image([placed(80 * place, width=60) for place in range(30)])[1]


@pytest.mark.parametrize("height", [16, 40, 120])
def test_number_image_has_strokes_as_wide_as_those_of_mnist(height):
    strength = np.zeros((height, height // 2), np.float32)
    strength[:, height // 4] = strength[0] = strength[-1] = 1  # one pixel wide
    image, _ = number_image([Placed(strength, 0, height * place) for place in range(3)])
    assert 1.6 < stroke_width(image[0] / np.float32(255)) < 4
