"""Random operations on images: RandAugment and TrivialAugment.

After Cubuk et al. (2020) and Müller & Hutter (2021), with the strengths of torchvision's classes.
Operations that move pixels are part of an image's warp, so that it is resampled once; the trainer
computes the others on its device, after the warp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.augmentation.draws import Draw, Places, draw
from zoo_core.recipes.recipe import Recipe


class Operation(NamedTuple):
    """An operation, whose amount is `start` plus up to the largest change.

    Attributes:
        name: its name.
        start: amount at which it changes nothing.
        rand: largest change of RandAugment.
        trivial: largest change of TrivialAugment.
        signed: True if the change may also be negative.
    """

    name: str
    start: float = 0.0
    rand: float = 0.0
    trivial: float = 0.0
    signed: bool = False


OPERATIONS = (
    Operation("identity"),
    # Tangents of angles.
    Operation("shear-x", 0.0, 0.3, 0.99, signed=True),
    Operation("shear-y", 0.0, 0.3, 0.99, signed=True),
    # Shares of the image's size. TrivialAugment's 32 pixels are anything from all of a small image
    # to a seventh of a photo; as much as RandAugment's is between them.
    Operation("translate-x", 0.0, 150 / 331, 150 / 331, signed=True),
    Operation("translate-y", 0.0, 150 / 331, 150 / 331, signed=True),
    # Degrees.
    Operation("rotate", 0.0, 30.0, 135.0, signed=True),
    # Factors, as those of the fields brightness, contrast and saturation.
    Operation("brightness", 1.0, 0.9, 0.99, signed=True),
    Operation("saturation", 1.0, 0.9, 0.99, signed=True),
    Operation("contrast", 1.0, 0.9, 0.99, signed=True),
    Operation("sharpness", 1.0, 0.9, 0.99, signed=True),
    # Bits of 8 that are removed.
    Operation("posterize", 0.0, 4.0, 6.0),
    # Level from which on levels are inverted.
    Operation("solarize", 255.0, -255.0, -255.0),
    Operation("autocontrast"),
    Operation("equalize"),
)
"""The operations, each of which is drawn with the same probability."""

NAMES = tuple(each.name for each in OPERATIONS)

MOVES = ("shear-x", "shear-y", "translate-x", "translate-y", "rotate")
"""Operations that move pixels."""

STRONGEST = 10
"""Strength of RandAugment with the largest amounts."""


class Operations(NamedTuple):
    """The operations of a batch, in order, and their amounts."""

    kinds: NDArray[np.int64]
    """Number of the operation in `OPERATIONS`, ``(operations per image, N)``."""
    amounts: NDArray[np.float32]
    """Amount of each, of the same shape."""


def draw_operations(
    recipe: Recipe, count: int, step: int, *, part: Places = slice(None)
) -> Operations | None:
    """Return the random operations on each image of a batch, or None for a recipe without any."""
    if not (recipe.randaugment or recipe.trivialaugment):
        return None
    per_image = 1 if recipe.trivialaugment else recipe.randaugment_ops
    drawn = draw(Draw.OPERATIONS, (3, per_image, count), recipe, step)
    kind, sign, strength = drawn[..., part]
    kinds = (kind * len(OPERATIONS)).astype(np.int64)
    largest = [each.trivial if recipe.trivialaugment else each.rand for each in OPERATIONS]
    signs = np.where((sign < 0.5) & np.array([each.signed for each in OPERATIONS])[kinds], -1, 1)
    if not recipe.trivialaugment:
        strength = np.full_like(strength, recipe.randaugment / STRONGEST)
    start = np.array([each.start for each in OPERATIONS])
    amounts = start[kinds] + signs * strength * np.array(largest)[kinds]
    return Operations(kinds, amounts.astype(np.float32))


def move_matrices(operations: Operations, shape: Sequence[int]) -> list[NDArray[np.float32]]:
    """Return the moves of each operation as matrices ``(N, 2, 3)``, the identity for the others.

    They lead from (x, y, 1) of a new pixel to its source, in pixels from the image's center.
    """
    return [_moves(*each, shape) for each in zip(*operations, strict=True)]


def _moves(
    kinds: NDArray[np.int64], amounts: NDArray[np.float32], shape: Sequence[int]
) -> NDArray[np.float32]:
    _, height, width = shape

    def of(name: str) -> NDArray[np.float32]:
        return np.where(kinds == NAMES.index(name), amounts, np.float32(0))

    angle = np.radians(of("rotate"))
    cos, sin = np.cos(angle), np.sin(angle)
    rows = [
        [cos, of("shear-x") - sin, -width * of("translate-x")],
        [of("shear-y") + sin, cos, -height * of("translate-y")],
    ]
    return np.ascontiguousarray(np.array(rows, np.float32).transpose(2, 0, 1))
