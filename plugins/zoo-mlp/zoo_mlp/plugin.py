"""What zoo-mlp offers."""

from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import ModelSpec


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
            parameters=101_770,
            license="MIT",
        )
    ]
