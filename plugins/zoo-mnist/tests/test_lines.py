"""Printed lines: recognized by their anchored ends, and removed without strokes that cross them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from zoo_mnist.photos.lines import find_lines

FLOOR = 10.0


def draw(*shapes, size=(240, 200)):
    """Return the contrast of lines, each ``(points, level, width)``."""
    picture = Image.new("F", size, 0)
    pen = ImageDraw.Draw(picture)
    for points, level, width in shapes:
        pen.line(points, level, width, joint="curve")
    return np.asarray(picture, np.float32)


SEVEN = ([(70, 60), (150, 60), (100, 150)], 150, 9)


def without_lines(ink):
    return np.where(find_lines(ink, FLOOR), 0, ink)


RULED = [([(0, y), (240, y + 3)], 60, 2) for y in (25, 75, 125, 175)]
SQUARED = [*RULED, *(([(x, 0), (x, 200)], 60, 2) for x in (20, 70, 120, 170, 220))]
FRAME = [([(40, 30), (190, 30), (190, 175), (40, 175), (40, 30)], 150, 3)]
CELL = [([(0, 20), (240, 20)], 200, 4), ([(30, 0), (30, 200)], 200, 4)]


@pytest.mark.parametrize(
    "lines", [RULED, SQUARED, FRAME, CELL], ids=["ruled", "squared", "frame", "cell"]
)
def test_find_lines_leaves_the_digit(lines):
    digit = draw(SEVEN) > 0
    left = without_lines(draw(*lines, SEVEN)) > FLOOR
    assert (left & ~digit).sum() < 0.03 * digit.sum()
    assert (left & digit).sum() > 0.93 * digit.sum()


@pytest.mark.parametrize(
    "shapes",
    [
        [SEVEN],
        [([(120, 15), (120, 185)], 150, 9)],  # a one
        [([(60, 40), (60, 110), (170, 110)], 150, 7), ([(140, 30), (140, 180)], 150, 7)],  # a four
    ],
)
def test_find_lines_finds_none_in_a_digit(shapes):
    assert not find_lines(draw(*shapes), FLOOR).any()


def test_find_lines_keeps_the_only_line_of_a_tight_crop():
    # A two whose base goes from edge to edge, as thick and as dark as the rest of it.
    two = ([(20, 50), (60, 5), (110, 40), (3, 190), (140, 190)], 150, 5)
    ink = draw(two, size=(140, 196)).copy()
    ink[188:193] = 150
    assert not find_lines(ink, FLOOR).any()


def test_find_lines_ignores_small_images():
    assert not find_lines(np.ones((28, 28), np.float32), 0.5).any()
