"""The help of `zoo` itself: commands by group, options and examples.

It imports neither click nor the plugins, because ``import click`` alone takes longer than the rest
of `zoo --help`: see `zoo_core.plugins.index`.
"""

from __future__ import annotations

from zoo_core.installation.installed import installed_rows
from zoo_core.system.terminal import print_lines, terminal_size
from zoo_core.text import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

SUMMARY = "List, train, check and share models by name."

GROUPS = {
    "use": "Use models",
    "train": "Train models",
    "share": "Share models",
    "extend": "Extend zoo",
    "care": "Care for the installation",
    "more": "More commands of plugins",
}
"""Group of a command -> its heading; `zoo_core.plugins.specs.COMMAND_GROUPS` are the same."""

OPTIONS = {
    "-p no:NAME|FILE|MODULE": "Exclude a plugin, or load a file or module as one.",
    "--debug": "Show the traceback of an error.",
    "--version": "Show the version and exit.",
    "-h, --help": "Show this message and exit.",
}
"""Option -> its help, which click's options have, too."""

EXAMPLES = {
    "zoo list 'resnet*'": "models by a pattern of names",
    "zoo train mlp": "a first model",
    "zoo train --help": "options and examples of a command",
}

MIN_WIDTH, MAX_WIDTH = 30, 80
"""Range of columns of a help text, because longer lines are hard to read."""

MAX_TERM = 24
"""Maximum columns of a name with its help on the same line."""


def print_help() -> None:
    """Print the help of `zoo`."""
    print_lines(*help_text(installed_rows()["commands"]).split("\n"))


def help_width() -> int:
    """Return the number of columns of a help text on this terminal."""
    columns, _ = terminal_size() or (MAX_WIDTH, 0)
    # The last column stays free, because some terminals break a line that reaches it.
    return max(MIN_WIDTH, min(columns - 1, MAX_WIDTH))


def help_text(commands: Sequence[dict[str, Any]], width: int | None = None) -> str:
    """Return the help of `zoo`.

    Args:
        commands: rows of the commands.
        width: columns; None for `help_width`.
    """
    width = width or help_width()
    lines = [*wrapped(SUMMARY, width), "Usage: zoo [OPTIONS] [COMMAND] [ARGS]...", ""]
    for heading, rows in grouped(commands):
        entries = [(shown(row["name"]), shown(row["summary"])) for row in rows]
        lines += [f"{heading}:", *definitions(entries, width, commands)]
    lines += ["Options:", *definitions(OPTIONS.items(), width)]
    lines += ["Examples:", *definitions(EXAMPLES.items(), width)]
    return "\n".join(lines)


def grouped(commands: Iterable[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the heading of each group that has a command, with its rows."""
    for group, heading in GROUPS.items():
        if rows := [row for row in commands if row["group"] == group]:
            yield heading, rows


def definitions(
    entries: Iterable[tuple[str, str]], width: int, others: Iterable[dict[str, Any]] = ()
) -> Iterator[str]:
    """Yield lines of names, each with its text to the right, or below a long name.

    Args:
        entries: names and texts.
        width: columns.
        others: rows with names that share the column of the names.
    """
    entries = list(entries)
    names = [*(name for name, _ in entries), *(row["name"] for row in others)]
    most = min(MAX_TERM, width // 2 - 4)
    column = max((len(name) for name in names if len(name) <= most), default=0) + 4
    for name, text in entries:
        first, *rest = wrapped(text, width - column) or [""]
        if len(name) + 4 <= column:
            yield f"  {name}".ljust(column) + first
        else:
            yield f"  {name}"
            rest = [first, *rest]
        yield from (" " * column + line for line in rest)


def wrapped(text: str, width: int) -> list[str]:
    """Return text as lines of at most `width` columns."""
    if len(text) <= width:
        return [text]
    from textwrap import wrap  # deferred, because most texts fit

    return wrap(text, width, break_on_hyphens=False)
