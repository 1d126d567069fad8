"""Conversion of photos and drawings to images like MNIST's."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from zoo_core import Reading
from zoo_mnist import mnist, numbers, two_digit
from zoo_mnist.photos import read
from zoo_mnist.photos.morphology import center_of_mass
from zoo_mnist.photos.strokes import stroke_width


@pytest.fixture(scope="module")
def digits():
    return mnist.load().splits["test"]


@pytest.fixture(scope="module")
def pairs():
    return two_digit.load().splits["test"]


def read_digit(image):
    """Return the only input that is found in an image."""
    (found,) = read.read_digit(image).found
    return found.image


def read_two_digits(image):
    (found,) = read.read_two_digits(image).found
    return found.image


def read_number(image):
    (found,) = read.read_numbers(image).found
    return found.image


def drawing(*strokes, size=(300, 300), width=22, ink=0, paper=255):
    image = Image.new("L", size, paper)
    for stroke in strokes:
        ImageDraw.Draw(image).line(stroke, ink, width, joint="curve")
    return np.asarray(image)[np.newaxis]


SEVEN = [(60, 60), (180, 60), (110, 240)]


@pytest.fixture(scope="module")
def strips():
    digits = mnist.load().splits["test"]
    return numbers.compose(digits, (2, 0), 1000, np.arange(len(digits)))


@pytest.fixture(params=["digits", "pairs", "strips"])
def own_images(request):
    """Return a data set's reader, and some of its images."""
    readers = {"digits": read_digit, "pairs": read_two_digits, "strips": read_number}
    return readers[request.param], request.getfixturevalue(request.param).inputs


@pytest.mark.slow
def test_reader_returns_every_dataset_image_unchanged(own_images):
    reader, images = own_images
    assert all(np.array_equal(reader(image), image) for image in images)


def test_reader_returns_dataset_images_unchanged_in_either_polarity(own_images):
    reader, images = own_images
    for image in images[:200]:
        assert np.array_equal(reader(image), image)
        assert np.array_equal(reader(255 - image), image)


@pytest.mark.parametrize("scale", [1.5, 2, 3, 10])
@pytest.mark.parametrize("ground", ["black", "white"])
def test_reader_returns_dataset_images_of_other_sizes_nearly_unchanged(own_images, scale, ground):
    reader, images = own_images
    height, width = (round(scale * side) for side in images.shape[2:])
    for image in images[:50]:
        picture = Image.fromarray(image[0]).resize((width, height), Image.Resampling.BICUBIC)
        large = np.asarray(picture)[np.newaxis]
        read = reader(255 - large if ground == "white" else large)
        assert np.abs(read - image.astype(int)).mean() < 8


@pytest.mark.parametrize("ground", [0, 40, 255])
def test_read_digit_does_not_depend_on_size(ground):
    expected = read_digit(drawing(SEVEN)).astype(int)
    # A digit that is too large, and not in the middle, in files of 28 pixels and of others.
    for side in (28, 56, 100, 300):
        ink = 255 - ground if ground != 40 else 230
        image = Image.fromarray(drawing(SEVEN, ink=ink, paper=ground)[0]).resize((side, side))
        assert np.abs(read_digit(np.asarray(image)[np.newaxis]) - expected).mean() < 12


def test_read_digit_scales_to_twenty_pixels_and_centers_mass():
    read = read_digit(drawing(SEVEN))
    assert (read.dtype, read.shape) == (np.uint8, (1, 28, 28))
    rows, columns = (np.flatnonzero(read[0].any(axis=axis)) for axis in (1, 0))
    assert rows[-1] - rows[0] + 1 == 20
    assert 10 < columns[-1] - columns[0] + 1 < 20
    assert center_of_mass(read[0]) == pytest.approx((14, 14), abs=0.5)
    assert (read.min(), read.max()) == (0, 255)


