"""Image files decoded to arrays of a model's input shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from zoo_core.errors import DataError, InvalidValueError

if TYPE_CHECKING:
    from zoo_core.plugins.catalog import Catalog

ImageReader = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""Function from an image of any size, uint8 ``(C, H, W)``, to one of the model's input size."""

_MODES = {1: "L", 3: "RGB"}
"""Number of channels -> mode of Pillow."""

_DEEP = ("I", "F")
"""Prefixes of Pillow's modes with more than 8 bits per pixel."""

_FAULTS = (OSError, SyntaxError, ValueError, RuntimeError, Image.DecompressionBombError)
"""Exceptions of Pillow's decoders for damaged files."""


def read_image(
    file: Path | IO[bytes], channels: int, *, name: str = "the image"
) -> NDArray[np.uint8]:
    """Read an image file as uint8 ``(C, H, W)``, with its EXIF orientation applied.

    Transparent pixels become black if the opaque ones are light, white if they are dark.

    Args:
        file: path or open file, in any format of Pillow.
        channels: 1 for gray, 3 for RGB.
        name: name of an open file in errors.

    Raises:
        DataError: the file is not a readable image.
        InvalidValueError: `channels` is neither 1 nor 3.
    """
    if channels not in _MODES:
        raise InvalidValueError(
            f"cannot use image files with this model: expected 1 (gray) or 3 (RGB) channels, "
            f"got {channels}"
        )
    name = str(file) if isinstance(file, Path) else name
    try:
        with Image.open(file) as opened:
            ImageOps.exif_transpose(opened, in_place=True)
            image = _flatten(opened)
            if image.mode != _MODES[channels]:
                image = image.convert(_MODES[channels])
            pixels = np.array(image, np.uint8)
    except _FAULTS as exc:
        if strerror := getattr(exc, "strerror", None):  # of the file system, not of a decoder
            raise DataError(f"{name} cannot be read: {strerror}", hint="Check the path.") from exc
        # Pillow's message for an unknown format is only the path again.
        why = "" if isinstance(exc, UnidentifiedImageError) else f": {exc}"
        problem = f"{name} is not a readable image{why}"
        raise DataError(problem, hint="Convert it to PNG or JPEG.") from exc
    # Pillow's (H, W) or (H, W, C) -> (C, H, W)
    return pixels[np.newaxis] if channels == 1 else np.moveaxis(pixels, -1, 0)


def reader_for(catalog: Catalog, dataset: str, shape: tuple[int, int, int]) -> ImageReader:
    """Return the function that converts any image to one like a data set's images.

    Args:
        catalog: installed plugins.
        dataset: name of the data set; `fit_image` is the default for unknown ones.
        shape: channels, height and width of the model's input.
    """
    entry = catalog.entries("datasets").get(dataset)
    # A model that was trained on a variant of the data set in another shape cannot use its reader.
    if entry is None or not entry.spec.reader or entry.spec.shape != shape:
        return partial(fit_image, shape=shape)
    reader: ImageReader = entry.resolve(entry.spec.reader)
    return reader


def fit_image(image: NDArray[np.uint8], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return an image resized and padded to a shape, or unchanged if it has that shape.

    Args:
        image: uint8 ``(C, H, W)``.
        shape: channels, height and width of the result.
    """
    if image.shape == shape:
        return image  # probably an image of the data set itself
    channels, height, width = shape
    picture = Image.fromarray(image[0] if channels == 1 else np.moveaxis(image, 0, -1))
    # The usual gray data sets (MNIST, Fashion-MNIST, EMNIST) are light on black, photos of paper
    # are dark on white.
    if channels == 1 and has_light_border(image[0]):
        picture = ImageOps.invert(picture)
    picture = ImageOps.pad(picture, (width, height), Image.Resampling.LANCZOS)
    pixels = np.asarray(picture, np.uint8)
    return pixels[np.newaxis] if channels == 1 else np.moveaxis(pixels, -1, 0)


def has_light_border(image: NDArray[np.uint8]) -> bool:
    """Return whether most border pixels of an image ``(H, W)`` are lighter than medium gray."""
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return bool(2 * np.count_nonzero(border > 127) > len(border))


def _flatten(image: Image.Image) -> Image.Image:
    """Return an image without transparency and with 8 bits per channel."""
    if image.mode.startswith(_DEEP):
        values = np.asarray(image, np.float64)
        # The mode does not show how many of its 32 bits are used, so the largest value decides:
        # 8 bits are kept, 16 bits divided by 257 (65535 / 255), anything else is scaled to 255.
        most = max(float(values.max(initial=0)), 1.0)
        scale = 1.0 if 1 < most <= 255 else 257.0 if 255 < most <= 65535 else most / 255
        return Image.fromarray((values / scale).clip(0, 255).astype(np.uint8))
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    gray, alpha = np.asarray(image.convert("L")), np.asarray(image.getchannel("A"))
    # Contrast with the background, because a drawing on a transparent one would vanish on its own
    # color. Weighted by alpha: transparent pixels have arbitrary colors.
    light = np.average(gray, weights=alpha) > 127 if alpha.any() else False
    ground = Image.new("RGBA", image.size, "black" if light else "white")
    return Image.alpha_composite(ground, image)
