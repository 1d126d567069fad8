"""Accuracy on photos of digits: ``python -m benchmarks.photos [FOLDER]``.

Without a folder, photos are synthesized from test images: large, at random positions, on paper, in
uneven light. They pass the reader of their data set, which was developed on training images only.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import zoo_core as zoo
from benchmarks import pages
from benchmarks.labelled_photos import answers, print_answers
from zoo_core.data.dataset import load_dataset
from zoo_core.data.images.processor import model_processor
from zoo_core.data.images.reading import Reading, as_reading
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.wilson import wilson_interval
from zoo_core.pretrained.model import Pretrained

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
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--model", "models", multiple=True, help="Weights to measure; may be repeated.")
@click.option("--count", default=1000, show_default=True, help="Number of test images.")
@click.option("--pages", "on_pages", is_flag=True, help="Measure synthetic pages of each kind.")
@click.option("--wrong", is_flag=True, help="List the photos of FOLDER with a wrong answer.")
def main(
    folder: Path | None, models: tuple[str, ...], count: int, on_pages: bool, wrong: bool
) -> None:
    """Print the accuracy of published models on photos.

    With FOLDER, on its photos, whose file labels.csv has the columns file, label and kind. Without
    it, on synthetic photos of test images.
    """
    for name in models or (MODELS if not folder else ("cnn",)):
        pretrained = zoo.load(name)
        if folder:
            click.echo(f"{name}:")
            print_answers(list(answers(pretrained, folder)), wrong=wrong)
        elif on_pages:
            _print_pages(name, pretrained, count)
        else:
            _print_photos(name, pretrained, count)


def _print_photos(name: str, pretrained: Pretrained, count: int) -> None:
    """Print the accuracy on test images, and on photos of them."""
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
            photos = (photo(image[0], rng, dark_paper=dark) for image in images)
            images = np.stack([_first(reader(each[None]), images.shape[1:]) for each in photos])
        right = (pretrained.predict(images).labels == labels[rows]).all(axis=1).sum()
        _print_share(name, int(right), count, what)


def _print_pages(name: str, pretrained: Pretrained, count: int) -> None:
    """Print the accuracy of a model of single digits on pages with test digits."""
    test = load_dataset(installed_catalog().dataset("mnist")).splits["test"]
    reader = model_processor(installed_catalog(), pretrained.input, "mnist", {}).reader
    for kind in (*pages.CHANGES, "small", "28x28"):
        rng = np.random.default_rng(0)
        rows = rng.permutation(len(test))[:count]
        images, doubts = [], 0
        for row in rows:
            digit = test.inputs[row, 0]
            page = (
                pages.small_file(digit, rng)
                if kind == "28x28"
                else pages.single_page(kind, digit, rng).render(rng)
            )
            reading = as_reading(reader(page[None]))
            doubts += bool(reading.refusal or reading.found[0].doubt)
            images.append(_first(reading, (1, 28, 28)))
        right = (pretrained.predict(np.stack(images)).labels[:, 0] == test.targets[0][rows]).sum()
        _print_share(name, int(right), count, f"{kind} pages, {doubts} doubted")


def _first(result: Reading | NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the first input that a reader found; black if it found none."""
    found = as_reading(result).found
    return found[0].image if found else np.zeros(shape, np.uint8)


def _print_share(name: str, right: int, count: int, what: str) -> None:
    low, high = wilson_interval(right, count)
    click.echo(f"{name}: {right} of {count} {what} ({low:.1%} to {high:.1%})")


if __name__ == "__main__":
    main()
