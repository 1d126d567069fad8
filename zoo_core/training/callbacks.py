"""Dispatch training callbacks to the metrics file, the caller and the plugins."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pluggy

from zoo_core.data.example_record import ExampleRecord
from zoo_core.data.splits import TrainingData
from zoo_core.errors import one_line
from zoo_core.filenames import METRICS
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.scored_steps import ScoredSteps
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.metrics.predictions import Predictions
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.faults.frames import own_frame
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.atomic_files import write_atomic
from zoo_core.system.terminal import print_lines
from zoo_core.weights.card import Card


class CallbackDispatcher(Callbacks):
    """Dispatcher of callbacks: writes ``metrics.jsonl``, then calls the caller and the plugins.

    A plugin whose hook fails costs a warning, never the training.
    """

    def __init__(self, catalog: Catalog, caller: Callbacks | None) -> None:
        self._hooks = catalog.hooks
        self._caller = caller or Callbacks()
        # Looked up once, because a step may take less time than that.
        self._step_hooks = self._hooks.zoo_step_end.get_hookimpls()
        self._run: Run | None = None  # before `train_start`

    def data_loaded(
        self,
        dataset: DatasetSpec,
        recipe: Recipe,
        data: TrainingData,
        record: ExampleRecord | None,
    ) -> None:
        # For the caller alone, because a hook receives a run, which does not exist yet.
        self._caller.data_loaded(dataset, recipe, data, record)

    def train_start(self, run: Run, progress: TrainingState) -> None:
        # Written from the history, because a killed training may have appended lines after its
        # last checkpoint, and trains those epochs again.
        lines = (json.dumps(metrics) + "\n" for metrics in progress.history)
        write_atomic(run.folder / METRICS, "".join(lines).encode())
        self._run = run
        self._caller.train_start(run, progress)
        self._call("zoo_train_start", run=run)

    def step_end(self, epoch: int, step: int, steps: int) -> None:
        self._caller.step_end(epoch, step, steps)
        if self._step_hooks:
            self._call_step_hooks(run=self._run, epoch=epoch, step=step, steps=steps)

    def steps_scored(self, run: Run, scored: ScoredSteps) -> None:
        self._caller.steps_scored(run, scored)
        self._call("zoo_steps_scored", run=run, scored=scored)

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        # Opened anew for each line, so that the file is complete after every epoch and other
        # programs can follow it.
        with (run.folder / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(metrics) + "\n")
        self._caller.epoch_end(run, epoch, metrics)
        self._call("zoo_epoch_end", run=run, epoch=epoch, metrics=metrics)

    def train_end(self, run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
        predict = cache(predictions)  # once for all plugins
        self._call("zoo_train_end", run=run, result=result, predictions=predict)
        # The caller comes last, because it may list the files that plugins wrote to the folder.
        self._caller.train_end(run, result, predict)

    def _call(self, hook: str, **arguments: Any) -> None:
        call_hook(self._hooks, hook, "the training continues", **arguments)

    def _call_step_hooks(self, **arguments: Any) -> None:
        consequence = "the training continues without it"
        # Those that fail are not called again, because they would fail at every step.
        self._step_hooks = [
            each
            for each in self._step_hooks
            if _succeeds(each, "zoo_step_end", consequence, arguments)
        ]


def call_hook(hooks: pluggy.HookRelay, hook: str, consequence: str, **arguments: Any) -> None:
    """Call a hook in every plugin that implements it; a failure costs a warning.

    Args:
        hooks: hooks of a catalog.
        hook: name of the hook.
        consequence: clause of the warning that states what happens in spite of the failure.
        arguments: arguments of the hook.
    """
    # One by one instead of by pluggy's own call, which would stop at the first exception and
    # leave out the other plugins; in the order of that call, which is from the last to the first.
    for implementation in reversed(getattr(hooks, hook).get_hookimpls()):
        _succeeds(implementation, hook, consequence, arguments)


def _succeeds(
    implementation: pluggy.HookImpl, hook: str, consequence: str, arguments: Mapping[str, Any]
) -> bool:
    """Call one plugin's implementation of a hook, and warn if it fails."""
    # As pluggy does, only the arguments that the implementation names.
    wanted = {name: arguments[name] for name in implementation.argnames}
    try:
        implementation.function(**wanted)
    except Exception as exc:
        plugin = implementation.plugin_name
        message = f"zoo: plugin {plugin} failed in {hook}, {consequence}: {one_line(exc)}"
        frame = own_frame(exc, getattr(implementation.plugin, "__name__", ""))
        print_lines(f"{message} (at {frame})" if frame else message, err=True)
        return False
    return True
