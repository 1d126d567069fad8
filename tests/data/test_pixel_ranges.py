"""Ranges of deep pixels: one for all images, measured at natural levels or stated."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays

from zoo_core.data.images.pixel_levels import LevelCounts
from zoo_core.data.images.pixel_ranges import PixelRanges, parse_range
from zoo_core.errors import DataError, InvalidValueError


def measured(values, dtype):
    return LevelCounts.of(np.asarray(values, dtype)).pixel_range()


def ramp(low, high):
    return np.linspace(low, high, 10_000)


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (ramp(0, 200), np.uint16, (0, 255)),
        (ramp(0, 255), np.uint16, (0, 255)),
        (ramp(0, 1000), np.uint16, (0, 1023)),
        (ramp(0, 3900), np.uint16, (0, 4095)),
        (ramp(0, 3900), np.int32, (0, 4095)),
        (ramp(0, 65535), np.uint16, (0, 65535)),
        (ramp(0, 1e9), np.int32, (0, 2**31 - 1)),
        (ramp(0, 2**32 - 1), np.uint32, (0, 2**32 - 1)),
        (ramp(-1000, 3000), np.int32, (-1024, 4095)),
        (ramp(0, 1), np.float32, (0, 1)),
        (ramp(0, 0.5), np.float32, (0, 1)),
        (ramp(0, 0.01), np.float32, (0, 2**-6)),
        (ramp(0, 255), np.float32, (0, 255)),
        (ramp(0, 4000), np.float32, (0, 4095)),
        (ramp(0, 65535), np.float32, (0, 65535)),
        (ramp(0, 1e6), np.float32, (0, 2**20)),
        (ramp(-2.1, 2.6), np.float32, (-4, 4)),
        (np.zeros(100), np.uint16, (0, 255)),
    ],
)
def test_range_is_measured_at_natural_levels(values, dtype, expected):
    assert measured(values, dtype) == expected


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_few_extreme_pixels_do_not_move_range(dtype):
    values = ramp(0, 4000)
    values[:5], values[5:10] = -30_000, 60_000
    assert measured(values, dtype) == (0, 4095)
    values[:20] = -30_000
    assert measured(values, dtype)[0] == -32768


@settings(max_examples=50)
@given(
    st.lists(
        arrays.arrays(
            np.float32,
            st.integers(1, 20),
            elements=st.floats(-1e6, 1e6, width=32, allow_nan=False),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_counts_of_images_add_up(images):
    first, *others = map(LevelCounts.of, images)
    total = sum(others, first)
    whole = np.concatenate(images)
    assert total.pixel_range() == LevelCounts.of(whole).pixel_range()
    low, high = total.pixel_range()
    assert low < high
    assert np.count_nonzero((whole < low) | (whole > high)) <= 0.002 * len(whole)


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.uint32, np.float32])
def test_range_maps_its_ends_to_black_and_white(dtype):
    ranges = PixelRanges({np.dtype(dtype).name: (100, 1120)})
    pixels = np.array([[100, 102, 104, 610, 1120]], dtype)
    assert ranges.to_uint8(pixels, "a").tolist() == [[0, 0, 1, 128, 255]]


def test_measured_range_clips_few_pixels_and_refuses_more():
    ranges = PixelRanges({"uint16": (0, 4095)})
    pixels = np.full((100, 100), 2048, np.uint16)
    pixels[0, :10] = 60_000  # hot pixels
    assert np.unique(ranges.to_uint8(pixels, "a")).tolist() == [128, 255]
    pixels[0, 10] = 60_000
    message = r"a\.tif: expected 0 to 4095 as in the training images, got 2048 to 60000 \(uint16\)"
    with pytest.raises(DataError, match=message):
        ranges.to_uint8(pixels, "a.tif")


def test_stated_range_is_for_every_kind_and_clips():
    ranges = parse_range("-1000..400")
    for dtype in (np.int32, np.float32):
        pixels = np.array([[-3000, -1000, -300, 400, 2000]], dtype)
        assert ranges.to_uint8(pixels, "a").tolist() == [[0, 0, 128, 255, 255]]


@pytest.mark.parametrize(
    ("known", "kind", "white"),
    [
        ({}, "uint16", 65535),
        ({}, "float32", 1),
        ({"int32": (0, 4095)}, "uint16", 4095),
        ({"uint16": (0, 4095)}, "int32", 4095),
        ({"int32": (0, 2**31 - 1)}, "uint16", 65535),
        ({"float32": (0, 255)}, "uint16", 65535),
        ({"uint16": (0, 4095)}, "float32", 1),
    ],
)
def test_range_of_kind_that_training_images_lack(known, kind, white):
    pixels = np.array([[0, white]], kind)
    assert PixelRanges(known).to_uint8(pixels, "a").tolist() == [[0, 255]]


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**6))
def test_parse_range_accepts_numbers(low, width):
    high = low + width
    for text in (f"{low}..{high}", f"{low}.0..{high}.", f"{low}e0..{high:.9E}", f"{low}..{high!r}"):
        (range_,) = parse_range(text).values.values()
        assert range_ == (low, pytest.approx(high, rel=1e-9))


@pytest.mark.parametrize("text", ["", "1", "5..5", "9..1", "0..", "..1", "a..b", "0-1", "0..1e999"])
def test_parse_range_rejects_other_text(text):
    with pytest.raises(InvalidValueError, match=r"expected range .*0\.\.4095"):
        parse_range(text)


@given(st.text(max_size=12))
def test_parse_range_accepts_or_rejects_any_text(text):
    try:
        (range_,) = parse_range(text).values.values()
    except InvalidValueError:
        return
    assert range_[0] < range_[1]
