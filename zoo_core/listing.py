"""What `zoo list` prints: rows of the index as a table or as JSON.

Standard library only, and little of it: see `zoo_core.index`.
"""

from __future__ import annotations

import json
import os
import re
import sys
from fnmatch import translate

from zoo_core.environment import is_set
from zoo_core.errors import InvalidValueError, PluginError, singular
from zoo_core.index import listing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

COLUMNS = {
    "models": ("name", "parameters", "trainer", "dataset", "plugin", "summary"),
    "datasets": ("name", "shape", "classes", "sizes", "plugin", "summary"),
    "sources": ("name", "address", "plugin", "summary"),
    "trainers": ("name", "framework", "plugin", "summary"),
    "weights": ("name", "default", "dataset", "recipe", "accuracy", "parameters", "registry"),
    "plugins": ("name", "version", "status", "offers", "reason"),
}
"""The kinds that `zoo list` knows, and what its tables show of each."""


def print_list(
    kind: str,
    pattern: str,
    *,
    as_json: bool,
    keep: Callable[[dict[str, Any]], bool] = lambda _row: True,
) -> None:
    """Print the things of one kind whose names match `pattern`, and warn of broken plugins.

    Args:
        kind: one of `COLUMNS`.
        pattern: a shell pattern, ``*`` for all.
        as_json: print one JSON object instead of a table.
        keep: whether a row is wanted.
    """
    if kind not in COLUMNS:
        raise InvalidValueError(
            f"there is no kind {kind!r}", hint=f"Kinds to list: {', '.join(COLUMNS)}."
        )
    rows = listing()
    if kind != "plugins":
        refuse_unusable(rows["plugins"])
    of_kind = _weights() if kind == "weights" else rows[kind]
    matches = re.compile(translate(pattern)).match
    chosen = [row for row in of_kind if matches(row["name"]) and keep(row)]
    chosen.sort(key=lambda row: "/" in row["name"])  # families after what stands by itself
    if as_json:
        print_json({kind: chosen})
    elif chosen:
        print_table(COLUMNS[kind], chosen)
    elif not of_kind:
        offer = "registry has published" if kind == "weights" else "installed plugin offers"
        sys.stderr.write(f"No {offer} {kind}.\n")
    else:
        kinds = ", ".join(COLUMNS)
        sys.stderr.write(f"No {kind} match {pattern!r}. Kinds to list: {kinds}.\n")
    if kind != "plugins":
        warn_of_unusable(rows["plugins"])


def print_json(report: dict[str, Any]) -> None:
    """Print a report as one JSON object on standard output, with the schema's number first."""
    sys.stdout.write(json.dumps({"schema": 1, **report}) + "\n")


def print_table(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Print rows under upper-case headings, each column as wide as its widest cell.

    The last column is cut where a terminal ends; elsewhere nothing is cut.
    """
    cells = [[name.upper() for name in columns]]
    cells += [[_text(name, row[name]) for name in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    width = os.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for row in cells:
        line = "  ".join(map(str.ljust, row, widths)).rstrip()
        if len(line) > width:
            line = line[: width - 1] + "…"
        sys.stdout.write(line + "\n")


def warn_of_unusable(plugins: Sequence[dict[str, Any]]) -> None:
    """Write one line to standard error for each plugin that is broken or incompatible.

    Raises:
        PluginError: ``ZOO_STRICT_PLUGINS`` is set, and there is one, or two that share a name.
    """
    refuse_unusable(plugins)
    for plugin in plugins:
        if plugin["status"] in ("broken", "incompatible"):
            sys.stderr.write(f"zoo: {plugin['status']} plugin: {plugin['reason']}\n")


def refuse_unusable(plugins: Sequence[dict[str, Any]]) -> None:
    """Raise where ``ZOO_STRICT_PLUGINS`` is set and a plugin is not as it should be."""
    if not is_set("ZOO_STRICT_PLUGINS"):
        return
    faults = [p["reason"] for p in plugins if p["status"] not in ("ok", "disabled")]
    if faults:
        raise PluginError(
            f"ZOO_STRICT_PLUGINS is set, and {len(faults)} of the plugins cannot be used as they "
            f"are: {'; '.join(faults)}",
            hint="See: zoo doctor",
        )


def _weights() -> list[dict[str, Any]]:
    """Return a row for each published set of weights."""
    from zoo_core.catalog import installed
    from zoo_core.registry.finding import indexes, registries

    return [
        {
            "name": name,
            **{key: value for key, value in vars(each).items() if key not in ("model", "tag")},
            "default": index.defaults[each.model] == each.tag,
            "registry": registry.name,
        }
        for registry, index in indexes(registries(installed()))
        for name, each in sorted(index.tags.items())
    ]


def _text(column: str, value: Any) -> str:
    if column in _WRITTEN:
        return _WRITTEN[column](value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _offers(kinds: dict[str, list[str]]) -> str:
    return ", ".join(
        f"{len(names)} {kind if len(names) > 1 else singular(kind)}"
        for kind, names in kinds.items()
    )


_WRITTEN: dict[str, Callable[[Any], str]] = {
    "offers": _offers,
    "sizes": lambda sizes: ", ".join(f"{split} {size:,}" for split, size in sizes.items()),
    "shape": lambda shape: "×".join(map(str, shape)),
    "accuracy": lambda heads: " / ".join(f"{share:.2%}" for share in heads),
    "parameters": lambda count: "" if count is None else f"{count:,}",
}
"""How a table shows the values of some columns."""
