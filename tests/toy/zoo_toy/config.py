"""Config and recipes of the toy model."""

from typing import Any

from pydantic import Field

from zoo_core.config import ModelConfig


class SoftmaxConfig(ModelConfig):
    scale: float = Field(0.01, ge=0, description="of the first weights")


RECIPES: dict[str, dict[str, Any]] = {
    "default": {"epochs": 5, "batch_size": 16, "lr": 0.5},
    "slow": {"epochs": 5, "batch_size": 16, "lr": 0.05},
}
