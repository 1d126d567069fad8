"""Schedules of the learning rate and of weight averaging, as pure functions of the step."""

import math

from zoo_core.recipes.recipe import Recipe

_WARMUP = {"constant": 0.0, "cosine": 0.0, "one-cycle": 0.3}
"""Schedule -> share of the steps that are warm-up, unless the recipe sets its own."""

_FALLING = ("cosine", "one-cycle")

_START = 1 / 25
"""Learning rate at the start of a warm-up, as a share of the peak."""
# 1/25 and 0.3 are the defaults of PyTorch's `OneCycleLR`, after Smith & Topin (2018,
# arXiv:1708.07120).

_AVERAGE_WARMUP = 10
"""Number of steps of which the moving average is first made, approximately."""
# An average that decays slowly from the first step on would keep the random start for long.


def learning_rate(recipe: Recipe, step: int, total: int) -> float:
    """Return the learning rate of `step` (from 0) of `total` steps.

    It rises linearly during the warm-up; afterwards it is constant, or falls to almost 0 along
    half a cosine. For a schedule of the trainer it is constant: the trainer changes it.
    """
    share = _WARMUP.get(recipe.schedule, 0.0) if recipe.warmup is None else recipe.warmup
    warmup = round(share * total)
    if step < warmup:
        return recipe.lr * (_START + (1 - _START) * step / warmup)
    if recipe.schedule not in _FALLING:
        return recipe.lr
    # The first step after the warm-up has the full rate; 0 itself would be reached at `total`,
    # one step after the last, so that no step is wasted. A warm-up may be all of the training.
    progress = (step - warmup) / max(total - warmup, 1)
    return recipe.lr * (1 + math.cos(math.pi * progress)) / 2


def average_decay(recipe: Recipe, step: int) -> float:
    """Return the decay, at `step` (from 0), of the moving average of the weights."""
    # 0.1, 0.18, 0.25, … up to `ema`, as in TensorFlow's ExponentialMovingAverage(num_updates).
    return min(recipe.ema, (1 + step) / (_AVERAGE_WARMUP + step))
