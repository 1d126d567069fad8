"""`zoo completion`: the shell's completion script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    r"""Print what makes SHELL complete zoo's commands, options and names.

    \b
    bash: eval "$(zoo completion bash)"      in ~/.bashrc
    zsh:  eval "$(zoo completion zsh)"       in ~/.zshrc, after compinit
    fish: zoo completion fish | source       in ~/.config/fish/config.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root()
    click.echo(kind(root.command, {}, "zoo", "_ZOO_COMPLETE").source())
