"""Which plugins are installed, by the entry points of their distributions."""

import os
from importlib.metadata import EntryPoint, distributions

from zoo_core.hookspecs import API_GROUP

_PREFIX = API_GROUP.rstrip("0123456789")


def installed_plugins() -> list[EntryPoint]:
    """Return zoo's entry points sorted by distribution, whatever API version they are for.

    Of a distribution that is installed twice, the first on ``sys.path`` counts, as in imports; of
    one that is made for several versions of the API, the entry points for this one count.
    """
    found: dict[str, list[EntryPoint]] = {}
    for distribution in distributions():
        points = [point for point in distribution.entry_points if point.group.startswith(_PREFIX)]
        current = [point for point in points if point.group == API_GROUP]
        if points:
            found.setdefault(distribution.name, current or points)
    return [point for _, points in sorted(found.items()) for point in points]


def allowed_by_environment() -> frozenset[str] | None:
    """Return the distributions that ``ZOO_PLUGINS`` lists (by commas), None where it is unset."""
    value = os.environ.get("ZOO_PLUGINS")
    return None if value is None else frozenset(filter(None, map(str.strip, value.split(","))))
