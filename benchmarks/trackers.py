"""Seconds that trackers add to a training of 1,000 steps: ``python -m benchmarks.trackers``.

Each training runs in its own process, by turns, from its first step to its end, so that the start
of a tracker does not count; what it still has to send at the end does. Trackers whose package is
not installed are left out.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

import zoo_core as zoo
from zoo_core import Predictions, Run
from zoo_core.plugin_api import Card
from zoo_track.offers import OFFERS

NONE = "none"
"""The contestant without a tracker."""

MODELS: dict[str, dict[str, Any]] = {
    "numpy-net": {"batch_size": 16, "epochs": 10},  # 102 steps per epoch of the synthetic images
    "mlp": {"batch_size": 16, "epochs": 10},
}
"""Model -> recipe fields of a training of about 1,000 steps."""


class Clock(zoo.Callbacks):
    """Callbacks that measure from the first step to the end, all trackers included."""

    def __init__(self) -> None:
        self.steps, self.started, self.seconds = 0, (0.0, 0.0), (0.0, 0.0)

    def step_end(self, epoch: int, step: int, steps: int) -> None:
        self.steps += 1
        if self.steps == 1:
            self.started = _now()

    def epoch_end(self, run: Run, epoch: int, metrics: Mapping[str, Any]) -> None:
        self.seconds = _since(self.started)

    def train_end(self, run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
        self.whole = _since(self.started)


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(start: tuple[float, float]) -> tuple[float, float]:
    wall, used = _now()
    return wall - start[0], used - start[1]


def measure(model: str) -> None:
    """Train once in this process, and print steps and seconds: of the epochs, and of the CPU."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        how: dict[str, Any] = {"dataset": "synthetic", "device": "cpu", "threads": 1}
        zoo.train(model, out=Path(folder) / "run", callbacks=[clock], **how, **MODELS[model])
    print(clock.steps, *clock.seconds, *clock.whole)  # noqa: T201


def run(model: str, tracker: str, folder: str) -> list[float]:
    """Return what `measure` prints, from a process of its own in a folder with its databases."""
    env = {
        **os.environ,
        "ZOO_PLUGINS": "no:zoo-report",  # because pictures take longer than the training
        "ZOO_TRACK": "" if tracker == NONE else tracker,
        "TRACKIO_DIR": f"{folder}/trackio",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    command = [sys.executable, "-m", "benchmarks.trackers", "--once", model]
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*OFFERS]))
@click.option("--times", default=5, show_default=True, help="Number of turns.")
@click.option("--model", type=click.Choice([*MODELS]), default="numpy-net", show_default=True)
@click.option("--once", type=click.Choice([*MODELS]), hidden=True)
def main(names: tuple[str, ...], times: int, model: str, once: str | None) -> None:
    """Print the medians of seconds without and with each tracker."""
    if once:
        measure(once)
        return
    there = [name for name, offer in OFFERS.items() if find_spec(offer.module)]
    contestants = [NONE, *(names or there)]
    found: dict[str, list[list[float]]] = {name: [] for name in contestants}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(times + 1):
            for name in contestants:
                result = run(model, name, folder)
                if turn:  # the first one creates databases
                    found[name].append(result)
    medians = {name: [*map(statistics.median, zip(*found[name], strict=True))] for name in found}
    click.echo(f"{model}, {medians[NONE][0]:.0f} steps, medians of {times}, in seconds")
    click.echo("tracker       epochs  CPU     to the end  CPU")
    for name, (_, *seconds) in medians.items():
        click.echo(f"{name:<12}  " + "  ".join(f"{each:6.3f}" for each in seconds))


if __name__ == "__main__":
    main()
