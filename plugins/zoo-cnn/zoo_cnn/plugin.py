"""What zoo-cnn offers."""

from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import ModelSpec


@hookimpl
def zoo_models() -> list[ModelSpec]:
    return [
        ModelSpec(
            name="cnn",
            summary="Convolutional network: convolution and pooling, a hidden layer, classes.",
            builder="zoo_cnn.model:build",
            config="zoo_cnn.config:CNNConfig",
            recipes="zoo_cnn.recipes:RECIPES",
            spaces="zoo_cnn.spaces:SPACES",
            trainer="torch",
            dataset="mnist",
            parameters=225_034,
            license="MIT",
        )
    ]
