"""Click commands of plugins, by their specs."""

from __future__ import annotations

import click

from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import CommandSpec


def resolve_command(entry: Entry[CommandSpec]) -> click.Command:
    """Return the click command that a spec names.

    Raises:
        PluginError: it cannot be imported, or is not a click command.
    """
    command = entry.resolve(entry.spec.command)
    # Here, because click would fail with another object somewhere in its own code.
    if not isinstance(command, click.Command):
        expected = "a click command, that is a function with @click.command(),"
        raise entry.unfit("command", expected, command)
    return command
