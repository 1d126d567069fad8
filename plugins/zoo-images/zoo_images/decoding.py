"""Image files to arrays, part by part, so that memory need not hold them."""

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

PART, PART_BYTES = 256, 1 << 24
"""How many images a thread decodes at once, and how many bytes they then have, at most."""

NAMED = 5
"""How many of the images that cannot be read are named."""


def content_of(
    splits: Mapping[str, Pictures], classes: Sequence[str], address: Address, bar: ProgressBar
) -> DatasetContent:
    """Return what a data set is made of; its images are decoded as they are taken.

    Args:
        splits: the images.
        classes: their names.
        address: says what is made of them.
        bar: shows how far that is.

    Raises:
        DataError: they have several sizes, and it is not said which they are to have. Raised after
            the last image was taken: some cannot be read.
    """
    silence_pillow_warnings()
    total = sum(map(len, splits.values()))
    bar.start(total)
    shape = read_image_shape(splits, address, _Count(bar, total, "Looking at images").add)
    decoder = _Decoder(shape, address, _Count(bar, total, "Reading images"))
    return DatasetContent(
        splits={
            name: (len(pictures), decoder.split(pictures)) for name, pictures in splits.items()
        },
        shape=shape,
        classes=(tuple(classes),),
    )


class _Count:
    """How many images are done, shown by a bar."""

    def __init__(self, bar: ProgressBar, total: int, what: str) -> None:
        self.total, self.done = total, 0
        self._bar, self._what = bar, what

    def add(self, images: int) -> None:
        self.done += images
        self._bar.update(self.done, self.total, self._what)


class _Decoder:
    """Decodes one split after the other; after the last, it names what cannot be read.

    Args:
        shape: of the images.
        address: says whether they are made that size, or have it.
        count: of the images of all splits.
    """

    def __init__(self, shape: tuple[int, int, int], address: Address, count: _Count) -> None:
        self._shape, self._fits = shape, address.form.size is not None
        self._count = count
        self._faults: list[DataError] = []

    def split(self, pictures: Pictures) -> Iterator[Split]:
        size = max(1, min(PART, PART_BYTES // math.prod(self._shape)))
        for rows, (images, errors) in map_chunks(pictures, self._decode, size):
            self._faults += errors
            self._count.add(len(rows))
            yield Split(images, pictures.labels[rows, np.newaxis])
        if self._faults and self._count.done == self._count.total:
            raise self._fault()

    def _decode(self, pictures: Sequence[Picture]) -> tuple[NDArray[np.uint8], list[DataError]]:
        """Return images ``(n, C, H, W)``, black where one cannot be read, and why not."""
        images = np.zeros((len(pictures), *self._shape), np.uint8)
        errors: list[DataError] = []
        for row, picture in enumerate(pictures):
            try:
                images[row] = self._pixels(picture)
            except DataError as exc:
                errors.append(exc)
        return images, errors

    def _pixels(self, picture: Picture) -> NDArray[np.uint8]:
        pixels = read_image(picture.file(), self._shape[0], name=picture.name)
        if self._fits:
            return fit_image(pixels, self._shape)
        if pixels.shape != self._shape:
            found, due = size_text(pixels.shape[1:]), size_text(self._shape[1:])
            raise DataError(f"{picture.name} has {found} pixels, the others {due}")
        return pixels

    def _fault(self) -> DataError:
        problems = [exc.problem for exc in self._faults[:NAMED]]
        if len(self._faults) > NAMED:
            problems.append(f"and {len(self._faults) - NAMED:,} more")
        return DataError(
            f"{len(self._faults):,} of {self._count.total:,} images cannot be used: "
            f"{'; '.join(problems)}",
            hint="Mend or remove them.",
        )
