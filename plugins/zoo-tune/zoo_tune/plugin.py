"""The specs of the plugin: the command `zoo tune`."""

from zoo_core import CommandSpec, hookimpl


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="tune",
            command="zoo_tune.command:tune",
            summary="Search for a better recipe of a model.",
            group="train",
        )
    ]
