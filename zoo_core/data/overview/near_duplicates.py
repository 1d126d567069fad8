"""Near duplicates: images that differ only by compression, resizing or noise.

Images whose small gray copies have similar difference hashes (the signs of the differences of
neighboring pixels) are compared, first the small copies, then copies with more detail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import iter_chunks

# Measured: of the 70,000 digits of MNIST, one pair is found, two vertical strokes; in Fashion-MNIST
# 84, nearly all of them photos of one product. Of 1,000 of its images, saved again as JPEG of
# quality 75, 93 % are found, of digits 97 %, of crops of 64 x 64 pixels from large photos half.
SIDE = 16
"""Height and width of the small gray copies in pixels."""

DETAIL = 32
"""Height and width of the copies with colors that are compared last."""

MAX_DIFFERENCE, MAX_DETAIL = 0.1, 0.15
"""Maximum difference (root mean square) of two small copies, and of two copies with more detail,
as a share of their contrast."""

MIN_CONTRAST = 4.0
"""Minimum standard deviation of a small copy, of 255; below it, an image is flat, and all are
alike."""

MARGIN = 0.2
"""Minimum difference of neighboring pixels that sets a bit, as a share of the contrast; with 0,
compression flips the bits of flat areas."""

MAX_BITS = 6
"""Maximum number of bits in which the hashes of two candidates differ."""

WINDOW = 4
"""Number of following images, in the order of the hashes, that an image is compared with."""

MAX_CHECKED = 1000
"""Maximum number of pairs whose images are compared, because they may be on a disk."""

_PAIRS = 8192
"""Number of small copies that are compared at once."""


class Small(NamedTuple):
    """Small copies of images.

    Attributes:
        pixels: uint8 ``(N, SIDE, SIDE)``, gray.
        hashes: uint64 ``(2, N)``: the differences along the rows, and along the columns.
    """

    pixels: NDArray[np.uint8]
    hashes: NDArray[np.uint64]


class Found(NamedTuple):
    """Pairs of near duplicates.

    Attributes:
        pairs: int64 ``(n, 2)``, numbers of images.
        complete: False if there were more candidates than `MAX_CHECKED`.
    """

    pairs: NDArray[np.int64]
    complete: bool


def small_copies(images: NDArray[np.uint8]) -> Small:
    """Return the small copies of images, uint8 ``(N, C, H, W)``."""
    parts = [_gray(_shrink(part, SIDE)) for part in iter_chunks(images)]
    pixels = np.concatenate(parts)
    return Small(pixels, np.concatenate([_hashes(part) for part in parts], axis=1))


def concatenate(parts: Sequence[Small]) -> Small:
    """Return the small copies of several splits as those of one."""
    return Small(
        np.concatenate([part.pixels for part in parts]),
        np.concatenate([part.hashes for part in parts], axis=1),
    )


def select(small: Small, rows: NDArray[np.int64]) -> Small:
    """Return the small copies of rows."""
    return Small(small.pixels[rows], small.hashes[:, rows])


def find_near_duplicates(
    small: Small, sides: NDArray[np.int64], images: Callable[[int], NDArray[np.uint8]]
) -> Found:
    """Return the pairs of near duplicates on different sides.

    The time is that of sorting: an image is compared with its neighbors in a few orders only, so
    that a few near duplicates are missed.

    Args:
        small: small copies of the images.
        sides: side, such as a split, of each image.
        images: function that returns the image of a number, ``(1, C, H, W)``.
    """
    first, second = _candidates(small).T
    across = sides[first] != sides[second]
    first, second = first[across], second[across]
    alike = _are_alike(small.pixels, first, second)
    pairs = np.stack([first[alike], second[alike]], axis=1)
    checked = pairs[:MAX_CHECKED]
    same = [_are_alike_in_detail(images(a), images(b)) for a, b in checked.tolist()]
    return Found(checked[np.array(same, np.bool_)], complete=len(checked) == len(pairs))


def _shrink(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return means over blocks of pixels, ``(N, C, side, side)``."""
    # Two rows and columns per block, or three, because means of more are hardly better, and take
    # longer than decoding small images.
    rows, columns = (max(1, size // (2 * side)) for size in images.shape[2:])
    pixels = images[:, :, ::rows, ::columns].astype(np.float32)
    height, width = (_block_means(size, side) for size in pixels.shape[2:])
    return _rounded(height @ pixels @ width.T)


def _block_means(size: int, blocks: int) -> NDArray[np.float32]:
    """Return the matrix ``(blocks, size)`` that averages neighboring pixels."""
    # A matrix product, because it takes a third of the time of `np.add.reduceat`.
    starts = np.arange(blocks) * size // blocks
    means = np.zeros((blocks, size), np.float32)
    for row, (start, end) in enumerate(zip(starts, [*starts[1:], size], strict=True)):
        # At least one pixel, because an image may have fewer pixels than blocks.
        means[row, start : max(end, start + 1)] = 1 / max(end - start, 1)
    return means


def _gray(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return _rounded(images.mean(axis=1, dtype=np.float32))


def _rounded(means: Any) -> NDArray[np.uint8]:
    rounded: NDArray[np.uint8] = np.rint(means).astype(np.uint8)
    return rounded


def _hashes(pixels: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the difference hashes of small copies, ``(2, N)``."""
    half = SIDE // 2
    cells = pixels.reshape(-1, half, 2, half, 2).mean(axis=(2, 4), dtype=np.float32)
    margin = MARGIN * cells.std(axis=(1, 2), keepdims=True)
    # Around the edge, so that eight columns have eight differences: 64 bits in all.
    bits = [cells > np.roll(cells, 1, axis) + margin for axis in (2, 1)]
    packed = [np.packbits(each.reshape(len(each), 64), axis=1) for each in bits]
    return np.stack([each.view(np.uint64)[:, 0] for each in packed])


def _candidates(small: Small) -> NDArray[np.int64]:
    """Return pairs of images with similar hashes, ``(n, 2)``, in ascending order."""
    number = len(small.pixels)
    # Images with equal hashes are ordered by brightness, because they may be many, such as the 1s
    # of MNIST.
    brightness = small.pixels.sum(axis=(1, 2), dtype=np.int64)
    found = []
    for hashes in small.hashes:
        # Also with the halves exchanged: if some bits of one half differ, the other half is equal,
        # and the images are neighbors in the order in which it comes first.
        for keys in (hashes, (hashes << np.uint64(32)) | (hashes >> np.uint64(32))):
            order = np.lexsort((brightness, keys))
            for distance in range(1, WINDOW + 1):
                pairs = np.sort(np.stack([order[:-distance], order[distance:]], axis=1), axis=1)
                bits = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]])
                found.append(pairs[bits <= MAX_BITS] @ np.array([number, 1]))
    return np.stack(np.divmod(np.unique(np.concatenate(found)), number), axis=1)


def _are_alike(
    pixels: NDArray[np.uint8], first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.bool_]:
    alike = np.zeros(len(first), np.bool_)
    for start in range(0, len(first), _PAIRS):
        part = slice(start, start + _PAIRS)
        alike[part] = _difference(pixels[first[part]], pixels[second[part]]) <= MAX_DIFFERENCE
    return alike


def _are_alike_in_detail(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    side = min(DETAIL, *first.shape[2:])
    return bool(_difference(_shrink(first, side), _shrink(second, side))[0] <= MAX_DETAIL)


def _difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the difference of each pair as a share of the contrast; infinity for flat images."""
    one, other = (each.reshape(len(each), -1).astype(np.float32) for each in (first, second))
    contrast = np.minimum(one.std(axis=1), other.std(axis=1))
    difference = np.sqrt(np.square(one - other).mean(axis=1))
    shares = np.full(len(one), np.inf, np.float32)
    np.divide(difference, contrast, out=shares, where=contrast >= MIN_CONTRAST)
    return shares
