"""Examples: identities of a split's examples, and the split that follows from an identity."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


@dataclass(frozen=True)
class Examples:
    """Identities of the examples of a split.

    Attributes:
        keys: identity of each example, unique in the data set: an image's path below the root,
            with ``/``, or the key of a row.
        groups: identity that the choice of a split follows from: an example's group, or its key.
            Examples of one group are always in the same split. None if a split follows from the
            numbers of the rows, as in data sets whose order never changes.
        rows: number of each example's row in the user's file, for errors; None if it has none.
    """

    keys: tuple[str, ...]
    groups: tuple[str, ...] | None = None
    rows: tuple[int, ...] | None = None

    def select(self, rows: NDArray[np.int64]) -> Examples:
        """Return the identities of rows."""
        some = rows.tolist()
        keys = tuple(self.keys[row] for row in some)
        return Examples(keys, _take(self.groups, some), _take(self.rows, some))


def concatenate(parts: Sequence[Examples]) -> Examples:
    """Return the identities of consecutive parts of a split."""
    return Examples(
        tuple(key for part in parts for key in part.keys),
        _chain([part.groups for part in parts]),
        _chain([part.rows for part in parts]),
    )


def _take(values: tuple[T, ...] | None, rows: Sequence[int]) -> tuple[T, ...] | None:
    """Return the values of rows; None without values."""
    return None if values is None else tuple(values[row] for row in rows)


def _chain(parts: Sequence[tuple[T, ...] | None]) -> tuple[T, ...] | None:
    """Return the values of all parts; None if one part has none."""
    known = [part for part in parts if part is not None]
    return tuple(itertools.chain(*known)) if len(known) == len(parts) else None


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
    # Sorted, so that the group itself breaks ties: neither the order of the rows nor that of a set
    # decides. Hashed once per group, because a group may have many rows.
    names = sorted(set(groups))
    number_of = {name: number for number, name in enumerate(names)}
    numbers = np.array([number_of[group] for group in groups])
    positions = hash_positions(names, salt)
    order = np.argsort(positions, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    members = _members(numbers, classes)
    kept = np.zeros(len(names), np.bool_)
    kept[[each[rank[each].argmax()] for each in members]] = True
    chosen: NDArray[np.bool_] = (positions < share) & ~kept
    # In order of their first groups, because one group may be in several classes.
    for some in sorted(members, key=lambda each: rank[each].min()):
        free = some[~kept[some]]
        if len(free) and not chosen[some].any() and round(share * len(some)) >= 1:
            chosen[free[rank[free].argmin()]] = True
    if not chosen.any() and len(names) > 1:
        # With one group per class, one class is held out as a whole.
        others = np.flatnonzero(~kept) if not kept.all() else np.arange(len(names))
        chosen[others[rank[others].argmin()]] = True
    held_out: NDArray[np.bool_] = chosen[numbers]
    return held_out


def _members(
    numbers: NDArray[np.int64], classes: Sequence[Hashable] | None
) -> list[NDArray[np.int64]]:
    """Return the numbers of the groups of each class."""
    if classes is None:
        return [np.unique(numbers)]
    code_of: dict[Hashable, int] = {}
    codes = np.array([code_of.setdefault(label, len(code_of)) for label in classes])
    pairs = np.unique(codes * (numbers.max() + 1) + numbers)
    classes_of, groups_of = np.divmod(pairs, numbers.max() + 1)
    return np.split(groups_of, np.flatnonzero(np.diff(classes_of)) + 1)


def hash_positions(groups: Sequence[str], salt: str) -> NDArray[np.float64]:
    """Return a number from 0 to 1 per group, uniformly distributed, independent for each salt."""
    # NFC, because macOS decomposes accents in file names: the same folder copied from there must be
    # split in the same way. "surrogatepass", because a name may have lone surrogates.
    if not "".join(groups).isascii():
        groups = [unicodedata.normalize("NFC", group) for group in groups]
    start = f"{salt}\0"
    digests = b"".join(
        [sha256((start + group).encode("utf-8", "surrogatepass")).digest()[:8] for group in groups]
    )
    return np.frombuffer(digests, ">u8").astype(np.float64) / 2**64


def content_digests(arrays: NDArray[Any]) -> list[str]:
    """Return a checksum of each of N arrays, 16 hexadecimal digits."""
    # 64 bits: two of a million different ones share a checksum with a probability of 3e-8.
    rows = np.ascontiguousarray(arrays, arrays.dtype.newbyteorder("<"))
    size = rows[:1].nbytes
    parts = rows.reshape(-1).view(f"V{size}").tolist() if size else [b""] * len(rows)
    return [sha256(part).hexdigest()[:16] for part in parts]
