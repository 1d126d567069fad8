"""Checks of hooks that are called during a training or after a search."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from zoo_core.errors import one_line
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.scored_steps import ScoredSteps
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.metrics.predictions import Predictions
from zoo_core.plugins.catalog import Catalog
from zoo_core.testing.check import ContractError, expect
from zoo_core.testing.checks.static_checks import TRACKERS_HOOK, TUNE_HOOK, running_hooks
from zoo_core.testing.dummy import MODEL, dummy_catalog
from zoo_core.testing.random_data import DATASET
from zoo_core.training.training import Training
from zoo_core.tuning.study import State, Study, Trial
from zoo_core.weights.card import Card


def runs_its_training_hooks(catalog: Catalog, name: str) -> None:
    """Check that no hook of the plugin fails in a short training."""
    # Of the dummy, because other plugins' models may be wrong, or made for other data. The hooks
    # are called by `_PluginCallbacks`, because a training turns their errors into warnings.
    with tempfile.TemporaryDirectory() as folder:
        callbacks = _PluginCallbacks(running_hooks(catalog, name))
        out = Path(folder) / "run"
        run = Training.new(dummy_catalog(), MODEL.name, out=out, callbacks=callbacks).run()
        expect(run.card.model, "the card is gone")  # hooks may add files to the folder, not remove


def runs_its_search_hook(catalog: Catalog, name: str) -> None:
    """Check that the plugin's hook accepts a search with pruned and failed trials."""
    # A made-up study, because a real search takes minutes and fails no trial on purpose.
    hook = running_hooks(catalog, name)[TUNE_HOOK]
    with tempfile.TemporaryDirectory() as folder:
        _call(TUNE_HOOK, hook, study=_search(), folder=Path(folder))


def names_its_trackers(catalog: Catalog, name: str) -> None:
    """Check that the plugin names its trackers, and refuses none of another plugin."""
    hook = running_hooks(catalog, name)[TRACKERS_HOOK]
    offered = _call(TRACKERS_HOOK, hook, names=("a-tracker-of-another-plugin",))
    named = isinstance(offered, Iterable) and all(isinstance(each, str) for each in offered)
    expect(named, f"{TRACKERS_HOOK}: expected names, got {offered!r}")


def _search() -> Study:
    ends: list[tuple[float, State]] = [
        (0.9, "complete"),
        (0.8, "complete"),
        (0.5, "pruned"),
        (0.0, "failed"),
    ]
    return Study(
        name="a-study",
        model="a-model",
        recipe_name="default",
        dataset=DATASET.name,
        space={"lr": {"low": 0.001, "high": 0.1, "log": True}, "batch_size": {"choices": [32, 64]}},
        grid=False,
        seeds=(0,),
        trials=tuple(
            Trial(
                number=number,
                state=state,
                values={"lr": 0.001 * 2**number, "batch_size": 32},
                scores=(score,) * (state == "complete"),
                loss=0.1,
                curve=(score,) * (state != "failed"),
                epochs=1,
                seconds=1.0,
                reason="" if state == "complete" else state,
            )
            for number, (score, state) in enumerate(ends)
        ),
        importances={"lr": 0.9, "batch_size": 0.1},
    )


class _PluginCallbacks(Callbacks):
    """Callbacks that call a plugin's hooks and raise their errors."""

    def __init__(self, hooks: Mapping[str, Any]) -> None:
        self._hooks = hooks

    def train_start(self, run: Run, progress: TrainingState) -> None:
        self._run = run
        self._call_hook("zoo_train_start", run=run)

    def step_end(self, epoch: int, step: int, steps: int) -> None:
        self._call_hook("zoo_step_end", run=self._run, epoch=epoch, step=step, steps=steps)

    def steps_scored(self, run: Run, scored: ScoredSteps) -> None:
        self._call_hook("zoo_steps_scored", run=run, scored=scored)

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        self._call_hook("zoo_epoch_end", run=run, epoch=epoch, metrics=metrics)

    def train_end(self, run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
        self._call_hook("zoo_train_end", run=run, result=result, predictions=predictions)

    def _call_hook(self, hook: str, **arguments: Any) -> None:
        if implementation := self._hooks.get(hook):
            _call(hook, implementation, **arguments)


def _call(hook: str, implementation: Any, **arguments: Any) -> Any:
    try:
        return implementation.function(**{key: arguments[key] for key in implementation.argnames})
    except Exception as exc:
        raise ContractError(f"{hook} failed: {one_line(exc)}") from exc
