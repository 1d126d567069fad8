"""Inspect the headers of image files for their common shape; nothing is decoded."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from PIL import ExifTags, Image

from zoo_core.plugin_api import DataError
from zoo_images.address import Address
from zoo_images.image_sources import Picture, Pictures
from zoo_images.prefetch import map_chunks

CHUNK_SIZE = 256
"""Images that a thread looks at."""

Size = tuple[int, int]
"""Height and width."""


def read_image_shape(
    splits: Mapping[str, Pictures], address: Address, seen: Callable[[int], None]
) -> tuple[int, int, int]:
    """Return channels, height and width that all images have, or are to have.

    They are gray where all of them are. One that cannot be read has no say.

    Args:
        splits: the images.
        address: may say what they are to be.
        seen: is told of how many images more are known.

    Raises:
        DataError: they have several sizes, and it does not say one.
    """
    size, channels = address.form.size, address.form.channels
    if size and channels:
        return channels, *size
    sizes: dict[str, set[Size]] = {split: set() for split in splits}
    colored = False
    for split, pictures in splits.items():
        for rows, looks in map_chunks(pictures, _look, CHUNK_SIZE):
            sizes[split].update(size for size, _ in looks)
            colored = colored or any(color for _, color in looks)
            seen(len(rows))
    return channels or (3 if colored else 1), *(size or _common(sizes, address))


def size_text(size: Sequence[int]) -> str:
    """Return ``64x48`` for the height 64 and the width 48."""
    height, width = size
    return f"{height}x{width}"


def _common(sizes: Mapping[str, set[Size]], address: Address) -> Size:
    found = sorted(set[Size]().union(*sizes.values()), key=lambda size: (math.prod(size), size))
    if not found:
        return 1, 1  # none can be read; what is wrong with each is said when that is tried
    if len(found) == 1:
        return found[0]
    each = ""
    if all(len(of_split) == 1 for of_split in sizes.values()):
        each = ", ".join(f"{split} {size_text(size)}" for split, (size,) in sizes.items())
        each = f" ({each})"
    raise DataError(
        f"the images of {address.name} have {len(found)} sizes, height x width, from "
        f"{size_text(found[0])} to {size_text(found[-1])}{each}",
        hint=f"Say which size to make them all: {address.with_option('size=64')}",
    )


def _look(pictures: Sequence[Picture]) -> list[tuple[Size, bool]]:
    """Return the size of images, and whether they have color."""
    looks: list[tuple[Size, bool]] = []
    for picture in pictures:
        try:
            with Image.open(picture.file()) as image:
                width, height = image.size
                size = (width, height) if _is_turned(image) else (height, width)
                looks.append((size, Image.getmodebase(image.mode) != "L"))
        except Exception:  # damaged in any way: it is named when it is read
            continue
    return looks


def _is_turned(image: Image.Image) -> bool:
    """Say whether the camera was held upright, so that height and width change places."""
    # To look for it behind the pixels of a PNG would be to decode them.
    said = image.format != "PNG" or "exif" in image.info
    return said and image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
