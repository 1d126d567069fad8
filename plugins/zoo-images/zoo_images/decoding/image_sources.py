"""Undecoded images, in files or in memory, with the labels and identities of a split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import Examples
from zoo_images.local.local_files import LocalFile, changed_error, hash_bytes, is_readable


@dataclass(frozen=True)
class Picture:
    """An undecoded image.

    Attributes:
        name: name of the image in errors.
        file: path of the file, or its content.
        content: expected hash of the content (`zoo_images.local.local_files`); empty for any.
    """

    name: str
    file: Path | BytesIO
    content: str = ""

    def open(self) -> Path | BytesIO:
        """Return the file to decode.

        Raises:
            ChangedFileError: its content is not the expected one.
        """
        if not isinstance(self.file, Path) or not is_readable(self.content):
            return self.file
        # The bytes that are hashed are those that are decoded, so that arrays are never stored
        # under the hash of other images.
        try:
            content = self.file.read_bytes()
        except OSError as exc:
            raise changed_error(self.name) from exc
        if hash_bytes(content) != self.content:
            raise changed_error(self.name)
        return BytesIO(content)


@dataclass(frozen=True)
class Pictures:
    """The images of a split, their labels and identities.

    Attributes:
        labels: labels, int64 ``(N,)``.
        examples: identities.
        take: function that returns the images of rows, int64 ``(n,)``.
    """

    labels: NDArray[np.int64]
    examples: Examples
    take: Callable[[NDArray[np.int64]], Sequence[Picture]]

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, rows: NDArray[np.int64]) -> Pictures:
        """Return a subset, by rows."""
        # Lazily, as `take` itself: rows are mapped to rows, and no image is opened.
        examples = self.examples.select(rows)
        return Pictures(self.labels[rows], examples, lambda some: self.take(rows[some]))


@dataclass(frozen=True)
class SourceDataset:
    """A data set of undecoded images.

    Attributes:
        splits: images of ``train`` and, if they exist, of ``validation`` and ``test``.
        classes: names of the classes.
        identity: noun for the identity of an image, by which splits are chosen.
        split_rule: rule by which the test images were chosen, as a sentence.
        check: function that is called after the last image; it raises a `ChangedFileError` if the
            images may not be those of their hashes.
    """

    splits: Mapping[str, Pictures]
    classes: Sequence[str]
    identity: str = "path"
    split_rule: str = ""
    check: Callable[[], None] = lambda: None


def local_pictures(
    files: Sequence[LocalFile],
    labels: NDArray[np.int64],
    groups: tuple[str, ...] | None,
    hashes: Mapping[str, str],
) -> Pictures:
    """Return the images in files.

    Args:
        files: the files.
        labels: label of each file, int64 ``(N,)``.
        groups: group of each file (`zoo_core.data.examples.Examples`).
        hashes: hash of each content, by key.
    """

    # `Picture` objects are made per chunk, because 100,000 of them would stay in memory otherwise.
    def take(rows: NDArray[np.int64]) -> list[Picture]:
        some = [files[row] for row in rows.tolist()]
        return [Picture(file.path, Path(file.path), hashes[file.key]) for file in some]

    return Pictures(labels, Examples(tuple(file.key for file in files), groups), take)
