"""Layout of a folder of images: its splits and classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from zoo_core.plugin_api import DataError, join_names
from zoo_images.image_files import Classes, find_files, has_images, sub_folders
from zoo_images.splits import named_splits

_REMEDY = "Put the images of each class into a sub-folder of its own, such as cat and dog."


def find_labeled_images(root: Path) -> dict[str, Classes]:
    """Return the image files of each class, by split.

    A sub-folder is a class, or it is a split with one sub-folder per class. Without splits, all
    images are in ``train``. Hidden files, and files without an image's suffix, are ignored.

    Raises:
        DataError: a folder cannot be read, or has neither layout.
    """
    folders = sub_folders(root)
    splits = _splits(root, folders)
    if not splits:
        return {"train": _check_train(root, _classes(folders))}
    train = _check_train(splits["train"], _classes(sub_folders(splits["train"])))
    others = {
        split: _check_other(folder, _classes(sub_folders(folder)), train)
        for split, folder in splits.items()
        if split != "train"
    }
    return {"train": train, **others}


def _splits(root: Path, folders: Mapping[str, Path]) -> dict[str, Path]:
    """Return the folders that are splits; an empty dict if all folders are classes.

    A folder with the name of a split but without classes is left out, for example the unlabeled
    test images of a competition.
    """
    named = {
        split: folders[name] for split, name in named_splits(folders, f"folder {root}").items()
    }
    splits = {
        split: folder
        for split, folder in named.items()
        # A class may be called "train", but then it directly contains images.
        if sub_folders(folder) and not has_images(folder)
    }
    others = folders.keys() - {folder.name for folder in named.values()}
    if named and not splits and not others:
        raise DataError(
            f"there are no classes in folder {root}: "
            f"{_join_folders(named.values())} contain no sub-folders",
            hint=_REMEDY,
        )
    if splits and "train" not in splits:
        raise DataError(
            f"folder {root} has classes in {_join_folders(splits.values())}, but no folder 'train'",
            hint="Rename the folder with the training images.",
        )
    # With two splits the layout is clear, and other folders are ignored; a single "train" may
    # also be a class with sub-folders, next to other classes.
    if len(splits) == 1 and others:
        raise DataError(
            f"ambiguous classes: folder {root} has sub-folders in {splits['train'].name} and also "
            f"the folders {join_names(others)}",
            hint=f"Move folders that are not classes elsewhere, or use folder:{splits['train']}",
        )
    return splits


def _classes(folders: Mapping[str, Path]) -> Classes:
    return {name: list(find_files(folder)) for name, folder in folders.items()}


def _check_train(folder: Path, classes: Classes) -> Classes:
    """Return the classes of the training split after checking that a model can be trained."""
    if not classes:
        raise DataError(f"folder {folder} has no sub-folder for a class", hint=_REMEDY)
    # Probably a mistake, such as files of an unsupported type: such a class could not be learned.
    if empty := [name for name, files in classes.items() if not files]:
        raise DataError(
            f"folder {folder} has classes without images: {join_names(empty)}",
            hint="Put files such as 1.png into them, or remove them.",
        )
    if len(classes) == 1:
        raise DataError(f"folder {folder} has only one class: {join_names(classes)}", hint=_REMEDY)
    return classes


def _check_other(folder: Path, classes: Classes, train: Classes) -> Classes:
    """Return the classes of another split after checking that the training split has them."""
    # Only the training split needs images of every class.
    classes = {name: files for name, files in classes.items() if files}
    if not classes:
        raise DataError(f"there is no image in the sub-folders of {folder}")
    if unknown := classes.keys() - train.keys():
        raise DataError(
            f"folder {folder} has classes without training images: {join_names(unknown)}",
            hint=f"Use the classes of the training images: {join_names(train)}.",
        )
    return classes


def _join_folders(folders: Iterable[Path]) -> str:
    return join_names(folder.name for folder in folders)
