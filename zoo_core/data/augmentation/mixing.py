"""Mixing of pairs of examples: MixUp and CutMix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.augmentation.draws import MIXING, PARTNERS, Places, draw_rows
from zoo_core.data.augmentation.rectangles import cut_box
from zoo_core.recipes.recipe import Recipe


@dataclass(frozen=True)
class Mixing:
    """The mixing of the first n examples of a step's rows, each with a partner.

    The loss of a pair is `share` of that for the targets of the first, and the rest of that for
    the targets of the second.

    Attributes:
        partners: int64 ``(n,)``: place of each partner among the step's rows.
        share: share of the first of a pair, from 0 to 1.
        box: left, top, right and bottom of the rectangle that comes from the partner, in pixels;
            None if all values of a pair are mixed.
    """

    partners: NDArray[np.int64]
    share: float
    box: tuple[int, int, int, int] | None = None


def draw_mixing(
    recipe: Recipe, shape: Sequence[int], count: int, step: int, *, part: slice
) -> tuple[Places, Mixing | None]:
    """Return the places of the examples that a part of a batch needs, and how they are mixed.

    MixUp (Zhang et al. 2018) and CutMix (Yun et al. 2019), with one share per step; with both,
    steps of even numbers are the former's. The places are those of the part, followed by those of
    its examples' partners in other parts: a process prepares them, too, and needs none of the
    others'. So the result does not depend on the number of processes.

    Args:
        recipe: parameters of the beta distributions, and the seed.
        shape: shape of an input.
        count: number of examples of the whole batch.
        step: number of the step, from 0.
        part: places of the examples to mix; also returned for a recipe without mixing.
    """
    if not (recipe.mixup or recipe.cutmix):
        return part, None
    # A random permutation; stable, so that even equal numbers give the same on every platform.
    partners = np.argsort(draw_rows(PARTNERS, recipe, count, step)[0], kind="stable")
    places, partners = (part, partners) if part == slice(0, count) else _shard(partners, part)
    first, second, x, y = map(float, draw_rows(MIXING, recipe, count, step)[:, 0])
    if recipe.mixup and (step % 2 == 0 or not recipe.cutmix):
        return places, Mixing(partners, symmetric_beta(recipe.mixup, first, second))
    _, height, width = shape
    box = cut_box(1 - symmetric_beta(recipe.cutmix, first, second), x, y, shape)
    left, top, right, bottom = box
    # The share of the pixels, because the box may have been clipped.
    share = 1 - (right - left) * (bottom - top) / (height * width)
    return places, Mixing(partners, share, box)


def _shard(partners: NDArray[np.int64], part: slice) -> tuple[Places, NDArray[np.int64]]:
    """Return the places that a part of a batch needs, and its partners' numbers among them."""
    own = np.arange(len(partners))[part]
    places = np.concatenate([own, np.setdiff1d(partners[part], own)])
    number = np.empty_like(partners)
    number[places] = np.arange(len(places))
    return places, number[partners[part]]


def symmetric_beta(parameter: float, first: float, second: float) -> float:
    """Return a number of the distribution Beta(a, a), from two uniform ones from 0 to below 1.

    The polar method of Bailey (1994) for Student's distribution with 2a degrees of freedom, of
    which a symmetric beta distribution is a function (Devroye 1996).
    """
    # Not by NumPy's generator, whose streams may differ between its versions.
    cosine = math.cos(2 * math.pi * second)
    # In this form, no power of a small parameter is larger than the largest float.
    power = (1 - first) ** (1 / parameter)
    square = (1 - power) * cosine**2
    return 0.5 + math.copysign(0.5 * math.sqrt(square / (power + square)), cosine)
