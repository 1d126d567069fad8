"""Image files to the bytes that a model reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from zoo_core.errors import DataError, InvalidValueError

_MODES = {1: "L", 3: "RGB"}
"""Pillow's mode for a number of channels."""


def read_image(path: Path, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Read an image file as uint8 ``(C, H, W)``.

    An image of the model's own size is taken as it is. Another is made light on dark, as the data
    sets are, then fitted into the size whole, its proportions kept.

    Args:
        path: any file that Pillow reads.
        shape: the model's channels, height and width.

    Raises:
        DataError: the file cannot be read as an image.
        InvalidValueError: images do not have that many channels.
    """
    channels, height, width = shape
    if channels not in _MODES:
        raise InvalidValueError(
            f"the model reads {channels} channels, image files give 1 (grey) or 3 (colour)"
        )
    try:
        with Image.open(path) as file:
            image = file.convert(_MODES[channels])
    except UnidentifiedImageError as fault:
        raise DataError(f"{path} is not an image that can be read", hint="Try a PNG.") from fault
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as fault:
        why = getattr(fault, "strerror", None) or fault
        raise DataError(f"{path} cannot be read as an image: {why}") from fault
    if image.size != (width, height):
        if channels == 1 and _has_light_border(image):
            image = ImageOps.invert(image)
        image = ImageOps.pad(image, (width, height), Image.Resampling.LANCZOS)
    pixels = np.asarray(image, np.uint8)
    return pixels[np.newaxis] if channels == 1 else np.moveaxis(pixels, -1, 0)


def _has_light_border(image: Image.Image) -> bool:
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return bool(np.median(border) > 127)
