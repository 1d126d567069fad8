"""The core's own commands, offered through the same hook as anybody else's."""

from zoo_core.hookspecs import hookimpl
from zoo_core.specs import CommandSpec


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="list",
            command="zoo_core.cli.list:list_",
            summary="List the models, datasets, trainers, published weights or plugins there are.",
        ),
        CommandSpec(
            name="info",
            command="zoo_core.cli.info:info",
            summary="Say what a model, dataset, trainer, run or set of weights is.",
        ),
        CommandSpec(
            name="train",
            command="zoo_core.cli.train:train",
            summary="Train a model and keep the run in a folder.",
        ),
        CommandSpec(
            name="evaluate",
            command="zoo_core.cli.evaluate:evaluate",
            summary="Measure weights on every image of a data set's split.",
        ),
        CommandSpec(
            name="predict",
            command="zoo_core.cli.predict:predict",
            summary="Read images with published or trained weights.",
        ),
        CommandSpec(
            name="publish",
            command="zoo_core.cli.publish:publish",
            summary="Publish a run's weights under a name.",
        ),
        CommandSpec(
            name="pull",
            command="zoo_core.cli.pull:pull",
            summary="Fetch published weights, so that they load without a network.",
        ),
        CommandSpec(
            name="verify",
            command="zoo_core.cli.verify:verify",
            summary="Check published weights and every figure on their cards.",
        ),
        CommandSpec(
            name="reproduce",
            command="zoo_core.cli.reproduce:reproduce",
            summary="Train published weights again, from their card alone.",
        ),
        CommandSpec(
            name="cache",
            command="zoo_core.cli.cache:cache",
            summary="List, remove and check what was fetched.",
        ),
        CommandSpec(
            name="registry",
            command="zoo_core.cli.registry:registry",
            summary="Add, remove and list where published weights are looked for.",
        ),
    ]
