"""The config of the residual convolutional network."""

from typing import Self

from pydantic import Field, model_validator

from zoo_core import ModelConfig
from zoo_core.plugin_api import Counts, Sizes, check_one_number_per_block


class ResidualCNNConfig(ModelConfig):
    channels: Sizes = Field((32, 64, 128), description="channels per stage")
    pooling: Sizes = Field(
        (1, 2, 2), description="rows and columns that max-pooling replaces by one, per stage"
    )
    residuals: Counts = Field((0, 1, 1), description="number of residual blocks per stage")
    depth: int = Field(2, ge=1, description="convolutions per residual block")
    separable: bool = Field(
        False,
        description="after the first, convolve each channel alone, then mix the channels per pixel",
    )
    shared: bool = Field(
        False,
        description="all residual blocks of a stage have the same kernels, each its normalization",
    )

    @model_validator(mode="after")
    def _check_stages(self) -> Self:
        check_one_number_per_block(self.channels, "pooling", self.pooling)
        check_one_number_per_block(self.channels, "residuals", self.residuals)
        return self
