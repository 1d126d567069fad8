"""Spec of the model `number-reader`."""

from zoo_core import ModelSpec, hookimpl


@hookimpl
def zoo_models() -> list[ModelSpec]:
    return [
        ModelSpec(
            name="number-reader",
            summary="Convolutional network that reads numbers of any length, trained with CTC.",
            builder="zoo_numbers.model:build",
            config="zoo_numbers.config:NumberReaderConfig",
            recipes="zoo_numbers.recipes:RECIPES",
            spaces="zoo_numbers.spaces:SPACES",
            trainer="torch",
            dataset="mnist-numbers",
            tasks=("sequence",),
            parameters=466_171,
            license="MIT",
        )
    ]
