"""Progress of a training: one line per epoch, and a progress bar on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from zoo_core.cli.dataset_table import overview_lines
from zoo_core.data.example_record import ExampleRecord
from zoo_core.data.overview.overview import Overview, describe_dataset
from zoo_core.data.splits import TrainingData
from zoo_core.filenames import WEIGHTS
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.scores import Scores
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.progress_bar import ProgressBar
from zoo_core.system.terminal import print_lines
from zoo_core.text import counted, shell_command
from zoo_core.weights.card import Card

_REDRAW = 0.1
"""Minimum seconds between two updates of the bar."""


class TrainingProgress(Callbacks):
    """Callbacks that print the progress of a training; with `quiet`, only the bar is drawn.

    Args:
        quiet: print no lines.
        describes_data: describe a user's own data set before the training.
    """

    def __init__(self, *, quiet: bool, describes_data: bool = False) -> None:
        self._bar = ProgressBar(quiet=quiet, text_first=True)
        self._quiet, self._describes_data = quiet, describes_data
        self._drawn = 0.0
        self.overview: Overview | None = None

    def __enter__(self) -> TrainingProgress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def data_loaded(
        self,
        dataset: DatasetSpec,
        recipe: Recipe,
        data: TrainingData,
        record: ExampleRecord | None,
    ) -> None:
        # zoo's own data sets are checked when they are published, and never change.
        if not (self._describes_data and dataset.address):
            return
        self.overview = describe_dataset(data, recipe, record)
        if not self._quiet:
            # On stderr, also in a pipe, because it is about the input, not a result.
            print_lines(*overview_lines(self.overview, dataset.name), err=True)

    def train_start(self, run: Run, progress: TrainingState) -> None:
        recipe, data = run.recipe, run.data
        epochs = counted(recipe.epochs, "epoch")
        self._bar.say(
            f"Training {run.model.name} on {recipe.dataset}: "
            f"{counted(len(data.train_rows), 'example')} to train on, "
            f"{len(data.validation_rows):,} to validate, {epochs} of batches of "
            f"{recipe.batch_size}, seed {recipe.seed}."
        )
        if progress.epoch > 1 or progress.step:
            self._bar.say(f"Resuming after step {progress.step} of epoch {progress.epoch}.")
        self._bar.start()

    def step_end(self, epoch: int, step: int, steps: int) -> None:
        # A small net makes hundreds of steps per second: drawing each one would slow it down.
        now = time.perf_counter()
        if self._bar.drawn and (now - self._drawn > _REDRAW or step == steps):
            self._drawn = now
            self._bar.update(step, steps, f"epoch {epoch}")

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        train, validation = map(Scores.from_json, (metrics["train"], metrics["validation"]))
        number = str(epoch).rjust(len(str(run.recipe.epochs)))
        self._bar.say(
            f"Epoch {number}/{run.recipe.epochs}: training {train}; "
            f"validation {validation}; {metrics['seconds']:.1f} s"
        )
        if epoch == run.recipe.epochs:
            self._bar.stop()  # evaluation and plugins follow, which are not counted in steps

    def train_end(self, run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
        test = result.metrics["test"]
        kept = "best on validation" if run.recipe.keep == "best" else "last"
        self._bar.say(
            f"Test: {test}: {test.counts_text}, with the weights of epoch {result.epoch} ({kept})."
        )
        if test.all_correct is not None and len(run.tasks) > 1:
            self._bar.say(f"All heads correct: {test.all_correct:,} of {test.total:,}.")
        self._bar.say(f"Trained in {result.seconds:.1f} s. Weights: {run.folder / WEIGHTS}")
        if pictures := sorted(path.name for path in run.folder.glob("*.png")):
            self._bar.say(f"Pictures in the same folder: {', '.join(pictures)}")
        file = "IMAGE" if run.data.dataset.input_spec.kind == "image" else "FILE"
        self._bar.say(f"To predict: {shell_command('zoo', 'predict', run.folder, file)}")
