"""Damaged images of a data set: counted, all of them named in a file, refused or skipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zoo_core.plugin_api import DataError, join_names, printable, write_atomic, write_error
from zoo_images.address import Address

MAX_NAMED = 5
"""Maximum number of damaged images that an error names."""


class DamagedImages:
    """Collection of the images that cannot be decoded.

    Args:
        address: address of the data set, with the option to skip them.
        classes: names of the classes.
        total: number of images of all splits.
        path: file to write their names and faults to.
    """

    def __init__(self, address: Address, classes: Sequence[str], total: int, path: Path) -> None:
        self.total, self.are_skipped = total, address.skips_damaged
        self._address, self._classes, self._path = address, classes, path
        self._faults: list[DataError] = []

    def __len__(self) -> int:
        return len(self._faults)

    def add(self, faults: Iterable[DataError]) -> None:
        self._faults += faults

    def check_split(
        self, name: str, labels: NDArray[np.int64], whole: Sequence[NDArray[np.int64]]
    ) -> None:
        """Check that whole images are left in a split, of each class in the training split.

        Args:
            name: name of the split.
            labels: labels of all its images.
            whole: labels of those that are not damaged.

        Raises:
            DataError: a class has damaged images only.
        """
        lost = set(labels.tolist()).difference(*(some.tolist() for some in whole))
        if self.are_skipped and lost and (name == "train" or not whole):
            self._write()
            names = join_names(self._classes[label] for label in lost)
            raise self._error(f"no image of {names} is left in {name}")

    def report(self) -> None:
        """Write the list of all damaged images, if there are some.

        Raises:
            DataError: they are not to be skipped, or the list cannot be written.
        """
        if not self._faults:
            return
        self._write()
        if not self.are_skipped:
            raise self._error("")

    def _write(self) -> None:
        lines = sorted(f"{printable(fault.problem)}\n" for fault in self._faults)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._path, "".join(lines).encode())
        except OSError as exc:
            raise write_error("the list of damaged images", self._path, exc) from exc

    def _error(self, reason: str) -> DataError:
        first = self._faults[:MAX_NAMED]
        problems = [fault.problem for fault in first]
        if len(self._faults) > MAX_NAMED:
            problems.append(f"and {len(self._faults) - MAX_NAMED:,} more")
        hints = list(dict.fromkeys(fault.hint for fault in first if fault.hint))
        if not self.are_skipped:
            hints.append(f"To leave them out, use {self._address.with_option('on_damaged=skip')}")
        return DataError(
            f"{len(self._faults):,} of {self.total:,} images of {self._address.name} cannot be used"
            f"{f', and {reason}' if reason else ''}: {'; '.join(problems)}. All of them are listed "
            f"in {self._path}",
            hint=" ".join(hints),
        )
