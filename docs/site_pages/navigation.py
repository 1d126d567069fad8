"""Navigation: lists of generated pages in place of ``folder/*``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


def expanded(nav: Sequence[Any], paths: Sequence[str]) -> list[Any]:
    """Return a navigation in which ``folder/*`` is the list of the generated pages of a folder.

    Args:
        nav: entries as in ``mkdocs.yml``: paths, or title -> path or entries.
        paths: paths of the generated pages.

    Raises:
        ValueError: a folder without a generated page.
    """
    return [_entry(each, paths) for each in nav]


def _entry(entry: Any, paths: Sequence[str]) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {title: _value(value, paths) for title, value in entry.items()}


def _value(value: Any, paths: Sequence[str]) -> Any:
    if isinstance(value, list):
        return expanded(value, paths)
    if not value.endswith("/*"):
        return value
    found = [*_pages_of(value.removesuffix("*"), paths)]
    if not found:
        raise ValueError(f"mkdocs.yml: no generated page in {value}")
    return found


def _pages_of(folder: str, paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        if path.startswith(folder) and path.endswith(".md") and "/" not in path[len(folder) :]:
            yield path
