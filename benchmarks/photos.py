"""Accuracy on photos of digits: ``python -m benchmarks.photos``.

The photos are synthesized from test images: large, at random positions, on paper, in uneven light.
They pass the reader of their data set, which was developed on training images only.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import zoo_core as zoo
from zoo_core.data.dataset import load_dataset
from zoo_core.data.images.processor import model_processor
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.wilson import wilson_interval

MODELS = ("numpy-net", "mlp", "cnn", "two-headed-mlp", "two-headed-cnn")
FILES = 10_000


def photo(
    image: NDArray[np.uint8],
    rng: np.random.Generator,
    *,
    light: float = 20.0,
    dark_paper: bool = False,
) -> NDArray[np.uint8]:
    """Return a synthetic photo of an image ``(H, W)``: uint8, 200 to 400 pixels per side.

    Args:
        image: the digit, light on black.
        rng: generator of size, position, the gray levels of paper and ink, and noise of up to 8
            levels.
        light: maximum deviation of the paper's gray level towards each side.
        dark_paper: whether the ink is light and the paper dark.
    """
    side = int(rng.integers(200, 401))
    scale = side / max(image.shape) * rng.uniform(0.6, 1.0)
    height, width = (round(each * scale) for each in image.shape)
    large = Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC)
    written = np.zeros((side, side))
    top, left = rng.integers(0, side - height + 1), rng.integers(0, side - width + 1)
    written[top : top + height, left : left + width] = np.asarray(large, float) / 255
    paper, pen = rng.uniform(150, 230), rng.uniform(10, 70)
    gray = paper + (pen - paper) * written.clip(0, 1)
    slope = np.linspace(-light, light, side)
    gray += slope * rng.uniform(-1, 1) + slope[:, None] * rng.uniform(-1, 1)
    gray += rng.normal(0, rng.uniform(0, 8), gray.shape)
    seen: NDArray[np.uint8] = (255 - gray if dark_paper else gray).clip(0, 255).astype(np.uint8)
    return seen


def prepare_images(folder: Path) -> None:
    """Write 10,000 test images as PNG files."""
    _write(folder, _test_images())


def prepare_photos(folder: Path) -> None:
    """Write 10,000 photos of test images as PNG files."""
    rng = np.random.default_rng(0)
    _write(folder, (photo(image, rng) for image in _test_images()))


def _test_images() -> NDArray[np.uint8]:
    return load_dataset(installed_catalog().dataset("mnist")).splits["test"].inputs[:FILES, 0]


def _write(folder: Path, images: Iterable[NDArray[np.uint8]]) -> None:
    for row, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{row:05}.png")


@click.command()
@click.option("--count", default=1000, show_default=True, help="Number of test images.")
def main(count: int) -> None:
    """Print each published model's accuracy on photos and on the test images."""
    for name in MODELS:
        pretrained = zoo.load(name)
        dataset = pretrained.card.dataset.name
        test = load_dataset(installed_catalog().dataset(dataset)).splits["test"]
        reader = model_processor(installed_catalog(), pretrained.input, dataset, {}).reader
        labels = np.stack(test.targets, axis=1)
        rng = np.random.default_rng(0)
        rows = rng.permutation(len(test))[:count]
        for what in ("test images", "photos", "photos of dark paper"):
            images = test.inputs[rows]
            if what != "test images":
                dark = what.endswith("dark paper")
                images = np.stack([reader(photo(i[0], rng, dark_paper=dark)[None]) for i in images])
            right = (pretrained.predict(images).labels == labels[rows]).all(axis=1).sum()
            low, high = wilson_interval(int(right), count)
            click.echo(f"{name}: {right} of {count} {what} ({low:.1%} to {high:.1%})")


if __name__ == "__main__":
    main()
