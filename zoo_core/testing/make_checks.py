"""Checks by the functions that make them: names, and needs among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from zoo_core.testing.check import Check


def check_name(function: Callable[..., None]) -> str:
    """Return the name of a check, without its subject: that of its function, in words."""
    return function.__name__.replace("_", " ").replace(" json", " JSON")


def make_checks(
    subject: str,
    functions: Iterable[Callable[..., None]],
    *arguments: Any,
    needs: Iterable[str] = (),
    trains: bool = False,
) -> list[Check]:
    """Return one check per function, named after the subject and the function."""
    return [
        Check(f"{subject}: {check_name(each)}", each, arguments, tuple(needs), trains)
        for each in functions
    ]


def names_of(subject: str, *functions: Callable[..., None]) -> list[str]:
    """Return the names of checks of a subject."""
    return [f"{subject}: {check_name(each)}" for each in functions]
