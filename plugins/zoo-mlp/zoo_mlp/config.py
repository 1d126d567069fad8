"""The config of the multi-layer perceptron."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from zoo_core.config import ModelConfig, Size


def _as_sequence(value: Any) -> Any:
    """Let ``hidden=64`` stand for one hidden layer of 64."""
    if isinstance(value, list):
        return tuple(value)
    return (value,) if isinstance(value, int) else value


class MLPConfig(ModelConfig):
    hidden: Annotated[tuple[Size, ...], BeforeValidator(_as_sequence)] = Field(
        (128,), description="units of each hidden layer"
    )
    activation: Literal["relu", "leaky_relu", "gelu", "silu", "tanh"] = "relu"
    dropout: float = Field(0.0, ge=0, lt=1, description="share of hidden units dropped")
