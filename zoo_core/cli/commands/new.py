"""`zoo new`: a new plugin from templates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.output import print_json
from zoo_core.installation.installed import installed_catalog
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.scaffold import (
    FRAMEWORKS,
    KINDS,
    OTHER,
    TASKS,
    NewPlugin,
    check_new,
    for_trainer,
    offered_name,
    write_plugin,
)
from zoo_core.system.terminal import print_lines
from zoo_core.text import shell_command

TRY = {
    "model": ["zoo train NAME --epochs 1", "zoo check NAME"],
    "model of a task": ["zoo train NAME --out run", "zoo check NAME"],
    "task": ["zoo train NAME-net --out run", "zoo check DISTRIBUTION"],
    "dataset": ["zoo train mlp --dataset NAME --epochs 1", "zoo check NAME"],
    "trainer": ["zoo train NAME --epochs 1", "zoo check NAME"],
    "source": [
        "python -m PACKAGE.source example.npz",
        "zoo train mlp --dataset NAME:example.npz --epochs 1",
        "zoo check NAME",
    ],
    "registry": [
        "zoo train mlp --out run",
        "zoo publish run --as mlp.mine --registry FOLDER/PACKAGE/weights",
        "zoo check NAME",
    ],
    "command": ["zoo NAME --help", "zoo check DISTRIBUTION"],
    "hooks": ["zoo train mlp --dataset synthetic --out run", "zoo check DISTRIBUTION"],
}
"""Kind -> commands to try a new plugin, once it is installed."""


@click.command(
    cls=ZooCommand,
    examples={
        "A model in PyTorch": "zoo new my-net",
        "A model in NumPy, for regression": "zoo new my-line --framework numpy --task regression",
        "A data set, in another folder": "zoo new my-data --kind dataset --out plugins/my-data",
        "A command": "zoo new sizes --kind command",
    },
)
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(list(KINDS)),
    metavar="KIND",
    default="model",
    show_default=True,
    help=f"Kind of thing that the plugin offers: {', '.join(KINDS)}.",
)
@click.option(
    "--framework",
    type=click.Choice(FRAMEWORKS),
    metavar="FRAMEWORK",
    help=f"Framework of a model or trainer: {', '.join(FRAMEWORKS)}.  [default: torch]",
)
@click.option(
    "--trainer",
    metavar="TRAINER",
    help="Trainer of a model, instead of --framework: any installed one.",
)
@click.option(
    "--task",
    type=click.Choice(list(TASKS)),
    metavar="TASK",
    help=f"Task of a model, which then comes with a small data set: {', '.join(TASKS)}.  "
    "[default: classification]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of the plugin, new or empty.  [default: ./NAME]",
)
@options.as_json
def new(  # noqa: PLR0917 (click passes every argument by name)
    name: str,
    kind: str,
    framework: str | None,
    trainer: str | None,
    task: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Create a plugin that offers the model, data set, … NAME.

    The plugin is a package that works unedited: a small model with its config and recipes, for
    instance, with tests, a license and a CI file. Install it, try it, then change it. NAME may
    also be the name of the distribution, zoo-NAME.
    """
    catalog = installed_catalog()
    plugin = _choices(catalog, offered_name(name), kind, framework, trainer)
    if task is not None:
        plugin = _with_task(plugin, task)
    check_new(catalog, plugin)  # before anything is written
    folder = out or Path(name)
    write_plugin(plugin, folder)
    if as_json:
        files = sorted(str(path) for path in folder.rglob("*") if path.is_file())
        print_json({"folder": str(folder), "distribution": plugin.distribution, "files": files})
        return
    print_lines(f"Wrote {folder}: the {kind} {plugin.name}, distribution {plugin.distribution}.")
    print_lines("Next:", *(f"  {step}" for step in _next_steps(plugin, folder)))


def _choices(
    catalog: Catalog, name: str, kind: str, framework: str | None, trainer: str | None
) -> NewPlugin:
    if trainer is not None and (kind != "model" or framework is not None):
        raise click.UsageError("--trainer is for a model, and replaces --framework")
    if trainer is not None:
        return for_trainer(catalog, name, trainer)
    if kind in ("model", "trainer"):
        return NewPlugin(name, kind, framework or FRAMEWORKS[0])
    if framework is not None:
        raise click.UsageError(f"--framework is for a model or a trainer, not for --kind {kind}")
    return NewPlugin(name, kind)


def _with_task(plugin: NewPlugin, task: str) -> NewPlugin:
    if plugin.kind != "model":
        raise click.UsageError(f"--task is for a model, not for --kind {plugin.kind}")
    if plugin.framework not in TASKS[task]:
        raise click.UsageError(
            f"--task {task}: expected framework {' or '.join(TASKS[task])}, got {plugin.framework}"
        )
    return replace(plugin, task=task)


def _next_steps(plugin: NewPlugin, folder: Path) -> list[str]:
    # With ./, because pip would search an index for a bare name.
    where = str(folder) if folder.is_absolute() else f"./{folder}"
    words = {
        "NAME": plugin.name,
        "PACKAGE": plugin.package,
        "FOLDER": where,
        "DISTRIBUTION": plugin.distribution,
    }
    what = "model of a task" if plugin.task else plugin.kind
    steps = [f"edit {folder / plugin.package / 'model.py'}: its builder is a stub"]
    return [
        *(steps if plugin.framework == OTHER else ()),
        shell_command("pip", "install", "-e", where),
        *(_filled(step, words) for step in TRY[what]),
    ]


def _filled(step: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        # Quoted where the folder has a space.
        step = step.replace(word, shell_command(value))
    return step
