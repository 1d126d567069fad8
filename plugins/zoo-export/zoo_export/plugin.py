"""What zoo-export offers."""

from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import CommandSpec


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="export",
            command="zoo_export.command:export",
            summary="Write a model for other programs, as ONNX or torch.export.",
        )
    ]
