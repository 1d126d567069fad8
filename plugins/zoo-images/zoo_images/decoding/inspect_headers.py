"""Inspection of image files before they are decoded: a common shape, and ranges of deep pixels."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from zoo_core.plugin_api import (
    DataError,
    Header,
    LevelCounts,
    OriginalSizes,
    PixelRanges,
    count_levels,
    read_header,
)
from zoo_images.address import Address
from zoo_images.decoding.image_sources import Picture, Pictures
from zoo_images.prefetch import map_chunks

CHUNK_SIZE = 256
"""Number of images that a thread inspects at once."""

DEEP_CHUNK_SIZE = 16
"""Number of images whose deep pixels a thread counts at once, all of them in memory."""

Size = tuple[int, int]
"""Height and width."""

Headers = Mapping[str, Sequence[Header | None]]
"""Headers of the images of each split; None for an unreadable image."""


def read_headers(splits: Mapping[str, Pictures], on_progress: Callable[[int], None]) -> Headers:
    """Return the headers of all images; no pixel is decoded.

    Args:
        splits: images by split.
        on_progress: function that is called with the number of inspected images.
    """
    found: dict[str, list[Header | None]] = {split: [] for split in splits}
    for split, pictures in splits.items():
        for _, headers in map_chunks(pictures, _read_headers, CHUNK_SIZE):
            found[split] += headers
            on_progress(sum(map(len, found.values())))
    return found


def common_shape(headers: Headers, address: Address) -> tuple[int, int, int]:
    """Return the channels, height and width that all images have, or are to be converted to.

    They are gray if all images are. Images that cannot be read are ignored here.

    Args:
        headers: headers of the images by split.
        address: address of the data set, whose options override the images.

    Raises:
        DataError: the images have several sizes, and the address has no size.
    """
    colored = any(header.is_colored for split in headers for header in _readable(headers, split))
    sizes = {split: {header.size for header in _readable(headers, split)} for split in headers}
    channels = address.channels or (3 if colored else 1)
    return channels, *(address.size or _common_size(sizes, address))


def measure_ranges(train: Pictures, headers: Sequence[Header | None]) -> PixelRanges:
    """Return the ranges of the deep pixels of all training images, by kind of pixel.

    Args:
        train: the training images.
        headers: their headers.
    """
    deep = np.array([header is not None and bool(header.kind) for header in headers], np.bool_)
    rows = np.flatnonzero(deep)
    counts: dict[str, LevelCounts] = {}
    for _, found in map_chunks(train.select(rows), _count_levels, DEEP_CHUNK_SIZE):
        for levels in found:
            known = counts.get(levels.kind)
            counts[levels.kind] = known + levels if known else levels
    return PixelRanges({kind: levels.pixel_range() for kind, levels in sorted(counts.items())})


def original_sizes(headers: Headers, shape: Sequence[int]) -> OriginalSizes | None:
    """Return the sizes of the images in their files; None if no image is readable.

    Args:
        headers: headers of the images by split.
        shape: channels, height and width of the arrays.
    """
    sizes = Counter(header.size for split in headers for header in _readable(headers, split))
    if not sizes:
        return None
    ordered = _by_area(sizes)
    # An image is scaled until its first side fits.
    enlarged = sum(
        number
        for (height, width), number in sizes.items()
        if height < shape[1] and width < shape[2]
    )
    return OriginalSizes(len(sizes), ordered[0], ordered[-1], enlarged)


def size_text(size: Sequence[int]) -> str:
    """Return ``64x48`` for the height 64 and the width 48."""
    height, width = size
    return f"{height}x{width}"


def _readable(headers: Headers, split: str) -> Iterator[Header]:
    return (header for header in headers[split] if header is not None)


def _common_size(sizes: Mapping[str, set[Size]], address: Address) -> Size:
    found = _by_area(set[Size]().union(*sizes.values()))
    if not found:
        return 1, 1  # no image is readable, and decoding reports the reason for each
    if len(found) == 1:
        return found[0]
    # A frequent reason: each split was resized as a whole, to a size of its own.
    each = ""
    if all(len(of_split) == 1 for of_split in sizes.values()):
        each = ", ".join(f"{split} {size_text(size)}" for split, (size,) in sizes.items())
        each = f" ({each})"
    raise DataError(
        f"the images of {address.name} have {len(found)} sizes, height x width, from "
        f"{size_text(found[0])} to {size_text(found[-1])}{each}",
        hint=f"Choose one size for all of them: {address.with_option('size=64')}",
    )


def _by_area(sizes: Iterable[Size]) -> list[Size]:
    return sorted(sizes, key=lambda size: (math.prod(size), size))


def _read_headers(pictures: Sequence[Picture]) -> list[Header | None]:
    return [_read_header(picture) for picture in pictures]


def _read_header(picture: Picture) -> Header | None:
    try:
        return read_header(picture.file, name=picture.name)
    except Exception:  # Pillow raises errors of many types; decoding reports them
        return None


def _count_levels(pictures: Sequence[Picture]) -> list[LevelCounts]:
    """Return the counts of the readable images."""
    found = []
    for picture in pictures:
        with contextlib.suppress(DataError):  # decoding reports it
            found.append(count_levels(picture.file, name=picture.name))
    return found
