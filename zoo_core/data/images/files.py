"""Image files decoded to arrays: formats, orientation, limits and errors."""

from __future__ import annotations

import contextlib
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from zoo_core.data.images import heif
from zoo_core.data.images.pixel_limit import max_pixels, too_many_pixels
from zoo_core.data.images.pixel_ranges import PixelRanges
from zoo_core.data.images.pixels import Background, deep_kind, deep_pixels, tiff_tag, to_channels
from zoo_core.errors import DataError, UnavailableError

if TYPE_CHECKING:
    from zoo_core.data.images.pixel_levels import LevelCounts

File = Path | IO[bytes]
"""Path or open file of an image."""

FORMATS = frozenset(
    {
        *("AVIF", "BMP", "DIB", "GIF", "HEIF", "JPEG", "JPEG2000", "MPO", "PCX", "PNG", "PPM"),
        *("QOI", "SGI", "TGA", "TIFF", "WEBP"),
    }
)
"""Pillow's names of the formats that are read: pixels, not documents, icons or vector graphics."""

_FAULTS = (OSError, SyntaxError, ValueError, RuntimeError)
"""Exceptions of Pillow's decoders for damaged files."""

_SPECIAL = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
"""Types of files that are not regular."""


class Header(NamedTuple):
    """The facts in an image file's header.

    Attributes:
        size: height and width after the EXIF orientation.
        is_colored: False for gray.
        kind: data type of its deep pixels; an empty string for pixels of 8 bits or less.
    """

    size: tuple[int, int]
    is_colored: bool
    kind: str


def read_image(
    file: File,
    channels: int,
    *,
    name: str = "the image",
    ranges: PixelRanges | None = None,
    background: Background = "white",
) -> NDArray[np.uint8]:
    """Read an image file as uint8 ``(C, H, W)``, with its EXIF orientation applied.

    Args:
        file: path or open file, in one of `FORMATS`; of an animation, the first frame is read.
        channels: 1 for gray, 3 for RGB.
        name: name of an open file in errors.
        ranges: ranges of the data set's deep pixels; None for the default ones.
        background: color of transparent pixels.

    Raises:
        DataError: the file is not a readable image, or the range of its pixels is another one.
        InvalidValueError: `channels` is neither 1 nor 3.
    """
    name = _name(file, name)
    with _reported(name), _open(file, name) as image:
        ImageOps.exif_transpose(image, in_place=True)
        return to_channels(image, channels, name, ranges or PixelRanges(), background)


def read_header(file: File, *, name: str = "the image") -> Header:
    """Return the facts in an image file's header; no pixel is decoded.

    Raises:
        DataError: the file is not a readable image.
    """
    name = _name(file, name)
    with _reported(name), _open(file, name) as image:
        is_colored = Image.getmodebase(image.mode) != "L"
        return Header(_upright_size(image), is_colored, deep_kind(image))


def count_levels(file: File, *, name: str = "the image") -> LevelCounts:
    """Return the counts of an image file's deep pixels by level.

    Raises:
        DataError: the file is not a readable image.
    """
    from zoo_core.data.images.pixel_levels import LevelCounts  # only a training counts levels

    name = _name(file, name)
    with _reported(name), _open(file, name) as image:
        image.load()
        pixels = deep_pixels(image)
        return LevelCounts.of(pixels[np.isfinite(pixels)])


def _name(file: File, name: str) -> str:
    return str(file) if isinstance(file, Path) else name


def _open(file: File, name: str) -> Image.Image:
    if isinstance(file, Path):
        # Opening a named pipe would wait for a writer.
        kind = stat.S_IFMT(file.stat().st_mode)
        if kind != stat.S_IFREG:
            raise DataError(
                f"{name} is not a readable image: expected a regular file, got "
                f"{_SPECIAL.get(kind, 'a special file')}",
                hint="Use - for standard input." if kind != stat.S_IFDIR else "Check the path.",
            )
    limit = max_pixels()  # before opening, because it also sets Pillow's own limit
    try:
        image = Image.open(file)
    except UnidentifiedImageError:
        if not heif.register_if_heif(file):
            raise
        image = Image.open(file)
    # Not Pillow's argument `formats`, for which it imports all its plugins.
    if image.format not in FORMATS:
        image.close()
        raise DataError(
            f"{name} is not a readable image: expected a picture, got a file of the type "
            f"{image.format}",
            hint="Convert it to PNG or JPEG.",
        )
    # Without a name, Pillow does not memory-map the file: it maps an uncompressed TIFF with the
    # width of the upright image, so that one that lies on its side would be scrambled.
    image.filename = ""
    if limit is not None and image.width * image.height > limit:
        image.close()
        raise too_many_pixels(name, image.width * image.height)
    return image


@contextlib.contextmanager
def _reported(name: str) -> Iterator[None]:
    """Raise `DataError` in place of the errors of Pillow and of the file system."""
    try:
        yield
    except UnavailableError as exc:
        raise DataError(f"{name} cannot be read: {exc.problem}", hint=exc.hint) from exc
    except Image.DecompressionBombError as exc:
        # Pillow's message has the number, and the image that it refused to open has not.
        number = re.search(r"\d+", str(exc))
        raise too_many_pixels(name, int(number[0]) if number else None) from exc
    except _FAULTS as exc:
        if strerror := getattr(exc, "strerror", None):  # of the file system, not of a decoder
            raise DataError(f"{name} cannot be read: {strerror}", hint="Check the path.") from exc
        # Pillow's message for an unknown format is only the path again.
        why = "" if isinstance(exc, UnidentifiedImageError) else f": {exc}"
        problem = f"{name} is not a readable image{why}"
        raise DataError(problem, hint="Convert it to PNG or JPEG.") from exc


def _upright_size(image: Image.Image) -> tuple[int, int]:
    """Return height and width after the EXIF orientation."""
    # Recent versions of Pillow turn the size of a TIFF by themselves.
    width = tiff_tag(image, "ImageWidth", image.width)
    height = tiff_tag(image, "ImageLength", image.height)
    # A PNG may have EXIF after its pixels, which `getexif` would decode to find it.
    in_header = image.format != "PNG" or "exif" in image.info
    # 5 to 8 are the rotations by 90 degrees, with and without a reflection.
    turned = in_header and image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    return (width, height) if turned else (height, width)
