"""Fields of a step: from a batch's gradients to new weights."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from zoo_core.recipes.fields.added import Owner, added
from zoo_core.recipes.validation import FrozenModel


def _check_layers(value: Any) -> Any:
    patterns = (value,) if isinstance(value, str) else value
    if isinstance(patterns, list | tuple):
        patterns = tuple(patterns)
        fits = bool(patterns) and all(isinstance(each, str) and each for each in patterns)
    else:
        fits = type(value) is int and value >= 0  # True is an int, too
    if not fits:
        raise ValueError("a number of layers, or patterns of names")
    return patterns


# Checked as a whole, because the error of a union is that of its first member.
Layers = Annotated[int | tuple[str, ...], BeforeValidator(_check_layers)]
"""A number of layers from the first, or patterns of names, such as ``conv1.*``."""


class StepFields(FrozenModel):
    """Batches, the optimizer, and which weights it changes by how much."""

    trainer: str = Field(description="name of the trainer")
    batch_size: int = Field(128, ge=1, description="examples per batch")
    accumulate: int = added(1, "batches per step, whose gradients are averaged", ge=1)
    optimizer: str = Field(
        "sgd",
        description="optimizer: sgd, adamw, muon, or one of the trainer: adam, rmsprop, lion",
    )
    momentum: float = Field(0.0, ge=0, lt=1, description="momentum of sgd and rmsprop")
    nesterov: bool = Field(False, description="Nesterov momentum of sgd")
    weight_decay: float = Field(
        0.0, ge=0, description="L2 penalty for sgd, adam and rmsprop, decoupled for others"
    )
    decay_biases: bool = added(
        True, "apply weight_decay to biases and to the weights of norms, too"
    )
    clip_norm: float = added(
        0.0, "maximum length of the gradient of all weights together; 0: none", ge=0
    )
    sam: float = added(
        0.0,
        "distance of sharpness-aware minimization, which takes the gradient of the worst weights "
        "that near; twice the time per step; 0: off",
        ge=0,
    )
    layer_decay: float = added(
        1.0, "factor of the learning rate per layer, from the last to the first", gt=0, le=1
    )
    freeze: Layers = added(
        0,
        "weights that stay as they are: the number of layers from the first, or patterns of names",
    )
    thaw: int = added(
        0, "epoch from which frozen weights are trained, too, at least 2; 0: none", ge=0
    )
    ema: float = Field(
        0.0, ge=0, lt=1, description="decay of the moving average of the weights; 0: no average"
    )
    # A field and not an option of the command, because it changes the weights.
    precision: str = Field(
        "float32",
        description="precision of a step: float32, bfloat16, which is float32 on devices without "
        "it, or one of the trainer",
    )

    @property
    def step_size(self) -> int:
        """Number of examples per step, over all processes."""
        return self.batch_size * self.accumulate


NO_MOMENTUM = ("adamw", "adam", "muon", "lion")
"""Optimizers without the fields `momentum` and `nesterov`."""

STEP_FIELDS = frozenset(StepFields.model_fields) - {"trainer", "batch_size"}
"""Fields that the trainer implements."""

OWNERS: dict[str, Owner] = {
    "decay_biases": ("weight_decay", ()),
    "thaw": ("freeze", ()),
}
