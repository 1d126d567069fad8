"""A world for a sequence: a project with a folder of labeled images, and the runs trained on it."""

from __future__ import annotations

import csv
import os
import random
import shutil
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.stress.folders.samples import LABELS, Trained

SIZE = 6
"""Height and width of the images."""

CLASSES = ("cat", "dog", "great white", "10", "9", "2", "Äpfel", "猫", "a;b", "c,d", "#1", "50%")

NAMES = ("{}.png", "IMG {}.png", "more/{}.png", "ü{}.PNG", "a,{}.bmp", "{0:03}.tif", "x;{}.png")
"""Names of files, for a number."""

LAYOUTS = {
    "flat": ("",),
    "test": ("train/", "test/"),
    "validation": ("train/", "val/"),
    "all": ("train/", "validation/", "test/"),
    "labels": ("",),
}
"""Name of a layout -> folders of its splits, with a ``/``; "labels" has a file with labels."""

OWNERS = 17
"""Number of groups of a class in a file with labels."""


@dataclass
class World:
    """A project in a temporary folder.

    Attributes:
        root: the temporary folder.
        seed: seed of the setup; names, sizes and pixels follow from it.
        processes: whether commands run in processes of their own.
        project: the project; its name changes when it is moved.
        cwd: the working directory.
        home: folder for ``ZOO_HOME``.
        runs: trainings so far.
        serial: number of names that were given to new things.
    """

    root: Path
    seed: int
    processes: bool = False
    project: Path = field(init=False)
    cwd: Path = field(init=False)
    home: Path = field(init=False)
    runs: list[Trained] = field(default_factory=list)
    serial: int = 0

    def __post_init__(self) -> None:
        rng = self._rng
        self.layout = rng.choice(["flat", "flat", *LAYOUTS])
        self.classes = rng.sample(CLASSES, rng.choice([2, 2, 3]))
        self.channels = rng.choice([1, 1, 3])
        self.noise = rng.random() < 0.7
        self.pattern = rng.choice(NAMES)
        # A name with a space now and then, because hints and addresses have to quote it.
        self.name = rng.choice(["photos", "photos", "my photos", "größe"])
        self.options = rng.choice(["", "", f"?size={SIZE}"])
        self.trusts_times = rng.random() < 0.5
        self.project, self.home = self.root / "project", self.root / "home-0"
        self.project.mkdir()
        self.cwd = self.project
        self.fill(self.data, rng)
        self.with_groups = rng.random() < 0.5
        self.write_labels(self.data)
        shutil.copytree(self.data, self.backup)

    @cached_property
    def _rng(self) -> random.Random:
        return random.Random(f"world {self.seed}")

    @property
    def data(self) -> Path:
        """The folder of images in the project; it need not exist."""
        return self.project / self.name

    @property
    def backup(self) -> Path:
        """A copy of the folder as it was at first."""
        return self.root / "backup"

    @property
    def address(self) -> str:
        """The name of the data set, relative to the working directory."""
        if self.layout != "labels":
            return f"folder:{self.name}{self.options}"
        columns = [*filter(None, [self.options[1:], "group=group" if self.with_groups else ""])]
        return f"files:{self.name}/{LABELS}" + (f"?{'&'.join(columns)}" if columns else "")

    @property
    def here(self) -> Path:
        """The folder of that name in the working directory; it need not exist."""
        return self.cwd / self.name

    def number(self) -> int:
        """Return a number that was not returned before."""
        self.serial += 1
        return self.serial

    def fill(self, data: Path, rng: random.Random) -> None:
        """Make a folder of images."""
        least = {"": 24, "train/": 20}
        for split in LAYOUTS[self.layout]:
            for name in self.classes:
                for number in range(rng.randrange(8, 16) + least.get(split, -4)):
                    path = data / split / name / self.pattern.format(number)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    write(path, self.pixels(name, rng))

    def write_labels(self, folder: Path) -> None:
        """Write the labels of the images in a folder, if the layout has a file for them."""
        if self.layout == "labels" and folder.is_dir():
            with (folder / LABELS).open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["path", "label", "group"])
                writer.writerows(self._row(folder, path) for path in find_files(folder))

    def _row(self, folder: Path, path: Path) -> list[str]:
        inside = path.relative_to(folder)
        label = inside.parts[0]
        # By content, so that copies of a class are in one group.
        owner = f"{label} {zlib.crc32(path.read_bytes()) % OWNERS}" if self.with_groups else ""
        return [inside.as_posix(), label, owner]

    def pixels(self, name: str, rng: random.Random) -> NDArray[np.uint8]:
        """Return a new picture of a class, ``(H, W)`` or ``(H, W, 3)``: noise, or like others."""
        shape = (SIZE, SIZE, 3)[: 2 + (self.channels == 3)]
        picture = np.frombuffer(rng.randbytes(int(np.prod(shape))), np.uint8).reshape(shape)
        if self.noise or name not in self.classes:
            return picture
        # A class is light in a row of its own, so that unseen images can be classified.
        return np.where(self._rows(name, shape), 200 + picture // 5, picture // 2).astype(np.uint8)

    def _rows(self, name: str, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        mask = np.zeros(shape, np.bool_)
        mask[2 * self.classes.index(name)] = True
        return mask

    def files(self) -> list[Path]:
        """Return the images in the project's folder, sorted, with links."""
        return find_files(self.data)

    def class_folders(self) -> list[Path]:
        """Return the folders of classes in the project's folder, sorted."""
        return sorted(
            folder
            for split in LAYOUTS[self.layout]
            for folder in (self.data / split).glob("*")
            if folder.is_dir() and not _is_hidden(folder)
        )

    def sample(self, rng: random.Random, most: int) -> list[Path]:
        """Return at most `most` of the images."""
        files = self.files()
        return rng.sample(files, min(len(files), rng.randrange(1, most + 1)))

    def label(self, path: Path) -> str:
        """Return the class of an image in the project's folder."""
        parts = path.relative_to(self.data).parts
        return parts[0 if LAYOUTS[self.layout] == ("",) else 1]


def find_files(folder: Path) -> list[Path]:
    """Return the images in a folder, sorted, with links and without hidden ones."""
    suffixes = {Path(name).suffix.lower() for name in NAMES}
    # With links to folders, because a class may be one.
    tree = os.walk(folder, followlinks=True)
    inside = (Path(at, name) for at, _, names in tree for name in names)
    return sorted(
        path
        for path in inside
        if path.suffix.lower() in suffixes and path.is_file() and not _is_hidden(path)
    )


def write(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write a picture; all of equal shape have an equal number of bytes."""
    path.unlink(missing_ok=True)
    save(path, pixels)


def save(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write a picture into an existing file, or into a new one."""
    kind = {".png": "PNG", ".bmp": "BMP", ".tif": "TIFF"}[path.suffix.lower()]
    options = {"compress_level": 0} if kind == "PNG" else {}
    with path.open("r+b" if path.exists() else "wb") as file:
        Image.fromarray(pixels).save(file, kind, **options)
        file.truncate()


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.parts[-3:])
