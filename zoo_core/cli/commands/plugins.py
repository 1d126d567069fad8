"""`zoo plugins`: the installed plugins, enabled or disabled."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any
from urllib.parse import unquote, urlsplit

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooGroup
from zoo_core.cli.listing import print_list
from zoo_core.cli.output import print_facts, print_json
from zoo_core.errors import InvalidValueError
from zoo_core.installation.installed import installed_rows, plugin_row
from zoo_core.plugins.added import is_added
from zoo_core.plugins.index.plugin_index import clear_index
from zoo_core.plugins.selection import SETTINGS, canonical
from zoo_core.system.terminal import print_lines
from zoo_core.text import counted


@click.group(
    cls=ZooGroup,
    invoke_without_command=True,
    examples={
        "See all plugins": "zoo plugins",
        "See what one offers": "zoo plugins info zoo-cnn",
        "Do not load one": "zoo plugins disable zoo-timm",
        "Load it again": "zoo plugins enable zoo-timm",
    },
)
@click.pass_context
def plugins(ctx: click.Context) -> None:
    """Manage plugins: list, show, enable, disable and prefer them."""
    if ctx.invoked_subcommand is None:
        print_list("plugins", None, as_json=False)


@plugins.command(
    "list",
    examples={
        "See all plugins": "zoo plugins list",
        "Some, for a program": "zoo plugins list 'zoo-t*' --json",
    },
)
@click.argument("pattern", default="*")
@options.as_json
def list_(pattern: str, as_json: bool) -> None:
    """List the installed plugins and their statuses.

    PATTERN is a shell pattern of names, such as 'zoo-t*'; quote it.
    """
    print_list("plugins", pattern, as_json=as_json)


@plugins.command(
    examples={
        "See what a plugin offers": "zoo plugins info zoo-cnn",
    },
)
@click.argument("name", shell_complete=options.complete_plugins)
@options.as_json
def info(name: str, as_json: bool) -> None:
    """Show version, status, specs and metadata."""
    row = plugin_row(name)
    facts = {**row, **_package_metadata(row["name"])}
    (print_json if as_json else print_facts)(facts)


@plugins.command(
    examples={
        "Do not load a plugin": "zoo plugins disable zoo-timm",
    },
)
@click.argument("name", shell_complete=options.complete_plugins)
def disable(name: str) -> None:
    """Disable the plugin NAME.

    It is not imported until `zoo plugins enable NAME`.
    """
    row = plugin_row(name)
    if is_added(row["name"]):
        raise InvalidValueError(
            f"{row['name']} is loaded for this process alone", hint="Leave out its option -p."
        )
    if row["name"] == "zoo-core":
        raise InvalidValueError("zoo-core is zoo itself and cannot be disabled")
    with SETTINGS.changing() as values:
        values["disabled"] = sorted({*values["disabled"], canonical(name)})
    print_lines(f"Disabled {row['name']}. To undo it: zoo plugins enable {row['name']}")


@plugins.command(
    examples={
        "Load a plugin again": "zoo plugins enable zoo-timm",
    },
)
@click.argument("name", shell_complete=options.complete_plugins)
def enable(name: str) -> None:
    """Enable the disabled plugin NAME."""
    with SETTINGS.changing() as values:
        # The settings come first, because a plugin that was uninstalled since has no row.
        if canonical(name) not in values["disabled"]:
            row = plugin_row(name)
            print_lines(f"{row['name']} is not disabled; its status is {row['status']}.")
            return
        values["disabled"] = [each for each in values["disabled"] if each != canonical(name)]
    print_lines(f"Enabled {name}.")


@plugins.command(
    examples={
        "Let `cnn` mean the model of a plugin": "zoo plugins prefer cnn zoo-cnn",
        "Forget the choice": "zoo plugins prefer cnn --undo",
    },
)
@click.argument("name")
@click.argument("distribution", required=False, shell_complete=options.complete_plugins)
@click.option("--undo", is_flag=True, help="Forget the choice for NAME.")
def prefer(name: str, distribution: str | None, undo: bool) -> None:
    """Let NAME mean what the plugin DISTRIBUTION offers, if several plugins offer it.

    Without a choice, a name means that of zoo's own plugins, else that of the plugin which offered
    it first. The others have full names: DISTRIBUTION/NAME.
    """
    if undo == (distribution is not None):
        raise click.UsageError("expected either DISTRIBUTION or --undo")
    if distribution is not None:
        row = plugin_row(distribution)
        if not any(name in names for names in row["offers"].values()):
            raise InvalidValueError(
                f"the plugin {row['name']} ({row['status']}) offers nothing named {name!r}",
                hint=f"Run `zoo plugins info {row['name']}` to see what it offers.",
            )
    with SETTINGS.changing() as values:
        kept = {known: plugin for known, plugin in values["names"].items() if known != name}
        values["names"] = kept | ({name: canonical(distribution)} if distribution else {})
    if distribution is None:
        print_lines(f"Forgot the choice for {name}.")
        return
    print_lines(f"{name} is that of {row['name']}. To undo it: zoo plugins prefer {name} --undo")


@plugins.command(
    examples={
        "After an edit that zoo has not noticed": "zoo plugins refresh",
    },
)
def refresh() -> None:
    """Reload every plugin and rebuild the index."""
    clear_index()
    statuses = [row["status"] for row in installed_rows()["plugins"]]
    counts = ", ".join(f"{statuses.count(each)} {each}" for each in sorted(set(statuses)))
    print_lines(f"{counted(len(statuses), 'plugin')}: {counts}.")


def _package_metadata(name: str) -> dict[str, Any]:
    """Return metadata of a distribution; empty where it is damaged."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return {}
    about = found.metadata.json
    # PEP 610: only there if the distribution came from a folder, a wheel or a URL, not an index.
    origin = json.loads(found.read_text("direct_url.json") or "{}")
    url = urlsplit(origin.get("url", ""))
    return {
        "summary": about.get("summary", ""),
        # PEP 639 replaced the free text of `License` by an SPDX expression.
        "license": about.get("license_expression") or about.get("license", ""),
        "home": about.get("project_url") or about.get("home_page", ""),
        "requires": found.requires or [],
        "location": unquote(url.path if url.scheme == "file" else url.geturl())
        or str(found.locate_file("")),
        "editable": bool(origin.get("dir_info", {}).get("editable", False)),
    }
