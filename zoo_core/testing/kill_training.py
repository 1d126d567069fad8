"""Trainings that are killed and terminated: ``python -m zoo_core.testing.kill_training MODEL HOW``.

The process imports what a training needs, computes nothing, and forks one child after another;
so that each starts in a moment, and none inherits a framework's threads.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
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
from zoo_core.training.plan import make_plan
from zoo_core.weights.file import save_weights

STEPS: dict[str, Any] = {"epochs": 20, "batch_size": 4}
"""Eighty steps, and twenty evaluations."""

KILLS, TERMINATIONS = 20, 50

LONGEST = 0.06
"""Seconds until a signal: a few steps."""


def kill(catalog: Catalog, name: str, rng: random.Random) -> None:
    """Kill a training again and again, and hold its end against one that never was."""
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "whole"
        code = finish(begin(catalog, name, whole))
        expect(code == 0, f"an undisturbed training ends with {code}")
        kills = runs = 0
        while kills < KILLS:
            killed = Path(scratch) / str(runs)
            code = -SIGKILL
            while code == -SIGKILL:
                child = begin(catalog, name, killed)
                if kills < KILLS:
                    time.sleep(rng.uniform(0, LONGEST))
                    os.kill(child, SIGKILL)
                code = finish(child)
                kills += code == -SIGKILL
            expect(code == 0, f"after {kills} kills it ends with {code}")
            expect(
                (whole / WEIGHTS).read_bytes() == (killed / WEIGHTS).read_bytes(),
                f"after {kills} kills and resumes the weights are others",
            )
            runs += 1


def terminate(catalog: Catalog, name: str, rng: random.Random) -> None:
    """Terminate trainings at random moments, and see that each leaves a whole checkpoint."""
    with tempfile.TemporaryDirectory() as scratch:
        runs = 0
        for number in range(TERMINATIONS):
            folder = Path(scratch) / str(runs)
            child = begin(catalog, name, folder)
            time.sleep(rng.uniform(0, LONGEST) * (number % 5 > 0))  # every fifth at once
            os.kill(child, SIGTERM)
            if number % 2:
                time.sleep(rng.uniform(0, 0.002))
                os.kill(child, SIGTERM)
            code = finish(child)
            if code == 0:  # it was done before the signal
                runs += 1
                continue
            expect(code == 128 + SIGTERM, f"SIGTERM {number + 1} ends it with {code}")
            found = Checkpoints(folder).latest()
            expect(found, f"SIGTERM {number + 1} leaves no checkpoint that loads")


def begin(catalog: Catalog, name: str, folder: Path) -> int:
    """Fork a child that trains, or resumes, in a folder; return its number when it listens."""
    listening, said = os.pipe()
    child = os.fork()
    if child:
        os.close(said)
        os.read(listening, 1)
        os.close(listening)
        return child
    try:
        with deferred_signals() as stop:
            os.write(said, b"!")
            code = train(catalog, name, folder, stop)
            os._exit(code)  # in here: a second signal, however late, does not change the code
    except BaseException as exc:
        sys.stderr.write(f"{one_line(exc)}\n")
    finally:
        os._exit(1)


def train(catalog: Catalog, name: str, folder: Path, stop: Stop) -> int:
    """Train or resume, with a checkpoint at every step, and return the exit code."""
    folder.mkdir(exist_ok=True)
    (folder / CONFIG).touch()
    subject = Trainee.make(catalog, name, threads=1, **STEPS)
    try:
        fitted = subject.fit(CheckpointManager(Checkpoints(folder, every=0), stop))
    except InterruptedTrainingError as exc:
        return exc.exit_code
    scores = {"train": str(fitted.train), "validation": str(fitted.validation)}
    save_weights(folder / WEIGHTS, fitted.weights, {"epoch": fitted.epoch, **scores})
    return 0


def finish(child: int) -> int:
    """Wait for a child and return its exit code, below 0 for a signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(name: str, how: str) -> None:
    catalog = load_catalog()
    plan = make_plan(catalog, name, "default", [])
    plan.make_trainer("cpu", 1)  # imports the framework, once for all children
    model_builder(plan.model)
    rng = random.Random(0)  # moments need be neither secret nor the same everywhere
    try:
        {"kill": kill, "terminate": terminate}[how](catalog, name, rng)
    except Exception as exc:
        sys.exit(one_line(exc))


if __name__ == "__main__":
    main(*sys.argv[1:])
