"""`zoo install` and `zoo uninstall`: plugins of this environment."""

from __future__ import annotations

from typing import Any

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json
from zoo_core.errors import PluginError, singular
from zoo_core.installation import package_manager
from zoo_core.installation.package_manager import InstallDiff


@click.command()
@click.argument("requirements", nargs=-1, required=True, metavar="REQUIREMENT…")
@click.option("-U", "--upgrade", is_flag=True, help="Replace what is there by the newest.")
@click.option("-e", "--editable", is_flag=True, help="Use folders in place.")
@options.as_json
def install(requirements: tuple[str, ...], upgrade: bool, editable: bool, as_json: bool) -> int:
    """Install plugins into this environment, with its pip or uv, and say what they bring.

    REQUIREMENT is what pip takes: a name, a name with a version, a folder, a wheel or a URL. What
    was installed is remembered: `zoo plugins restore` brings it back after an upgrade.
    """
    change = package_manager.install(requirements, upgrade=upgrade, editable=editable)
    return report(change, as_json=as_json)


@click.command()
@click.argument(
    "names", nargs=-1, required=True, metavar="NAME…", shell_complete=options.complete_plugins
)
@options.as_json
def uninstall(names: tuple[str, ...], as_json: bool) -> int:
    """Remove plugins from this environment, and say what is gone."""
    return report(package_manager.uninstall(names), as_json=as_json)


def report(change: InstallDiff, *, as_json: bool = False) -> int:
    """Say what was gained and lost; the exit code is 4 where something that came is unusable."""
    if as_json:
        print_json({"removed": change.before, "installed": change.after})
    else:
        for row in change.before:
            click.echo(f"- {_describe_row(row)}")
        for row in change.after:
            click.echo(f"+ {_describe_row(row)}")
        if not change.before and not change.after:
            click.echo("No plugin came or went.")
    unusable = any(row["status"] in ("broken", "incompatible") for row in change.after)
    return PluginError.exit_code if unusable else 0


def _describe_row(row: dict[str, Any]) -> str:
    if row["status"] in ("broken", "incompatible"):
        return f"{row['status']} plugin: {row['reason']}"
    offers = [
        f"{kind if len(names) > 1 else singular(kind)} {', '.join(names)}"
        for kind, names in row["offers"].items()
    ]
    note = f" ({row['status']}: {row['reason']})" if row["status"] != "ok" else ""
    return f"{row['name']} {row['version']}: {'; '.join(offers) or 'offers nothing'}{note}"
