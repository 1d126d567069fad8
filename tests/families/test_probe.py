"""Probes of the sizes that a network accepts, and of its logits."""

import re

import pytest

pytest.importorskip("torch")
pytest.importorskip("zoo_torch")

from zoo_torch.families.probe import find_sizes, forward_error
from zoo_torch.families.sizes import Sizes

pytestmark = pytest.mark.requires("zoo-mnist", "zoo-timm", "zoo-torch", "zoo-torchvision")

SIDES = (28, 32, 48, 64)


@pytest.mark.parametrize(
    ("accepts", "patch", "sizes"),
    [
        (lambda height, width: min(height, width) >= 30, 1, Sizes(32, 1)),
        (lambda height, width: height % 16 == width % 16 == 0, 1, Sizes(32, 16)),
        (lambda height, width: height % 16 == width % 16 == 0, 16, Sizes(32, 16)),
        (lambda height, width: height == width, 4, Sizes(28, 4, square=True)),
        (lambda height, width: height % 48 == width % 48 == 0, 1, Sizes(48, 48)),
        (lambda height, width: height == width == 48, 1, Sizes(48, 0)),
        (lambda height, width: height == width == 28 or height % 32 == 0, 1, Sizes(32, 32)),
        (lambda height, width: False, 1, None),
    ],
)
def test_find_sizes_returns_smallest_side_and_step(accepts, patch, sizes):
    assert find_sizes(accepts, SIDES, patch) == sizes


@pytest.mark.parametrize(
    ("forward", "pattern"),
    [
        (lambda x: x.flatten(1)[:, :10], r"^$"),
        (lambda x: x.flatten(1)[:, :9], r"\(2, 10\).*\(2, 9\)"),
        (lambda x: [x], r"\blist\b"),
        (lambda x: {}["no\nsuch"], r"^'no\\nsuch'$"),
    ],
)
def test_forward_error_describes_missing_logits(forward, pattern):
    assert re.search(pattern, forward_error(forward, 28, 28, channels=1))
