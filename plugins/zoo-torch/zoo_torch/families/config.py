"""The config of every model of a library."""

from typing import Literal

from pydantic import Field

from zoo_core import ModelConfig


class FamilyConfig(ModelConfig):
    stem: Literal["auto", "small", "original"] = Field(
        "auto",
        description="small: the first convolution keeps the image's size, and no max-pooling "
        "follows it; auto: small where the image's sides are at most 64 pixels and there is "
        "such a convolution",
    )
