"""Examples: identities of a split's images, and the split that follows from an identity."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Examples:
    """Identities of the images of a split.

    Attributes:
        keys: identity of each image, unique in the data set: its path below the root, with ``/``,
            or the key of its row.
        groups: identity that the choice of a split follows from: an image's group, or its key.
            Images of one group are always in the same split. None if a split follows from the
            numbers of the rows, as in data sets whose order never changes.
    """

    keys: tuple[str, ...]
    groups: tuple[str, ...] | None = None

    def select(self, rows: NDArray[np.int64]) -> Examples:
        """Return the identities of rows."""
        some = rows.tolist()
        groups = None if self.groups is None else tuple(self.groups[row] for row in some)
        return Examples(tuple(self.keys[row] for row in some), groups)


def concatenate(parts: Sequence[Examples]) -> Examples:
    """Return the identities of consecutive parts of a split."""
    keys = tuple(key for part in parts for key in part.keys)
    if any(part.groups is None for part in parts):
        return Examples(keys)
    return Examples(keys, tuple(group for part in parts for group in part.groups or ()))


def held_out_rows(groups: Sequence[str], share: float, salt: str) -> NDArray[np.bool_]:
    """Return whether each row is held out, ``(N,)``, by a hash of its group alone.

    Whether a row is held out does not depend on the others: adding, removing or renaming some of
    them moves none of the rest. The exception are so few groups that the hash holds out none, or
    all: then the group with the smallest hash is held out, or all but the one with the largest.
    A single group is held out.

    Args:
        groups: group of each row.
        share: expected share of the groups, greater than 0 and less than 1.
        salt: text that makes choices independent of one another.
    """
    # Hashed once per group, because a group may have many rows.
    positions = {group: _position(group, salt) for group in set(groups)}
    chosen = {group for group, position in positions.items() if position < share}
    if len(chosen) == len(positions) > 1:
        chosen.remove(max(positions, key=lambda group: (positions[group], group)))
    chosen = chosen or {min(positions, key=lambda group: (positions[group], group))}
    return np.array([group in chosen for group in groups], np.bool_)


def _position(group: str, salt: str) -> float:
    """Return a number from 0 to 1 that a group has in a uniform distribution."""
    # NFC, because macOS decomposes accents in file names: the same folder copied from there must be
    # split in the same way. "surrogatepass", because a name may have lone surrogates.
    text = f"{salt}\0{unicodedata.normalize('NFC', group)}"
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def pixel_digests(images: NDArray[np.uint8]) -> list[str]:
    """Return a checksum of each image's pixels, 16 hexadecimal digits."""
    # 64 bits: two of a million different images share a checksum with a probability of 3e-8.
    return [hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()[:16] for image in images]
