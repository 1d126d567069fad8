"""Decoded pixels converted to 8 bits per channel, without transparency, gray or RGB."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffTags

from zoo_core.data.images.pixel_ranges import Deep, PixelRanges
from zoo_core.errors import InvalidValueError

Background = Literal["white", "contrast"]
"""Color of transparent pixels.

``contrast`` is black if the opaque pixels are light and white if they are dark: for readers that
find out themselves what is ink and what is paper.
"""

_MODES = {1: "L", 3: "RGB"}
"""Number of channels -> mode of Pillow."""

_TAGS = {tag.name: number for number, tag in TiffTags.TAGS_V2.items()}

_UNSIGNED, _WHITE_IS_ZERO = 1, 0
"""Values of the TIFF tags SampleFormat and PhotometricInterpretation."""


def to_channels(
    image: Image.Image, channels: int, name: str, ranges: PixelRanges, background: Background
) -> NDArray[np.uint8]:
    """Return an image's pixels, uint8 ``(C, H, W)``.

    Args:
        image: image in any mode of Pillow.
        channels: 1 for gray, 3 for RGB.
        name: name of the image in errors.
        ranges: ranges of deep pixels.
        background: color of transparent pixels.

    Raises:
        DataError: the range of deep pixels is unknown or another one.
        InvalidValueError: `channels` is neither 1 nor 3.
    """
    if channels not in _MODES:
        raise InvalidValueError(
            f"cannot use image files with this model: expected 1 (gray) or 3 (RGB) channels, "
            f"got {channels}"
        )
    image = _without_transparency(_to_eight_bits(image, name, ranges), background)
    if image.mode != _MODES[channels]:
        image = image.convert(_MODES[channels])
    pixels = np.array(image, np.uint8)
    # Pillow's (H, W) or (H, W, C) -> (C, H, W)
    return pixels[np.newaxis] if channels == 1 else np.moveaxis(pixels, -1, 0)


def deep_kind(image: Image.Image) -> str:
    """Return the data type of an image's deep pixels; an empty string for 8 bits or less."""
    if image.mode.startswith("I;16"):
        return "uint16"
    if image.mode == "I":
        # Pillow's mode for what does not fit elsewhere. The first two have at most 16 bits.
        if image.format in ("PPM", "PNG"):
            return "uint16"
        wide = tiff_tag(image, "BitsPerSample", 32) == 32
        unsigned = tiff_tag(image, "SampleFormat", 2) == _UNSIGNED
        return "uint32" if wide and unsigned else "int32"
    return "float32" if image.mode == "F" else ""


def deep_pixels(image: Image.Image) -> Deep:
    """Return an image's deep pixels ``(H, W)`` in their data type."""
    kind, pixels = deep_kind(image), np.asarray(image)
    # Pillow returns uint32 as int32, so that large values are negative.
    result: Deep = pixels.view(kind) if kind == "uint32" else pixels.astype(kind)
    return result


def tiff_tag(image: Image.Image, tag: str, default: int) -> int:
    """Return the first value of a TIFF tag; the default if the image has no such tag."""
    tags = getattr(image, "tag_v2", {})
    value = tags.get(_TAGS[tag], default)
    return int(value[0] if isinstance(value, tuple) else value)


def _to_eight_bits(image: Image.Image, name: str, ranges: PixelRanges) -> Image.Image:
    if not deep_kind(image):
        return image
    deep = deep_pixels(image)
    pixels = ranges.to_uint8(deep, name)
    # Pillow inverts such images if they have 8 bits.
    if tiff_tag(image, "PhotometricInterpretation", 1) == _WHITE_IS_ZERO:
        pixels = 255 - pixels
    result = Image.fromarray(pixels)
    if isinstance(value := image.info.get("transparency"), int):
        result.putalpha(Image.fromarray(np.where(deep == value, 0, 255).astype(np.uint8)))
    return result


def _without_transparency(image: Image.Image, background: Background) -> Image.Image:
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    color = "white" if background == "white" else _contrasting(image)
    return Image.alpha_composite(Image.new("RGBA", image.size, color), image)


def _contrasting(image: Image.Image) -> str:
    """Return the color on which an image's opaque pixels are visible."""
    gray, alpha = np.asarray(image.convert("L")), np.asarray(image.getchannel("A"))
    # Weighted by alpha, because transparent pixels have arbitrary colors.
    light = np.average(gray, weights=alpha) > 127 if alpha.any() else False
    return "black" if light else "white"
