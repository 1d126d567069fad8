"""What zoo-demo offers."""

from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import CommandSpec


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="demo",
            command="zoo_demo.command:demo",
            summary="Draw a digit and see what every model reads, on a local page.",
        )
    ]
