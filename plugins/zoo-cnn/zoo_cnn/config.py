"""The config of the convolutional network."""

from typing import Literal, Self

from pydantic import Field, model_validator

from zoo_core import ModelConfig
from zoo_core.plugin_api import Sizes, check_one_number_per_block


class CNNConfig(ModelConfig):
    # The defaults are those of the reference study; the recipe `default` changes most of them.
    channels: Sizes = Field(
        (32, 64), description="channels per block of convolutions, ReLU and 2×2 max-pooling"
    )
    kernel_sizes: Sizes = Field((3, 3), description="rows and columns of the kernels, per block")
    depths: Sizes = Field((), description="number of convolutions per block; empty: one each")
    padding: bool = Field(False, description="pad images with half a kernel of zeros on each side")
    batch_norm: bool = Field(False, description="batch normalization after each convolution")
    global_pool: bool = Field(
        False, description="global average pooling in place of the last block's max-pooling"
    )
    hidden: int = Field(128, ge=0, description="units of the hidden layer; 0: no hidden layer")
    hidden_activation: Literal["none", "relu"] = "none"
    dropout: float = Field(0.5, ge=0, lt=1, description="share of hidden units dropped")

    @model_validator(mode="after")
    def _check_blocks(self) -> Self:
        check_one_number_per_block(self.channels, "kernel_sizes", self.kernel_sizes)
        if self.depths:
            check_one_number_per_block(self.channels, "depths", self.depths)
        return self
