"""The table of steps that call zoo; each one runs a command and judges its result."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.stress.folders.commands import Result, zoo
from tests.stress.folders.judge import Tally
from tests.stress.folders.samples import Trained
from tests.stress.folders.world import World

Step = Callable[[World, random.Random, Tally], None]

STEPS: dict[str, Step] = {}
"""The steps by name."""

REGISTRY = "registry"
"""Name of the folder of the registry."""


def step(function: Step) -> Step:
    """Register a step. Without a run that it needs, it does nothing."""
    STEPS[function.__name__] = function
    return function


def call(world: World, tally: Tally, *arguments: object) -> Result:
    """Run a command and count it."""
    result = zoo(world, *arguments)
    tally.count("commands")
    if result.problem:
        tally.note("traceback", f"{result.problem}: {result}")
    return result


def finished(world: World) -> list[Trained]:
    """Return the runs that have weights."""
    return [run for run in world.runs if run.is_done]


def pick(rng: random.Random, runs: list[Trained]) -> Trained | None:
    """Return one of the runs; None without any."""
    return rng.choice(runs) if runs else None


def tag(run: Trained) -> str:
    """Return the name under which a run is published."""
    return f"numpy-net.{run.name.replace(' ', '-')}"
