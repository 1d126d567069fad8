"""The config of the models, their recipes and their search space."""

from typing import Any

from pydantic import Field

from zoo_core import ModelConfig
from zoo_core.plugin_api import Size


class Config(ModelConfig):
    input_shape: tuple[Size, ...] = (6,)  # where no data set sets it
    hidden: int = Field(16, ge=1, description="units of the hidden layer")


RECIPES: dict[str, dict[str, Any]] = {
    "default": {"epochs": 8, "batch_size": 32, "lr": 0.2, "momentum": 0.9},
    "short": {"epochs": 1, "batch_size": 32, "lr": 0.05},
}

SPACES: dict[str, dict[str, Any]] = {
    "default": {"lr": {"low": 0.01, "high": 0.5, "log": True}, "model": {"hidden": 8}}
}
