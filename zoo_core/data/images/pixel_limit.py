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


def too_many_pixels(name: str, number: int | None) -> DataError:
    """Return the error of an image with more pixels than the limit; None for an unknown number."""
    got = "more" if number is None else f"{number:,}"
    return DataError(
        f"{name} is too large: expected at most {max_pixels():,} pixels, got {got}",
        hint=f"If you trust it, set {VARIABLE}{f'={number}' if number else ''}.",
    )
