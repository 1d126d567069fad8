"""What a person sees while a model is trained: a line an epoch, and a bar on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from zoo_core.card import Card
from zoo_core.metrics import Scores
from zoo_core.predictions import Predictions
from zoo_core.progress import Progress
from zoo_core.run import WEIGHTS, Run

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_REDRAW = 0.1
"""Seconds between two drawings of the bar."""


class Reporter:
    """Prints how a training goes; with `quiet`, draws the bar alone.

    The bar stands on standard output, below the lines, where that is a terminal; else on
    standard error where that is one; else there is none.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._drawn = 0.0

    def __enter__(self) -> Reporter:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def train_start(self, run: Run, progress: Progress) -> None:
        recipe, data = run.recipe, run.data
        epochs = f"{recipe.epochs} epoch{'s' if recipe.epochs > 1 else ''}"
        self._say(
            f"Training {run.model.name} on {recipe.dataset}: {len(data.train_rows):,} images to "
            f"train on, {len(data.validation_rows):,} to validate, {epochs} of batches of "
            f"{recipe.batch_size}, seed {recipe.seed}."
        )
        if progress.epoch > 1 or progress.step:
            self._say(f"Going on after step {progress.step} of epoch {progress.epoch}.")
        if self._lines_on_terminal or sys.stderr.isatty():
            self._bar = _make_bar(on_stderr=not self._lines_on_terminal)
            self._task = self._bar.add_task("", total=None)
            self._bar.start()

    def step_end(self, epoch: int, step: int, steps: int) -> None:
        if self._bar is None or self._task is None:
            return
        now = time.perf_counter()
        if now - self._drawn > _REDRAW or step == steps:
            self._drawn = now
            self._bar.update(
                self._task,
                description=f"epoch {epoch}",
                completed=step,
                total=steps,
                refresh=True,
            )

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        train, validation = Scores(**metrics["train"]), Scores(**metrics["validation"])
        number = str(epoch).rjust(len(str(run.recipe.epochs)))
        self._say(
            f"Epoch {number}/{run.recipe.epochs}: training {train}; "
            f"validation {validation}; {metrics['seconds']:.1f} s"
        )

        if epoch == run.recipe.epochs:
            self._stop()  # what comes now is not counted in steps

    def train_end(self, run: Run, result: Card, predictions: Predictions) -> None:
        test = result.metrics["test"]
        right = " / ".join(f"{correct:,}" for correct in test.correct)
        kept = "best on validation" if run.recipe.keep == "best" else "last"
        self._say(
            f"Test: {test}: {right} of {test.total:,} images read correctly, with the weights of "
            f"epoch {result.epoch}, the {kept}."
        )
        if len(test.correct) > 1:
            self._say(f"Every label right: {test.all_correct:,} of {test.total:,}.")
        self._say(f"Trained in {result.seconds:.1f} s. Weights: {run.folder / WEIGHTS}")
        if pictures := sorted(path.name for path in run.folder.glob("*.png")):
            self._say(f"Pictures there: {', '.join(pictures)}")
        self._say(f"Read an image of yours: zoo predict {run.folder} IMAGE")

    @property
    def _lines_on_terminal(self) -> bool:
        return sys.stdout.isatty() and not self._quiet

    def _say(self, line: str) -> None:
        if self._quiet:
            return
        if self._bar is not None and self._lines_on_terminal:
            self._bar.console.print(line, highlight=False, markup=False, soft_wrap=True)
        else:
            click.echo(line)

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _make_bar(*, on_stderr: bool) -> Bar:
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(),
        console=Console(stderr=on_stderr),
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )
