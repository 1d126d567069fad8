"""The config of the U-Net."""

from pydantic import Field

from zoo_core import ModelConfig
from zoo_core.plugin_api import Size, Sizes


class SeparatorConfig(ModelConfig):
    input_shape: tuple[Size, Size, Size] = (1, 42, 28)
    outputs: tuple[Size, ...] = Field((4,), min_length=1, max_length=1, alias="classes")
    channels: Sizes = Field(
        (16, 32, 64),
        min_length=1,
        description="channels per level; each has half the rows and columns of the one before",
    )
    depth: Size = Field(2, description="3×3 convolutions per level, on the way down and up")
