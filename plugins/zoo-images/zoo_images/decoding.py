"""Decoding of image files to arrays, in chunks, because all images may not fit into memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from zoo_core import Split
from zoo_core.plugin_api import (
    DataError,
    DatasetContent,
    ProgressBar,
    fit_image,
    read_image,
    silence_pillow_warnings,
)
from zoo_images.address import Address
from zoo_images.image_sources import Picture, Pictures
from zoo_images.inspect_headers import read_image_shape, size_text
from zoo_images.prefetch import map_chunks

CHUNK_SIZE, CHUNK_BYTES = 256, 1 << 24
"""Maximum number of images that a thread decodes at once, and maximum bytes of their arrays."""

MAX_NAMED = 5
"""Maximum number of damaged images that an error names."""


def decode_splits(
    splits: Mapping[str, Pictures], classes: Sequence[str], address: Address, bar: ProgressBar
) -> DatasetContent:
    """Return the content of a data set, whose images are decoded while it is iterated over.

    Args:
        splits: images by split.
        classes: names of the classes.
        address: address of the data set, with the options of the images.
        bar: progress bar.

    Raises:
        DataError: the images have several sizes, and the address has no size. Raised after the last
            image: some cannot be decoded.
    """
    # Its warnings, about EXIF for example, name no file and would interrupt the progress bar.
    silence_pillow_warnings()
    total = sum(map(len, splits.values()))
    bar.start(total)
    shape = read_image_shape(
        splits, address, lambda done: bar.update(done, total, "Inspecting images")
    )
    decoder = _Decoder(shape, address, total, bar)
    return DatasetContent(
        splits={name: decoder.split(pictures) for name, pictures in splits.items()},
        shape=shape,
        classes=(tuple(classes),),
    )


class _Decoder:
    """Decoder of one split after the other; after the last one, it reports damaged images.

    Args:
        shape: channels, height and width of the arrays.
        address: address of the data set; with a size, images are resized to it.
        total: number of images of all splits.
        bar: progress bar.
    """

    def __init__(
        self, shape: tuple[int, int, int], address: Address, total: int, bar: ProgressBar
    ) -> None:
        self._shape, self._fits = shape, address.size is not None
        self._done, self._total, self._bar = 0, total, bar
        self._faults: list[DataError] = []

    def split(self, pictures: Pictures) -> Iterator[Split]:
        # Small images in large chunks to save overhead, large ones in small chunks to save memory.
        size = max(1, min(CHUNK_SIZE, CHUNK_BYTES // math.prod(self._shape)))
        for rows, (images, errors) in map_chunks(pictures, self._decode, size):
            self._faults += errors
            self._done += len(rows)
            self._bar.update(self._done, self._total, "Reading images")
            yield Split(images, pictures.labels[rows, np.newaxis])
        # Not at the first fault, so that a user can repair all files at once.
        if self._faults and self._done == self._total:
            raise self._error()

    def _decode(self, pictures: Sequence[Picture]) -> tuple[NDArray[np.uint8], list[DataError]]:
        """Return images ``(n, C, H, W)``, black if damaged, and the errors of damaged ones."""
        images = np.zeros((len(pictures), *self._shape), np.uint8)
        errors: list[DataError] = []
        for row, picture in enumerate(pictures):
            try:
                images[row] = self._pixels(picture)
            except DataError as exc:
                errors.append(exc)
        return images, errors

    def _pixels(self, picture: Picture) -> NDArray[np.uint8]:
        # The same functions as for files in `zoo predict`, so that both give the same pixels.
        pixels = read_image(picture.file, self._shape[0], name=picture.name)
        if self._fits:
            return fit_image(pixels, self._shape)
        if pixels.shape != self._shape:  # for example a PNG with its EXIF after the pixels
            expected, actual = size_text(self._shape[1:]), size_text(pixels.shape[1:])
            raise DataError(f"{picture.name}: expected {expected} pixels, got {actual}")
        return pixels

    def _error(self) -> DataError:
        problems = [exc.problem for exc in self._faults[:MAX_NAMED]]
        if len(self._faults) > MAX_NAMED:
            problems.append(f"and {len(self._faults) - MAX_NAMED:,} more")
        return DataError(
            f"{len(self._faults):,} of {self._total:,} images cannot be used: "
            f"{'; '.join(problems)}",
            hint="Repair or remove them.",
        )
