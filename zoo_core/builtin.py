"""The core's own commands, offered through the same hook as anybody else's."""

from zoo_core.hookspecs import hookimpl
from zoo_core.specs import CommandSpec


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="list",
            command="zoo_core.cli.list:list_",
            summary="List the models, datasets, trainers or plugins there are.",
        ),
        CommandSpec(
            name="info",
            command="zoo_core.cli.info:info",
            summary="Say what a model, dataset, trainer, run or weight file is.",
        ),
        CommandSpec(
            name="train",
            command="zoo_core.cli.train:train",
            summary="Train a model and keep the run in a folder.",
        ),
        CommandSpec(
            name="evaluate",
            command="zoo_core.cli.evaluate:evaluate",
            summary="Measure trained weights on every image of a data set's split.",
        ),
        CommandSpec(
            name="predict",
            command="zoo_core.cli.predict:predict",
            summary="Read images with trained weights.",
        ),
    ]
