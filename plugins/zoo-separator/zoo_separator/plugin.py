"""Spec of the model `digit-separator`."""

from zoo_core import ModelSpec, hookimpl


@hookimpl
def zoo_models() -> list[ModelSpec]:
    return [
        ModelSpec(
            name="digit-separator",
            summary="U-Net that separates two overlapping digits, pixel by pixel.",
            builder="zoo_separator.model:build",
            config="zoo_separator.config:SeparatorConfig",
            recipes="zoo_separator.recipes:RECIPES",
            trainer="torch",
            dataset="two-digit-masks",
            tasks=("segmentation",),
            parameters=97_876,
            license="MIT",
        )
    ]
