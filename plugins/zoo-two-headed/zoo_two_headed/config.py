"""The configs of the two-headed models."""

from typing import Literal, Self

from pydantic import Field, model_validator

from zoo_core import ModelConfig
from zoo_core.plugin_api import Size, Sizes, one_number_a_block


class TwoHeadedConfig(ModelConfig):
    input_shape: tuple[Size, Size, Size] = (1, 42, 28)
    classes: tuple[Size, ...] = Field((10, 10), min_length=2, max_length=2)


class TwoHeadedMLPConfig(TwoHeadedConfig):
    hidden: Sizes = Field((64, 64), description="units of each hidden layer")
    batch_norm: bool = Field(False, description="normalize each hidden layer over the batch")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of hidden units dropped")


class TwoHeadedCNNConfig(TwoHeadedConfig):
    channels: Sizes = Field(
        (32, 64), min_length=1, description="of each block: convolutions with ReLU, 2×2 max-pooling"
    )
    kernel_sizes: Sizes = Field(
        (3, 3), description="rows and columns of each block's kernels, one number a block"
    )
    depths: Sizes = Field(
        (), description="convolutions of each block, one number a block; none: one each"
    )
    batch_norm: bool = Field(False, description="normalize after each convolution over the batch")
    last_pool: bool = Field(True, description="max-pooling after the last block too")
    windows: bool = Field(
        False, description="read each digit in its own two thirds of the rows, by one reader"
    )
    context: bool = Field(
        False, description="let the hidden layer see what was read in the other window too"
    )
    hidden: Size = Field(128, description="units of the hidden layer")
    hidden_norm: bool = Field(False, description="normalize the hidden layer over the batch")
    hidden_activation: Literal["none", "relu"] = "none"
    dropout: float = Field(0.5, ge=0, lt=1, description="share of hidden units dropped")

    @model_validator(mode="after")
    def _one_number_a_block(self) -> Self:
        one_number_a_block(self.channels, "kernel_sizes", self.kernel_sizes)
        if self.depths:
            one_number_a_block(self.channels, "depths", self.depths)
        return self

    @model_validator(mode="after")
    def _context_is_another_window(self) -> Self:
        if self.context and not self.windows:
            raise ValueError("model.context is true, and without model.windows there is no other")
        return self
