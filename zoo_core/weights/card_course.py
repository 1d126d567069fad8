"""The course of a training on its card: decisions about its end, and ends that it continued."""

from __future__ import annotations

from typing import Literal

from zoo_core.recipes.validation import FrozenModel


class EndDecision(FrozenModel):
    """A decision about the last epoch of a training, made after one of its epochs."""

    after: int
    """Epoch after which it was made."""
    last: int
    """The last epoch from then on; later decisions may move it again."""
    because: Literal["patience", "max_minutes"]


class ContinuedEnd(FrozenModel):
    """An end of a training that was continued for more epochs."""

    epochs: int
    """Number of epochs of the recipe until then, which decided the schedule."""
    after: int
    """Last epoch that was trained until then."""
    sha256: str
    """Checksum of the weight file of that end."""
