"""The listing of `zoo list`: its columns, and rows of the index as a table or as JSON.

It imports only a few standard modules: see `zoo_core.plugins.index`.
"""

from __future__ import annotations

import re
from fnmatch import translate

from zoo_core.cli.output import print_json, print_table
from zoo_core.errors import InvalidValueError
from zoo_core.installation.installed import installed_rows, refuse_unusable, warn_of_unusable
from zoo_core.system.terminal import print_lines

# Not from `typing`, whose import adds a third of the time of `python -c pass`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from zoo_core.registry.index import PublishedWeights

COLUMNS = {
    "models": ("name", "parameters", "trainer", "dataset", "plugin", "summary"),
    "datasets": ("name", "input", "targets", "sizes", "plugin", "summary"),
    "sources": ("name", "address", "plugin", "summary"),
    "trainers": ("name", "framework", "plugin", "summary"),
    "tasks": ("name", "loss", "plugin", "summary"),
    "losses": ("name", "task", "framework", "plugin", "summary"),
    "weights": (
        "name",
        "default",
        "dataset",
        "recipe",
        "score",
        "parameters",
        "registry",
        "license",
    ),
    "plugins": ("name", "version", "status", "offers", "reason"),
}
"""The kinds of `zoo list`, each with the columns of its table."""


def print_list(
    kind: str,
    pattern: str,
    *,
    as_json: bool,
    keep: Callable[[dict[str, Any]], bool] = lambda _row: True,
    first: tuple[str, ...] = ("name",),
) -> None:
    """Print the rows of one kind whose names match a pattern, and warn about unusable plugins.

    Args:
        kind: one of `COLUMNS`.
        pattern: a shell pattern, ``*`` for all.
        as_json: print one JSON object instead of a table.
        keep: filter of the rows.
        first: columns to print before the others.
    """
    if kind not in COLUMNS:
        raise InvalidValueError(
            f"there is no kind {kind!r}", hint=f"Choose one of: {', '.join(COLUMNS)}."
        )
    rows = installed_rows()
    # `zoo list plugins` works in strict mode too, because it shows what is wrong.
    if kind != "plugins":
        refuse_unusable(rows["plugins"])
    of_kind = _weights() if kind == "weights" else rows[kind]
    matches = re.compile(translate(pattern)).match
    named = [row for row in of_kind if matches(row["name"])]
    chosen = [row for row in named if keep(row)]
    chosen.sort(key=lambda row: "/" in row["name"])  # families of many models last
    if as_json:
        print_json({kind: chosen})
    elif chosen:
        print_table(tuple(dict.fromkeys((*first, *COLUMNS[kind]))), chosen)
    elif not of_kind:
        offer = "registry has published" if kind == "weights" else "installed plugin offers"
        print_lines(f"No {offer} {kind}.", err=True)
    elif named:
        print_lines(f"None of the {len(named):,} {kind} fits the options.", err=True)
    else:
        kinds = ", ".join(COLUMNS)
        # The kinds too, because `zoo list modles` is taken for a pattern of models.
        print_lines(f"No {kind} match {pattern!r}. Kinds to list: {kinds}.", err=True)
    # After the table, so that a warning is not scrolled away by 1,000 rows.
    if kind != "plugins":
        warn_of_unusable(rows["plugins"])


def _weights() -> list[dict[str, Any]]:
    """Return one row per published set of weights."""
    from zoo_core.installation.installed import installed_catalog
    from zoo_core.registry.lookup import iter_indexes, known_registries
    from zoo_core.registry.precedence import listed_names
    from zoo_core.registry.registry import FoundWeights

    indexes = list(iter_indexes(known_registries(installed_catalog())))
    defaults = {registry.name: index.defaults for registry, index in indexes}
    weights = (
        FoundWeights(registry, each)
        for registry, index in indexes
        for _, each in sorted(index.tags.items())
    )
    return [
        {
            "name": name,
            **{k: v for k, v in vars(found.published).items() if k not in ("model", "tag")},
            "score": _score(found.published),
            "default": defaults[found.registry.name][found.published.model] == found.published.tag,
            "registry": found.registry.name,
        }
        for name, found in listed_names(weights)
    ]


def _score(published: PublishedWeights) -> dict[str, Any]:
    """Return the scores of an index entry by metric."""
    return {"accuracy": published.accuracy} if published.accuracy else dict(published.metrics)
