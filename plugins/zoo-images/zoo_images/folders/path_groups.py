"""Groups of images by a pattern in their paths, such as ``patient-[0-9]+``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zoo_core.plugin_api import DataError, InvalidValueError

OPTION = "group"
"""Name of the option of an address: ``folder:scans?group=patient-[0-9]+``."""

LEAST = 2
"""Minimum number of groups."""


def check_separators(name: str) -> None:
    """Check that a pattern has no character that separates the options of an address.

    Args:
        name: name of the data set.

    Raises:
        InvalidValueError: it has one.
    """
    if re.search(rf"[?&]{OPTION}=[^&]*\?", name):
        raise InvalidValueError(
            f"data set {name!r}: expected no '?' in the pattern of groups, because it begins the "
            "options of an address",
            hint="Write {0,1} for an optional part of a pattern.",
        )


def find_groups(keys: Sequence[str], text: str) -> dict[str, str]:
    """Return the group of each path; see `groups_of`."""
    return dict(zip(keys, groups_of(keys, compile_pattern(text)), strict=True))


def compile_pattern(text: str) -> re.Pattern[str]:
    """Return the regular expression of an address.

    Raises:
        InvalidValueError: it is invalid, or has several parts in parentheses.
    """
    try:
        pattern = re.compile(text)
    except re.error as exc:
        raise InvalidValueError(
            f"expected group to be a regular expression, got {text!r}: {exc}",
            hint="For instance: group=patient-[0-9]+",
        ) from exc
    if pattern.groups > 1:
        raise InvalidValueError(
            f"expected group to have at most one part in parentheses, got {pattern.groups} in "
            f"{text!r}"
        )
    return pattern


def groups_of(keys: Sequence[str], pattern: re.Pattern[str]) -> list[str]:
    """Return the group of each path: what the pattern, or its part in parentheses, matches there.

    Args:
        keys: paths below the root, with ``/``.
        pattern: searched in the whole path.

    Raises:
        DataError: it matches not all of them, or is the same in all.
    """
    found = [pattern.search(key) for key in keys]
    missing = [key for key, match in zip(keys, found, strict=True) if not _text(match)]
    if missing:
        raise DataError(
            f"the pattern of groups {pattern.pattern!r} matches nothing in {len(missing):,} of "
            f"{len(keys):,} paths, such as {missing[0]!r}",
            hint="Choose a pattern that is in the path of every image.",
        )
    groups = [_text(match) for match in found]
    if len(set(groups)) < LEAST:
        raise DataError(
            f"the pattern of groups {pattern.pattern!r} puts all images into one group, "
            f"{groups[0]!r}",
            hint=f"Choose a pattern that differs between groups, such as {groups[0]}[0-9]+",
        )
    return groups


def _text(match: re.Match[str] | None) -> str:
    """Return the text of a group; empty without one."""
    return (match[match.re.groups] or "") if match else ""
