"""`zoo completion`: the shell's completion script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete zoo's commands, options and names.

    \b
    bash: eval "$(zoo completion bash)"      in ~/.bashrc
    zsh:  eval "$(zoo completion zsh)"       in ~/.zshrc, after compinit
    fish: zoo completion fish | source       in ~/.config/fish/config.fish
    """  # noqa: D301 (\b is the control character that keeps click from wrapping the lines)
    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root()
    # The name that click derives from the program's name: the script sets it to call zoo back.
    click.echo(kind(root.command, {}, "zoo", "_ZOO_COMPLETE").source())
