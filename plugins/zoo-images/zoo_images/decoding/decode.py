"""Decoding of image files to arrays, in chunks, because all images may not fit into memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zoo_core import InputSpec, Split, class_targets
from zoo_core.plugin_api import (
    DataError,
    DatasetContent,
    ImageProcessor,
    ProgressBar,
    ReadingFacts,
    fit_image,
    silence_pillow_warnings,
)
from zoo_images.address import Address
from zoo_images.decoding.damaged_images import DamagedImages
from zoo_images.decoding.image_sources import Picture, Pictures, SourceDataset
from zoo_images.decoding.inspect_headers import (
    common_shape,
    measure_ranges,
    original_sizes,
    read_headers,
    size_text,
)
from zoo_images.local.local_files import ChangedFileError
from zoo_images.prefetch import map_chunks

CHUNK_SIZE, CHUNK_BYTES = 256, 1 << 24
"""Maximum number of images that a thread decodes at once, and maximum bytes of their arrays."""


def decode_splits(
    source: SourceDataset, address: Address, damaged_list: Path, bar: ProgressBar
) -> DatasetContent:
    """Return the content of a data set, whose images are decoded while it is iterated over.

    Args:
        source: the images by split.
        address: address of the data set, with the options of the images.
        damaged_list: file to write the names of all damaged images to, if there are some.
        bar: progress bar.

    Raises:
        DataError: the images have several sizes, and the address has no size. Raised after the last
            image: some cannot be decoded, and the address does not skip them.
        ChangedFileError: a file has another content than at the check of the folder.
    """
    # Its warnings, about EXIF for example, name no file and would interrupt the progress bar.
    silence_pillow_warnings()
    splits, total = source.splits, sum(map(len, source.splits.values()))
    bar.start(total)
    headers = read_headers(splits, lambda done: bar.update(done, total, "Inspecting images"))
    shape = common_shape(headers, address)
    ranges = address.ranges or measure_ranges(splits["train"], headers["train"])
    # The same preparation as of files in `zoo predict`, so that both give the same pixels.
    reader = partial(fit_image, shape=shape) if address.size else _unchanged
    damaged = DamagedImages(address, source.classes, total, damaged_list)
    decoder = _Decoder(ImageProcessor(shape, reader, ranges), damaged, bar)

    def facts() -> ReadingFacts:
        source.check()
        return ReadingFacts(
            source.split_rule,
            ranges.values,
            damaged=len(damaged),
            sizes=original_sizes(headers, shape),
        )

    return DatasetContent(
        splits={name: decoder.split(name, pictures) for name, pictures in splits.items()},
        input=InputSpec(shape=shape),
        targets=class_targets(source.classes),
        facts=facts,
        origin=address.name,
    )


class _Decoder:
    """Decoder of one split after the other; after the last one, damaged images are reported.

    Args:
        processor: preparation of the images.
        damaged: collection of the damaged images.
        bar: progress bar.
    """

    def __init__(self, processor: ImageProcessor, damaged: DamagedImages, bar: ProgressBar) -> None:
        self._processor, self._shape = processor, processor.shape
        self._damaged, self._bar, self._done = damaged, bar, 0

    def split(self, name: str, pictures: Pictures) -> Iterator[Split]:
        # Small images in large chunks to save overhead, large ones in small chunks to save memory.
        size = max(1, min(CHUNK_SIZE, CHUNK_BYTES // math.prod(self._shape)))
        whole: list[NDArray[np.int64]] = []
        for rows, (images, faults) in map_chunks(pictures, self._decode, size):
            self._damaged.add(faults.values())
            self._done += len(rows)
            self._bar.update(self._done, self._damaged.total, "Reading images")
            # Black images are kept if the error follows after the last one: nothing is stored then.
            skipped = faults.keys() if self._damaged.are_skipped else ()
            kept = np.setdiff1d(np.arange(len(rows)), np.array([*skipped], np.int64))
            if len(kept):
                part = pictures.select(rows[kept])
                yield Split(images[kept], (part.labels,), examples=part.examples)
                whole.append(part.labels)
        self._damaged.check_split(name, pictures.labels, whole)
        # Not at the first fault, so that a user can repair all files at once.
        if self._done == self._damaged.total:
            self._damaged.report()

    def _decode(
        self, pictures: Sequence[Picture]
    ) -> tuple[NDArray[np.uint8], Mapping[int, DataError]]:
        """Return images ``(n, C, H, W)``, and the errors of damaged ones by their position."""
        images = np.zeros((len(pictures), *self._shape), np.uint8)
        faults: dict[int, DataError] = {}
        for row, picture in enumerate(pictures):
            try:
                images[row] = self._pixels(picture)
            except ChangedFileError:
                raise
            except DataError as exc:
                faults[row] = exc
        return images, faults

    def _pixels(self, picture: Picture) -> NDArray[np.uint8]:
        pixels = self._processor.read(picture.open(), name=picture.name)
        if pixels.shape != self._shape:  # for example a PNG with its EXIF after the pixels
            expected, actual = size_text(self._shape[1:]), size_text(pixels.shape[1:])
            raise DataError(f"{picture.name}: expected {expected} pixels, got {actual}")
        return pixels


def _unchanged(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return image
