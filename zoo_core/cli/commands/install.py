"""`zoo install` and `zoo uninstall`: pip or uv, run in this environment."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.errors import InvalidValueError, UnavailableError
from zoo_core.installation.installed import plugin_row
from zoo_core.system.environment import is_set


# Unknown options are pip's: zoo repeats none of them, so every option of pip works here.
@click.command(
    cls=ZooCommand,
    context_settings={"ignore_unknown_options": True},
    examples={
        "A plugin from the package index": "zoo install zoo-timm",
        "Your own plugin, editable": "zoo install -e ./zoo-mine",
        "The newest version": "zoo install -U zoo-timm",
    },
)
@click.argument(
    "arguments", nargs=-1, required=True, metavar="REQUIREMENT…", type=click.UNPROCESSED
)
def install(arguments: tuple[str, ...]) -> int:
    """Install plugins with pip, or with uv if pip is missing.

    REQUIREMENT is a name, with or without a version, a folder, a wheel or a URL. Options are passed
    to pip, for instance -U to upgrade or -e FOLDER to install a folder as editable. The exit code
    is pip's. If pip refuses because the operating system manages this Python, create a virtual
    environment and install zoo there.
    """
    offline = ["--no-index"] if is_set("ZOO_OFFLINE") else []
    return _run_installer("install", *offline, *arguments)


@click.command(
    cls=ZooCommand,
    examples={
        "A plugin": "zoo uninstall zoo-timm",
        "Several": "zoo uninstall zoo-timm zoo-torchvision",
    },
)
@click.argument(
    "names", nargs=-1, required=True, metavar="NAME…", shell_complete=options.complete_plugins
)
def uninstall(names: tuple[str, ...]) -> int:
    """Uninstall plugins with pip, or with uv if pip is missing.

    Broken plugins can be uninstalled, too.
    """
    # Only plugins, because pip would remove zoo's own requirements without a question.
    distributions = [plugin_row(name)["name"] for name in names]
    if "zoo-core" in distributions:
        raise InvalidValueError(
            "zoo-core is zoo itself, not a plugin", hint="To remove it: pip uninstall zoo-core"
        )
    return _run_installer("uninstall", *distributions)


def _run_installer(action: str, *arguments: str) -> int:
    """Run pip, or uv where this environment has no pip, and return the exit code."""
    if importlib.util.find_spec("pip"):
        command = [sys.executable, "-m", "pip", action]
        command += ["--yes"] if action == "uninstall" else []
    elif uv := shutil.which("uv"):
        # Without --python, uv would choose the environment that is active in the shell.
        command = [uv, "pip", action, "--python", sys.executable]
    else:
        raise UnavailableError(
            "neither pip nor uv is installed", hint=f"To install pip: {sys.executable} -m ensurepip"
        )
    # A child process, because pip may replace packages that this process has imported.
    return subprocess.run([*command, *arguments], check=False).returncode
