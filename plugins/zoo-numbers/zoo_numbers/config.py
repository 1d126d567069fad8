"""The config of the number reader."""

from typing import Self

from pydantic import Field, model_validator

from zoo_core import ModelConfig
from zoo_core.plugin_api import Size, Sizes, check_one_number_per_block


class NumberReaderConfig(ModelConfig):
    input_shape: tuple[Size, Size, Size] = (1, 32, 320)
    outputs: tuple[Size, ...] = Field((11,), min_length=1, max_length=1, alias="classes")
    stem: Size = Field(16, description="channels of the first convolution, which halves both sides")
    stem_kernel: Size = Field(5, description="rows and columns of the first convolution's kernel")
    channels: Sizes = Field(
        (32, 64, 128),
        min_length=1,
        description="channels per block of 3×3 convolutions; pooling after the first halves both "
        "sides, after others the rows; none after the last",
    )
    depths: Sizes = Field((1, 2, 1), description="number of convolutions per block")
    features: Size = Field(256, description="features per column, from all its rows")
    context: int = Field(
        3, ge=0, description="columns of the convolution over features; 0: no such layer"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="share of features dropped")

    @model_validator(mode="after")
    def _check_blocks(self) -> Self:
        check_one_number_per_block(self.channels, "depths", self.depths)
        for name in ("stem_kernel", "context"):
            if getattr(self, name) and getattr(self, name) % 2 == 0:
                raise ValueError(f"model.{name}: expected an odd number, got {getattr(self, name)}")
        return self
