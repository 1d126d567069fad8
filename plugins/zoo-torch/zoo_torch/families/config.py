"""The config that all models of a library share."""

from typing import Literal

from pydantic import Field

from zoo_core import ModelConfig


class FamilyConfig(ModelConfig):
    stem: Literal["auto", "small", "original"] = Field(
        "auto",
        description="small: the first convolution keeps the image's size, without max-pooling "
        "after it; auto: small if the image's sides are at most 64 pixels and the model has "
        "such a convolution",
    )
