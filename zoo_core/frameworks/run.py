"""A run: one training, its folder of results, and the callbacks that follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core.data.splits import TrainingData
from zoo_core.filenames import CARD
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.metrics.predictions import Predictions
from zoo_core.plugins.specs import ModelSpec
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.recipe import Recipe
from zoo_core.weights.card import Card, InitialWeights, read_card


class Callbacks:
    """Callbacks invoked during training; a subclass overrides those that it needs."""

    def train_start(self, run: Run, progress: TrainingState) -> None:
        """Called before the first step, of a resumed training too."""

    def step_end(self, epoch: int, step: int, steps: int) -> None:
        """Called after each step: `step` of `steps`, both counted from 1, of `epoch`."""

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        """Called after each epoch (from 1), with its line of ``metrics.jsonl``."""

    def train_end(self, run: Run, result: Card, predictions: Predictions) -> None:
        """Called when weights and card are written, with the predictions for the test split."""


@dataclass(frozen=True)
class Run:
    """All that a trainer gets, and all that a training leaves."""

    model: ModelSpec
    config: ModelConfig
    recipe: Recipe
    data: TrainingData
    folder: Path
    callbacks: Callbacks
    initial: InitialWeights | None = None
    """What it begins with, where that is not at random."""

    @property
    def card(self) -> Card:
        """The card in the folder, which is there once the training is done."""
        return read_card(self.folder / CARD)
