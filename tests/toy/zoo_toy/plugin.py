"""Specs and hooks of the toy plugin."""

import os

from zoo_core import (
    DatasetSpec,
    InputSpec,
    LossSpec,
    ModelSpec,
    RuntimeSpec,
    TrainerSpec,
    class_targets,
    hookimpl,
)

CHECKSUMS = {
    "toy": "98b846712455764346f00daa73c122b4884a84255824b40bb54f9594716fe539",
    "toy-pairs": "d1f37aae9b83cca0140179914b0b4ed85eaaf866f1adcb4421700f82303676fc",
}


def _model(name: str, heads: int, dataset: str) -> ModelSpec:
    return ModelSpec(
        name=name,
        summary="Softmax regression.",
        builder="zoo_toy.model:Softmax",
        config="zoo_toy.config:SoftmaxConfig",
        recipes="zoo_toy.config:RECIPES",
        spaces="zoo_toy.config:SPACES",
        trainer="toy",
        dataset=dataset,
        heads=heads,
        license="MIT",
    )


@hookimpl
def zoo_models() -> list[ModelSpec]:
    return [_model("softmax", 1, "toy"), _model("softmax-pairs", 2, "toy-pairs")]


@hookimpl
def zoo_datasets() -> list[DatasetSpec]:
    return [
        DatasetSpec(
            name=name,
            summary="Bright rows.",
            loader=f"zoo_toy.data:{loader}",
            input=InputSpec(shape=(1, 6, 5)),
            targets=class_targets(*classes),
            sizes={"train": 200, "test": 50},
            sha256=os.environ.get("TOY_SHA256", CHECKSUMS[name]),
            license="CC0-1.0",
            source="made up",
            reader=os.environ.get("TOY_READER", ""),
            familiarity=os.environ.get("TOY_FAMILIARITY", ""),
        )
        for name, loader, classes in (
            ("toy", "load", (3,)),
            ("toy-pairs", "load_pairs", (3, 3)),
        )
    ]


@hookimpl
def zoo_trainers() -> list[TrainerSpec]:
    return [
        TrainerSpec(
            name="toy",
            summary="NumPy gradient descent.",
            factory="zoo_toy.model:ToyTrainer",
            framework="zoo-toy",
            recipe_fields=(),
            exporters={"toy": "zoo_toy.runtime:export"} if "TOY_RUNTIME" in os.environ else {},
        )
    ]


@hookimpl
def zoo_runtimes() -> list[RuntimeSpec]:
    values = {
        "summary": "Matrix products in NumPy.",
        "open": "zoo_toy.runtime:open_program",
        "write": "zoo_toy.runtime:write",
        "framework": "numpy",
        "format": "toy",
        "suffix": ".toy",
    }
    names = os.environ.get("TOY_RUNTIME", "").split()
    return [RuntimeSpec(name=name, **values) for name in names]


@hookimpl
def zoo_losses() -> list[LossSpec]:
    return [
        LossSpec(
            name="cross-entropy",
            summary="Softmax and cross-entropy.",
            task="classification",
            framework="zoo-toy",
            loss="zoo_toy.losses:cross_entropy",
        )
    ]
