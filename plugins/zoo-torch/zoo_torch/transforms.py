"""Transforms of torchvision (v2) in training, for the recipe field `transforms`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from zoo_core.plugin_api import InvalidValueError, PluginError, did_you_mean, one_line

INNER = "transforms"
"""Argument of transforms that contain others, such as ``RandomApply``."""


class Transforms:
    """A sequence of transforms, applied to each image of a batch separately.

    Random numbers are drawn from torch's global generator.

    Args:
        specs: names, or ``{name: {argument: value}}``, in order.
        shape: channels, height and width of an image, which the transforms must not change.

    Raises:
        PluginError: torchvision is not installed.
        InvalidValueError: a transform is unknown, does not accept an argument, or does not map
            images to images.
    """

    def __init__(self, specs: Sequence[Any], shape: tuple[int, int, int]) -> None:
        try:
            from torchvision.transforms import v2
        except ImportError as exc:
            raise PluginError(
                f"the recipe's transforms need torchvision, which cannot be imported: "
                f"{one_line(exc)}",
                hint="pip install zoo-torchvision",
            ) from exc
        self._steps = [_make(v2, spec) for spec in specs]
        # Tried on a black image, so that an unsuitable transform fails before the training starts.
        image = torch.zeros(shape, dtype=torch.uint8)
        for spec, step in zip(specs, self._steps, strict=True):
            _check(spec, step, image)

    def __call__(self, images: Tensor) -> Tensor:
        """Return uint8 images ``(N, C, H, W)`` transformed."""
        # One by one, because v2 draws random parameters once per call: a batch would be flipped as
        # a whole.
        return torch.stack([self._transformed(image) for image in images])

    def _transformed(self, image: Tensor) -> Tensor:
        for step in self._steps:
            image = step(image)
        return image


def _make(v2: Any, spec: Any) -> Callable[[Tensor], Tensor]:
    """Return the transform of a recipe's entry."""
    known = {
        name: value
        for name, value in vars(v2).items()
        if isinstance(value, type) and issubclass(value, v2.Transform) and value is not v2.Transform
    }
    name: Any = spec
    arguments: Any = {}
    if isinstance(spec, dict) and len(spec) == 1:
        [(name, arguments)] = spec.items()
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise InvalidValueError(
            f"invalid recipe: transforms: expected a name or {{name: {{argument: value}}}}, "
            f"got {spec!r}",
            hint='Write, for example, --set \'transforms=["RandomHorizontalFlip", '
            '{"RandomErasing": {"p": 0.2}}]\'.',
        )
    if name not in known:
        raise InvalidValueError(
            f"torchvision.transforms.v2 has no transform {name!r}",
            hint=f"{did_you_mean(name, known)} They are described at "
            "https://docs.pytorch.org/vision/stable/transforms.html".strip(),
        )
    if INNER in arguments:
        if not isinstance(arguments[INNER], list):
            raise InvalidValueError(
                f"transforms of {name}: expected a list, got {arguments[INNER]!r}"
            )
        arguments = {**arguments, INNER: [_make(v2, inner) for inner in arguments[INNER]]}
    try:
        transform: Callable[[Tensor], Tensor] = known[name](**arguments)
    except Exception as exc:  # because torchvision raises errors of many types for bad arguments
        raise InvalidValueError(
            f"transform {name} does not accept {arguments}: {one_line(exc)}"
        ) from exc
    return transform


def _check(spec: Any, step: Callable[[Tensor], Tensor], image: Tensor) -> None:
    """Check that a transform maps an image to an image of the same shape and dtype."""
    state = torch.get_rng_state()
    try:
        result = step(image)
    except Exception as exc:
        raise InvalidValueError(
            f"transform {spec} cannot be applied to an image {tuple(image.shape)}: {one_line(exc)}"
        ) from exc
    finally:
        torch.set_rng_state(state)  # the check must not change the random numbers of the training
    if not isinstance(result, Tensor) or (result.shape, result.dtype) != (image.shape, image.dtype):
        is_tensor = isinstance(result, Tensor)
        got = f"{result.dtype} {tuple(result.shape)}" if is_tensor else repr(result)
        raise InvalidValueError(
            f"transform {spec}: expected an image {image.dtype} {tuple(image.shape)}, got {got}",
            hint="Remove it: zoo normalizes images itself, and the data set defines their size.",
        )
