"""Specs of the plugin: the command `zoo export`."""

from zoo_core import CommandSpec, hookimpl


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="export",
            command="zoo_export.command:export",
            summary="Write a model for other programs, as ONNX or torch.export.",
            group="share",
        )
    ]
