"""Normalization: mean and standard deviation of inputs, and of targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TargetScale:
    """Mean and standard deviation of a head's targets: a trainer gets ``(target - mean) / std``.

    Attributes:
        mean: mean per value.
        std: standard deviation per value.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def apply(self, targets: NDArray[Any]) -> NDArray[Any]:
        """Return targets ``(N, …)`` in standard deviations from the mean."""
        shape = (1, *targets.shape[1:])
        scaled = (targets - np.reshape(self.mean, shape)) / np.reshape(self.std, shape)
        return np.asarray(scaled, targets.dtype)

    def invert(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """Return outputs ``(N, values)`` in the units of the targets."""
        return np.asarray(outputs * np.array(self.std) + np.array(self.mean), outputs.dtype)


@dataclass(frozen=True)
class Normalization:
    """Normalization of inputs: ``(input - mean) / std``, of images ``(image / 255 - mean) / std``.

    Attributes:
        mean: mean per entry of an input's first axis, such as its channels; of images on the scale
            from 0 to 1. Empty for inputs that are not numbers to compute with, such as tokens.
        std: standard deviation per entry, on the same scale.
        targets: scale of each head's targets, None for a head without one; empty if none has one.
        fill: value per entry that replaces missing ones, which are NaN; empty to refuse those.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    targets: tuple[TargetScale | None, ...] = ()
    fill: tuple[float, ...] = ()

    def fill_missing(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """Return inputs ``(N, F, …)`` with their missing values filled."""
        if not self.fill or not (absent := np.isnan(inputs)).any():
            return inputs
        by_entry = (1, -1, *(1,) * (inputs.ndim - 2))
        return np.where(absent, np.reshape(np.array(self.fill, inputs.dtype), by_entry), inputs)

    def scale_targets(self, targets: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        """Return the targets of all heads as a trainer gets them."""
        if not self.targets:
            return tuple(targets)
        heads = zip(targets, self.targets, strict=True)
        return tuple(scale.apply(head) if scale else head for head, scale in heads)

    def restore_outputs(self, outputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Return a trainer's outputs of all heads in the units of their targets."""
        if not self.targets:
            return list(outputs)
        heads = zip(outputs, self.targets, strict=True)
        return [scale.invert(head) if scale else head for head, scale in heads]


class Rescaling(NamedTuple):
    """A change from one scale to another: ``value * factor + shift``, per entry or value."""

    factor: tuple[float, ...]
    shift: tuple[float, ...]


def rescaling(before: TargetScale | None, after: TargetScale | None) -> Rescaling | None:
    """Return the change from numbers on one scale to those on another; None for no change.

    A scale of None, or one without numbers, is that of the numbers themselves.
    """
    size = max((len(scale.mean) for scale in (before, after) if scale), default=0)
    itself = TargetScale((0.0,) * size, (1.0,) * size)
    old, new = (scale if scale and scale.mean else itself for scale in (before, after))
    if old == new:
        return None
    # (value * std + mean - new mean) / new std, as one product and one sum.
    factor = tuple(std / wanted for std, wanted in zip(old.std, new.std, strict=True))
    means = zip(old.mean, new.mean, new.std, strict=True)
    return Rescaling(factor, tuple((mean - wanted) / std for mean, wanted, std in means))
