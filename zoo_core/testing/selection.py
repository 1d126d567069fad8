"""Selection of checks by name and by whether they train."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from zoo_core.errors import InvalidValueError, choose_from
from zoo_core.testing.check import Check


def select_checks(
    checks: Sequence[Check], *, only: Iterable[str] = (), fast: bool = False
) -> list[Check]:
    """Return the checks of a selection, in order.

    Args:
        checks: all checks of a plugin.
        only: patterns, such as ``tiny.default: *`` or ``overfits*``, one of which the name of a
            check, its subject or its condition matches; none for all checks.
        fast: whether to leave out the checks that train a model.

    Raises:
        InvalidValueError: no check matches one of the patterns.
    """
    only = [only] if isinstance(only, str) else list(only)
    for pattern in only:
        # Each, because a misspelled one would silently check less.
        if not any(_matches(check, pattern) for check in checks):
            conditions = {check.condition for check in checks}
            raise InvalidValueError(
                f"--only: no check matches {pattern!r}",
                hint=choose_from(pattern, conditions, command="zoo check PLUGIN --list"),
            )
    return [
        check
        for check in checks
        if not (fast and check.trains)
        and (not only or any(_matches(check, pattern) for pattern in only))
    ]


def _matches(check: Check, pattern: str) -> bool:
    names = (check.name, check.subject, check.condition)
    return any(fnmatchcase(name.lower(), pattern.lower()) for name in names)
