"""The config of the convolutional network."""

from typing import Literal, Self

from pydantic import Field, model_validator

from zoo_core.config import ModelConfig, Size, Sizes


class CNNConfig(ModelConfig):
    channels: Sizes = Field(
        (32, 64), description="of each block: convolution, 2×2 max-pooling, ReLU"
    )
    kernel_sizes: Sizes = Field(
        (3, 3), description="rows and columns of each block's kernels, one number a block"
    )
    batch_norm: bool = Field(False, description="normalise each block over the batch")
    hidden: Size = Field(128, description="units of the hidden layer")
    hidden_activation: Literal["none", "relu"] = "none"
    dropout: float = Field(0.5, ge=0, lt=1, description="share of hidden units dropped")

    @model_validator(mode="after")
    def _one_kernel_size_a_block(self) -> Self:
        if len(self.kernel_sizes) != len(self.channels):
            raise ValueError(
                f"model.kernel_sizes has {len(self.kernel_sizes)} numbers "
                f"for the {len(self.channels)} blocks of model.channels"
            )
        return self
