"""Schedules of the learning rate and of weight averaging, as pure functions of the step."""

import math

from zoo_core.recipes.recipe import Recipe

_WARMUP = {"one-cycle": 0.3}
"""Schedule -> share of the steps that are warm-up, unless the recipe sets its own; else none."""

_START = 1 / 25
"""Learning rate at the start of a warm-up, as a share of the peak."""
# 1/25 and 0.3 are the defaults of PyTorch's `OneCycleLR`, after Smith & Topin (2018,
# arXiv:1708.07120).

_STEPS = (0.5, 0.75)
"""Shares of the steps after which schedule step falls, unless the recipe lists epochs."""
# As in He et al. (2015, arXiv:1512.03385) for CIFAR-10.

_AVERAGE_WARMUP = 10
"""Number of steps of which the moving average is first made, approximately."""
# An average that decays slowly from the first step on would keep the random start for long.


def warmup_steps(recipe: Recipe, total: int) -> int:
    """Return the number of steps, of `total`, in which the learning rate rises."""
    share = _WARMUP.get(recipe.schedule, 0.0) if recipe.warmup is None else recipe.warmup
    return round(share * total)


def learning_rate(
    recipe: Recipe, step: float, total: int, *, epoch: float | None = None, falls: int = 0
) -> float:
    """Return the learning rate of `step` (from 0) of `total` steps, at most the recipe's.

    It rises linearly during the warm-up, and then follows the schedule. For a schedule of the
    trainer it is constant: the trainer changes it.

    Args:
        recipe: the recipe.
        step: number of steps before this one; a fraction where a training ends at another epoch
            than planned, so that the schedule is stretched (`zoo_core.training.course.course`).
        total: number of steps of the schedule.
        epoch: number of epochs before this step, for schedules whose values are epochs; None for
            the share of the recipe's epochs that `step` is of `total`.
        falls: number of falls so far of schedule plateau.
    """
    warmup, rise, progress = warmup_steps(recipe, total), 1.0, 0.0
    if step < warmup:
        rise = _START + (1 - _START) * step / warmup
    else:
        # The first step after the warm-up has the full rate; the end would be reached at `total`,
        # one step after the last, so that no step is wasted. A warm-up may be all of the training.
        progress = (step - warmup) / ((total - warmup) or 1)
    match recipe.schedule:
        case "constant":
            share = 1.0
        case "cosine" | "one-cycle":
            share = _ending(recipe, _half_cosine(progress))
        case "polynomial":
            share = _ending(recipe, (1 - progress) ** recipe.lr_power)
        case "restarts":
            epoch = step * recipe.epochs / total if epoch is None else epoch
            share = _ending(recipe, _half_cosine(_cycle_progress(recipe, epoch)))
        case "cooldown":
            # Constant, and then linear: warmup-stable-decay (Hägele et al., 2024,
            # arXiv:2405.18392).
            share = _ending(recipe, min(max(total - step, 0) / (recipe.cooldown * total), 1.0))
        case "step" if recipe.lr_epochs:
            epoch = step * recipe.epochs / total if epoch is None else epoch
            share = recipe.lr_factor ** sum(epoch >= each for each in recipe.lr_epochs)
        case "step":
            share = recipe.lr_factor ** sum(step >= each * total for each in _STEPS)
        case "plateau":
            share = recipe.lr_factor**falls
        case _:  # the trainer's own
            share = 1.0
    return recipe.lr * rise * share


def _ending(recipe: Recipe, share: float) -> float:
    """Return a share that falls from 1 to 0 as one that falls to `final_lr`."""
    return recipe.final_lr + (1 - recipe.final_lr) * share


def _half_cosine(progress: float) -> float:
    return (1 + math.cos(math.pi * progress)) / 2


def _cycle_progress(recipe: Recipe, epoch: float) -> float:
    """Return the progress in the current cycle of SGDR, from 0 to 1.

    Source: Loshchilov & Hutter (2016), arXiv:1608.03983.
    """
    length = float(recipe.cycle)
    if recipe.cycle_factor == 1:
        return epoch % length / length
    while epoch >= length:
        epoch, length = epoch - length, length * recipe.cycle_factor
    return epoch / length


def average_decay(recipe: Recipe, step: int) -> float:
    """Return the decay, at `step` (from 0), of the moving average of the weights."""
    # 0.1, 0.18, 0.25, … up to `ema`, as in TensorFlow's ExponentialMovingAverage(num_updates).
    return min(recipe.ema, (1 + step) / (_AVERAGE_WARMUP + step))
