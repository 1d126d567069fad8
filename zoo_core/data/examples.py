"""Examples: identities of a split's examples, and the split that follows from an identity."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

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


def held_out_rows(
    groups: Sequence[str], share: float, salt: str, classes: Sequence[Hashable] | None = None
) -> NDArray[np.bool_]:
    """Return whether each row is held out, ``(N,)``, by a hash of its group alone.

    The choice of a row does not depend on the others: adding, removing or renaming some of them
    moves none of the rest. There are two exceptions, each of a single group. If the hash holds
    out no group of a class, although its share would be one or more when rounded, the group with
    the smallest hash is held out; and the group with the largest hash of a class is not, so that a
    class is not held out as a whole. At least one of several groups is held out.

    Args:
        groups: group of each row.
        share: expected share of the groups, greater than 0 and less than 1.
        salt: text that makes choices independent of one another.
        classes: class of each row; None for a single class.
    """
    # Hashed once per group, because a group may have many rows. The group itself breaks ties.
    positions = {group: (_position(group, salt), group) for group in set(groups)}
    by_class: dict[Hashable, set[str]] = {}
    for group, label in zip(groups, classes or repeat(None), strict=False):
        by_class.setdefault(label, set()).add(group)
    kept = {max(members, key=positions.__getitem__) for members in by_class.values()}
    chosen = {group for group, (position, _) in positions.items() if position < share} - kept
    # Sorted, because one group may be in several classes: the order of the rows must not decide.
    classes_in_order = sorted(by_class.values(), key=lambda each: min(positions[g] for g in each))
    for members in classes_in_order:
        free = members - kept
        if free and not members & chosen and round(share * len(members)) >= 1:
            chosen.add(min(free, key=positions.__getitem__))
    if not chosen and len(positions) > 1:
        # With one group per class, one class is held out as a whole.
        chosen.add(min(positions.keys() - kept or positions, key=positions.__getitem__))
    return np.array([group in chosen for group in groups], np.bool_)


def _position(group: str, salt: str) -> float:
    """Return a number from 0 to 1 that a group has in a uniform distribution."""
    # NFC, because macOS decomposes accents in file names: the same folder copied from there must be
    # split in the same way. "surrogatepass", because a name may have lone surrogates.
    text = f"{salt}\0{unicodedata.normalize('NFC', group)}"
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def content_digests(arrays: NDArray[Any]) -> list[str]:
    """Return a checksum of each of N arrays, 16 hexadecimal digits."""
    # 64 bits: two of a million different ones share a checksum with a probability of 3e-8.
    rows = np.ascontiguousarray(arrays, arrays.dtype.newbyteorder("<"))
    return [hashlib.sha256(row.data).hexdigest()[:16] for row in rows]
