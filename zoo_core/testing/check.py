"""A check: something that must hold, and the error where it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zoo_core.errors import VerificationError


class ContractError(VerificationError):
    """A plugin does not keep the contract."""


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
    arguments: tuple[Any, ...]

    def __str__(self) -> str:
        return self.name

    def run(self) -> None:
        self.function(*self.arguments)


def expect(holds: object, problem: str) -> None:
    """Raise a `ContractError` that says `problem` where something does not hold."""
    if not holds:
        raise ContractError(problem)
