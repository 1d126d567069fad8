"""A pipeline of torchvision's transforms (v2) in training, for the recipe field `transforms`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from zoo_core.plugin_api import PluginError, one_line
from zoo_torch.transforms.probe import check_random, kept_random_state
from zoo_torch.transforms.steps import make_step


class Transforms:
    """A sequence of random transforms, applied to each image of a batch separately.

    Random numbers are drawn from torch's global generator.

    Args:
        specs: names, or ``{name: {argument: value}}``, in order.
        shape: channels, height and width of an image, which the transforms must not change.

    Raises:
        PluginError: torchvision is not installed.
        InvalidValueError: a transform is unknown, does not accept an argument, does not map
            images to images, or is not random.
    """

    def __init__(self, specs: Sequence[Any], shape: tuple[int, ...]) -> None:
        try:
            from torchvision.transforms import v2
        except ImportError as exc:
            raise PluginError(
                f"the recipe's transforms need torchvision, which cannot be imported: "
                f"{one_line(exc)}",
                hint="pip install zoo-torchvision",
            ) from exc
        # Tried on a few images, so that an unsuitable transform fails before the training starts.
        with kept_random_state():
            self._steps = [make_step(v2, spec) for spec in specs]
            for step in self._steps:
                check_random(step, shape)

    def __call__(self, images: Tensor) -> Tensor:
        """Return uint8 images ``(N, C, H, W)`` transformed."""
        # One by one, because v2 draws random parameters once per call: a batch would be flipped as
        # a whole.
        return torch.stack([self._transformed(image) for image in images])

    def _transformed(self, image: Tensor) -> Tensor:
        for step in self._steps:
            image = step(image)
        return image
