"""Progress of a training: one line per epoch, and a progress bar on a terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from zoo_core.filenames import WEIGHTS
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.scores import Scores
from zoo_core.system.progress_bar import ProgressBar
from zoo_core.weights.card import Card

_REDRAW = 0.1
"""Minimum seconds between two updates of the bar."""


class TrainingProgress(Callbacks):
    """Callbacks that print the progress of a training; with `quiet`, only the bar is drawn."""

    def __init__(self, *, quiet: bool) -> None:
        self._bar = ProgressBar(quiet=quiet, text_first=True)
        self._drawn = 0.0

    def __enter__(self) -> TrainingProgress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def train_start(self, run: Run, progress: TrainingState) -> None:
        recipe, data = run.recipe, run.data
        epochs = f"{recipe.epochs} epoch{'s' if recipe.epochs > 1 else ''}"
        self._bar.say(
            f"Training {run.model.name} on {recipe.dataset}: {len(data.train_rows):,} images to "
            f"train on, {len(data.validation_rows):,} to validate, {epochs} of batches of "
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
        train, validation = Scores(**metrics["train"]), Scores(**metrics["validation"])
        number = str(epoch).rjust(len(str(run.recipe.epochs)))
        self._bar.say(
            f"Epoch {number}/{run.recipe.epochs}: training {train}; "
            f"validation {validation}; {metrics['seconds']:.1f} s"
        )
        if epoch == run.recipe.epochs:
            self._bar.stop()  # evaluation and plugins follow, which are not counted in steps

    def train_end(self, run: Run, result: Card, predictions: Predictions) -> None:
        test = result.metrics["test"]
        correct = " / ".join(f"{each:,}" for each in test.correct)  # one number per head
        kept = "best on validation" if run.recipe.keep == "best" else "last"
        self._bar.say(
            f"Test: {test}: {correct} of {test.total:,} images correct, with the weights of epoch "
            f"{result.epoch} ({kept})."
        )
        if len(test.correct) > 1:
            self._bar.say(f"All labels correct: {test.all_correct:,} of {test.total:,}.")
        self._bar.say(f"Trained in {result.seconds:.1f} s. Weights: {run.folder / WEIGHTS}")
        if pictures := sorted(path.name for path in run.folder.glob("*.png")):
            self._bar.say(f"Pictures in the same folder: {', '.join(pictures)}")
        self._bar.say(f"To classify an image: zoo predict {run.folder} IMAGE")
