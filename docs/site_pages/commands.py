"""The reference of commands, from their click objects: one page per command, and their index."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any

import click

from site_pages.markdown import block, code, page, plain, table
from zoo_core.cli.help.top_help import grouped
from zoo_core.cli.help.zoo_command import ZooCommand
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
    return page(
        "# Commands",
        *_groups(),
        "`zoo COMMAND --help` prints the same text. Most commands accept `--json`; the codes with "
        "which they end are listed in [Environment and exit codes](../environment.md#exit-codes).",
        "## Options of zoo",
        "They stand before the command: `zoo -p no:zoo-report train mlp`.",
        *_options(zoo, context),
    )


def _groups() -> Iterator[str | Iterator[str]]:
    """Yield a heading and a table of commands per group."""
    for heading, rows in grouped(installed_rows()["commands"]):
        yield f"## {heading}"
        named = ((f"[`zoo {row['name']}`]({row['name']}.md)", row) for row in rows)
        cells = ((link, plain(row["summary"]), row["plugin"]) for link, row in named)
        yield table(("command", "purpose", "package"), cells)


def _parts(
    command: click.Command, name: str, parent: click.Context, *, level: int
) -> Iterator[str | Iterator[str]]:
    """Yield usage, description, options and examples of a command, and its subcommands."""
    context = click.Context(command, info_name=name, parent=parent)
    yield from described(command.help or "")
    yield block(f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}")
    yield from _options(command, context)
    if command.epilog:
        yield from described(command.epilog)
    if isinstance(command, ZooCommand) and command.examples:
        yield "Examples:"
        yield block("\n".join(f"# {why}\n{line}" for why, line in command.examples.items()), "sh")
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


def _options(command: click.Command, context: click.Context) -> Iterator[str | Iterator[str]]:
    """Yield a table of arguments and options per section of the help."""
    # Arguments without a help text are named in the usage alone, and `--help` on the index.
    arguments = [each for each in command.get_params(context) if isinstance(each, click.Argument)]
    options = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    sections: dict[str, list[Any]] = {"argument": arguments, "option": options}
    found = {heading: _records(each, context) for heading, each in sections.items()}
    if isinstance(command, ZooCommand):
        named = {"Options": "option" if not command.sections else "other options"}
        del found["option"]
        found |= {
            named.get(heading, f"options: {heading.lower()}"): records
            for heading, records in command.option_sections(context)
        }
    for heading, records in found.items():
        shown = [(names, text) for names, text in records if text and not _is_help(names)]
        if shown:
            rows = ((code(names), plain(text)) for names, text in shown)
            yield table((heading, "meaning"), rows)


def _records(
    parameters: Iterable[click.Parameter], context: click.Context
) -> list[tuple[str, str]]:
    records = (each.get_help_record(context) for each in parameters)
    return [record for record in records if record]


def _is_help(names: str) -> bool:
    """Return whether an option is ``--help``, which every command has."""
    return names.rsplit(", ", maxsplit=1)[-1] == "--help"
