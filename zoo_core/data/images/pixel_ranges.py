"""Pixel ranges: the values of deep pixels, of 16 bits and more, that become 0 and 255.

A file does not state its range: 12-bit cameras write files of 16 bits, and floats have any unit.
So a data set has one range per kind of pixel, measured over its training images
(`zoo_core.data.images.pixel_levels`) or stated by its user, and a file never has one of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import DataError, InvalidValueError

Deep = NDArray[np.uint16] | NDArray[np.int32] | NDArray[np.uint32] | NDArray[np.float32]
"""Deep pixels ``(H, W)``."""

ANY = "any"
"""Kind of a range that a user stated, for all deep pixels."""

DEFAULTS = {"uint16": (0.0, 65535.0), "float32": (0.0, 1.0)}
"""Ranges of kinds that the training images do not have."""

MAX_OUTSIDE = 0.001
"""Maximum share of pixels outside of a measured range, such as a camera's hot pixels."""

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})")

_REMEDY = (
    "Convert the image to 8 bits, or train on a data set that states the range of its pixels, such "
    "as folder:photos?range=0..65535"
)


@dataclass(frozen=True)
class PixelRanges:
    """Ranges of a data set's deep pixels.

    Attributes:
        values: kind of pixels (``uint16``, ``int32``, ``uint32``, ``float32`` or ``any``) -> the
            values that become 0 and 255.
    """

    values: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def to_uint8(self, pixels: Deep, name: str) -> NDArray[np.uint8]:
        """Return deep pixels as 8 bits, rounded; values outside of the range are clipped.

        Args:
            pixels: the pixels of an image.
            name: name of the image in errors.

        Raises:
            DataError: the range is unknown, a pixel is not finite, or more pixels are outside of a
                range that nobody stated than `MAX_OUTSIDE`.
        """
        if not np.isfinite(pixels).all():
            raise DataError(
                f"{name} is not a readable image: some of its pixels are NaN or infinite",
                hint="Replace these pixels.",
            )
        low, high = self._range(pixels, name)
        outside = np.count_nonzero((pixels < low) | (pixels > high))
        if ANY not in self.values and outside > MAX_OUTSIDE * pixels.size:
            raise DataError(
                f"wrong range of pixels in {name}: expected {low:g} to {high:g}"
                f"{self._reason(pixels)}, got {_extent(pixels)} ({pixels.dtype.name})",
                hint=_REMEDY,
            )
        scaled = (pixels.astype(np.float64) - low) * (255 / (high - low))
        result: NDArray[np.uint8] = np.rint(scaled.clip(0, 255)).astype(np.uint8)
        return result

    def _range(self, pixels: Deep, name: str) -> tuple[float, float]:
        kind = pixels.dtype.name
        for known in (ANY, kind):
            if known in self.values:
                return self.values[known]
        # Integers of other files may have a related range: a camera's 12 bits are stored in 16 or
        # in 32. Wider ranges are not of files with 16 bits.
        widest = 65535.0 if kind == "uint16" else np.inf
        related = [r for other, r in self.values.items() if "int" in other and r[1] <= widest]
        if "int" in kind and related:
            return max(related, key=lambda each: each[1])
        if kind in DEFAULTS:
            return DEFAULTS[kind]
        raise DataError(
            f"unknown range of pixels in {name}: the training images have no {kind} pixels, and "
            f"its values are from {_extent(pixels)}",
            hint=_REMEDY,
        )

    def _reason(self, pixels: Deep) -> str:
        return " as in the training images" if pixels.dtype.name in self.values else ""


def parse_range(text: str) -> PixelRanges:
    """Return the range that a user stated, such as ``0..4095`` or ``-1024..3071``.

    Raises:
        InvalidValueError: the text is not a range.
    """
    found = _RANGE.fullmatch(text)
    low, high = map(float, found.groups()) if found else (0.0, 0.0)
    if not (low < high < np.inf and low > -np.inf):
        raise InvalidValueError(
            f"expected range to be two numbers, the smaller one first, such as 0..4095, got "
            f"{text!r}"
        )
    return PixelRanges({ANY: (low, high)})


def _extent(pixels: Deep) -> str:
    return f"{pixels.min():g} to {pixels.max():g}"
