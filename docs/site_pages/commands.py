"""The reference of commands, from their click objects: one page per command, and their index."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from site_pages.markdown import block, code, page, plain, table
from zoo_core.cli.main import zoo
from zoo_core.installation.installed import installed_rows

FOLDER = "reference/commands"


def pages() -> dict[str, str]:
    """Return the index of the commands and a page per command."""
    context = click.Context(zoo, info_name="zoo")
    found = {name: _command(zoo, name, context) for name in zoo.list_commands(context)}
    return {f"{FOLDER}/index.md": _index(context)} | {
        f"{FOLDER}/{name}.md": page(f"# zoo {name}", *_parts(command, name, context, level=2))
        for name, command in sorted(found.items())
    }


def _index(context: click.Context) -> str:
    rows = sorted(installed_rows()["commands"], key=lambda row: row["name"])
    return page(
        "# Commands",
        table(
            ("command", "purpose", "package"),
            (
                (f"[`zoo {row['name']}`]({row['name']}.md)", plain(row["summary"]), row["plugin"])
                for row in rows
            ),
        ),
        "`zoo COMMAND --help` prints the same text. Most commands accept `--json`; the codes with "
        "which they end are listed in [Environment and exit codes](../environment.md#exit-codes).",
        "## Options of zoo",
        "They stand before the command: `zoo -p no:zoo-report train mlp`.",
        _options(zoo, context),
    )


def _parts(
    command: click.Command, name: str, parent: click.Context, *, level: int
) -> Iterator[str | Iterator[str]]:
    """Yield usage, description, options and examples of a command, and its subcommands."""
    context = click.Context(command, info_name=name, parent=parent)
    yield from described(command.help or "")
    yield block(f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}")
    yield _options(command, context)
    if command.epilog:
        yield from described(command.epilog)
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield f"{'#' * level} {context.command_path} {inner}"
            yield from _parts(_command(command, inner, context), inner, context, level=level + 1)


def _command(group: click.Group, name: str, context: click.Context) -> click.Command:
    command = group.get_command(context, name)
    assert command is not None, name
    return command


def described(text: str) -> Iterator[str | Iterator[str]]:
    r"""Yield the paragraphs of a help text; those after click's ``\b`` keep their lines."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if paragraph.lstrip().startswith("\b"):
            lines = paragraph.lstrip().removeprefix("\b").strip("\n").split("\n")
            if lines[0].endswith(":") and not lines[0].startswith(" "):
                yield lines.pop(0)
            yield block(inspect.cleandoc("\n" + "\n".join(lines)))
        else:
            yield plain(" ".join(paragraph.split()))


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    """Yield the table of a command's options."""
    records = [each.get_help_record(context) for each in command.get_params(context)]
    # Arguments without a help text are named in the usage alone.
    rows = [(code(names), plain(text)) for names, text in filter(None, records) if text]
    if len(rows) > 1:  # more than --help
        yield from table(("option", "meaning"), rows)
