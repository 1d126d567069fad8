"""The config of the multi-layer perceptron."""

from typing import Literal

from pydantic import Field

from zoo_core import ModelConfig
from zoo_core.plugin_api import Sizes


class MLPConfig(ModelConfig):
    # The defaults are those of the reference study's largest net.
    hidden: Sizes = Field((128,), description="units of each hidden layer")
    activation: Literal["relu", "leaky_relu", "gelu", "silu", "tanh"] = "relu"
    batch_norm: bool = Field(False, description="batch normalization after each hidden layer")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of hidden units dropped")
