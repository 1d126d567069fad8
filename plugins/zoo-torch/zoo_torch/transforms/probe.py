"""A probe of transforms: the recipe's must be random, because they are applied in training only.

A model trained on gray, turned or cropped images alone would be tested, and used, on others.
"""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import numpy as np
import torch
from torch import Tensor

from zoo_core.plugin_api import InvalidValueError
from zoo_torch.transforms.steps import Step

DRAWS = 64
"""Number of results per probe image that are compared."""
# With three images, a transform with p=0.95 is mistaken for a fixed one with a probability of
# 0.00005, and one with a small p never is.


def check_random(step: Step, shape: tuple[int, ...]) -> None:
    """Check that a step maps images to images, and not every image in the same way.

    A step that leaves every image unchanged is accepted, because it does no harm, and because a
    transform with a small probability looks the same.

    Args:
        step: step of the recipe's transforms.
        shape: channels, height and width of an image.

    Raises:
        InvalidValueError: it does not, or a step inside of it is always applied and not random.
    """
    images = _probe_images(shape)
    for image in images:
        step(image)
    if fixed := _find_fixed(step, images):
        inside = "" if fixed is step else f" in {json.dumps(step.spec)}"
        rarely = json.dumps([{"RandomApply": {"transforms": [fixed.spec], "p": 0.5}}])
        raise InvalidValueError(
            f"invalid recipe: transforms: {json.dumps(fixed.spec)}{inside} changes every image in "
            "the same way; transforms are applied in training only, so the model would be tested "
            "on other images than it is trained on",
            hint="Let the data set prepare the images, for example with --dataset "
            "'folder:PATH?channels=1' for gray ones, or apply the transform to some images: "
            f"--set {shlex.quote(f'transforms={rarely}')}",
        )


@contextmanager
def kept_random_state() -> Iterator[None]:
    """Restore the global generators of torch, NumPy and Python afterwards; seed torch's."""
    # The probe must not change the random numbers of the training.
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    # Seeded, so that a recipe is accepted always or never. Only the CPU's generator, because
    # `torch.manual_seed` would seed those of all devices.
    torch.default_generator.manual_seed(0)
    try:
        yield
    finally:
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])
        random.setstate(states[2])


def _find_fixed(step: Step, images: Sequence[Tensor]) -> Step | None:
    """Return the first step, this one or one inside of it, that is fixed for every image."""
    # Those inside first, because a random one beside it would hide the fixed one.
    for member in step.always:
        # Inside a `Compose`, a step may change the size, such as `Pad` before `RandomCrop`: only
        # the whole of them can be judged.
        with suppress(InvalidValueError):
            if found := _find_fixed(member, images):
                return found
    return step if _is_fixed(step, images) else None


def _is_fixed(step: Step, images: Sequence[Tensor]) -> bool:
    """Return whether a step changes images, and always in the same way."""
    changes = False
    for image in images:
        first = step(image)
        if any(not torch.equal(step(image), first) for _ in range(DRAWS)):
            return False
        changes |= not torch.equal(first, image)
    return changes


def _probe_images(shape: tuple[int, ...]) -> list[Tensor]:
    """Return images that differ from each other in contrast, color and smoothness."""
    # No image that is constant, symmetric, gray or of full contrast only, because flips,
    # `Grayscale` or `RandomAutocontrast` would leave it unchanged.
    channels, height, width = shape
    noise = torch.randint(0, 256, shape, dtype=torch.uint8)
    noise.view(-1)[:2] = torch.tensor([0, 255])[: noise.numel()]  # for thresholds
    flat = torch.randint(90, 160, shape, dtype=torch.uint8)
    red = torch.linspace(1, 0.3, channels)[:, None, None]
    down, right = torch.arange(height)[:, None] / height, torch.arange(width) / width
    smooth = (red * (40 + 120 * down + 90 * right**2)).to(torch.uint8)
    return [noise, flat, smooth]
