"""Steps of the recipe's transforms: an entry of the recipe and its transform of torchvision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from zoo_core.plugin_api import InvalidValueError, did_you_mean, one_line

INNER = "transforms"
"""Argument of transforms that contain others, such as ``RandomApply``."""

TRIES = 256
"""Number of times that a container is tried to find the members that it always applies."""

_DATASET_PREPARES = (
    "Remove it: zoo normalizes images itself, and the data set defines their size and channels, "
    "for example --dataset 'folder:PATH?size=64&channels=1'."
)


@dataclass(frozen=True)
class Step:
    """A step of the transforms.

    Attributes:
        spec: the recipe's entry.
        transform: function from an image to an image.
        always: steps inside of it that it applies to every image.
    """

    spec: Any
    transform: Callable[[Tensor], Tensor]
    always: tuple[Step, ...] = ()

    def __call__(self, image: Tensor) -> Tensor:
        """Return an image transformed.

        Raises:
            InvalidValueError: the transform fails, or changes shape or dtype.
        """
        try:
            result = self.transform(image)
        except Exception as exc:  # because torchvision raises errors of many types
            raise InvalidValueError(
                f"transform {self.spec} cannot be applied to an image {tuple(image.shape)}: "
                f"{one_line(exc)}",
                hint=_DATASET_PREPARES,
            ) from exc
        if is_like(result, image):
            return result
        is_tensor = isinstance(result, Tensor)
        got = f"{result.dtype} {tuple(result.shape)}" if is_tensor else repr(result)
        raise InvalidValueError(
            f"transform {self.spec}: expected an image {image.dtype} {tuple(image.shape)}, "
            f"got {got}",
            hint=_DATASET_PREPARES,
        )


def is_like(result: object, image: Tensor) -> bool:
    """Return whether a result is an image of the same shape and dtype."""
    return isinstance(result, Tensor) and (result.shape, result.dtype) == (image.shape, image.dtype)


def make_step(v2: Any, spec: Any) -> Step:
    """Return the step of a recipe's entry.

    Args:
        v2: the module ``torchvision.transforms.v2``.
        spec: name of a transform, or ``{name: {argument: value}}``.

    Raises:
        InvalidValueError: the transform is unknown or does not accept an argument.
    """
    name, arguments = _parse(spec)
    make = _find(v2, name)
    if INNER not in arguments:
        return Step(spec, _call(make, name, arguments))
    if not isinstance(arguments[INNER], list):
        raise InvalidValueError(f"transforms of {name}: expected a list, got {arguments[INNER]!r}")
    members = [make_step(v2, inner) for inner in arguments[INNER]]

    def fill(inner: Sequence[Callable[[Tensor], Tensor]]) -> Callable[[Tensor], Tensor]:
        return _call(make, name, {**arguments, INNER: list(inner)})

    transform = fill([member.transform for member in members])
    return Step(spec, transform, _always_applied(fill, members))


def _always_applied(
    fill: Callable[[Sequence[Callable[[Tensor], Tensor]]], Callable[[Tensor], Tensor]],
    members: Sequence[Step],
) -> tuple[Step, ...]:
    """Return the members that a container, returned by `fill`, applies to every image."""
    # Tried with counters instead of the members, because those may be slow.
    counts = [0] * len(members)

    def counter(index: int) -> Callable[[Tensor], Tensor]:
        def count(image: Tensor) -> Tensor:
            counts[index] += 1
            return image

        return count

    container, image = fill([counter(i) for i in range(len(members))]), torch.zeros(1, 1, 1)
    for _ in range(TRIES):
        container(image)
    pairs = zip(members, counts, strict=True)
    return tuple(member for member, count in pairs if count >= TRIES)


def _parse(spec: Any) -> tuple[str, dict[str, Any]]:
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
    return name, arguments


def _find(v2: Any, name: str) -> Callable[..., Any]:
    known = {
        name: value
        for name, value in vars(v2).items()
        if isinstance(value, type) and issubclass(value, v2.Transform) and value is not v2.Transform
    }
    if name not in known:
        raise InvalidValueError(
            f"torchvision.transforms.v2 has no transform {name!r}",
            hint=f"{did_you_mean(name, known)} They are described at "
            "https://docs.pytorch.org/vision/stable/transforms.html".strip(),
        )
    return known[name]


def _call(
    make: Callable[..., Any], name: str, arguments: dict[str, Any]
) -> Callable[[Tensor], Tensor]:
    try:
        transform: Callable[[Tensor], Tensor] = make(**arguments)
    except Exception as exc:  # because torchvision raises errors of many types for bad arguments
        raise InvalidValueError(
            f"transform {name} does not accept {arguments}: {one_line(exc)}"
        ) from exc
    return transform
