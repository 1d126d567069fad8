"""The teacher of a training: a trained model whose outputs are learned beside the targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zoo_core.data.normalization import Rescaling
from zoo_core.weights.card import ParentWeights


@dataclass(frozen=True)
class Teacher:
    """A trained model whose outputs are learned beside the targets (Hinton et al. 2015).

    A trainer passes it the inputs of the model in training, so that both see the same augmented
    example (Beyer et al. 2022), and adds the distances of their outputs to the losses.

    Attributes:
        weights: its weights, for the card.
        model: the framework's own object, of the framework of the model in training.
        losses: distance of each head: what the head's `LossSpec` names as its `distillation`.
        inputs: change of a normalized input from the model's scale to the teacher's; None for none.
        outputs: change of each head's outputs from the teacher's scale to the model's.
    """

    weights: ParentWeights
    model: Any
    losses: tuple[Callable[..., Any], ...]
    inputs: Rescaling | None
    outputs: tuple[Rescaling | None, ...]
