"""Normalization: mean and standard deviation per channel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Normalization:
    """Normalization of pixels: ``(image / 255 - mean) / std``.

    Attributes:
        mean: mean per channel, on the scale from 0 to 1.
        std: standard deviation per channel, on the same scale.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
