"""Changes of image files: their content, names, times and classes."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tests.stress.folders.changes import change, new_path, swap_paths
from tests.stress.folders.world import World, save, write

MANY = 30
"""Maximum number of images that are changed, so that test images are among them."""


@change
def add(world: World, rng: random.Random) -> None:
    """Add new images."""
    for _ in range(rng.choice([1, 1, 3, 12])):
        if path := new_path(world, rng):
            write(path, world.pixels(world.label(path), rng))


@change
def remove(world: World, rng: random.Random) -> None:
    for path in world.sample(rng, 6):
        path.unlink()


@change
def rename(world: World, rng: random.Random) -> None:
    for path in world.sample(rng, 8):
        path.rename(path.with_name(f"renamed {world.number()}{path.suffix}"))


@change
def swap_names(world: World, rng: random.Random) -> None:
    """Swap the names of pairs of files."""
    for first, second in _pairs(world, rng):
        swap_paths(world, first, second)


@change
def swap_contents(world: World, rng: random.Random) -> None:
    """Swap the bytes of pairs of files in place, and restore the times."""
    for first, second in _pairs(world, rng):
        contents = second.read_bytes(), first.read_bytes()
        for path, content in zip((first, second), contents, strict=True):
            with _equal_times(path), path.open("r+b") as file:
                file.write(content)
                file.truncate()


@change
def touch(world: World, rng: random.Random) -> None:
    for path in world.files() if rng.random() < 0.5 else world.sample(rng, 5):
        path.touch()


@change
def rewrite(world: World, rng: random.Random) -> None:
    """Write other pictures of equal sizes at once, within the clock's granularity perhaps."""
    for path in world.sample(rng, MANY):
        save(path, world.pixels(world.label(path), rng))


@change
def rewrite_secretly(world: World, rng: random.Random) -> None:
    """Write other pictures of equal sizes in place, and restore the times."""
    for path in world.sample(rng, MANY):
        with _equal_times(path):
            save(path, world.pixels(world.label(path), rng))


@change
def replace_secretly(world: World, rng: random.Random) -> None:
    """Put other files of equal sizes and times into the places of some."""
    for path in world.sample(rng, MANY):
        other = path.with_name(f".other{path.suffix}")
        with _equal_times(path):
            write(other, world.pixels(world.label(path), rng))
            other.replace(path)


@change
def move_to_another_class(world: World, rng: random.Random) -> None:
    for path in world.sample(rng, 3):
        if to := new_path(world, rng):
            path.rename(to.with_suffix(path.suffix))


@change
def move_to_another_split(world: World, rng: random.Random) -> None:
    """Move images to another split, or to names by which they may be in another."""
    for path in world.sample(rng, 4):
        others = [each for each in world.class_folders() if each.name == world.label(path)]
        if others:
            path.rename(rng.choice(others) / f"moved {world.number()}{path.suffix}")


@change
def copy(world: World, rng: random.Random) -> None:
    """Copy images under new names, perhaps into the test split."""
    for path in world.sample(rng, 10):
        others = [each for each in world.class_folders() if each.name == world.label(path)]
        if others:
            shutil.copy2(path, rng.choice(others) / f"copy {world.number()}{path.suffix}")


@change
def convert(world: World, rng: random.Random) -> None:
    """Save the same pixels in another format."""
    for path in world.sample(rng, 4):
        with Image.open(path) as image:
            image.load()
        path.unlink()
        image.save(path.with_suffix({".png": ".bmp"}.get(path.suffix.lower(), ".png")))


@change
def compress(world: World, rng: random.Random) -> None:
    """Save the same pixels in the same format with other bytes."""
    for path in world.sample(rng, 4):
        with Image.open(path) as image:
            image.load()
        if path.suffix.lower() == ".png":
            image.save(path, "PNG", compress_level=9, pnginfo=None, dpi=(world.number(), 9))


@change
def change_modes(world: World, rng: random.Random) -> None:
    for path in world.sample(rng, 9):
        path.chmod(rng.choice([0o444, 0o600, 0o644]))


@change
def damage(world: World, rng: random.Random) -> None:
    for path in world.sample(rng, 2):
        path.write_bytes(path.read_bytes()[: rng.randrange(60)])


def _pairs(world: World, rng: random.Random) -> list[tuple[Path, Path]]:
    some = world.sample(rng, MANY)
    return list(zip(some[::2], some[1::2], strict=False))


@contextlib.contextmanager
def _equal_times(path: Path) -> Iterator[None]:
    """Restore the times of a file after the block."""
    status = path.stat()
    yield
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
