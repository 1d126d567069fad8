"""A run: one training, its folder of results, and the callbacks that follow it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from zoo_core.data.example_record import ExampleRecord
from zoo_core.data.splits import TrainingData
from zoo_core.errors import InvalidValueError, ZooError
from zoo_core.filenames import CARD, METRICS
from zoo_core.frameworks.scored_steps import ScoredSteps
from zoo_core.frameworks.teacher import Teacher
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.task import Task
from zoo_core.plugins.specs import DatasetSpec, ModelSpec
from zoo_core.recipes.class_weights import class_weights
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.recipes.recipe import Recipe
from zoo_core.text import counted
from zoo_core.weights.card import Card, InitialWeights, read_card
from zoo_core.weights.card_course import ContinuedEnd, EndDecision


# A base class with empty methods, as in Lightning and Keras, so that a subclass overrides only
# the methods that it needs.
class Callbacks:
    """Callbacks invoked during training; the methods do nothing unless overridden.

    They are called in the main process of a distributed training only. An exception ends the
    training, unlike one in a plugin's hook; it can be resumed from its last checkpoint.
    """

    def data_loaded(
        self,
        dataset: DatasetSpec,
        recipe: Recipe,
        data: TrainingData,
        record: ExampleRecord | None,
    ) -> None:
        """Handle the data set, with the record of its examples; no folder has been created yet."""

    def train_start(self, run: Run, progress: TrainingState) -> None:
        """Handle the start of a training, before its first step; a resumed one starts again.

        `progress` counts from where it starts: epoch 1 and step 0 for a new training, and the
        epochs that are done are in `progress.history`.
        """

    def step_end(self, epoch: int, step: int, steps: int) -> None:
        """Handle the end of a step: `step` of `steps` in `epoch`, both counted from 1.

        Steps after the last checkpoint of a training that was killed are run again when it is
        resumed, and so are their callbacks.
        """

    def steps_scored(self, run: Run, scored: ScoredSteps) -> None:
        """Handle the scores of the latest steps, at most 50, and always at the end of an epoch."""

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        """Handle the end of an epoch (from 1), with its line of ``metrics.jsonl``."""

    def train_end(self, run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
        """Handle the end of a training, whose weights and card are written.

        `predictions` returns those of the test split; it computes them if they are large.
        """


class CallbackList(Callbacks):
    """Callbacks that call several others, in their order.

    Raises:
        InvalidValueError: one of them is not a `Callbacks` object.
    """

    def __init__(self, members: Any) -> None:
        # A single object is accepted, too.
        self._members = tuple(members) if isinstance(members, Iterable) else (members,)
        for each in self._members:
            if not isinstance(each, Callbacks):
                got = f"the class {each.__name__}" if isinstance(each, type) else repr(each)
                raise InvalidValueError(
                    f"callbacks: expected a list of zoo.Callbacks objects, got {got[:200]}",
                    hint="Define a subclass of zoo.Callbacks and pass an object of it.",
                )

    def data_loaded(
        self,
        dataset: DatasetSpec,
        recipe: Recipe,
        data: TrainingData,
        record: ExampleRecord | None,
    ) -> None:
        for each in self._members:
            each.data_loaded(dataset, recipe, data, record)

    def train_start(self, run: Run, progress: TrainingState) -> None:
        for each in self._members:
            each.train_start(run, progress)

    def step_end(self, epoch: int, step: int, steps: int) -> None:
        for each in self._members:
            each.step_end(epoch, step, steps)

    def steps_scored(self, run: Run, scored: ScoredSteps) -> None:
        for each in self._members:
            each.steps_scored(run, scored)

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        for each in self._members:
            each.epoch_end(run, epoch, metrics)

    def train_end(self, run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
        for each in self._members:
            each.train_end(run, result, predictions)


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
    """True if the core warps the images of each step, because the trainer does not."""
    initial: InitialWeights | None = None
    """Pretrained weights that the training starts from; None for random ones."""
    loss_fields: tuple[tuple[str, ...], ...] = ()
    """Recipe fields that each head's loss implements."""
    teacher: Teacher | None = None
    """Trained model whose outputs are learned beside the targets; None for none."""
    continued: tuple[ContinuedEnd, ...] = ()
    """Earlier ends of the training, for which it was planned until then."""
    ended: tuple[EndDecision, ...] | None = None
    """Decisions of the training that this one repeats; None for one that makes its own."""

    @cached_property
    def loss_recipes(self) -> tuple[Recipe, ...]:
        """Recipe of each head's loss, in which `class_weights` are numbers, one per class.

        Raises:
            InvalidValueError: the weights do not fit the classes of the data.
        """
        recipe, data = self.recipe, self.data
        if not recipe.class_weights:
            return (recipe,) * len(self.tasks)
        targets = data.train.select_targets(data.train_rows)
        weights = class_weights(recipe, self.loss_fields, self.tasks, targets)
        return tuple(recipe.model_copy(update={"class_weights": each}) for each in weights)

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

    # Not that of a dataclass, which would print every array of the data set.
    def __repr__(self) -> str:
        dataset, recipe = self.recipe.dataset, self.recipe
        return "\n".join(
            [
                f"<Run of {self.model.name} on {dataset}",
                f"  folder: {self.folder}",
                f"  recipe: {counted(recipe.epochs, 'epoch')}, batch size {recipe.batch_size}, lr "
                f"{recipe.lr:g}, seed {recipe.seed}",
                f"  result: {self._result()}>",
            ]
        )

    def _repr_html_(self) -> str:
        from zoo_core.frameworks.learning_curve import learning_curve
        from zoo_core.table import html_facts, html_title

        facts = [("folder", str(self.folder)), ("result", self._result())]
        title = html_title(f"Run of {self.model.name} on {self.recipe.dataset}")
        try:
            card = self.card._repr_html_()
        except ZooError:  # the training has not finished, or its card is damaged
            card = ""
        return title + html_facts(facts) + card + learning_curve(self.folder / METRICS)

    def _result(self) -> str:
        """Return the kept epoch and its scores in words."""
        if not (self.folder / CARD).exists():
            return "not finished"
        try:
            card = self.card
        except ZooError as exc:  # a `repr` must not raise, or no debugger could show the run
            return str(exc)
        return (
            f"epoch {card.epoch} of {self.recipe.epochs} kept; {self.recipe.tested_on}: "
            f"{card.metrics['test']}"
        )
