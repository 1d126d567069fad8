"""The listing of `zoo list`: its columns, and rows of the index as a table or as JSON.

It imports only a few standard modules: see `zoo_core.plugins.index`.
"""

from __future__ import annotations

from zoo_core.cli.output import print_json
from zoo_core.cli.tables.pager import print_long
from zoo_core.cli.tables.table import table_lines
from zoo_core.errors import InvalidValueError, did_you_mean, singular
from zoo_core.installation.installed import installed_rows, refuse_unusable, warn_of_unusable
from zoo_core.names.families import name_matcher, split_rows
from zoo_core.plugins.index.plugin_index import folded
from zoo_core.system.terminal import ellipsis, print_lines, terminal_size
from zoo_core.text import natural_key, shown

# Not from `typing`, whose import adds a third of the time of `python -c pass`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from zoo_core.plugins.rows import Rows

    Row = dict[str, Any]

RUNS = "runs"
"""The kind whose rows come from folders of the user: see `zoo_core.cli.run_listing`."""

COLUMNS = {
    "models": ("name", "task", "data", "best", "params", "plugin", "summary"),
    "datasets": ("name", "input", "targets", "sizes", "plugin", "summary"),
    "sources": ("name", "address", "plugin", "summary"),
    "trainers": ("name", "framework", "plugin", "summary"),
    "runtimes": ("name", "framework", "format", "plugin", "summary"),
    "tasks": ("name", "loss", "plugin", "summary"),
    "losses": ("name", "task", "framework", "plugin", "summary"),
    "weights": ("name", "default", "dataset", "recipe", "score", "params", "registry", "license"),
    "plugins": ("name", "version", "status", "offers", "reason"),
    RUNS: (),
}
"""The kinds of `zoo list`, each with the columns of its table."""

OPTIONAL = (
    *("plugin", "license", "registry", "sizes", "summary", "offers", "recipe", "framework"),
    *("task", "dataset", "data", "targets", "params", "score", "best"),
)
"""Columns that are left out where the terminal is too narrow, the least important first."""


def print_list(
    kind: str,
    pattern: str | None,
    *,
    as_json: bool,
    keep: Callable[[Row], bool] | None = None,
    first: tuple[str, ...] = ("name",),
    options: str = "",
) -> None:
    """Print the rows of one kind whose names match a pattern, and warn about unusable plugins.

    Args:
        kind: one of `COLUMNS`.
        pattern: a shell pattern, ``*`` for all; None for all with each family on one line. For
            runs, their folder.
        as_json: print one JSON object instead of a table.
        keep: filter of the rows.
        first: columns to print before the others.
        options: options of the command line that repeat the filter.
    """
    if kind not in COLUMNS:
        raise InvalidValueError(
            f"there is no kind {kind!r}", hint=f"Choose one of: {', '.join(COLUMNS)}."
        )
    if kind == RUNS:
        from zoo_core.cli.run_listing import print_runs

        print_runs(pattern, as_json=as_json)
        return
    rows = installed_rows()
    # `zoo list plugins` works in strict mode too, because it shows what is wrong.
    if kind != "plugins":
        refuse_unusable(rows["plugins"])
    chosen, families = _select(kind, pattern, keep, rows, fold=pattern is None and not as_json)
    chosen = _with_figures(chosen, rows) if kind == "models" else chosen
    if as_json:
        print_json({kind: chosen})
    elif chosen or families:
        lines = _table(kind, chosen, rows, first) if chosen else []
        more = [*_family_lines(kind, families, options)]
        print_long([*lines, *[""] * bool(lines and more), *more])
    else:
        _print_none(kind, pattern, rows)
    # After the table, so that a warning is not scrolled away by 1,000 rows.
    if kind != "plugins":
        warn_of_unusable(rows["plugins"])


def _select(
    kind: str,
    pattern: str | None,
    keep: Callable[[Row], bool] | None,
    rows: Rows,
    *,
    fold: bool,
) -> tuple[list[Row], dict[str, int]]:
    """Return the rows to print, and the families that are folded, with their sizes."""
    if fold and not keep and kind != "weights":
        return folded(rows, kind)  # without parsing the rows of families
    chosen = list(filter(keep, _matching(kind, pattern, _of_kind(kind, rows))))
    if not fold:
        return chosen, {}
    alone, _, families = split_rows(chosen)
    return alone, families


def _of_kind(kind: str, rows: Rows) -> list[Row]:
    return _weights() if kind == "weights" else rows[kind]


def _matching(kind: str, pattern: str | None, rows: Sequence[Row]) -> list[Row]:
    matches = name_matcher(pattern or "*")
    return [row for row in rows if any(map(matches, _names(kind, row)))]


