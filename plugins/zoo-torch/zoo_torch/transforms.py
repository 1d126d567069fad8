"""torchvision's transforms (v2), by name, as a recipe's ``transforms`` ask for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from zoo_core.plugin_api import InvalidValueError, PluginError, did_you_mean, one_line

INNER = "transforms"
"""The argument of those transforms that are made of others, such as ``RandomApply``."""


class Transforms:
    """Transforms each image of a batch by itself; what is random in it, torch's generator draws.

    Args:
        asked: names, or ``{name: {argument: value}}``, in order.
        shape: channels, height and width of an image, which the transforms must leave as it is.

    Raises:
        PluginError: torchvision is not installed.
        InvalidValueError: there is no such transform, it does not take an argument, or it does
            something else than make an image of an image.
    """

    def __init__(self, asked: Sequence[Any], shape: tuple[int, int, int]) -> None:
        try:
            from torchvision.transforms import v2
        except ImportError as exc:
            raise PluginError(
                f"transforms of the recipe need torchvision, and it cannot be imported: "
                f"{one_line(exc)}",
                hint="pip install zoo-torchvision",
            ) from exc
        self._steps = [_make(v2, each) for each in asked]
        image = torch.zeros(shape, dtype=torch.uint8)
        for each, step in zip(asked, self._steps, strict=True):
            _check(each, step, image)

    def __call__(self, images: Tensor) -> Tensor:
        """Return uint8 images ``(N, C, H, W)`` transformed."""
        return torch.stack([self._transformed(image) for image in images])

    def _transformed(self, image: Tensor) -> Tensor:
        for step in self._steps:
            image = step(image)
        return image


def _make(v2: Any, asked: Any) -> Callable[[Tensor], Tensor]:
    """Return the transform that a recipe asks for."""
    known = {
        name: value
        for name, value in vars(v2).items()
        if isinstance(value, type) and issubclass(value, v2.Transform) and value is not v2.Transform
    }
    name: Any = asked
    given: Any = {}
    if isinstance(asked, dict) and len(asked) == 1:
        [(name, given)] = asked.items()
    if not isinstance(name, str) or not isinstance(given, dict):
        raise InvalidValueError(
            f"transforms of the recipe has {asked!r}; each is a name, or a name with arguments: "
            "{name: {argument: value}}",
            hint='For instance: --set \'transforms=["RandomHorizontalFlip", '
            '{"RandomErasing": {"p": 0.2}}]\'',
        )
    if name not in known:
        raise InvalidValueError(
            f"torchvision.transforms.v2 has no transform {name!r}",
            hint=f"{did_you_mean(name, known)} They are described at "
            "https://docs.pytorch.org/vision/stable/transforms.html".strip(),
        )
    if INNER in given:
        if not isinstance(given[INNER], list):
            raise InvalidValueError(f"transforms of {name} are a list, got {given[INNER]!r}")
        given = {**given, INNER: [_make(v2, each) for each in given[INNER]]}
    try:
        transform: Callable[[Tensor], Tensor] = known[name](**given)
    except Exception as exc:  # whatever torchvision raises for what it does not like
        raise InvalidValueError(f"transform {name} does not take {given}: {one_line(exc)}") from exc
    return transform


def _check(asked: Any, step: Callable[[Tensor], Tensor], image: Tensor) -> None:
    """See that a transform makes an image of an image; the random numbers it takes count not."""
    state = torch.get_rng_state()
    try:
        found = step(image)
    except Exception as exc:
        raise InvalidValueError(
            f"transform {asked} cannot be applied to an image {tuple(image.shape)}: {one_line(exc)}"
        ) from exc
    finally:
        torch.set_rng_state(state)
    if not isinstance(found, Tensor) or (found.shape, found.dtype) != (image.shape, image.dtype):
        what = f"{found.dtype} {tuple(found.shape)}" if isinstance(found, Tensor) else f"{found!r}"
        raise InvalidValueError(
            f"transform {asked} makes {what} of a uint8 image {tuple(image.shape)}; it must leave "
            "type and shape as they are",
            hint="zoo itself normalizes images; sizes are the data set's.",
        )
