"""Config, recipes and search spaces of the toy model."""

from typing import Any

from pydantic import Field

from zoo_core import ModelConfig


class SoftmaxConfig(ModelConfig):
    scale: float = Field(0.01, ge=0, description="of the first weights")


RECIPES: dict[str, dict[str, Any]] = {
    "default": {"epochs": 5, "batch_size": 16, "lr": 0.5},
    "slow": {"epochs": 5, "batch_size": 16, "lr": 0.05},
}

SPACES: dict[str, dict[str, Any]] = {
    "default": {
        "lr": {"low": 0.001, "high": 2.0, "log": True},
        "batch_size": {"choices": [8, 16, 32]},
        "model": {"scale": {"low": 0, "high": 0.1}},
    },
    "grid": {
        "recipe": "slow",
        "one_at_a_time": True,
        "lr": {"choices": [0.05, 0.5]},
        "batch_size": {"choices": [8, 32]},
    },
}
