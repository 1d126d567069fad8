"""Dispatch training callbacks to the metrics file, the caller and the plugins."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import pluggy

from zoo_core.errors import one_line
from zoo_core.filenames import METRICS
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.metrics.predictions import Predictions
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.atomic_files import write_atomic
from zoo_core.weights.card import Card


class CallbackDispatcher(Callbacks):
    """Writes ``metrics.jsonl`` and tells the caller and the plugins.

    A plugin that fails here costs a warning, never the training.
    """

    def __init__(self, catalog: Catalog, caller: Callbacks | None) -> None:
        self._hooks = catalog.hooks
        self._caller = caller

    def train_start(self, run: Run, progress: TrainingState) -> None:
        # A resumed training may have written lines after its checkpoint.
        lines = (json.dumps(metrics) + "\n" for metrics in progress.history)
        write_atomic(run.folder / METRICS, "".join(lines).encode())
        if self._caller:
            self._caller.train_start(run, progress)
        self._tell("zoo_train_start", run=run)

    def step_end(self, epoch: int, step: int, steps: int) -> None:
        if self._caller:
            self._caller.step_end(epoch, step, steps)

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        with (run.folder / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(metrics) + "\n")
        if self._caller:
            self._caller.epoch_end(run, epoch, metrics)
        self._tell("zoo_epoch_end", run=run, epoch=epoch, metrics=metrics)

    def train_end(self, run: Run, result: Card, predictions: Predictions) -> None:
        self._tell("zoo_train_end", run=run, result=result, predictions=predictions)
        if self._caller:  # last, so that it may tell of what plugins have left in the folder
            self._caller.train_end(run, result, predictions)

    def _tell(self, hook: str, **arguments: Any) -> None:
        call_hook(self._hooks, hook, "the training goes on", **arguments)


def call_hook(hooks: pluggy.HookRelay, hook: str, consequence: str, **arguments: Any) -> None:
    """Call a hook in every plugin that implements it; one that fails costs a warning.

    Args:
        hooks: a catalog's.
        hook: its name.
        consequence: what the warning says that happens all the same.
        arguments: the hook's.
    """
    for implementation in getattr(hooks, hook).get_hookimpls():
        wanted = {name: arguments[name] for name in implementation.argnames}
        try:
            implementation.function(**wanted)
        except Exception as exc:
            plugin = implementation.plugin_name
            sys.stderr.write(
                f"zoo: plugin {plugin} failed in {hook}, {consequence}: {one_line(exc)}\n"
            )
