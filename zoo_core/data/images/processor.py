"""Preparation of images as inputs of a model, the same for training and for prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zoo_core.data.images.files import File, read_image
from zoo_core.data.images.pixel_ranges import PixelRanges
from zoo_core.data.images.pixels import Background
from zoo_core.data.images.reading import Reading, as_reading
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.plugins.data_specs import InputSpec

if TYPE_CHECKING:
    from zoo_core.plugins.catalog import Catalog

ImageReader = Callable[[NDArray[np.uint8]], Reading | NDArray[np.uint8]]
"""Function from an image of any size, uint8 ``(C, H, W)``, to inputs of the model's shape; an array
is a single one."""

Shape = tuple[int, int, int]
"""Channels, height and width."""


@dataclass(frozen=True)
class ImageProcessor:
    """Preparation of image files as inputs of a model.

    Attributes:
        shape: channels, height and width of the model's input.
        reader: function that converts an image of any size to this shape.
        ranges: ranges of the training images' deep pixels.
        background: color of transparent pixels.
    """

    shape: Shape
    reader: ImageReader
    ranges: PixelRanges = field(default_factory=PixelRanges)
    background: Background = "white"

    def read(self, file: File, *, name: str = "the image") -> NDArray[np.uint8]:
        """Return an image file as an input of the model, uint8 of `shape`.

        Nothing depends on the file's size, or on the extremes of its pixels.

        Args:
            file: path or open file.
            name: name of an open file in errors.

        Raises:
            DataError: the file is not a readable image, or does not contain a single input.
            InvalidValueError: the model's input is neither gray nor RGB.
        """
        reading = self.find(file, name=name)
        name = str(file) if isinstance(file, Path) else name
        if reading.refusal:
            raise DataError(f"{name}: {reading.refusal}")
        if len(reading.found) > 1:
            raise DataError(
                f"{name}: expected one input for the model, got {len(reading.found)}",
                hint="Use zoo.read_parts, which returns all of them.",
            )
        return reading.found[0].image

    def find(self, file: File, *, name: str = "the image") -> Reading:
        """Return the inputs for the model that an image file contains.

        Arguments and errors are those of `read`.
        """
        # In order: orientation, range of pixels, transparency, channels; then size.
        pixels = read_image(
            file, self.shape[0], name=name, ranges=self.ranges, background=self.background
        )
        return as_reading(self.reader(pixels))


def processor_for(
    catalog: Catalog,
    dataset: str,
    shape: Shape,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> ImageProcessor:
    """Return the preparation of image files for a model that was trained on a data set.

    Args:
        catalog: installed plugins.
        dataset: name of the data set.
        shape: channels, height and width of the model's input.
        ranges: ranges of the training images' deep pixels, as on the card.
    """
    own = _own_reader(catalog, dataset, shape)
    return ImageProcessor(
        shape,
        own or partial(fit_image, shape=shape),
        PixelRanges(ranges or {}),
        # A data set's own reader decides what is ink, so it needs all of it to be visible.
        "contrast" if own else "white",
    )


def model_processor(
    catalog: Catalog,
    spec: InputSpec,
    dataset: str,
    pixel_ranges: Mapping[str, tuple[float, float]],
) -> ImageProcessor:
    """Return the processor of images for a model.

    Args:
        catalog: installed plugins.
        spec: the model's input.
        dataset: name of the data set of its training.
        pixel_ranges: ranges of deep pixels in the training, from the card.

    Raises:
        InvalidValueError: the model's inputs are not images.
    """
    if spec.kind != "image":
        raise InvalidValueError(f"the model's inputs are {spec.kind}, not images")
    channels, height, width = spec.shape
    return processor_for(catalog, dataset, (channels, height, width), pixel_ranges)


def reader_for(catalog: Catalog, dataset: str, shape: Shape) -> ImageReader:
    """Return the function that converts any image to one like a data set's images.

    Args:
        catalog: installed plugins.
        dataset: name of the data set; `fit_image` is the default for unknown ones.
        shape: channels, height and width of the model's input.
    """
    return processor_for(catalog, dataset, shape).reader


def fit_image(image: NDArray[np.uint8], shape: Shape) -> NDArray[np.uint8]:
    """Return an image resized to fit a shape, and padded with black.

    Args:
        image: uint8 ``(C, H, W)``.
        shape: channels, height and width of the result.
    """
    if image.shape == shape:
        return image  # resizing would return an equal copy
    channels, height, width = shape
    picture = Image.fromarray(image[0] if channels == 1 else np.moveaxis(image, 0, -1))
    scale = min(width / picture.width, height / picture.height)
    # At least one pixel, because the long side of a thin image decides about the scale.
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    canvas = Image.new(picture.mode, (width, height))
    place = round((width - size[0]) / 2), round((height - size[1]) / 2)
    canvas.paste(picture.resize(size, Image.Resampling.LANCZOS), place)
    pixels = np.asarray(canvas, np.uint8)
    return pixels[np.newaxis] if channels == 1 else np.moveaxis(pixels, -1, 0)


def has_light_border(image: NDArray[np.uint8]) -> bool:
    """Return whether most border pixels of an image ``(H, W)`` are lighter than medium gray."""
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return bool(2 * np.count_nonzero(border > 127) > len(border))


def _own_reader(catalog: Catalog, dataset: str, shape: Shape) -> ImageReader | None:
    """Return a data set's own reader; None if it has none for the shape."""
    entry = catalog.entries("datasets").get(dataset)
    # A model that was trained on a variant of the data set in another shape cannot use its reader.
    if entry is None or not entry.spec.reader or entry.spec.input.shape != shape:
        return None
    reader: ImageReader = entry.resolve(entry.spec.reader)
    return reader
