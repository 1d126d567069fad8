"""The core's own plugin: its commands, tasks and data set, offered through the same hooks."""

from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.data_specs import InputSpec, class_targets
from zoo_core.plugins.specs import CommandSpec, DatasetSpec, TaskSpec


@hookimpl
def zoo_datasets() -> list[DatasetSpec]:
    return [
        DatasetSpec(
            name="synthetic",
            summary="A bright square in one of nine places, to test that a model learns.",
            loader="zoo_core.data.synthetic:load",
            input=InputSpec(shape=(3, 16, 16)),
            targets=class_targets(9),
            sizes={"train": 1800, "test": 450},
            # Cards refer to it: changed content would need a new data set, not a new checksum.
            sha256="f9441abf006e0511c437cef734debf24f454ebe1c767ecf25d41e3e3ac1aeb30",
            license="CC0-1.0",
            source="made by zoo-core when it is loaded",
        )
    ]


@hookimpl
def zoo_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="classification",
            summary="One of several classes per example.",
            task="zoo_core.tasks.classification:Classification",
            loss="cross-entropy",
        ),
        TaskSpec(
            name="multi-label",
            summary="Any number of labels per example.",
            task="zoo_core.tasks.multi_label:MultiLabel",
            loss="binary-cross-entropy",
        ),
        TaskSpec(
            name="regression",
            summary="One or several numbers per example.",
            task="zoo_core.tasks.regression:Regression",
            loss="squared-error",
        ),
        TaskSpec(
            name="segmentation",
            summary="One of several classes per pixel.",
            task="zoo_core.tasks.segmentation:Segmentation",
            loss="cross-entropy",
        ),
        TaskSpec(
            name="sequence",
            summary="A string over an alphabet per example.",
            task="zoo_core.tasks.sequence:StringRecognition",
            loss="ctc",
        ),
    ]


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            # `list_` and others have an underscore because a built-in or a module has their name.
            name=target.partition(".")[2].rstrip("_"),
            command=f"zoo_core.cli.commands.{target.replace('.', ':')}",
            summary=summary,
            group=group,
        )
        for group, summaries in _COMMANDS.items()
        for target, summary in summaries.items()
    ]


# Summaries here, not in the docstrings of the commands, because `zoo --help` imports none.
_COMMANDS = {
    "use": {
        "list.list_": "List models, data sets, trainers, weights, plugins or runs.",
        "info.info": "Describe a model, data set, trainer, run or set of weights.",
        "predict.predict": "Predict images, rows of a table, text or arrays with weights.",
        "evaluate.evaluate": "Evaluate weights on a split of a data set.",
        "compare.compare_": "Compare models on the same examples, with significance tests.",
    },
    "train": {
        "train.train": "Train a model and write a run folder.",
        "reproduce.reproduce": "Train published weights again, from their card alone.",
    },
    "share": {
        "publish.publish": "Publish the weights of a run under a name.",
        "pull.pull": "Download published weights for use without a network.",
        "verify.verify": "Verify published weights against their cards.",
        "registry.registry": "Manage the registries of published weights.",
    },
    "extend": {
        "new.new": "Create a plugin from a template.",
        "check.check": "Run the conformance checks of a plugin.",
        "plugins.plugins": "Manage plugins: list, describe, enable and disable them.",
        "install.install": "Install plugins with pip.",
        "install.uninstall": "Uninstall plugins with pip.",
    },
    "care": {
        "doctor.doctor": "Diagnose this installation.",
        "cache.cache_": "Manage the download cache.",
        "runs.runs": "Remove what runs no longer need.",
        "completion.completion": "Print the completion script of a shell.",
    },
}
"""Group -> module and function of each command -> summary."""
