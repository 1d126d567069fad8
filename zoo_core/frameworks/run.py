"""A run: one training, its folder of results, and the callbacks that follow it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoo_core.data.example_record import ExampleRecord
from zoo_core.data.splits import TrainingData
from zoo_core.filenames import CARD
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.task import Task
from zoo_core.plugins.specs import DatasetSpec, ModelSpec
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.recipe import Recipe
from zoo_core.weights.card import Card, InitialWeights, read_card


# A base class with empty methods, as in Lightning and Keras, so that a subclass overrides only
# the methods that it needs. An exception in one ends the training, unlike one in a plugin's hook.
class Callbacks:
    """Callbacks invoked during training; the methods do nothing unless overridden."""

    def data_loaded(
        self,
        dataset: DatasetSpec,
        recipe: Recipe,
        data: TrainingData,
        record: ExampleRecord | None,
    ) -> None:
        """Handle the data set, with the record of its examples; no folder has been created yet."""

    def train_start(self, run: Run, progress: TrainingState) -> None:
        """Handle the start of a training, before its first step; a resumed one starts again."""

    def step_end(self, epoch: int, step: int, steps: int) -> None:
        """Handle the end of a step: `step` of `steps` in `epoch`, both counted from 1."""

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        """Handle the end of an epoch (from 1), with its line of ``metrics.jsonl``."""

    def train_end(self, run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
        """Handle the end of a training, whose weights and card are written.

        `predictions` returns those of the test split; it computes them if they are large.
        """


@dataclass(frozen=True)
class Run:
    """The inputs of a training and the folder of its results."""

    model: ModelSpec
    config: ModelConfig
    recipe: Recipe
    data: TrainingData
    folder: Path
    callbacks: Callbacks
    tasks: tuple[Task, ...]
    """Task of each head."""
    losses: tuple[Any, ...]
    """Loss of each head: what its `LossSpec` names for the trainer's framework."""
    warps_inputs: bool = False
    """Whether the core warps the images of each step, because the trainer does not."""
    initial: InitialWeights | None = None
    """Pretrained weights that the training starts from; None for random ones."""

    @property
    def head_weights(self) -> tuple[float, ...]:
        """Weight of each head's loss; they sum to 1."""
        weights = self.recipe.head_weights or (1.0,) * len(self.tasks)
        return tuple(weight / sum(weights) for weight in weights)

    @property
    def card(self) -> Card:
        """The card in the folder; it exists once the training is done."""
        # Read every time, because a run exists before its card does.
        return read_card(self.folder / CARD)
