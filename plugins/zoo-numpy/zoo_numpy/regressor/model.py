"""The first net of the reference study: a regression, in float64, that begins with ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_core import ModelConfig
from zoo_core.plugin_api import Size
from zoo_numpy.layers import Dense, ReLU
from zoo_numpy.net import Net

HIDDEN = 3
"""Number of hidden units."""


class RegressorConfig(ModelConfig):
    """The config of the regressor, which the data set decides."""

    input_shape: tuple[Size] = (2,)
    outputs: tuple[Size] = (1,)


def build(config: RegressorConfig) -> Net:
    """Return 2 inputs → 3 ReLU → 1 linear output without bias, for the default data set."""
    (features,) = config.input_shape
    hidden = Dense(features, HIDDEN, dtype=np.float64)
    output = Dense(HIDDEN, sum(config.outputs), bias=False, dtype=np.float64)
    net = Net([hidden, ReLU(), output], config.outputs, ones=True)
    net.initialize()
    return net


RECIPES: dict[str, dict[str, Any]] = {
    # The four pairs on which the reference's net is not exact need more than its ten epochs.
    "default": {
        "epochs": 400,
        "batch_size": 4,
        "optimizer": "sgd",
        "lr": 0.002,
        "momentum": 0.9,
        "normalize": False,
        "standardize": False,
        "shuffle": False,
    },
    # One pair at a time, in order, by plain gradient descent.
    "reference": {
        "epochs": 10,
        "batch_size": 1,
        "optimizer": "sgd",
        "lr": 0.001,
        "normalize": False,
        "standardize": False,
        "shuffle": False,
        "keep": "last",
    },
}
