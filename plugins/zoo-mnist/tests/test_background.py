"""Polarity and contrast of ink to its paper, in even and uneven light."""

import numpy as np
import pytest

from zoo_mnist.photos.background import find_contrast, is_dark_ink


def page(light=1.0, ink=40.0, ground=220.0):
    """Return a page with a ring and a bar, and the mask of their ink."""
    y, x = np.mgrid[:200, :260]
    ring = np.abs(np.hypot(y - 90, x - 80) - 40) < 5
    bar = (np.abs(x - 180) < 5) & (y > 40) & (y < 150)
    strokes = ring | bar
    gray = np.where(strokes, ink, ground) * light
    return gray.clip(0, 255).astype(np.uint8), strokes


def half_plane(angle, factor=0.5):
    y, x = np.mgrid[-1:1:200j, -1:1:260j]
    return np.where(x * np.cos(angle) + y * np.sin(angle) > 0.2, factor, 1.0)


LIGHTS = {
    "even": 1.0,
    "gradient": np.linspace(0.4, 1, 260)[np.newaxis],
    **{f"shadow at {angle}": half_plane(np.radians(angle)) for angle in (0, 90, 200, 290)},
}


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS)
def test_contrast_does_not_depend_on_light(light):
    image, strokes = page(light)
    assert is_dark_ink(image)
    contrast = find_contrast(image, is_dark=True)
    assert contrast.ink[strokes].min() > 0.7 * contrast.ink.max()
    assert np.quantile(contrast.ink[~strokes], 0.99) < 0.1 * contrast.ink.max()


@pytest.mark.parametrize("ground", [20, 80])
def test_polarity_of_light_ink(ground):
    image, strokes = page(ink=ground + 120.0, ground=float(ground))
    assert not is_dark_ink(image)
    contrast = find_contrast(image, is_dark=False)
    assert (contrast.ink[strokes] == 120).all()


@pytest.mark.parametrize("edge", range(4))
def test_a_dark_table_at_an_edge_is_not_ink(edge):
    image, strokes = page()
    table = np.rot90(np.zeros(np.rot90(image, edge).shape, np.bool_), 0)
    table[:12] = True
    table = np.rot90(table, -edge)
    image[table] = 30
    assert is_dark_ink(image)
    contrast = find_contrast(image, is_dark=True)
    assert (contrast.ink[table] <= 0).all()
    assert contrast.ink[strokes & ~table].min() > 100


@pytest.mark.parametrize("deviation", [0, 2, 6])
def test_noise_is_estimated_from_paper(deviation):
    image, _ = page()
    noisy = image + np.random.default_rng(0).normal(0, deviation, image.shape)
    contrast = find_contrast(noisy.clip(0, 255).astype(np.uint8), is_dark=True)
    assert contrast.noise == pytest.approx(deviation, abs=0.4 + 0.25 * deviation)
