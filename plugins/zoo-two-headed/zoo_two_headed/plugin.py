"""Specs of the models `two-headed-mlp` and `two-headed-cnn`."""

from zoo_core import ModelSpec, hookimpl


@hookimpl
def zoo_models() -> list[ModelSpec]:
    return [
        ModelSpec(
            name="two-headed-mlp",
            summary="Multi-layer perceptron for two overlapping digits.",
            builder="zoo_two_headed.mlp:build",
            config="zoo_two_headed.config:TwoHeadedMLPConfig",
            recipes="zoo_two_headed.recipes:MLP_RECIPES",
            spaces="zoo_two_headed.spaces:MLP_SPACES",
            trainer="torch",
            dataset="two-digit-mnist",
            heads=2,
            parameters=80_788,
            same_config=("0.1.0",),
            license="MIT",
        ),
        ModelSpec(
            name="two-headed-cnn",
            summary="Convolutional network for two overlapping digits.",
            builder="zoo_two_headed.cnn:build",
            config="zoo_two_headed.config:TwoHeadedCNNConfig",
            recipes="zoo_two_headed.recipes:CNN_RECIPES",
            spaces="zoo_two_headed.spaces:CNN_SPACES",
            trainer="torch",
            dataset="two-digit-mnist",
            heads=2,
            parameters=390_164,
            same_config=("0.1.0",),
            license="MIT",
        ),
    ]
