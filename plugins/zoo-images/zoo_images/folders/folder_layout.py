"""Layout of a folder of images: its splits and classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from zoo_core.plugin_api import DataError, did_you_mean, join_names, shell_command
from zoo_images.class_names import check_class_names
from zoo_images.folders.image_files import NO_CLASS, NO_SPLIT, Classes, Folder
from zoo_images.splits import named_splits

_REMEDY = "Put the images of each class into a sub-folder of its own, such as cat and dog."


@dataclass(frozen=True)
class Layout:
    """Images of a folder by split and class.

    Attributes:
        splits: classes of each split; without splits, all are in ``train``.
        left_out: reason -> number of files that are left out.
    """

    splits: Mapping[str, Classes]
    left_out: Mapping[str, int]


def find_layout(root: Folder) -> Layout:
    """Return the image files of each class, by split.

    A sub-folder is a class, or it is a split with one sub-folder per class. Without splits, all
    images are in ``train``.

    Raises:
        DataError: a folder cannot be read, has neither layout, or has an invalid name.
    """
    left_out = Counter(root.left_out)
    left_out[NO_CLASS] += len(root.images)
    found = _splits(root)
    if not found:
        return Layout({"train": _train(root, left_out)}, +left_out)
    for folder in found.values():
        left_out += folder.left_out
    train = _train(found["train"], left_out)
    others = {
        split: _other(folder, left_out, train)
        for split, folder in found.items()
        if split != "train"
    }
    # Counted at the end, because listing these folders takes time, and errors come first.
    for name, folder in root.folders.items():
        if folder not in found.values():
            is_named = bool(named_splits([name], ""))
            left_out[NO_CLASS if is_named else NO_SPLIT] += len(folder.find_images(Counter()))
    return Layout({"train": train, **others}, +left_out)


def _splits(root: Folder) -> dict[str, Folder]:
    """Return the folders that are splits; an empty dict if all folders are classes.

    A folder with the name of a split but without classes is left out, for example the unlabeled
    test images of a competition.
    """
    names = named_splits(root.folders, f"folder {root.path}")
    named = {split: root.folders[name] for split, name in names.items()}
    splits = {
        split: folder
        for split, folder in named.items()
        # A class may be called "train", but then it directly contains images.
        if folder.folders and not folder.images
    }
    others = root.folders.keys() - set(names.values())
    if named and not splits and not others:
        raise DataError(
            f"there are no classes in folder {root.path}: "
            f"{join_names(names.values())} contain no sub-folders",
            hint=_REMEDY,
        )
    if splits and "train" not in splits:
        raise DataError(
            f"folder {root.path} has classes in {join_names(names[split] for split in splits)}, "
            "but no folder 'train'",
            hint="Rename the folder with the training images.",
        )
    # With two splits the layout is clear, and other folders are left out; a single "train" may
    # also be a class with sub-folders, next to other classes.
    if len(splits) == 1 and others:
        remedy = shell_command(f"folder:{splits['train'].path}")
        raise DataError(
            f"ambiguous classes: folder {root.path} has sub-folders in {names['train']} and also "
            f"the folders {join_names(others)}",
            hint=f"Move folders that are not classes elsewhere, or use {remedy}",
        )
    return splits


def _classes(folder: Folder, left_out: Counter[str]) -> Classes:
    return {name: each.find_images(left_out) for name, each in folder.folders.items()}


def _train(folder: Folder, left_out: Counter[str]) -> Classes:
    """Return the classes of the training split after checking that a model can be trained."""
    if not folder.folders:
        raise DataError(f"folder {folder.path} has no sub-folder for a class", hint=_REMEDY)
    check_class_names(folder.folders.keys(), f"folder {folder.path}")
    classes = _classes(folder, left_out)
    # Probably a mistake, such as files of an unsupported type: such a class could not be learned.
    if empty := [name for name, files in classes.items() if not files]:
        others = f" (left out: {'; '.join(sorted(+left_out))})" if +left_out else ""
        raise DataError(
            f"folder {folder.path} has classes without images: {join_names(empty)}{others}",
            hint="Put files such as 1.png into them, or remove them.",
        )
    if len(classes) == 1:
        raise DataError(
            f"folder {folder.path} has only one class: {join_names(classes)}", hint=_REMEDY
        )
    return classes


def _other(folder: Folder, left_out: Counter[str], train: Classes) -> Classes:
    """Return the classes of another split after checking that the training split has them."""
    # Only the training split needs images of every class.
    classes = {name: files for name, files in _classes(folder, left_out).items() if files}
    if not classes:
        raise DataError(f"there is no image in the sub-folders of {folder.path}")
    if unknown := classes.keys() - train.keys():
        near = did_you_mean(min(unknown), train)
        raise DataError(
            f"folder {folder.path} has classes without training images: {join_names(unknown)}",
            hint=f"{near} Use the classes of the training images: {join_names(train)}.".lstrip(),
        )
    return classes
