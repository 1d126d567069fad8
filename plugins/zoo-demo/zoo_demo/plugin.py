"""The plugin's specs: the command `zoo demo`."""

from zoo_core import CommandSpec, hookimpl


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="demo",
            command="zoo_demo.command:demo",
            summary="Draw digits on a local page and compare predictions of models.",
            group="use",
        )
    ]