def _names(kind: str, row: Row) -> Sequence[str]:
    """Return the names of a row that a pattern may match: for weights, that of the model, too."""
    return (row["name"], _model(row)) if kind == "weights" else (row["name"],)


def _with_figures(models: Sequence[Row], rows: Rows) -> list[Row]:
    """Return the rows of models with their best published figures."""
    from zoo_core.registry.best_figures import best_figures, full_name

    figures = best_figures(rows)
    return [
        {**row, "best": figures.get(full_name(row), {}).get(row["dataset"], {})} for row in models
    ]


def _table(kind: str, chosen: Sequence[Row], rows: Rows, first: tuple[str, ...]) -> list[str]:
    columns = tuple(dict.fromkeys((*first, *COLUMNS[kind])))
    optional = [name for name in OPTIONAL if name not in first]
    if kind == "models":
        tasks = {row["name"]: [each["task"] for each in row["targets"]] for row in rows["datasets"]}
        chosen = [_cells_of_model(row, tasks.get(row["dataset"], [])) for row in chosen]
    elif kind == "weights":
        chosen = [{**row, "params": row["parameters"]} for row in chosen]
    lines = table_lines(columns, chosen, optional=optional)
    return _grouped(lines, chosen) if kind == "weights" and terminal_size() else lines


def _cells_of_model(row: Row, tasks: Sequence[str]) -> Row:
    # The task of its data set first, because that is the one its figure is for.
    able = [task for task in row["tasks"] if task not in tasks]
    task = list(dict.fromkeys([*tasks, *able]))
    return {**row, "task": task, "data": row["dataset"], "params": row["parameters"]}


def _grouped(lines: Sequence[str], weights: Sequence[Row]) -> list[str]:
    """Return the lines of a table with an empty line between the weights of two models."""
    grouped, before = [lines[0]], _model(weights[0])
    for line, row in zip(lines[1:], weights, strict=True):
        grouped += [""] * (_model(row) != before) + [line]
        before = _model(row)
    return grouped


def _model(weights: Row) -> str:
    # A registry's name may have dots, a model's has none.
    before, slash, last = weights["name"].rpartition("/")
    return f"{before}{slash}{last.partition('.')[0]}"


def _family_lines(kind: str, families: Mapping[str, int], options: str) -> Iterator[str]:
    """Yield one line per family: its name, its size, and the command that lists it."""
    if not families:
        return
    kinds = "" if kind == "models" else f" {kind}"
    sizes = {
        name: f"{size:,} {kind if size != 1 else singular(kind)}" for name, size in families.items()
    }
    commands = {name: f"zoo list{kinds} '{name}/*'{options}" for name in families}
    heads = {name: f"{shown(name)}/{ellipsis()}" for name in families}
    width, widest = max(map(len, heads.values())), max(map(len, sizes.values()))
    size = terminal_size()
    narrow = size and width + widest + max(map(len, commands.values())) + 4 > size[0]
    for name, command in commands.items():
        # The command has the name, too.
        head = "" if narrow else f"{heads[name].ljust(width)}  "
        yield f"{head}{sizes[name].rjust(widest)}  {shown(command)}"


def _print_none(kind: str, pattern: str | None, rows: Rows) -> None:
    """Write to standard error that nothing is listed, and the nearest names."""
    of_kind = _of_kind(kind, rows)
    known = [name for row in of_kind for name in _names(kind, row)]
    if not known:
        offer = "registry has published" if kind == "weights" else "installed plugin offers"
        # Which need no model, if a runtime is installed.
        others = " To use published weights: zoo list weights" if kind == "models" else ""
        print_lines(f"No {offer} {kind}.{others}", err=True)
        return
    if named := len(_matching(kind, pattern, of_kind)):
        print_lines(f"None of the {named:,} {kind} fits the options.", err=True)
        return
    # The kinds too, because `zoo list modles` is taken for a pattern of models.
    hint = did_you_mean(str(pattern), [*COLUMNS, *known])
    kinds = f"Kinds to list: {', '.join(COLUMNS)}."
    print_lines(" ".join(filter(None, [f"No {kind} match {pattern!r}.", hint, kinds])), err=True)


def _weights() -> list[Row]:
    """Return one row per published set of weights, sorted by name with numbers by value."""
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
    rows = [
        {
            "name": name,
            **{k: v for k, v in vars(found.published).items() if k not in ("model", "tag")},
            "score": found.published.scores,
            "default": defaults[found.registry.name][found.published.model] == found.published.tag,
            "registry": found.registry.name,
        }
        for name, found in listed_names(weights)
    ]
    return sorted(rows, key=lambda row: ("/" in row["name"], natural_key(row["name"])))
