"""The plugin's specs: the command `zoo serve`."""

from zoo_core import CommandSpec, hookimpl


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="serve",
            command="zoo_serve.command:serve",
            summary="Serve models over HTTP, with batching, limits and metrics.",
            group="use",
        )
    ]
