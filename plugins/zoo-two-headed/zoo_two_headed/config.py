"""The configs of the two-headed models."""

from typing import Literal, Self

from pydantic import Field, model_validator

from zoo_core import ModelConfig
from zoo_core.plugin_api import Size, Sizes, check_one_number_per_block


class TwoHeadedConfig(ModelConfig):
    # An image has one and a half times the height of a digit: the digits overlap by half.
    input_shape: tuple[Size, Size, Size] = (1, 42, 28)
    outputs: tuple[Size, ...] = Field((10, 10), min_length=2, max_length=2, alias="classes")


class TwoHeadedMLPConfig(TwoHeadedConfig):
    hidden: Sizes = Field((64, 64), description="units of each hidden layer")
    batch_norm: bool = Field(False, description="batch normalization after each hidden layer")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of hidden units dropped")


class TwoHeadedCNNConfig(TwoHeadedConfig):
    channels: Sizes = Field(
        (32, 64),
        min_length=1,
        description="channels per block of convolutions, ReLU and 2×2 max-pooling",
    )
    kernel_sizes: Sizes = Field((3, 3), description="rows and columns of the kernels, per block")
    depths: Sizes = Field((), description="number of convolutions per block; empty: one each")
    batch_norm: bool = Field(False, description="batch normalization after each convolution")
    last_pool: bool = Field(True, description="max-pooling after the last block too")
    windows: bool = Field(
        False, description="use for each digit only its own two thirds of the rows"
    )
    context: bool = Field(
        False, description="append the features of the other window to the hidden layer's input"
    )
    hidden: Size = Field(128, description="units of the hidden layer")
    hidden_norm: bool = Field(False, description="batch normalization after the hidden layer")
    hidden_activation: Literal["none", "relu"] = "none"
    dropout: float = Field(0.5, ge=0, lt=1, description="share of hidden units dropped")

    @model_validator(mode="after")
    def _check_blocks(self) -> Self:
        check_one_number_per_block(self.channels, "kernel_sizes", self.kernel_sizes)
        if self.depths:
            check_one_number_per_block(self.channels, "depths", self.depths)
        return self

    @model_validator(mode="after")
    def _check_context(self) -> Self:
        if self.context and not self.windows:
            raise ValueError("model.context is true, but it requires model.windows")
        return self
