"""A folder of images understood: its splits and classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from zoo_core.plugin_api import DataError, join_names
from zoo_images.image_files import Classes, find_files, has_images, sub_folders
from zoo_images.splits import named_splits

_REMEDY = "Put the images of each class into a folder of its own, such as cat and dog."


def find_labeled_images(root: Path) -> dict[str, Classes]:
    """Return the files of each class, by split.

    A sub-folder is a class; or it is a split, and has a sub-folder a class. Where there are no
    splits, all is ``train``. What is hidden, or not named as images are, does not count.

    Raises:
        DataError: a folder cannot be read, or cannot be understood.
    """
    folders = sub_folders(root)
    splits = _splits(root, folders)
    if not splits:
        return {"train": _trained_on(root, _classes(folders))}
    train = _trained_on(splits["train"], _classes(sub_folders(splits["train"])))
    others = {
        split: _seen_in_training(folder, _classes(sub_folders(folder)), train)
        for split, folder in splits.items()
        if split != "train"
    }
    return {"train": train, **others}


def _splits(root: Path, folders: Mapping[str, Path]) -> dict[str, Path]:
    """Return the folders that are splits; none where all are classes.

    One that is named as a split and has no class is left out: the unlabeled images of a
    competition, say.
    """
    named = {
        split: folders[name] for split, name in named_splits(folders, f"folder {root}").items()
    }
    splits = {
        split: folder
        for split, folder in named.items()
        if sub_folders(folder) and not has_images(folder)
    }
    others = folders.keys() - {folder.name for folder in named.values()}
    if named and not splits and not others:
        raise DataError(
            f"there are no classes in folder {root}: "
            f"{_join_folders(named.values())} has no sub-folders",
            hint=_REMEDY,
        )
    if splits and "train" not in splits:
        raise DataError(
            f"folder {root} has classes in {_join_folders(splits.values())}, and no folder 'train'",
            hint="Name the one with the images to train on so.",
        )
    if len(splits) == 1 and others:
        raise DataError(
            f"folder {root} has sub-folders in {splits['train'].name}, and beside it "
            f"{join_names(others)}: which are the classes cannot be seen",
            hint=f"Move what is no class elsewhere, or say folder:{splits['train']}",
        )
    return splits


def _classes(folders: Mapping[str, Path]) -> Classes:
    return {name: list(find_files(folder)) for name, folder in folders.items()}


def _trained_on(folder: Path, classes: Classes) -> Classes:
    """Return the classes of the training images, once there is something to tell apart."""
    if not classes:
        raise DataError(f"folder {folder} has no sub-folder, so no class", hint=_REMEDY)
    empty = [name for name, files in classes.items() if not files]
    if len(empty) == len(classes):
        raise DataError(
            f"there is no image in the sub-folders of {folder}: {join_names(empty)}",
            hint="Files with names such as 1.png count.",
        )
    if empty:
        raise DataError(
            f"folder {folder} has classes without an image: {join_names(empty)}",
            hint="Put images there, or remove the folders.",
        )
    if len(classes) == 1:
        raise DataError(f"folder {folder} has one class only: {join_names(classes)}", hint=_REMEDY)
    return classes


def _seen_in_training(folder: Path, classes: Classes, train: Classes) -> Classes:
    """Return the classes of another split, once all are known from training."""
    classes = {name: files for name, files in classes.items() if files}
    if not classes:
        raise DataError(f"there is no image in the sub-folders of {folder}")
    if unknown := classes.keys() - train.keys():
        raise DataError(
            f"folder {folder} has classes that the training images lack: {join_names(unknown)}",
            hint=f"Those have: {join_names(train)}.",
        )
    return classes


def _join_folders(folders: Iterable[Path]) -> str:
    return join_names(folder.name for folder in folders)
