"""A moving average of a model's weights."""

import copy

import torch
from torch import nn


class ModelEMA:
    """A copy of a model whose weights follow the model's.

    Buffers of floats, such as the statistics of batch normalization, are averaged like weights.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = copy.deepcopy(model)
        pairs = list(
            zip(self.model.state_dict().values(), model.state_dict().values(), strict=True)
        )
        floats = [pair for pair in pairs if pair[0].is_floating_point()]
        self._averages, self._weights = [a for a, _ in floats], [b for _, b in floats]
        self._counters = [pair for pair in pairs if not pair[0].is_floating_point()]

    def update(self, decay: float) -> None:
        """Take in the weights after a step."""
        torch._foreach_lerp_(self._averages, self._weights, 1 - decay)
        for average, counter in self._counters:
            average.copy_(counter)
