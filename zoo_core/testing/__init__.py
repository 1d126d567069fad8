"""Conformance checks for plugins: one suite for zoo's own plugins and for third-party ones.

A plugin's tests need these lines only:

    from zoo_core.plugin_api import conformance_test

    test_conformance = conformance_test("zoo-x")

`zoo check zoo-x` runs the same checks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from zoo_core.installation.installed import load_catalog
from zoo_core.testing.check import Check, ContractError, NotApplicableError
from zoo_core.testing.runner import CheckResult, check_skips, failed_need, run_checks
from zoo_core.testing.selection import select_checks
from zoo_core.testing.suite import plugin_checks

__all__ = [
    "Check",
    "CheckResult",
    "ContractError",
    "NotApplicableError",
    "conformance_test",
    "plugin_checks",
    "run_checks",
    "select_checks",
]


def conformance_test(
    plugin: str,
    *,
    skip: Mapping[str, str] = MappingProxyType({}),
    only: Sequence[str] = (),
    fast: bool = False,
    model: str = "",
) -> Callable[..., None]:
    """Return a pytest test of a plugin, parametrized with one case per check.

    Args:
        plugin: name of the installed distribution.
        skip: name of a check -> reason to skip it.
        only: patterns of the names of the checks to run; none for all.
        fast: whether to leave out the checks that train a model.
        model: name of the model with which the plugin's trainers are checked.

    Raises:
        UnknownNameError: the plugin or the model is not installed.
        InvalidValueError: a check to skip does not exist, or has no reason; or no check matches a
            pattern.
    """
    import pytest  # a dependency of a plugin's tests, not of zoo-core

    # At collection, so that every check is a case that pytest lists, selects and reports.
    every = plugin_checks(load_catalog(), plugin, model=model)
    check_skips(skip, every)
    checks, failed = select_checks(every, only=only, fast=fast), set[str]()

    def conformance(check: Check, tmp_path: Path) -> None:
        if reason := skip.get(check.name):
            pytest.skip(reason)
        if cause := failed_need(check, failed):
            failed.add(check.name)
            pytest.skip(f"needs {cause}, which failed")
        try:
            check.run(tmp_path)
        except NotApplicableError as exc:
            pytest.skip(str(exc))
        except Exception:
            failed.add(check.name)
            raise

    decorate: Any = pytest.mark.parametrize("check", checks, ids=str)
    test: Callable[..., None] = decorate(conformance)
    return test
