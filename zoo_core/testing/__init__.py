"""Conformance checks for plugins: one set, for zoo's own and for third-party ones.

In a plugin's tests, these are all the lines there are to write:

    from zoo_core.testing import conformance_test

    test_conformance = conformance_test("zoo-x")

`zoo check zoo-x` makes the same checks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from zoo_core.installation.installed import load_catalog
from zoo_core.testing.check import Check, ContractError, NotApplicableError
from zoo_core.testing.runner import CheckResult, check_skips, run_checks
from zoo_core.testing.suite import plugin_checks

__all__ = [
    "Check",
    "CheckResult",
    "ContractError",
    "NotApplicableError",
    "conformance_test",
    "plugin_checks",
    "run_checks",
]

_NOTHING: Mapping[str, str] = MappingProxyType({})


def conformance_test(plugin: str, *, skip: Mapping[str, str] = _NOTHING) -> Callable[..., None]:
    """Return a pytest test of everything that a plugin offers, one case a check.

    Args:
        plugin: the distribution's name; it has to be installed.
        skip: name of a check -> the reason for which it is not made.

    Raises:
        UnknownNameError: there is no such plugin.
        InvalidValueError: a check that is to be skipped does not exist, or has no reason.
    """
    import pytest

    checks = plugin_checks(load_catalog(), plugin)
    check_skips(skip, checks)

    def conformance(check: Check, tmp_path: Path) -> None:
        if reason := skip.get(check.name):
            pytest.skip(reason)
        try:
            check.run(tmp_path)
        except NotApplicableError as exc:
            pytest.skip(str(exc))

    decorate: Any = pytest.mark.parametrize("check", checks, ids=str)
    test: Callable[..., None] = decorate(conformance)
    return test
