"""Progress of a training: one line per epoch, and a live line on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from zoo_core.cli.dataset_table import overview_lines
from zoo_core.cli.training.lines import (
    decision_lines,
    detail_line,
    epoch_line,
    limit_warning,
    result_lines,
    start_lines,
)
from zoo_core.data.example_record import ExampleRecord
from zoo_core.data.overview.overview import Overview, describe_dataset
from zoo_core.data.splits import TrainingData
from zoo_core.frameworks.distributed import env_rank
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.metrics.predictions import Predictions
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.progress.live_line import LiveLine, open_line
from zoo_core.system.progress.progress_bar import REDRAW
from zoo_core.system.terminal import print_lines
from zoo_core.weights.card import Card

if TYPE_CHECKING:
    from zoo_core.cli.training.live_training import LiveTraining


class TrainingProgress(Callbacks):
    """Callbacks that print the progress of a training.

    Args:
        quiet: print no lines; a live line is drawn nevertheless.
        verbose: print all scores of each epoch, and its details.
        describes_data: describe a user's own data set before the first training.
        results: function that returns the lines at the end of a training.
    """

    def __init__(
        self,
        *,
        quiet: bool,
        verbose: bool = False,
        describes_data: bool = False,
        results: Callable[[Run, Card], Iterable[str]] = result_lines,
    ) -> None:
        self._quiet, self._verbose, self._describes_data = quiet, verbose, describes_data
        self._results = results
        self._line: LiveLine | None = None
        self._live: LiveTraining | None = None
        self._next_draw = 0.0
        self.overview: Overview | None = None

    def __enter__(self) -> TrainingProgress:
        if env_rank() == 0:  # one line per training, not per process
            self._line = open_line(below_lines=not self._quiet)
        if self._line:
            self._line.draw_text("Loading the data set and the framework")
        return self

    def __exit__(self, *_: object) -> None:
        if self._line:
            self._line.close()
        self._line = self._live = None

    def data_loaded(
        self,
        dataset: DatasetSpec,
        recipe: Recipe,
        data: TrainingData,
        record: ExampleRecord | None,
    ) -> None:
        # zoo's own data sets are checked when they are published, and never change.
        # Once, also for several trainings.
        if not (self._describes_data and dataset.address) or self.overview:
            return
        self._describes_data = False
        self.overview = describe_dataset(data, recipe, record)
        if not self._quiet:
            # On stderr, also in a pipe, because it is about the input, not a result.
            print_lines(*overview_lines(self.overview, dataset.name), err=True)

    def train_start(self, run: Run, progress: TrainingState) -> None:
        screen = self._line if self._line and self._line.is_below_lines else None
        for line in start_lines(run, progress):
            self._say(*(screen.wrap(line) if screen else [line]))
        if self._line:
            # Deferred, because it imports rich.
            from zoo_core.cli.training.live_training import LiveTraining

            self._live = LiveTraining(self._line, run.recipe, progress)
            self._live.draw_start()

    def step_end(self, epoch: int, step: int, steps: int) -> None:
        # A small net makes hundreds of steps per second: drawing each one would slow it down.
        if self._live and ((now := time.perf_counter()) > self._next_draw or step == steps):
            self._next_draw = now + REDRAW
            self._live.draw_step(epoch, step, steps)

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        if self._live:
            self._live.add_epoch(metrics)
        if self._live and self._live.line.is_below_lines and not self._verbose:
            self._live.print_epoch(epoch, metrics)
        else:
            self._say(epoch_line(run, epoch, metrics))
        if self._verbose:
            self._say(detail_line(run, metrics))
        self._say(*decision_lines(run, metrics))
        if warning := limit_warning(run, metrics):
            print_lines(warning, err=True)
        if self._live and epoch == self._live.last_epoch:
            self._live.draw_end()

    def train_end(self, run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
        self._live = None
        if self._line:
            self._line.draw()  # nothing, until another training starts
        self._say("", *self._results(run, result))

    def _say(self, *lines: str) -> None:
        if not self._quiet:
            print_lines(*lines)
