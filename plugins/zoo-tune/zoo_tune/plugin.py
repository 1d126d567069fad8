"""What zoo-tune offers."""

from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import CommandSpec


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="tune",
            command="zoo_tune.command:tune",
            summary="Search for a better recipe of a model.",
        )
    ]
