"""`zoo new`: a new plugin from templates."""

from __future__ import annotations

from pathlib import Path

import click

from zoo_core.cli import options
from zoo_core.cli.output import print_json
from zoo_core.installation.installed import installed_catalog
from zoo_core.plugins.scaffold import (
    FRAMEWORKS,
    KINDS,
    NewPlugin,
    check_new,
    offered_name,
    write_plugin,
)
from zoo_core.system.terminal import print_lines
from zoo_core.text import shell_command


@click.command()
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="model",
    show_default=True,
    help="Kind of spec that the plugin offers.",
)
@click.option(
    "--framework",
    type=click.Choice(FRAMEWORKS),
    help="Framework of a model or trainer.  [default: torch]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of the plugin, new or empty.  [default: ./NAME]",
)
@options.as_json
def new(name: str, kind: str, framework: str | None, out: Path | None, as_json: bool) -> None:
    """Create a plugin that offers the model, data set or trainer NAME.

    The plugin is a package that works unedited: a small model, its config and recipes, tests, a
    license and a CI file. Install it, try it, then change it. NAME may also be the name of the
    distribution, zoo-NAME.
    """
    if kind == "dataset" and framework is not None:
        raise click.UsageError("--framework does not apply to a data set, which is NumPy arrays")
    framework = framework or (None if kind == "dataset" else FRAMEWORKS[0])
    plugin = NewPlugin(offered_name(name), kind, framework)
    check_new(installed_catalog(), plugin)  # before anything is written
    folder = out or Path(name)
    write_plugin(plugin, folder)
    train = f"zoo train {plugin.name} --epochs 1"
    if kind == "dataset":
        train = f"zoo train mlp --dataset {plugin.name} --epochs 1"
    # With ./, because pip would search an index for a bare name.
    where = folder if folder.is_absolute() else f"./{folder}"
    steps = [shell_command("pip", "install", "-e", where), train, f"zoo check {plugin.name}"]
    if as_json:
        files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
        print_json({"folder": str(folder), "distribution": plugin.distribution, "files": files})
        return
    print_lines(f"Wrote {folder}: the {kind} {plugin.name}, distribution {plugin.distribution}.")
    print_lines("Next:", *(f"  {step}" for step in steps))
