"""`zoo completion`: the shell's completion script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from zoo_core.cli.help.zoo_command import ZooCommand


@click.command(
    cls=ZooCommand,
    examples={
        "bash, in ~/.bashrc": 'eval "$(zoo completion bash)"',
        "zsh, in ~/.zshrc after compinit": 'eval "$(zoo completion zsh)"',
        "fish, in ~/.config/fish/config.fish": "zoo completion fish | source",
    },
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete zoo's commands, options and names.

    Packages of an operating system need none of it: the scripts are installed into its folder
    share, as are the manual pages, such as `man zoo-train`. In a virtual environment, `man` finds
    the pages, and the shell needs the script.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root()
    # The name that click derives from the program's name: the script sets it to call zoo back.
    click.echo(kind(root.command, {}, "zoo", "_ZOO_COMPLETE").source())
