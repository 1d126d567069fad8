"""Warping of images, compared with torch's."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo_core.data.images.warp import warp


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(2, 9), st.integers(2, 9)),
    largest=st.floats(0, 20),
    seed=st.integers(0, 1000),
)
def test_warp_agrees_with_torch_grid_sample(shape, largest, seed):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    _, height, width = shape
    images = rng.random((3, *shape)).astype(np.float32)
    positions = (largest * rng.standard_normal((3, 2, height, width))).astype(np.float32)
    scale = np.array([2 / width, 2 / height], np.float32)
    grid = torch.from_numpy(positions.transpose(0, 2, 3, 1) * scale)
    oracle = torch.nn.functional.grid_sample(torch.from_numpy(images), grid, align_corners=False)
    np.testing.assert_allclose(warp(images, positions), oracle.numpy(), atol=1e-4)


def test_warp_keeps_images_at_identity_positions():
    images = np.random.default_rng(0).random((2, 2, 5, 4)).astype(np.float32)
    y, x = np.mgrid[:5, :4].astype(np.float32)
    still = np.broadcast_to(np.stack([x - 1.5, y - 2]), (2, 2, 5, 4))
    np.testing.assert_allclose(warp(images, still), images, atol=1e-6)
