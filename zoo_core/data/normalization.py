"""Normalization: mean and standard deviation per channel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Normalization:
    """What is done to the pixels before a model sees them: ``(image / 255 - mean) / std``.

    Attributes:
        mean: one number a channel, on the scale from 0 to 1.
        std: likewise.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
