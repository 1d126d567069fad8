"""An exponential moving average (EMA) of a model's weights."""

import copy

from torch import nn

from zoo_torch.torch_private import lerp


class ModelEMA:
    """A copy of a model, with the moving average of its weights.

    Buffers of floats, such as the running statistics of batch normalization, are averaged too.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = copy.deepcopy(model)
        # The tensors of a state dict share memory with the model, so they are collected once.
        pairs = list(
            zip(self.model.state_dict().values(), model.state_dict().values(), strict=True)
        )
        floats = [pair for pair in pairs if pair[0].is_floating_point()]
        self._averages, self._weights = [a for a, _ in floats], [b for _, b in floats]
        # Integers, such as batch normalization's count of batches, have no mean: they are copied.
        self._counters = [pair for pair in pairs if not pair[0].is_floating_point()]

    def update(self, decay: float) -> None:
        """Update the average after a step: ``average = decay · average + (1 - decay) · weight``."""
        lerp(self._averages, self._weights, 1 - decay)
        for average, counter in self._counters:
            average.copy_(counter)
