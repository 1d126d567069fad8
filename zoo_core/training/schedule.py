"""Schedules of the learning rate and of weight averaging, as pure functions of the step."""

import math

from zoo_core.recipes.recipe import Recipe

_WARMUP = {"constant": 0.0, "cosine": 0.0, "one-cycle": 0.3}
_START = 1 / 25
"""Where a warm-up starts, as a part of the peak (Smith & Topin 2018, arXiv:1708.07120)."""

_SOON = 10
"""An average begins as one of the last few steps; else the random start would stay in it long."""


def learning_rate(recipe: Recipe, step: int, total: int) -> float:
    """Return the learning rate of `step` (from 0) of `total` steps.

    It rises linearly during the warm-up; afterwards it stays, or falls to almost 0 along half a
    cosine.
    """
    share = _WARMUP[recipe.schedule] if recipe.warmup is None else recipe.warmup
    warmup = round(share * total)
    if step < warmup:
        return recipe.lr * (_START + (1 - _START) * step / warmup)
    if recipe.schedule == "constant":
        return recipe.lr
    progress = (step - warmup) / max(total - warmup, 1)
    return recipe.lr * (1 + math.cos(math.pi * progress)) / 2


def average_decay(recipe: Recipe, step: int) -> float:
    """Return the decay, at `step` (from 0), of the moving average of the weights."""
    return min(recipe.ema, (1 + step) / (_SOON + step))
