"""Inspection of image files' headers for a common shape; pixels are not decoded."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from PIL import ExifTags, Image

from zoo_core.plugin_api import DataError
from zoo_images.address import Address
from zoo_images.image_sources import Picture, Pictures
from zoo_images.prefetch import map_chunks

CHUNK_SIZE = 256
"""Number of images that a thread inspects at once."""

Size = tuple[int, int]
"""Height and width."""


def read_image_shape(
    splits: Mapping[str, Pictures], address: Address, on_progress: Callable[[int], None]
) -> tuple[int, int, int]:
    """Return the channels, height and width that all images have, or are to be converted to.

    They are gray if all images are. Images that cannot be read are ignored here.

    Args:
        splits: images by split.
        address: address of the data set, whose options override the images.
        on_progress: function that is called with the number of inspected images.

    Raises:
        DataError: the images have several sizes, and the address has no size.
    """
    size, channels = address.size, address.channels
    if size and channels:
        return channels, *size
    sizes: dict[str, set[Size]] = {split: set() for split in splits}
    colored, inspected = False, 0
    for split, pictures in splits.items():
        for rows, headers in map_chunks(pictures, _read_headers, CHUNK_SIZE):
            sizes[split].update(size for size, _ in headers)
            colored = colored or any(color for _, color in headers)
            inspected += len(rows)
            on_progress(inspected)
    return channels or (3 if colored else 1), *(size or _common(sizes, address))


def size_text(size: Sequence[int]) -> str:
    """Return ``64x48`` for the height 64 and the width 48."""
    height, width = size
    return f"{height}x{width}"


def _common(sizes: Mapping[str, set[Size]], address: Address) -> Size:
    found = sorted(set[Size]().union(*sizes.values()), key=lambda size: (math.prod(size), size))
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


def _read_headers(pictures: Sequence[Picture]) -> list[tuple[Size, bool]]:
    """Return the size of each readable image, and whether it has color."""
    headers: list[tuple[Size, bool]] = []
    for picture in pictures:
        try:
            # `Image.open` is lazy: it parses the header, and decodes pixels on their first use.
            with Image.open(picture.file) as image:
                width, height = image.size
                size = (width, height) if _is_rotated(image) else (height, width)
                headers.append((size, Image.getmodebase(image.mode) != "L"))
        except Exception:  # Pillow raises errors of many types; decoding reports them
            continue
    return headers


def _is_rotated(image: Image.Image) -> bool:
    """Return whether the EXIF orientation swaps height and width."""
    # A PNG may have EXIF after its pixels, which `getexif` would decode to find it.
    in_header = image.format != "PNG" or "exif" in image.info
    # 5 to 8 are the rotations by 90 degrees, with and without a reflection.
    return in_header and image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
