"""The table of changes of a project; each is a function of the world and a random state."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.stress.folders.world import World, write

Change = Callable[[World, random.Random], None]

CHANGES: dict[str, Change] = {}
"""The changes by name."""


def change(function: Change) -> Change:
    """Register a change. Where it cannot be made, it changes nothing."""
    CHANGES[function.__name__] = function
    return function


def new_path(world: World, rng: random.Random) -> Path | None:
    """Return the path of a new image of any class; None without a class."""
    if not (folders := world.class_folders()):
        return None
    return rng.choice(folders) / f"new {world.number()}{rng.choice(['.png', '.bmp'])}"


def swap_paths(world: World, first: Path, second: Path) -> None:
    """Swap the names of two files or folders, which keep their inodes and times."""
    other = first.with_name(f".swapped {world.number()}")
    first.rename(other)
    second.rename(first)
    other.rename(second)


def imitate(world: World, rng: random.Random, other: Path) -> None:
    """Make a folder of other pictures with the names, sizes and times of the project's."""
    for path in world.files():
        to = other / path.relative_to(world.data)
        to.parent.mkdir(parents=True, exist_ok=True)
        write(to, world.pixels(world.label(path), rng))
        shutil.copystat(path, to)
