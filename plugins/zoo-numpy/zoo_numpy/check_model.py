"""A small net, with which `zoo check` checks the trainer."""

from __future__ import annotations

from zoo_core import ModelConfig
from zoo_numpy import net
from zoo_numpy.config import NumpyNetConfig


def build(config: ModelConfig) -> net.Net:
    """Return a net of one small hidden layer, with dropout."""
    small = NumpyNetConfig(**config.model_dump(), hidden=(16,), dropout=0.1)
    return net.build(small)
