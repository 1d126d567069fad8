"""Script that draws the steps from a photo to a model's input: ``python docs/photo_steps.py``.

The pages are synthetic, made of MNIST's training digits.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import pages  # noqa: E402
from zoo_mnist import mnist  # noqa: E402
from zoo_mnist.photos import read  # noqa: E402
from zoo_mnist.photos.background import find_contrast, is_dark_ink  # noqa: E402
from zoo_mnist.photos.writing import find_writing  # noqa: E402

PICTURE = ROOT / "docs" / "pictures" / "photo-steps.png"

TILE, GAP, TITLE = 200, 8, 18
STEPS = ("photo", "contrast to the paper", "strokes without lines", "boxes", "input of the model")
INPUT_SCALE = 4


def main() -> None:
    """Draw three pages in five steps each."""
    digits = mnist.load().splits["train"].inputs[:, 0]
    rows = [
        _single("hard shadow", digits[4], 3),
        _single("squared", digits[0], 8),
        _numbers(digits),
    ]
    picture = Image.new("L", ((TILE + GAP) * len(STEPS) + GAP, (TILE + GAP) * 3 + TITLE + GAP), 255)
    pen = ImageDraw.Draw(picture)
    for place, step in enumerate(STEPS):
        pen.text((GAP + place * (TILE + GAP), 4), step, 0)
    for down, (page, inputs) in enumerate(rows):
        for across, tile in enumerate(_steps(page, inputs)):
            corner = GAP + across * (TILE + GAP), TITLE + GAP + down * (TILE + GAP)
            picture.paste(tile, corner)
    picture.quantize(64).save(PICTURE, optimize=True)


def _single(
    kind: str, digit: NDArray[np.uint8], seed: int
) -> tuple[NDArray[np.uint8], list[NDArray[np.uint8]]]:
    rng = np.random.default_rng(seed)
    page = pages.single_page(kind, digit, rng).render(rng)
    return page, [found.image[0] for found in read.read_digit(page[None]).found]


def _numbers(digits: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], list[NDArray[np.uint8]]]:
    rng = np.random.default_rng(5)
    page = pages.text([digits[10:15], digits[20:24], digits[30:36]], rng)
    pages.add_soft_shadow(page, rng)
    pages.add_ruled_lines(page, rng)
    image = page.render(rng)
    return image, [found.image[0] for found in read.read_numbers(image[None]).found]


def _steps(page: NDArray[np.uint8], inputs: list[NDArray[np.uint8]]) -> list[Image.Image]:
    photo = Image.fromarray(page)
    small = np.asarray(photo.reduce(max(1, max(page.shape) // 256)))
    ink = find_contrast(small, is_dark_ink(small)).ink
    contrast = Image.fromarray((ink * (255 / ink.max())).clip(0, 255).astype(np.uint8))
    writing = find_writing(page)
    if writing is None:
        raise SystemExit("no writing found: choose another seed")
    strokes = Image.new("L", photo.size)
    strength = Image.fromarray((255 * writing.strokes.strength).astype(np.uint8))
    scale = writing.scale
    large = strength.resize((strength.width * scale, strength.height * scale))
    strokes.paste(large, (writing.left, writing.top))
    boxes = photo.copy()
    for symbol in range(len(writing.symbols)):
        top, left, bottom, right = writing.box(symbol)
        width = max(1, max(page.shape) // 150)
        ImageDraw.Draw(boxes).rectangle((left, top, right, bottom), outline=255, width=width)
    return [*map(_fit, (photo, contrast, strokes, boxes)), _stack(inputs)]


def _fit(picture: Image.Image) -> Image.Image:
    tile = Image.new("L", (TILE, TILE), 255)
    scale = TILE / max(picture.size)
    small = picture.resize([max(1, round(side * scale)) for side in picture.size])
    tile.paste(small, ((TILE - small.width) // 2, (TILE - small.height) // 2))
    return tile


def _stack(inputs: list[NDArray[np.uint8]]) -> Image.Image:
    if len(inputs) == 1 and inputs[0].shape == (28, 28):
        side = 28 * INPUT_SCALE
        return _center(Image.fromarray(inputs[0]).resize((side, side), Image.Resampling.NEAREST))
    strip = np.concatenate([np.pad(each[:, :TILE], ((0, 6), (0, 0))) for each in inputs])
    return _center(Image.fromarray(strip))


def _center(picture: Image.Image) -> Image.Image:
    tile = Image.new("L", (TILE, TILE), 255)
    tile.paste(picture, ((TILE - picture.width) // 2, (TILE - picture.height) // 2))
    return tile


if __name__ == "__main__":
    main()
