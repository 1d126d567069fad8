"""A conformance check, and the error that it raises."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import VerificationError, ZooError, one_line
from zoo_core.plugins.faults.fault import find_fault
from zoo_core.plugins.faults.place import own_place
from zoo_core.plugins.plugin import Plugin
from zoo_core.weights.file import save_weights

Array = NDArray[Any]


class ContractError(VerificationError):
    """Violation of the contract by a plugin.

    Args:
        problem: the violation, with the worst element of an array.
        tensors: arrays that it concerns, to save for inspection.
        hint: the next thing to do.
    """

    def __init__(
        self, problem: str, *, tensors: Mapping[str, Array] | None = None, hint: str = ""
    ) -> None:
        super().__init__(problem, hint=hint)
        self.tensors = dict(tensors or {})


class NotApplicableError(Exception):
    """Check that cannot run here; the message is the reason."""


@dataclass(frozen=True)
class Check:
    """One check of one thing that a plugin offers.

    Attributes:
        name: name of the thing, and the condition.
        function: raises a `ContractError`, or another `ZooError`, if the condition is violated.
        arguments: arguments of the function.
        needs: names of checks without which it has no meaning: it is skipped if one fails.
        trains: whether it trains a model, which may take long (``zoo check --fast``).
        package: name of the plugin's package, for the place of an error in its code.
        plugins: the installed plugins, for the place of an error in the code of another.
        model: model of another plugin with which a trainer is checked, in words; empty for none.
    """

    name: str
    function: Callable[..., None]
    arguments: tuple[Any, ...] = ()
    needs: tuple[str, ...] = ()
    trains: bool = False
    package: str = ""
    plugins: tuple[Plugin, ...] = ()
    model: str = ""

    def __str__(self) -> str:
        return self.name  # pytest's id of the case

    @property
    def subject(self) -> str:
        """Name of the thing."""
        return self.name.partition(": ")[0]

    @property
    def condition(self) -> str:
        """Name of the condition."""
        return self.name.partition(": ")[2]

    @property
    def about(self) -> str:
        """Sentence about the condition, without "Check that"."""
        first = (self.function.__doc__ or "").partition("\n")[0]
        return first.removeprefix("Check that ").replace("``", "`").removesuffix(".")

    def run(self, save: Path | None = None) -> None:
        """Run the check.

        Args:
            save: folder for the arrays of a failure; None to save none.

        Raises:
            ContractError: the condition is violated; the message names saved arrays.
            NotApplicableError: the check cannot run here.
        """
        try:
            self.function(*self.arguments)
        except NotApplicableError:
            raise
        except Exception as exc:  # third-party code may raise anything
            raise self._failure(exc, save) from exc

    def _failure(self, exc: Exception, save: Path | None) -> ContractError:
        """Return the error of a failed check, with the place and the saved arrays."""
        known = isinstance(exc, ZooError)
        problem = exc.problem if isinstance(exc, ZooError) else f"it raised {one_line(exc)}"
        # Not of an error that zoo raised on purpose about a value: its text is the whole answer.
        place = own_place(exc, self.package) if exc.__cause__ or not known else ""
        # A trainer and a model of two plugins: either may have to be edited.
        fault = None if known else find_fault(exc, self.plugins)
        other = f"{fault.subject} at {fault.frame.place}" if fault else ""
        places = [place] * (bool(place) and place not in problem)
        places += [other] * (bool(other) and not other.endswith(f" {place}"))
        if places:
            problem = f"{problem.rstrip('.')} ({'; '.join(places)})"
        if self.model and not known:
            problem = f"{problem}, with {self.model}"
        hint = exc.hint if isinstance(exc, ZooError) else ""
        tensors = exc.tensors if isinstance(exc, ContractError) else {}
        if save is None or not tensors:
            return ContractError(problem, tensors=tensors, hint=hint)
        path = save / f"{re.sub(r'[^a-z0-9.]+', '-', self.name.lower())}.safetensors"
        # Only now, so that checks that pass leave no empty folder.
        save.mkdir(parents=True, exist_ok=True)
        save_weights(path, tensors, {"check": self.name})
        hint = f"{hint} The arrays are in {path}.".strip()
        return ContractError(problem, tensors=tensors, hint=hint)


# Functions instead of `assert`, because these errors are for users: they appear on one line, and
# `python -O` must not switch checks off.
def expect(holds: object, problem: str, **tensors: Array) -> None:
    """Raise a `ContractError` unless a condition holds."""
    if not holds:
        raise ContractError(problem, tensors=tensors)


def expect_finite(array: Array, what: str) -> None:
    """Raise a `ContractError` that names the first infinity or NaN of an array."""
    finite = np.isfinite(array)
    if not finite.all():
        place = tuple(map(int, np.argwhere(~finite)[0]))
        count = int((~finite).sum())
        raise ContractError(
            f"{what}: {count} of {array.size} elements are not finite, first at {list(place)}: "
            f"{array[place]!s}",
            tensors={"actual": array},
        )


def expect_equal(
    actual: Array,
    expected: Array,
    what: str,
    why: str,
    *,
    within: float = 0.0,
    hint: str = "",
) -> None:
    """Raise a `ContractError` that names the element of two arrays that differs most.

    Args:
        actual: an array.
        expected: the array that it is compared with; NaNs are equal to NaNs.
        what: name of the array, for instance ``weight``.
        why: circumstances of the comparison, for instance ``between two trainings with one seed``.
        within: maximum difference.
        hint: the next thing to do if they differ.
    """
    tensors = {"actual": actual, "expected": expected}
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        raise ContractError(
            f"{what} differs {why}: expected {expected.dtype} {expected.shape}, "
            f"got {actual.dtype} {actual.shape}",
            tensors=tensors,
            hint=hint,
        )
    if np.array_equal(actual, expected):  # most often so, and quick
        return
    # In float64, in which differences of unsigned integers do not wrap around.
    one, two = actual.astype(np.float64), expected.astype(np.float64)
    with np.errstate(invalid="ignore"):  # inf - inf
        off = np.abs(one - two)
    off[(one == two) | (np.isnan(one) & np.isnan(two))] = 0
    off[np.isnan(off)] = np.inf  # NaN in one of the two alone, which `argmax` must find
    place = tuple(map(int, np.unravel_index(int(off.argmax()), off.shape)))
    if off[place] > within:
        raise ContractError(
            f"{what} differs {why} in {int((off > within).sum())} of {off.size} elements, most at "
            f"{list(place)}: expected {expected[place]!s}, got {actual[place]!s}, "
            f"a difference of {off[place]:.2g}",
            tensors=tensors,
            hint=hint,
        )
