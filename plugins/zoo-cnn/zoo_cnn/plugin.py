"""Specs of the models `cnn` and `residual-cnn`."""

from zoo_core import ModelSpec, hookimpl


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
            tasks=("classification", "multi-label", "regression"),
            parameters=225_034,
            same_config=("0.1.0",),
            license="MIT",
        ),
        ModelSpec(
            name="residual-cnn",
            summary="Convolutional network with residual blocks, from a few hundred parameters on.",
            builder="zoo_cnn.residual_model:build",
            config="zoo_cnn.residual_config:ResidualCNNConfig",
            recipes="zoo_cnn.residual_recipes:RECIPES",
            spaces="zoo_cnn.spaces:RESIDUAL_SPACES",
            trainer="torch",
            dataset="mnist",
            tasks=("classification", "multi-label", "regression"),
            parameters=463_594,
            license="MIT",
        ),
    ]
