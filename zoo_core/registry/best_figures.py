"""Best published figures of models, from the registries' indexes on this machine.

They are cached on disk, because `zoo list` shows them and has no time to validate an index.
"""

from __future__ import annotations

import json

from zoo_core.plugins.index.plugin_index import IndexedRows
from zoo_core.plugins.index.stamped_file import Stamp, parse, read_lines, write_lines
from zoo_core.system.paths import config_home, zoo_home

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from zoo_core.plugins.rows import Rows
    from zoo_core.registry.index import PublishedIndex, PublishedWeights
    from zoo_core.registry.registry import Registry

    Figures = dict[str, dict[str, dict[str, Any]]]

SCHEMA = 1
"""Version of the cached figures."""


def best_figures(rows: Rows) -> Figures:
    """Return the best published figures: full name of a model -> data set -> score by metric.

    Nothing is downloaded: a remote registry without a cached index has no figures.

    Args:
        rows: rows of the installed plugins.
    """
    if not isinstance(rows, IndexedRows):
        return _compute([*_indexes(rows)])
    # Registries come from plugins, so there is one file per plugin index, which it depends on.
    path = f"{zoo_home()}/figures/{rows.path.rpartition('/')[2]}"
    key = [SCHEMA, rows.path]
    if lines := read_lines(path, key):
        figures: Figures = parse(lines[0])
        return figures
    stamp = Stamp(key, [rows.path, f"{config_home()}/registries.json"])
    indexes = list(_indexes(rows))
    figures = _compute(indexes)
    files = [str(registry.index_path) for registry, _ in indexes]
    write_lines(path, [json.dumps(figures).encode()], stamp, files)
    return figures


def full_name(model: dict[str, Any]) -> str:
    """Return the full name of a model by its row."""
    plugin = model["plugin"]
    return f"{plugin}/{model['name'].removeprefix(f'{plugin}/')}"


def _indexes(rows: Rows) -> Iterator[tuple[Registry, PublishedIndex]]:
    """Yield the registries with their indexes; an empty one for any that cannot be read."""
    from zoo_core.errors import ZooError
    from zoo_core.registry.index import EMPTY_INDEX
    from zoo_core.registry.lookup import all_registries

    provided = {row["name"]: (row["url"], row["plugin"]) for row in rows["registries"]}
    try:
        registries = all_registries(provided)
    except ZooError:  # damaged settings; `zoo doctor` and `zoo list weights` report them
        return
    for registry in registries:
        try:
            yield registry, registry.local_index()
        except ZooError:
            yield registry, EMPTY_INDEX


def _compute(indexes: Sequence[tuple[Registry, PublishedIndex]]) -> Figures:
    groups: dict[tuple[str, str], list[tuple[bool, PublishedWeights]]] = {}
    for _, index in indexes:
        for each in index.tags.values():
            is_default = index.defaults[each.model] == each.tag
            key = f"{each.plugin}/{each.model}", each.dataset
            groups.setdefault(key, []).append((is_default, each))
    figures: Figures = {}
    for (model, dataset), published in groups.items():
        figures.setdefault(model, {})[dataset] = _best(published)
    return figures


def _best(published: Sequence[tuple[bool, PublishedWeights]]) -> dict[str, Any]:
    """Return the highest mean accuracy; other metrics of the default tag, else of the first."""
    accuracies = [list(each.accuracy) for _, each in published if each.accuracy]
    if accuracies:
        return {"accuracy": max(accuracies, key=lambda heads: sum(heads) / len(heads))}
    # Not the best of all, because an index does not have the direction of other metrics.
    return max(published, key=lambda pair: pair[0])[1].scores
