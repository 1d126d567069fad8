"""The images of a folder with their classes and splits, read without zoo: by Pillow alone."""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

SUFFIXES = (".png", ".bmp", ".tif", ".tiff")

SPLITS = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
"""Name of a folder -> the split that it is."""

LABELS = "labels.csv"
"""Name of a file with a row per image, in its folder; without one, folders are classes."""

SHARE = 0.1
"""Share of the images that are tested, and of the others that validate."""


@dataclass(frozen=True)
class Sample:
    """An image in a folder.

    Attributes:
        key: its path below the folder.
        label: its class.
        pixels: its pixels, as bytes.
        split: ``train``, ``validation`` or ``test``, by which it was used in a training.
        folder_split: the split of the data set that it is in; of some training images, the choice
            of validation images is a part.
        group: its group, from a file with labels.
    """

    key: str
    label: str
    pixels: bytes
    split: str = "train"
    folder_split: str = "train"
    group: str = ""

    def is_in(self, split: str) -> bool:
        """Return whether it is in a split of the data set."""
        return self.folder_split == split


@dataclass
class Trained:
    """A training, with the images that there were when it began.

    Attributes:
        name: name of its folder.
        project: the project that the folder is in.
        samples: the images.
        address: name of the data set.
        place: its absolute folder.
        home: ``ZOO_HOME`` at that time.
        is_done: whether it is finished; a stopped one can be resumed.
        twin: name of the equal training that was not stopped; empty for others.
        published: whether its weights are in the registry.
    """

    name: str
    project: Path
    samples: frozenset[Sample]
    address: str
    place: Path
    home: Path
    is_done: bool = True
    twin: str = ""
    published: bool = False

    @property
    def folder(self) -> Path:
        return self.project / "runs" / self.name

    def used_before(self, split: str) -> frozenset[bytes]:
        """Return the pixels of images that spoil a score on a split."""
        # The epoch was chosen by validation images, so they count for test images only; the score
        # on training images is one of images that were trained on.
        spoiling = {"test": ("train", "validation"), "validation": ("train",)}.get(split, ())
        return frozenset(each.pixels for each in self.samples if each.split in spoiling)


def read_folder(folder: Path) -> frozenset[Sample] | None:
    """Return the images in a folder with their splits; None if it cannot be used as it is."""
    if not folder.is_dir():
        return None
    try:
        labels = folder / LABELS
        found = _read_labels(labels) if labels.exists() else _read_classes(folder)
    except (OSError, SyntaxError, ValueError):
        return None
    if not any(each.split == "train" for each in found):
        return None
    return frozenset(_choose_splits(found))


def _read_classes(folder: Path) -> list[Sample]:
    found = []
    for path in _walk(folder):
        parts = path.relative_to(folder).parts
        split = SPLITS.get(parts[0], "")
        label = parts[1] if split else parts[0]
        split = split or "train"
        found.append(Sample("/".join(parts), label, _pixels(path), split, split))
    return found


def _read_labels(file: Path) -> list[Sample]:
    def sample(path: str, label: str, group: str) -> Sample:
        return Sample(path, label, _pixels(file.parent / path), group=group)

    with file.open(encoding="utf-8", newline="") as opened:
        return [sample(**row) for row in csv.DictReader(opened)]


def _pixels(path: Path) -> bytes:
    return _decode(path.read_bytes())


@functools.lru_cache(10_000)
def _decode(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image).tobytes()


def _walk(folder: Path, depth: int = 0) -> Iterable[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "__MACOSX":
            continue
        # A link to a folder is followed for a class, not deeper, because it may lead in a circle.
        if path.is_dir() and (depth < 2 or not path.is_symlink()):
            yield from _walk(path, depth + 1)
        elif depth and path.suffix.lower() in SUFFIXES and path.is_file():
            yield path


def _choose_splits(samples: list[Sample]) -> list[Sample]:
    """Return images with the splits that follow from folders and from the hashes of groups."""
    splits = {each.split for each in samples}
    if "test" not in splits and "validation" in splits:
        samples = [_put(s, "test", "test") if s.split == "validation" else s for s in samples]
    elif "test" not in splits:
        samples = _hold_out(samples, "test", "test", "test")
    if "validation" not in {each.split for each in samples}:
        samples = _hold_out(samples, "validation", "train", "validation 0")
    return samples


def _put(sample: Sample, split: str, folder_split: str) -> Sample:
    return replace(sample, split=split, folder_split=folder_split)


def _hold_out(samples: list[Sample], split: str, folder_split: str, salt: str) -> list[Sample]:
    of_class: dict[str, set[str]] = {}
    for each in samples:
        if each.split == "train":
            of_class.setdefault(each.label, set()).add(each.group or each.key)
    chosen = _choose_groups(list(of_class.values()), lambda group: _position(group, salt))
    return [
        _put(s, split, folder_split) if s.split == "train" and (s.group or s.key) in chosen else s
        for s in samples
    ]


def _choose_groups(classes: list[set[str]], position: Callable[[str], float]) -> set[str]:
    """Return the groups to hold out: a tenth, at least one of a large class, never all of one."""
    last = {max(groups, key=position) for groups in classes}
    chosen: set[str] = set()
    for groups in classes:
        rest = sorted(groups - last, key=position)
        own = {group for group in rest if position(group) < SHARE}
        chosen |= own or set(rest[: round(SHARE * len(groups)) >= 1])
    every = sorted(set[str]().union(*classes), key=position)
    if not chosen and len(every) > 1:
        chosen = set([*(group for group in every if group not in last), *every][:1])
    return chosen


def _position(group: str, salt: str) -> float:
    text = f"{salt}\0{unicodedata.normalize('NFC', group)}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
