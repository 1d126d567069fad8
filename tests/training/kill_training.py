"""Trainings killed and terminated: ``python -m tests.training.kill_training MODEL HOW COUNT``.

The process imports the modules of a training, computes nothing, and forks one child per training,
so that a child starts in a moment and inherits no threads of a framework.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

from zoo_core.errors import InterruptedTrainingError, one_line
from zoo_core.filenames import CONFIG, WEIGHTS
from zoo_core.frameworks.trainer import model_builder
from zoo_core.installation.installed import load_catalog
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.interrupts import Stop, deferred_signals
from zoo_core.testing.check import expect
from zoo_core.testing.trainee import Trainee
from zoo_core.training.checkpoint import Checkpoints
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.make_plan import make_plan
from zoo_core.weights.file import save_weights

STEPS: dict[str, Any] = {"epochs": 5, "batch_size": 4}
"""Twenty steps with a checkpoint each, and five evaluations."""

Signals = dict[int, int]
"""Number of a function call -> the signal that the process sends itself before it."""


def kill(catalog: Catalog, name: str, rng: random.Random, expected: int) -> None:
    """Kill trainings repeatedly, and compare their results with that of an undisturbed one."""
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "whole"
        code = run_child(catalog, name, whole)
        expect(code == 0, f"an undisturbed training ends with {code}")
        calls = count_calls(catalog, name, Path(scratch) / "counted")
        kills = runs = resumes = 0
        while kills < expected:
            killed = Path(scratch) / str(runs)
            code = -SIGKILL
            while code == -SIGKILL:
                resumes += killed.exists() and Checkpoints(killed).latest() is not None
                # A third of a training: more than starting takes, less than the whole.
                signals = {rng.randrange(calls // 3): SIGKILL} if kills < expected else {}
                code = run_child(catalog, name, killed, signals)
                kills += code == -SIGKILL
            expect(code == 0, f"after {kills} kills it ends with {code}")
            expect(
                (whole / WEIGHTS).read_bytes() == (killed / WEIGHTS).read_bytes(),
                f"after {kills} kills and resumes the weights are others",
            )
            runs += 1
        expect(resumes, "no killed training left a checkpoint: there was nothing to resume")


def terminate(catalog: Catalog, name: str, rng: random.Random, expected: int) -> None:
    """Terminate trainings at random function calls, and expect an intact checkpoint of each."""
    with tempfile.TemporaryDirectory() as scratch:
        calls = count_calls(catalog, name, Path(scratch) / "counted")
        runs = 0
        for number in range(expected):
            folder = Path(scratch) / str(runs)
            first = rng.randrange(calls // 3) * (number % 5 > 0)  # every fifth at once
            signals: Signals = {first: SIGTERM}
            if number % 2:
                signals[first + 1 + rng.randrange(1000)] = SIGTERM
            code = run_child(catalog, name, folder, signals)
            if code == 0:  # it was done before the signal
                runs += 1
                continue
            expect(code == 128 + SIGTERM, f"SIGTERM {number + 1} ends it with {code}")
            actual = Checkpoints(folder).latest()
            expect(actual, f"SIGTERM {number + 1} leaves no checkpoint that loads")


def run_child(catalog: Catalog, name: str, folder: Path, signals: Signals | None = None) -> int:
    """Train, or resume, in a forked child; return its exit code, below 0 for a signal."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        with deferred_signals() as stop, sending(signals or {}):
            code = train(catalog, name, folder, stop)
            os._exit(code)  # inside the block, so that a late second signal is still deferred
    except BaseException as exc:
        sys.stderr.write(f"{one_line(exc)}\n")
    finally:
        os._exit(1)


def count_calls(catalog: Catalog, name: str, folder: Path) -> int:
    """Return the number of function calls of a whole training, made in a child process."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            with sending({}) as calls:
                train(catalog, name, folder, Stop())
                os.write(writing, str(calls[0]).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, encoding="ascii") as pipe:
        count = pipe.read()
    os.waitpid(child, 0)
    return int(count)


@contextmanager
def sending(signals: Signals) -> Iterator[list[int]]:
    """Send this process signals before given function calls, and count the calls."""
    # By calls instead of by time, because they are at the same place on every machine.
    calls = [0]

    def count(_frame: object, event: str, _argument: object) -> None:
        if event not in ("call", "c_call"):
            return
        if number := signals.get(calls[0]):
            os.kill(os.getpid(), number)
        calls[0] += 1

    sys.setprofile(count)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def train(catalog: Catalog, name: str, folder: Path, stop: Stop) -> int:
    """Train or resume, with a checkpoint at every step, and return the exit code."""
    folder.mkdir(exist_ok=True)
    (folder / CONFIG).touch()
    trainee = Trainee.make(catalog, name, threads=1, **STEPS)
    try:
        fitted = trainee.fit(CheckpointManager(Checkpoints(folder, every=0), stop))
    except InterruptedTrainingError as exc:
        return exc.exit_code
    scores = {"train": str(fitted.train), "validation": str(fitted.validation)}
    scores["ended"] = str(fitted.ended)
    save_weights(folder / WEIGHTS, fitted.weights, {"epoch": fitted.epoch, **scores})
    return 0


def main(name: str, how: str, count: int | str) -> None:
    catalog = load_catalog()
    plan = make_plan(catalog, name, "default", [])
    plan.make_trainer("cpu", 1)  # imports the framework, once for all children
    model_builder(plan.model)
    rng = random.Random(0)  # moments need be neither secret nor the same everywhere
    try:
        {"kill": kill, "terminate": terminate}[how](catalog, name, rng, int(count))
    except Exception as exc:
        sys.exit(one_line(exc))


if __name__ == "__main__":
    main(*sys.argv[1:])
