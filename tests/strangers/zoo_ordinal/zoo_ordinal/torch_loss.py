"""The loss of the task ordinal for trainers of torch."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from zoo_core import Recipe


def cumulative(outputs: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
    """Return the mean over examples and thresholds."""
    thresholds = torch.arange(outputs.shape[1], device=outputs.device)
    wanted = (targets[:, None] > thresholds).to(outputs.dtype)
    return binary_cross_entropy_with_logits(outputs, wanted)
