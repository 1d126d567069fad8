"""Checks of sources, commands, registries and training hooks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import pluggy
from click.testing import CliRunner

from zoo_core import hookspecs
from zoo_core.errors import ZooError, one_line
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.metrics.predictions import Predictions
from zoo_core.plugins.catalog import Catalog
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import known_registries
from zoo_core.testing.check import ContractError, NotApplicableError, expect
from zoo_core.testing.static_checks import TUNE_HOOK, running_hooks
from zoo_core.training.training import Training
from zoo_core.tuning.study import State, Study, Trial
from zoo_core.weights.card import Card

NOWHERE = "./no/such/address"
"""For a source, where nothing is: neither here nor elsewhere."""


def refuses_what_is_not_there(catalog: Catalog, name: str) -> None:
    """An address at which there is no data set is an error that a user can read."""
    try:
        catalog.dataset(f"{name}:{NOWHERE}")
    except ZooError:
        return
    except Exception as exc:
        raise ContractError(f"{name}:{NOWHERE} ends with {one_line(exc)}") from exc
    raise ContractError(f"{name}:{NOWHERE}, where nothing is, counts as a data set")


def is_a_click_command(catalog: Catalog, name: str) -> None:
    """The command is one of click's."""
    entry = catalog.command(name)
    command = entry.resolve(entry.spec.command)
    expect(isinstance(command, click.Command), f"{entry.spec.command} is no click command")


def explains_itself(catalog: Catalog, name: str) -> None:
    """``--help`` says what the command does, and does nothing."""
    entry = catalog.command(name)
    done = CliRunner().invoke(entry.resolve(entry.spec.command), ["--help"])
    expect(done.exit_code == 0, f"--help ends with {done.exit_code}: {done.output[-200:]}")
    expect(
        entry.resolve(entry.spec.command).help,
        "--help does not say what it does: a docstring is due",
    )


def can_be_read(catalog: Catalog, name: str) -> None:
    """The registry's index can be read, where it lies on this machine."""
    registry = next(each for each in known_registries(catalog) if each.name == name)
    if not isinstance(registry.location, Folder):
        raise NotApplicableError(f"it lies elsewhere, at {registry.location.url}")
    registry.index()


def hears_of_a_training(catalog: Catalog, name: str) -> None:
    """A short training goes through every hook that the plugin implements."""
    quiet = Catalog(catalog.plugins, _no_hooks)
    model = _any_model(catalog, name)
    small = {"dataset": "synthetic", "epochs": 1}
    with tempfile.TemporaryDirectory() as folder:
        callbacks = _PluginCallbacks(running_hooks(catalog, name))
        run = Training.new(
            quiet, model, overrides=[small], out=Path(folder) / "run", callbacks=callbacks
        ).run()
        expect(run.card.model, "the card is gone")


def hears_of_a_search(catalog: Catalog, name: str) -> None:
    """A search with good, hopeless and failed trials goes through the plugin's hook."""
    hook = running_hooks(catalog, name)[TUNE_HOOK]
    with tempfile.TemporaryDirectory() as folder:
        _call(TUNE_HOOK, hook, study=_search(), folder=Path(folder))


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
        dataset="synthetic",
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
    """Calls a plugin's hooks during a training, and fails where one does."""

    def __init__(self, hooks: Mapping[str, Any]) -> None:
        self._hooks = hooks

    def train_start(self, run: Run, progress: TrainingState) -> None:
        self._tell("zoo_train_start", run=run)

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        self._tell("zoo_epoch_end", run=run, epoch=epoch, metrics=metrics)

    def train_end(self, run: Run, result: Card, predictions: Predictions) -> None:
        self._tell("zoo_train_end", run=run, result=result, predictions=predictions)

    def _tell(self, hook: str, **arguments: Any) -> None:
        if implementation := self._hooks.get(hook):
            _call(hook, implementation, **arguments)


def _call(hook: str, implementation: Any, **arguments: Any) -> None:
    try:
        implementation.function(**{key: arguments[key] for key in implementation.argnames})
    except Exception as exc:
        raise ContractError(f"{hook} failed: {one_line(exc)}") from exc


def _any_model(catalog: Catalog, plugin: str) -> str:
    """Return a model that can be trained here: the plugin's own, or the first that can."""
    entries = catalog.entries("models").items()
    for name, entry in sorted(entries, key=lambda item: item[1].plugin.distribution != plugin):
        if entry.spec.heads in (1, None):
            try:
                entry.resolve(entry.spec.builder)
                trainer = catalog.trainer(entry.spec.trainer)
                trainer.resolve(trainer.spec.factory)
            except ZooError:
                continue
            return name
    raise NotApplicableError("no model is installed that could be trained")


def _no_hooks() -> pluggy.HookRelay:
    manager = pluggy.PluginManager("zoo")
    manager.add_hookspecs(hookspecs)
    return manager.hook


SOURCE_CHECKS: dict[str, Callable[[Catalog, str], None]] = {
    "refuses what is not there": refuses_what_is_not_there
}

COMMAND_CHECKS: dict[str, Callable[[Catalog, str], None]] = {
    "is a click command": is_a_click_command,
    "explains itself": explains_itself,
}

REGISTRY_CHECKS: dict[str, Callable[[Catalog, str], None]] = {"can be read": can_be_read}

HOOK_CHECKS: dict[str, Callable[[Catalog, str], None]] = {
    "hears of a training": hears_of_a_training
}
"""Of a plugin that implements a hook that is called while a model is trained."""

SEARCH_CHECKS: dict[str, Callable[[Catalog, str], None]] = {"hears of a search": hears_of_a_search}
"""Of a plugin that implements the one that is called after a search for a recipe."""
