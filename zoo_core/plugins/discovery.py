"""Discovery of installed plugins by the entry points of their distributions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path

from zoo_core.errors import one_line

API_GROUP = "zoo.v1"
"""The entry-point group; the number is the major version of the hooks and specs."""

_PREFIX = API_GROUP.rstrip("0123456789")


@dataclass(frozen=True)
class InstalledEntryPoint:
    """One entry point of an installed distribution.

    Attributes:
        distribution: name of the distribution.
        version: version of the distribution.
        point: the entry point; None if the metadata is damaged.
        error: description of the damage, or an empty string.
    """

    distribution: str
    version: str
    point: EntryPoint | None
    error: str = ""


def find_entry_points() -> list[InstalledEntryPoint]:
    """Return zoo's entry points, of any API version, sorted by distribution.

    A distribution with damaged metadata has an entry with an error if its name looks like a
    plugin's.
    """
    found: dict[str, list[InstalledEntryPoint]] = {}
    # Not `importlib.metadata.entry_points(group=…)`, because one damaged distribution would raise
    # there for all, and because it has no access to entry points of other API versions.
    for distribution in distributions():
        try:
            plugins = list(_entry_points_of(distribution))
        except Exception as exc:  # third-party metadata may contain anything
            plugins = list(_damaged_entry(distribution, exc))
        if plugins:
            # The first on `sys.path`, because that is the one that an import finds.
            found.setdefault(plugins[0].distribution, plugins)
    return [plugin for _, plugins in sorted(found.items()) for plugin in plugins]


def _entry_points_of(distribution: Distribution) -> Iterable[InstalledEntryPoint]:
    points = [point for point in distribution.entry_points if point.group.startswith(_PREFIX)]
    # A distribution may support several API versions: the other entry points are then irrelevant.
    current = [point for point in points if point.group == API_GROUP]
    if points:
        metadata = distribution.metadata  # a property that parses the file on each access
        name, version = metadata["Name"], metadata["Version"]
        if not isinstance(name, str) or not isinstance(version, str):
            raise ValueError("METADATA has no name or no version")
        yield from (InstalledEntryPoint(name, version, point) for point in current or points)


def _damaged_entry(distribution: Distribution, exc: Exception) -> Iterable[InstalledEntryPoint]:
    # The folder's name is all that is left. `_path` is private to importlib.metadata, and other
    # kinds of distributions (zip files, for instance) do not have it.
    folder = Path(str(getattr(distribution, "_path", ""))).name
    match = re.fullmatch(r"(zoo[-_].+?)(?:-([^-]+))?\.(?:dist|egg)-info", folder)
    if match:
        name = match[1].replace("_", "-")
        yield InstalledEntryPoint(
            name, match[2] or "?", None, f"its metadata is damaged: {one_line(exc)}"
        )
