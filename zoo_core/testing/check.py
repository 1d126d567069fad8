"""A conformance check, and the error where it fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import VerificationError
from zoo_core.weights.file import save_weights

Array = NDArray[Any]


class ContractError(VerificationError):
    """A plugin does not keep the contract.

    Args:
        problem: what does not hold, with the worst element where it is about arrays.
        tensors: the arrays that it is about, to be looked at.
        hint: the next thing to do.
    """

    def __init__(
        self, problem: str, *, tensors: Mapping[str, Array] | None = None, hint: str = ""
    ) -> None:
        super().__init__(problem, hint=hint)
        self.tensors = dict(tensors or {})


class NotApplicableError(Exception):
    """A check cannot be made here; the message is the reason."""


@dataclass(frozen=True)
class Check:
    """Something that must hold of a thing that a plugin offers.

    Attributes:
        name: of the thing, and what must hold.
        function: raises `ContractError`, or another `ZooError`, where it does not.
        arguments: of the function.
    """

    name: str
    function: Callable[..., None]
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return self.name

    def run(self, save: Path | None = None) -> None:
        """Make the check.

        Args:
            save: folder for the arrays that a failure is about; None to keep none.

        Raises:
            ContractError: it does not hold; where arrays were saved, the message says so.
            NotApplicableError: it cannot be made here.
        """
        try:
            self.function(*self.arguments)
        except ContractError as exc:
            if save is None or not exc.tensors:
                raise
            path = save / f"{re.sub(r'[^a-z0-9.]+', '-', self.name.lower())}.safetensors"
            save.mkdir(parents=True, exist_ok=True)
            save_weights(path, exc.tensors, {"check": self.name})
            raise ContractError(
                exc.problem, hint=f"{exc.hint} The arrays are in {path}.".strip()
            ) from exc


def expect(holds: object, problem: str, **tensors: Array) -> None:
    """Raise a `ContractError` that says `problem` where something does not hold."""
    if not holds:
        raise ContractError(problem, tensors=tensors)


def expect_finite(array: Array, what: str) -> None:
    """Raise where an array has infinities or NaNs, with the first of them."""
    finite = np.isfinite(array)
    if not finite.all():
        place = tuple(map(int, np.argwhere(~finite)[0]))
        count = int((~finite).sum())
        raise ContractError(
            f"{what} is not finite in {count} of {array.size} places, first at {_at(place)}: "
            f"{array[place]!s}",
            tensors={"actual": array},
        )


def expect_equal(
    actual: Array, expected: Array, what: str, why: str, *, within: float = 0.0
) -> None:
    """Raise where two arrays differ, with the element that differs most.

    Args:
        actual: an array.
        expected: what it should be.
        what: it is, for instance ``weight``.
        why: it should be so, for instance ``between two trainings with one seed``.
        within: the difference that is allowed; NaNs equal NaNs.
    """
    tensors = {"actual": actual, "expected": expected}
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        shapes = f"{actual.dtype} {actual.shape} instead of {expected.dtype} {expected.shape}"
        raise ContractError(f"{what} is {shapes} {why}", tensors=tensors)
    if np.array_equal(actual, expected):
        return
    with np.errstate(invalid="ignore"):
        off = np.abs(actual.astype(np.float64) - expected.astype(np.float64))
    off[(actual == expected) | (np.isnan(off) & _both_nan(actual, expected))] = 0
    off[np.isnan(off)] = np.inf
    place = tuple(map(int, np.unravel_index(int(off.argmax()), off.shape)))
    if off[place] > within:
        raise ContractError(
            f"{what} differs {why} in {int((off > within).sum())} of {off.size} places, most at "
            f"{_at(place)}: {actual[place]!s} instead of {expected[place]!s}, "
            f"off by {off[place]:.2g}",
            tensors=tensors,
        )


def _both_nan(first: Array, second: Array) -> Array:
    both: Array = np.isnan(first.astype(np.float64)) & np.isnan(second.astype(np.float64))
    return both


def _at(place: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, place))}]"
