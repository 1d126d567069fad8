"""Navigation: the generated pages of a folder in place of ``folder/*``."""

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
    return [each for entry in nav for each in _entries(entry, paths)]


def _entries(entry: Any, paths: Sequence[str]) -> Iterator[Any]:
    if isinstance(entry, dict):
        yield {title: _value(value, paths) for title, value in entry.items()}
    elif entry.endswith("/*"):
        yield from _pages_of(entry.removesuffix("*"), paths)
    else:
        yield entry


def _value(value: Any, paths: Sequence[str]) -> Any:
    if isinstance(value, list):
        return expanded(value, paths)
    return expanded([value], paths) if value.endswith("/*") else value


def _pages_of(folder: str, paths: Sequence[str]) -> list[str]:
    inside = [path.removeprefix(folder) for path in paths if path.startswith(folder)]
    found = [folder + name for name in inside if name.endswith(".md") and "/" not in name]
    if not found:
        raise ValueError(f"mkdocs.yml: expected generated pages in {folder}, got none")
    return found
