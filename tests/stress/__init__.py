"""Faults that are made by the hundred; see `tests.stress.__main__`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.stress.outcome import Outcome


@dataclass(frozen=True)
class Stress:
    """Faults of one kind.

    Attributes:
        what: they are.
        function: makes so many of them.
        count: how many are made in full.
        few: how many the test suite makes.
    """

    what: str
    function: Callable[[int], Outcome]
    count: int
    few: int


STRESSES: dict[str, Stress] = {}
