"""Config and recipes of the linear classifiers."""

from typing import Any, Literal

from pydantic import Field

from zoo_core import ModelConfig


class Config(ModelConfig):
    loss: Literal["log_loss", "hinge"] = Field(
        "log_loss", description="logistic regression, or a support vector machine"
    )


RECIPES: dict[str, dict[str, Any]] = {
    "default": {"epochs": 5, "batch_size": 128, "lr": 0.001},
    "svm": {"epochs": 5, "batch_size": 128, "lr": 0.0001, "model": {"loss": "hinge"}},
}
