"""The config of the convolutional network."""

from typing import Literal, Self

from pydantic import Field, model_validator

from zoo_core import ModelConfig
from zoo_core.plugin_api import Sizes, one_number_a_block


class CNNConfig(ModelConfig):
    channels: Sizes = Field(
        (32, 64), description="of each block: convolutions with ReLU, 2×2 max-pooling"
    )
    kernel_sizes: Sizes = Field(
        (3, 3), description="rows and columns of each block's kernels, one number a block"
    )
    depths: Sizes = Field(
        (), description="convolutions of each block, one number a block; none: one each"
    )
    padding: bool = Field(False, description="put a black rim of half a kernel around")
    batch_norm: bool = Field(False, description="normalize after each convolution over the batch")
    global_pool: bool = Field(
        False, description="average each channel over the image, for the last block's max-pooling"
    )
    hidden: int = Field(128, ge=0, description="units of the hidden layer; 0 for no such layer")
    hidden_activation: Literal["none", "relu"] = "none"
    dropout: float = Field(0.5, ge=0, lt=1, description="share of hidden units dropped")

    @model_validator(mode="after")
    def _one_number_a_block(self) -> Self:
        one_number_a_block(self.channels, "kernel_sizes", self.kernel_sizes)
        if self.depths:
            one_number_a_block(self.channels, "depths", self.depths)
        return self
