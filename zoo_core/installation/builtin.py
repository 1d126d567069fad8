"""The core's own plugin: its commands and data set, offered through the same hooks."""

from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import CommandSpec, DatasetSpec


@hookimpl
def zoo_datasets() -> list[DatasetSpec]:
    return [
        DatasetSpec(
            name="synthetic",
            summary="A bright square in one of nine places, to see that a model learns.",
            loader="zoo_core.data.synthetic:load",
            shape=(3, 16, 16),
            classes=(9,),
            sizes={"train": 1800, "test": 450},
            sha256="f9441abf006e0511c437cef734debf24f454ebe1c767ecf25d41e3e3ac1aeb30",
            license="CC0-1.0",
            source="made by zoo-core when it is loaded",
        )
    ]


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="list",
            command="zoo_core.cli.commands.list:list_",
            summary="List the models, datasets, sources, trainers, weights or plugins there are.",
        ),
        CommandSpec(
            name="info",
            command="zoo_core.cli.commands.info:info",
            summary="Say what a model, dataset, trainer, run or set of weights is.",
        ),
        CommandSpec(
            name="train",
            command="zoo_core.cli.commands.train:train",
            summary="Train a model and keep the run in a folder.",
        ),
        CommandSpec(
            name="evaluate",
            command="zoo_core.cli.commands.evaluate:evaluate",
            summary="Measure weights on every image of a data set's split.",
        ),
        CommandSpec(
            name="compare",
            command="zoo_core.cli.commands.compare:compare_",
            summary="Compare models on the same images: which reads more, and is it chance?",
        ),
        CommandSpec(
            name="predict",
            command="zoo_core.cli.commands.predict:predict",
            summary="Read images with published or trained weights.",
        ),
        CommandSpec(
            name="publish",
            command="zoo_core.cli.commands.publish:publish",
            summary="Publish a run's weights under a name.",
        ),
        CommandSpec(
            name="pull",
            command="zoo_core.cli.commands.pull:pull",
            summary="Fetch published weights, so that they load without a network.",
        ),
        CommandSpec(
            name="verify",
            command="zoo_core.cli.commands.verify:verify",
            summary="Check published weights and every figure on their cards.",
        ),
        CommandSpec(
            name="reproduce",
            command="zoo_core.cli.commands.reproduce:reproduce",
            summary="Train published weights again, from their card alone.",
        ),
        CommandSpec(
            name="cache",
            command="zoo_core.cli.commands.cache:cache_",
            summary="List, remove and check what was fetched.",
        ),
        CommandSpec(
            name="registry",
            command="zoo_core.cli.commands.registry:registry",
            summary="Add, remove and list where published weights are looked for.",
        ),
        CommandSpec(
            name="plugins",
            command="zoo_core.cli.commands.plugins:plugins",
            summary="List plugins, enable and disable them, bring them back after an upgrade.",
        ),
        CommandSpec(
            name="install",
            command="zoo_core.cli.commands.install:install",
            summary="Install plugins into this environment.",
        ),
        CommandSpec(
            name="uninstall",
            command="zoo_core.cli.commands.install:uninstall",
            summary="Remove plugins from this environment.",
        ),
        CommandSpec(
            name="doctor",
            command="zoo_core.cli.commands.doctor:doctor",
            summary="Find out what is wrong with this installation.",
        ),
        CommandSpec(
            name="new",
            command="zoo_core.cli.commands.new:new",
            summary="Write a plugin of your own, complete and working.",
        ),
        CommandSpec(
            name="check",
            command="zoo_core.cli.commands.check:check",
            summary="Check that a plugin keeps the contract.",
        ),
        CommandSpec(
            name="completion",
            command="zoo_core.cli.commands.completion:completion",
            summary="Print what makes a shell complete zoo's commands and names.",
        ),
    ]
