"""The limit on an image's pixels, because a small file can declare an image of gigabytes."""

from __future__ import annotations

import os
import re

from PIL import Image

from zoo_core.errors import DataError, InvalidValueError

VARIABLE = "ZOO_MAX_PIXELS"


def max_pixels() -> int | None:
    """Return the maximum number of pixels: ``$ZOO_MAX_PIXELS``, or Pillow's limit; None for any.

    Raises:
        InvalidValueError: the variable is not a number of pixels.
    """
    text = os.environ.get(VARIABLE)
    if not text:
        # Pillow warns of more pixels than its constant, and refuses twice as many.
        return None if Image.MAX_IMAGE_PIXELS is None else 2 * Image.MAX_IMAGE_PIXELS
    if not re.fullmatch(r"[1-9][0-9]{0,17}", text):
        raise InvalidValueError(f"{VARIABLE}: expected a number of pixels, got {text!r}")
    limit = int(text)
    # Pillow's own check is in `Image.open`. Raised and never lowered, because the constant is also
    # of other code in this process.
    if Image.MAX_IMAGE_PIXELS is not None and limit > Image.MAX_IMAGE_PIXELS:
        Image.MAX_IMAGE_PIXELS = limit
    return limit


def check_pixels(name: str, size: tuple[int, int]) -> None:
    """Check that an image's pixels are within the limit.

    Args:
        name: name of the image in errors.
        size: width and height.

    Raises:
        DataError: it has more pixels.
    """
    width, height = size
    limit = max_pixels()
    if limit is not None and width * height > limit:
        raise too_many_pixels(name, f"{height}x{width}, {width * height:,} pixels", limit)


def too_many_pixels(name: str, size: str, limit: int) -> DataError:
    """Return the error of an image that is larger than the limit."""
    return DataError(
        f"{name} is too large: expected at most {limit:,} pixels, got {size}",
        hint=f"If you trust it, set {VARIABLE} to a higher limit.",
    )
