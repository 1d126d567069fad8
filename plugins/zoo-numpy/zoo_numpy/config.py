"""The config of the NumPy net."""

from typing import Literal

from pydantic import Field

from zoo_core import ModelConfig
from zoo_core.plugin_api import Sizes


class NumpyNetConfig(ModelConfig):
    hidden: Sizes = Field((128,), description="units of each hidden layer")
    activation: Literal["relu", "leaky_relu", "tanh", "sigmoid"] = "relu"
    dropout: float = Field(0.0, ge=0, lt=1, description="share of hidden units dropped")
