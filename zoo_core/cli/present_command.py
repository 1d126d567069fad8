"""The present command with other values of some options, for people to paste."""

from __future__ import annotations

import click
from click.core import ParameterSource

from zoo_core.text import shell_command


def present_command(**changes: object) -> str:
    """Return the present command, with other values of some of its parameters."""
    context = click.get_current_context()
    words: list[object] = ["zoo", context.info_name]
    for param in context.command.params:
        name = str(param.name)
        typed = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        value = changes.get(name, context.params[name] if typed else None)
        if isinstance(param, click.Argument):
            words += [value]
        elif isinstance(param, click.Option) and value not in (None, False):
            for each in value if isinstance(value, tuple) else (value,):
                words += [param.opts[0]] if param.is_flag else [param.opts[0], each]
    return shell_command(*words)
