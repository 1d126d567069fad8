"""`zoo plugins`: the installed plugins, enabled or disabled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from zoo_core.cli import options
from zoo_core.cli.commands.install import report
from zoo_core.cli.listing import print_list
from zoo_core.cli.output import print_json
from zoo_core.errors import InvalidValueError, UnknownNameError, did_you_mean, join_names
from zoo_core.installation import package_manager
from zoo_core.installation.installed import installed_rows
from zoo_core.plugins.index import clear_index
from zoo_core.plugins.selection import SETTINGS, canonical


@click.group(invoke_without_command=True)
@click.pass_context
def plugins(ctx: click.Context) -> None:
    """List plugins, enable and disable them, bring them back after an upgrade."""
    if ctx.invoked_subcommand is None:
        print_list("plugins", "*", as_json=False)


@plugins.command("list")
@click.argument("pattern", default="*")
@options.as_json
def list_(pattern: str, as_json: bool) -> None:
    """List the installed plugins, each with its status."""
    print_list("plugins", pattern, as_json=as_json)


@plugins.command()
@click.argument("name", shell_complete=options.complete_plugins)
@options.as_json
def info(name: str, as_json: bool) -> None:
    """Say what is known of the plugin NAME, a distribution."""
    row = _row(name)
    facts = {**row, **package_manager.describe_distribution(row["name"])}
    if as_json:
        print_json(facts)
        return
    width = max(map(len, facts))
    for key, value in facts.items():
        click.echo(f"{key.ljust(width)}  {_format_value(value)}".rstrip())


@plugins.command()
@click.argument("name", shell_complete=options.complete_plugins)
def disable(name: str) -> None:
    """Do not load the plugin NAME from now on."""
    row = _row(name)
    if row["name"] == "zoo-core":
        raise InvalidValueError("zoo-core cannot be disabled: it is zoo")
    with SETTINGS.changing() as values:
        values["disabled"] = sorted({*values["disabled"], canonical(name)})
    click.echo(f"Disabled {row['name']}. To undo it: zoo plugins enable {row['name']}")


@plugins.command()
@click.argument("name", shell_complete=options.complete_plugins)
def enable(name: str) -> None:
    """Load the plugin NAME again, which was disabled."""
    with SETTINGS.changing() as values:
        if canonical(name) not in values["disabled"]:  # one that is gone may be enabled, too
            row = _row(name)
            click.echo(f"{row['name']} is not disabled; its status is {row['status']}.")
            return
        values["disabled"] = [each for each in values["disabled"] if each != canonical(name)]
    click.echo(f"Enabled {name}.")


@plugins.command()
def refresh() -> None:
    """Load every plugin anew, and make the index of what they offer again."""
    clear_index()
    statuses = [row["status"] for row in installed_rows()["plugins"]]
    counts = ", ".join(f"{statuses.count(each)} {each}" for each in sorted(set(statuses)))
    click.echo(f"{len(statuses)} plugins: {counts}.")


@plugins.command()
def restore() -> int:
    """Install again what `zoo install` installed and is missing: after an upgrade of Python, …."""
    if not package_manager.missing():
        click.echo("Every plugin that was installed with `zoo install` is here.")
        return 0
    return report(package_manager.restore())


def _row(name: str) -> dict[str, Any]:
    rows = installed_rows()["plugins"]
    for row in rows:
        if canonical(row["name"]) == canonical(name):
            return row
    known = [row["name"] for row in rows]
    raise UnknownNameError(
        f"there is no plugin {name!r} installed",
        hint=f"{did_you_mean(name, known)} There are: {join_names(known)}.".strip(),
    )


def _format_value(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {', '.join(names)}" for key, names in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return str(value)
