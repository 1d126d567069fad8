"""Spec of the model `mlp`."""

from zoo_core import ModelSpec, hookimpl


@hookimpl
def zoo_models() -> list[ModelSpec]:
    return [
        ModelSpec(
            name="mlp",
            summary="Multi-layer perceptron: pixels, hidden layers, classes.",
            builder="zoo_mlp.model:build",
            config="zoo_mlp.config:MLPConfig",
            recipes="zoo_mlp.recipes:RECIPES",
            spaces="zoo_mlp.spaces:SPACES",
            trainer="torch",
            dataset="mnist",
            heads=None,  # any number
            tasks=("classification", "multi-label", "regression"),
            inputs=("image", "features", "array"),
            parameters=101_770,
            same_config=("0.1.0",),
            license="MIT",
        )
    ]
