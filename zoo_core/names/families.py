"""Families: names with the same part before the slash, and patterns of names.

Standard library only, because `zoo list` imports it: see `zoo_core.plugins.index`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

FEW = 5
"""Maximum number of names with the same part before the slash that are no family."""


def families(names: Iterable[str]) -> dict[str, int]:
    """Return the families among names, sorted, each with its number of names.

    A single name with a slash belongs to no family: ``zoo-other/cnn`` is the full name of a model.
    """
    sizes: dict[str, int] = {}
    for name in names:
        if "/" in name:
            family = name.partition("/")[0]
            sizes[family] = sizes.get(family, 0) + 1
    return {family: size for family, size in sorted(sizes.items()) if size > FEW}


def split_rows(
    rows: Sequence[dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, int]]:
    """Return the rows without a family, those with one, and the families."""
    found = families(row["name"] for row in rows)
    alone: list[dict[str, Any]] = []
    related: list[dict[str, Any]] = []
    for row in rows:
        (related if row["name"].partition("/")[0] in found else alone).append(row)
    return alone, related, found


def name_matcher(pattern: str) -> Callable[[str], object]:
    """Return the test of a shell pattern: of a whole name, or of the part after a slash.

    Thus ``resnet*`` matches ``timm/resnet18``.
    """
    if pattern == "*":
        return lambda _name: True
    # Deferred, because a list without a pattern does without them. Not `fnmatch`, because it would
    # ignore case on Windows.
    import re
    from fnmatch import translate

    return re.compile(f"(?s:.*/)?{translate(pattern)}").match
