"""Numbers of MNIST digits: 1 to 12 digits of one image, 32×320, for reading strings."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zoo_core import ArrayDataset, InputSpec, Split, TargetSpec
from zoo_core.plugin_api import DatasetContent, load_or_create
from zoo_mnist import mnist, numbers_layout, numbers_warp
from zoo_mnist.numbers_layout import (
    HEIGHT,
    LONGEST,
    WIDTH,
    Layout,
    fit_shapes,
    place_digits,
)
from zoo_mnist.numbers_warp import Boxes, Images, Integers

SIZES = {"train": 20_000, "validation": 5_000, "test": 5_000}

RESERVED = 6_000
"""Number of MNIST's last training digits, which occur in validation images only."""

TARGET = TargetSpec(task="sequence", classes=mnist.DIGITS, shape=(LONGEST,))

_CHUNK = 500
"""Number of images that are composed together: their arrays stay in the processor's cache."""

_SEEDS = {"train": 0, "validation": 1, "test": 2}


def load() -> ArrayDataset:
    """Return numbers: images ``(N, 1, 32, 320)``, strings ``(N, 12)`` of digits, padded with -1.

    Raises:
        zoo_core.errors.DataError: a file is missing or malformed, or the copy cannot be stored.
        zoo_core.errors.VerificationError: a file of MNIST has another checksum.
    """
    # Stored, because composing the images takes far longer than reading them.
    stored = load_or_create("mnist-numbers", _content_key(), _make)
    return replace(stored, mean=(0.07639818,), std=(0.22650621,), compose=compose_anew)


def _make() -> DatasetContent:
    digits = mnist.load()
    return DatasetContent(
        splits={name: [compose_split(digits, name)] for name in SIZES},
        input=InputSpec(shape=(1, HEIGHT, WIDTH)),
        targets=(TARGET,),
    )


def compose_split(digits: ArrayDataset, name: str) -> Split:
    """Return a split of the data set.

    Args:
        digits: MNIST.
        name: ``train``, ``validation`` or ``test``.
    """
    source = digits.splits["test" if name == "test" else "train"]
    return compose(source, (_SEEDS[name], 0), SIZES[name], digit_pool(len(source), name))


def compose_anew(seed: int, epoch: int, held_out: NDArray[np.int64]) -> Split:
    """Return new training images, without digits of validation images or of held-out images.

    Args:
        seed: seed of the images, together with `epoch`.
        epoch: number of the epoch, from 1.
        held_out: rows of the training split of `load` that are not trained on.
    """
    source = _digits().splits["train"]
    pool = digit_pool(len(source), "train")
    if len(held_out):
        layout = numbers_layout.draw_layouts((_SEEDS["train"], 0), SIZES["train"], pool)
        pool = np.setdiff1d(pool, layout.digits[held_out][layout.used[held_out]])
    # Mostly long numbers, because a step then learns from half as many digits again: the time of a
    # step depends on the size of the images, and not on what is in them.
    return compose(source, (seed, epoch), SIZES["train"] - len(held_out), pool, long=3)


def digit_pool(count: int, name: str) -> Integers:
    """Return the rows of the digits that images of a split are composed of.

    Args:
        count: number of MNIST's digits, in its split of the same name; ``validation`` is a part of
            its split ``train``.
        name: ``train``, ``validation`` or ``test``.
    """
    # Reserved digits, and not those of some images: with six digits per image, a tenth of the
    # images contains half of all digits.
    first = {"train": 0, "validation": count - RESERVED, "test": 0}[name]
    return np.arange(first, count - RESERVED if name == "train" else count)


def compose(
    digits: Split, seed: tuple[int, ...], count: int, pool: Integers, *, long: int = 0
) -> Split:
    """Return images of numbers.

    Args:
        digits: MNIST's images ``(M, 1, 28, 28)`` and labels.
        seed: seed of all random choices.
        count: number of images.
        pool: rows of the digits that may occur.
        long: number of images, of 4, that have at least 9 digits (`draw_layouts`).
    """
    layout = numbers_layout.draw_layouts(seed, count, pool, long=long)
    boxes = numbers_warp.ink_boxes(digits.inputs[:, 0])
    images = np.zeros((count, 1, HEIGHT, WIDTH), np.uint8)
    for start in range(0, count, _CHUNK):
        rows = slice(start, start + _CHUNK)
        part = Layout(*(values[rows] for values in layout))
        _draw(images[rows, 0], digits.inputs[:, 0], boxes, part)
    strings = np.where(layout.used, digits.targets[0][layout.digits], -1)
    return Split(images, (strings,))


def _draw(images: Images, digits: Images, boxes: Boxes, layout: Layout) -> None:
    """Draw numbers into black images ``(N, 32, 320)``."""
    used = layout.used
    shapes = fit_shapes(layout, Boxes(*(edges[layout.digits] for edges in boxes)))
    rows = layout.digits[used]
    source = Boxes(*(edges[rows] for edges in boxes))
    patches, sizes = [digits[0]] * len(rows), np.zeros((2, *used.shape), np.int64)
    flat = sizes[:, used]  # (2, digits): rows and columns
    for members, warped in numbers_warp.warp_digits(digits[rows], source, shapes):
        box = numbers_warp.ink_boxes(warped)
        flat[:, members] = box.bottom - box.top, box.right - box.left
        edges = (each.tolist() for each in box)
        for member, image, top, left, bottom, right in zip(
            members.tolist(), warped, *edges, strict=True
        ):
            # With the faint pixels next to the ink.
            patches[member] = image[top - 1 : bottom + 1, left - 1 : right + 1]
    sizes[:, used] = flat
    top, left = place_digits(layout, *sizes)
    places = (each.tolist() for each in (used.nonzero()[0], top[used] - 1, left[used] - 1))
    for whole, number, place, column in zip(patches, *places, strict=True):
        # The highest digits with the widest strokes may exceed the image by a row.
        patch, row = whole[max(0, -place) :][:HEIGHT], max(0, place)
        height, width = patch.shape
        target = images[number, row : row + height, column : column + width]
        # The brighter pixel where digits overlap, because a sum would be brighter than any stroke.
        np.maximum(target, patch, out=target)


@cache
def _digits() -> ArrayDataset:
    # Cached, because every epoch of a training composes new images.
    return mnist.load()


def _content_key() -> str:
    """Return a key of the content: a checksum of the code that composes it."""
    folder = Path(__file__).parent
    names = ("numbers.py", "numbers_layout.py", "numbers_warp.py")
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in names)).hexdigest()[:32]
