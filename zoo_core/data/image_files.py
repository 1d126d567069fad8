"""Image files decoded to the arrays that models take."""

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
"""From an image of any size, uint8 ``(C, H, W)``, to one of the size that a model reads."""

_MODES = {1: "L", 3: "RGB"}
"""Pillow's mode for a number of channels."""

_DEEP = ("I", "F")
"""How the names of Pillow's modes begin of which a pixel has more than eight bits."""

_FAULTS = (OSError, SyntaxError, ValueError, RuntimeError, Image.DecompressionBombError)
"""What Pillow's decoders raise where a file is damaged."""


def read_image(
    file: Path | IO[bytes], channels: int, *, name: str = "what was sent"
) -> NDArray[np.uint8]:
    """Read an image file as uint8 ``(C, H, W)``, turned as its camera says that it was held.

    What is transparent becomes black where the rest is light, and white where it is dark.

    Args:
        file: any that Pillow reads; its path, or the file itself, open for reading.
        channels: 1 for gray, 3 for color.
        name: what an open file is called in errors.

    Raises:
        DataError: the file cannot be read as an image.
        InvalidValueError: images do not have that many channels.
    """
    if channels not in _MODES:
        raise InvalidValueError(
            f"the model reads {channels} channels, image files give 1 (gray) or 3 (color)"
        )
    name = str(file) if isinstance(file, Path) else name
    try:
        with Image.open(file) as opened:
            ImageOps.exif_transpose(opened, in_place=True)
            image = _flatten(opened)
            if image.mode != _MODES[channels]:
                image = image.convert(_MODES[channels])
            pixels = np.array(image, np.uint8)
    except UnidentifiedImageError as exc:
        raise DataError(f"{name} is not an image that can be read", hint="Try a PNG.") from exc
    except _FAULTS as exc:
        why = getattr(exc, "strerror", None) or exc
        raise DataError(f"{name} cannot be read as an image: {why}") from exc
    return pixels[np.newaxis] if channels == 1 else np.moveaxis(pixels, -1, 0)


def reader_for(catalog: Catalog, dataset: str, shape: tuple[int, int, int]) -> ImageReader:
    """Return what makes any image one such as a data set's; see `DatasetSpec.reader`.

    Args:
        catalog: what is installed.
        dataset: its name; one that is not installed has no reader of its own.
        shape: the model's channels, height and width.
    """
    entry = catalog.entries("datasets").get(dataset)
    if entry is None or not entry.spec.reader or entry.spec.shape != shape:
        return partial(fit_image, shape=shape)
    reader: ImageReader = entry.resolve(entry.spec.reader)
    return reader


def fit_image(image: NDArray[np.uint8], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return an image in a size: as it is if it has that, else fitted in whole.

    A gray one is made light on dark, as the usual data sets are.

    Args:
        image: uint8 ``(C, H, W)``.
        shape: channels, height and width that it is to have.
    """
    if image.shape == shape:
        return image
    channels, height, width = shape
    picture = Image.fromarray(image[0] if channels == 1 else np.moveaxis(image, 0, -1))
    if channels == 1 and has_light_border(image[0]):
        picture = ImageOps.invert(picture)
    picture = ImageOps.pad(picture, (width, height), Image.Resampling.LANCZOS)
    pixels = np.asarray(picture, np.uint8)
    return pixels[np.newaxis] if channels == 1 else np.moveaxis(pixels, -1, 0)


def has_light_border(image: NDArray[np.uint8]) -> bool:
    """Say whether most of the outermost pixels of ``(H, W)`` are lighter than the middle."""
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return bool(2 * np.count_nonzero(border > 127) > len(border))


def _flatten(image: Image.Image) -> Image.Image:
    """Return an image without transparency and with eight bits a channel."""
    if image.mode.startswith(_DEEP):
        values = np.asarray(image, np.float64)
        # 16 bits are usual; what has no more than 8 is taken as it is, what has more is scaled.
        most = max(float(values.max(initial=0)), 1.0)
        scale = 1.0 if 1 < most <= 255 else 257.0 if 255 < most <= 65535 else most / 255
        return Image.fromarray((values / scale).clip(0, 255).astype(np.uint8))
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    gray, alpha = np.asarray(image.convert("L")), np.asarray(image.getchannel("A"))
    light = np.average(gray, weights=alpha) > 127 if alpha.any() else False
    ground = Image.new("RGBA", image.size, "black" if light else "white")
    return Image.alpha_composite(ground, image)
