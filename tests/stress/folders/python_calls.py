"""Calls of zoo's Python functions, for what a command in this process cannot do."""

from __future__ import annotations

import contextlib
import os
import signal
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import zoo_core
from tests.stress.folders.commands import RECIPE, Capture, Result, inside
from tests.stress.folders.world import World
from zoo_core.errors import InterruptedTrainingError, ZooError
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.scores import Scores
from zoo_core.training.training import Training


def stop_training(world: World, dataset: str, folder: Path, epoch: int, seed: int) -> str:
    """Begin a training and stop it with a signal after an epoch; return the error, if one comes."""
    overrides: dict[str, Any] = {"dataset": dataset, "seed": seed}
    for key, value in RECIPE.items():
        group, _, name = key.partition(".")
        overrides |= {group: {name: value}} if name else {key: value}
    with inside(world), contextlib.redirect_stderr(Capture()):
        try:
            Training.new(
                installed_catalog(),
                "numpy-net",
                overrides=[overrides],
                out=folder,
                threads=1,
                callbacks=_StopAfter(epoch),
            ).run()
        except InterruptedTrainingError:
            return ""
        except Exception as exc:
            return f"{type(exc).__name__}: {exc}"
    return "the training was not stopped"


def evaluate_in_python(
    world: World, run: Path, dataset: str | None, split: str
) -> tuple[Result, Scores | None]:
    """Call `zoo_core.evaluate`, and return its warnings as lines of a command."""
    called = ("evaluate", "(Python)", str(run), str(dataset), split)
    err, scores, code = Capture(), None, 0
    with (
        inside(world),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        try:
            scores = zoo_core.evaluate(run, dataset=dataset, split=split)
        except ZooError as exc:
            err.write(f"zoo: {exc}\n")
            code = exc.exit_code
        except Exception as exc:
            err.write(f"zoo: unexpected {type(exc).__name__}: {exc}\n")
            code = 1
    lines = [f"zoo: {each.message}" for each in caught]
    return Result(called, code, str(scores), "\n".join([err.text, *lines])), scores


class _StopAfter(Callbacks):
    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        if epoch == self._epoch:
            os.kill(os.getpid(), signal.SIGTERM)
