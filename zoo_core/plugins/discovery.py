"""Discovery of installed plugins by the entry points of their distributions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path

from zoo_core.errors import one_line

API_GROUP = "zoo.v1"
"""The entry-point group; the number is the major version of these hooks and of the specs."""

_PREFIX = API_GROUP.rstrip("0123456789")


@dataclass(frozen=True)
class InstalledEntryPoint:
    """One entry point of an installed distribution.

    Attributes:
        distribution: its name.
        version: of the distribution.
        point: the entry point; None where the metadata cannot be read.
        error: why it cannot; empty where it can.
    """

    distribution: str
    version: str
    point: EntryPoint | None
    exc: str = ""


def find_entry_points() -> list[InstalledEntryPoint]:
    """Return zoo's entry points sorted by distribution, whatever API version they are for.

    Of a distribution that is installed twice, the first on ``sys.path`` counts, as in imports; of
    one that is made for several versions of the API, the entry points for this one count. Of one
    whose metadata is damaged there is an entry that says so, if it looks like a plugin's.
    """
    found: dict[str, list[InstalledEntryPoint]] = {}
    for distribution in distributions():
        try:
            plugins = list(_plugins_of(distribution))
        except Exception as exc:  # the metadata is another's, and may be anything
            plugins = list(_damaged_entry(distribution, exc))
        if plugins:
            found.setdefault(plugins[0].distribution, plugins)
    return [plugin for _, plugins in sorted(found.items()) for plugin in plugins]


def _plugins_of(distribution: Distribution) -> Iterable[InstalledEntryPoint]:
    points = [point for point in distribution.entry_points if point.group.startswith(_PREFIX)]
    current = [point for point in points if point.group == API_GROUP]
    if points:
        metadata = distribution.metadata  # parsed each time
        name, version = metadata["Name"], metadata["Version"]
        if not isinstance(name, str) or not isinstance(version, str):
            raise ValueError("METADATA states no name and version")
        yield from (InstalledEntryPoint(name, version, point) for point in current or points)


def _damaged_entry(distribution: Distribution, exc: Exception) -> Iterable[InstalledEntryPoint]:
    # Where pip installed it; other kinds of distributions are not known by a folder.
    folder = Path(str(getattr(distribution, "_path", ""))).name
    match = re.fullmatch(r"(zoo[-_].+?)(?:-([^-]+))?\.(?:dist|egg)-info", folder)
    if match:
        name = match[1].replace("_", "-")
        yield InstalledEntryPoint(
            name, match[2] or "?", None, f"its metadata is damaged: {one_line(exc)}"
        )
