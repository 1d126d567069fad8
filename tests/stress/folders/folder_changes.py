"""Changes of folders: of classes, of the data set, of the project and of the working directory."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

from tests.stress.folders.changes import change, imitate, new_path, swap_paths
from tests.stress.folders.world import World, write


@change
def swap_classes(world: World, rng: random.Random) -> None:
    """Swap two folders of classes, as ``mv`` does."""
    if len(folders := world.class_folders()) > 1:
        swap_paths(world, *rng.sample(folders, 2))


@change
def rename_class(world: World, rng: random.Random) -> None:
    """Rename a class in all splits."""
    if folders := world.class_folders():
        name, new = rng.choice(folders).name, f"class {world.number()}"
        for folder in folders:
            if folder.name == name:
                folder.rename(folder.with_name(new))


@change
def add_class(world: World, rng: random.Random) -> None:
    if folders := world.class_folders():
        name = f"{rng.choice(['0', 'm', 'z'])} {world.number()}"
        for parent in sorted({folder.parent for folder in folders}):
            for number in range(rng.randrange(3, 9)):
                (parent / name).mkdir(exist_ok=True)
                write(parent / name / f"{number}.png", world.pixels(name, rng))


@change
def remove_class(world: World, rng: random.Random) -> None:
    if folders := world.class_folders():
        name = rng.choice(folders).name
        for folder in folders:
            if folder.name == name:
                _remove(folder)


@change
def replace_folder(world: World, rng: random.Random) -> None:
    """Put a folder of other pictures, with equal names, sizes and times, into the place."""
    if world.data.is_dir():
        other = world.root / f"other {world.number()}"
        imitate(world, rng, other)
        world.data.rename(other.with_name(f"{other.name} before"))
        other.rename(world.data)


@change
def go_elsewhere(world: World, rng: random.Random) -> None:
    """Change the working directory to one that may have another folder of the same name."""
    world.cwd = world.root / f"elsewhere {world.number()}"
    world.cwd.mkdir()
    kind = rng.choice(["nothing", "imitation", "imitation", "equal", "other"])
    if kind == "imitation" and world.data.is_dir():
        imitate(world, rng, world.here)
    elif kind == "equal" and world.data.is_dir():
        shutil.copytree(world.data, world.here)
    elif kind == "other":
        world.fill(world.here, rng)


@change
def go_back(world: World, _: random.Random) -> None:
    world.cwd = world.project


@change
def move_project(world: World, _: random.Random) -> None:
    """Move the project with its runs, as if it were on another machine."""
    before, world.project = world.project, world.root / f"moved {world.number()}"
    before.rename(world.project)
    for run in world.runs:
        if run.project == before:
            run.project = world.project
    if world.cwd == before:
        world.cwd = world.project


@change
def use_another_home(world: World, _: random.Random) -> None:
    """Use an empty ``ZOO_HOME``, as on another machine."""
    world.home = world.root / f"home-{world.number()}"


@change
def move_to_another_machine(world: World, rng: random.Random) -> None:
    move_project(world, rng)
    use_another_home(world, rng)


@change
def remove_folder(world: World, _: random.Random) -> None:
    _remove(world.data)


@change
def restore(world: World, _: random.Random) -> None:
    """Restore the folder of the setup, with new inodes and times."""
    _remove(world.data)
    shutil.copytree(world.backup, world.data, copy_function=shutil.copyfile)


@change
def link(world: World, rng: random.Random) -> None:
    """Put hard or symbolic links into the places of images or of a class."""
    store = world.root / "store"
    store.mkdir(exist_ok=True)
    for path in world.sample(rng, 4):
        other = store / f"{world.number()}{path.suffix}"
        path.rename(other)
        path.symlink_to(other) if rng.random() < 0.5 else path.hardlink_to(other)
    if rng.random() < 0.2 and (folders := world.class_folders()):
        folder = rng.choice(folders)
        if not folder.is_symlink():
            other = store / f"class {world.number()}"
            folder.rename(other)
            folder.symlink_to(other)


@change
def add_hidden_files(world: World, rng: random.Random) -> None:
    """Add files that systems and programs leave behind."""
    for folder in world.class_folders()[:2]:
        for name in (".a.png", "._1.png", ".ipynb_checkpoints/1-checkpoint.png"):
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            write(path, world.pixels("hidden", rng))
    if world.data.is_dir():
        path = world.data / "__MACOSX" / world.classes[0] / "1.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, world.pixels("hidden", rng))


@change
def add_stray_files(world: World, _: random.Random) -> None:
    for folder in world.class_folders()[:2]:
        for name in ("notes.txt", "Thumbs.db", "report.pdf", "labels.csv", "archive.zip"):
            (folder / name).write_text("no image\n")
    if world.data.is_dir():
        (world.data / "README.md").write_text("Photos\n")


@change
def add_pipe(world: World, rng: random.Random) -> None:
    """Add a named pipe, which blocks a process that opens it."""
    if path := new_path(world, rng):
        os.mkfifo(path)


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)