def test_read_digit_ignores_position_size_and_shade():
    expected = read_digit(drawing(SEVEN)).astype(int)
    moved = [(x + 100, y + 40) for x, y in SEVEN]
    larger = [(3 * x, 3 * y) for x, y in SEVEN]
    for image in (
        drawing(SEVEN, ink=255, paper=0),
        drawing(SEVEN, ink=90, paper=140),
        drawing(moved, size=(400, 300)),
        drawing(larger, size=(1200, 900), width=66),
        drawing([(x + 2000, y + 1500) for x, y in SEVEN], size=(3000, 2400)),  # far away
    ):
        assert np.abs(read_digit(image) - expected).mean() < 6


def test_read_digit_ignores_uneven_light_and_noise():
    rng = np.random.default_rng(0)
    shade = np.linspace(0.4, 0.8, 300)[:, None] + np.linspace(0, 0.2, 300)
    for light in (shade, shade[::-1], np.ones((300, 300))):
        image = drawing(SEVEN, ink=20, paper=230)[0] * light + rng.normal(0, 6, (300, 300))
        read = read_digit(image.clip(0, 255).astype(np.uint8)[np.newaxis])
        assert np.abs(read - read_digit(drawing(SEVEN)).astype(int)).mean() < 9


def test_read_digit_ignores_specks_and_paper_edge():
    image = drawing(SEVEN).copy()
    image[0, 270:274, 270:274] = 0
    image[0, :, :8] = 30
    assert np.abs(read_digit(image) - read_digit(drawing(SEVEN)).astype(int)).mean() < 3


def test_read_digit_thickens_thin_strokes():
    thin = read_digit(drawing(SEVEN, size=(900, 900), width=3))
    assert (thin > 127).sum() > 0.5 * (read_digit(drawing(SEVEN)) > 127).sum()


@pytest.mark.parametrize("gray", [0, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (1, 50), (3, 2), (200, 300)])
@pytest.mark.parametrize("reader", [read.read_digit, read.read_two_digits, read.read_numbers])
def test_reader_finds_nothing_in_a_uniform_image(reader, gray, size):
    assert reader(np.full((1, *size), gray, np.uint8)) == Reading((), "no writing found")


@pytest.mark.parametrize("reader", [read.read_digit, read.read_two_digits, read.read_numbers])
def test_reader_finds_nothing_in_noise(reader):
    noise = np.random.default_rng(0).normal(200, 5, (1, 200, 300))
    assert reader(noise.clip(0, 255).astype(np.uint8)) == Reading((), "no writing found")


@pytest.mark.parametrize("side_by_side", [False, True])
def test_read_two_digits_composes_separate_digits_like_dataset(digits, side_by_side):
    for first, second in ((0, 4), (7, 2), (11, 18)):
        top, bottom = (
            np.pad(np.asarray(Image.fromarray(digits.inputs[row, 0]).resize((140, 140))), 20)
            for row in (first, second)
        )
        image = np.concatenate([top, bottom], axis=1 if side_by_side else 0)
        read = read_two_digits(255 - image[np.newaxis]).astype(int)
        expected, swapped = two_digit.compose(
            digits, np.array([[first, second], [second, first]])
        ).inputs
        assert 2 * np.abs(read - expected).mean() < np.abs(read - swapped).mean()


def test_read_two_digits_keeps_overlapping_digits_together(pairs):
    for image in pairs.inputs[:10]:
        large = np.asarray(Image.fromarray(image[0]).resize((280, 420), Image.Resampling.BICUBIC))
        read = read_two_digits(255 - np.pad(large, 50)[np.newaxis])[0]
        rows = np.flatnonzero((read > 30).any(axis=1))
        assert rows[-1] - rows[0] + 1 in (33, 34)
        assert np.mean([rows[0], rows[-1]]) == pytest.approx(21, abs=2)
        assert center_of_mass(read)[1] == pytest.approx(14, abs=0.5)


@pytest.mark.parametrize("side", [28, 40, 60, 120])
def test_read_digit_makes_strokes_of_one_pixel_as_wide_as_those_of_mnist(side):
    scale = side / 300
    thin = drawing([(scale * x, scale * y) for x, y in SEVEN], size=(side, side), width=1)
    assert 1.8 < stroke_width(read_digit(thin)[0] / np.float32(255)) < 3.2
