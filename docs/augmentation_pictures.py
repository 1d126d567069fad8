"""Script that draws what each field of augmentation does: ``python docs/augmentation_pictures.py``.

A row per field, a column per draw, of two photos that scikit-learn has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from sklearn.datasets import load_sample_image

from zoo_core import Batch, Normalization, Recipe
from zoo_core.data.augmentation.color_changes import draw_changes
from zoo_core.data.augmentation.mixing import draw_mixing
from zoo_core.data.augmentation.rectangles import draw_erased
from zoo_core.data.augmentation.warps import draw_warps
from zoo_torch.augment.mixing import erase, mix
from zoo_torch.families.recipes import PHOTO
from zoo_torch.normalize import Prepare

PICTURE = Path(__file__).parent / "pictures" / "augmentation.jpg"

SIZE, COLUMNS, GAP, TITLE = 80, 6, 3, 130

PHOTOS = {"flower.jpg": (20, 150, 400), "china.jpg": (0, 190, 400)}
"""Name -> top, left and side of its part."""

ROWS: dict[str, dict[str, Any]] = {
    "crop=0.35": {"crop": 0.35},
    "flip=0.5": {"flip": 0.5},
    "rotate=20": {"rotate": 20.0},
    "shear=20": {"shear": 20.0},
    "elastic=4": {"elastic": 4.0, "elastic_sigma": 8.0},
    "brightness=0.4": {"brightness": 0.4},
    "contrast=0.6": {"contrast": 0.6},
    "saturation=0.8": {"saturation": 0.8},
    "hue=0.2": {"hue": 0.2},
    "randaugment=9": {"randaugment": 9.0},
    "trivialaugment=true": {"trivialaugment": True},
    "erase=0.9": {"erase": 0.9},
    "mixup=0.8": {"mixup": 0.8},
    "cutmix=1": {"cutmix": 1.0},
    "recipe photo": {
        field: PHOTO[field]
        for field in ("crop", "flip", "trivialaugment", "erase", "mixup", "cutmix")
    },
}
"""Title of a row -> its fields."""


def main() -> None:
    """Draw the sheet."""
    images = np.stack([_photo(name, *part) for name, part in PHOTOS.items()])
    height = (SIZE + GAP) * len(ROWS) + GAP
    sheet = Image.new("RGB", (TITLE + (SIZE + GAP) * COLUMNS, height), "white")
    pen = ImageDraw.Draw(sheet)
    for row, (title, fields) in enumerate(ROWS.items()):
        top = GAP + row * (SIZE + GAP)
        pen.text((6, top + SIZE // 2 - 6), title, "black")
        for column in range(COLUMNS):
            # As the first of a batch of both, so that the other one is its partner.
            pair = images if column % 2 == 0 else images[::-1]
            tile = _augmented(pair, fields, step=column)
            sheet.paste(Image.fromarray(tile), (TITLE + column * (SIZE + GAP), top))
    sheet.save(PICTURE, quality=80)


def _photo(name: str, top: int, left: int, side: int) -> NDArray[np.uint8]:
    part = load_sample_image(name)[top : top + side, left : left + side]
    pixels = np.asarray(Image.fromarray(part).resize((SIZE, SIZE), Image.Resampling.LANCZOS))
    return pixels.transpose(2, 0, 1)


def _augmented(images: NDArray[np.uint8], fields: dict[str, Any], step: int) -> NDArray[np.uint8]:
    """Return the first of some images ``(3, H, W)`` as a step of a training would augment it."""
    recipe = Recipe(dataset="", trainer="", seed=3, **fields)
    shape, count = images.shape[1:], len(images)
    _, mixing = draw_mixing(recipe, shape, count, step, part=slice(0, count))
    batch = Batch(
        step,
        np.arange(count),
        lr=0.0,
        warps=draw_warps(recipe, shape, count, step),
        changes=draw_changes(recipe, count, step),
        erased=draw_erased(recipe, shape, count, step),
        mixing=mixing,
    )
    mean, std = 0.45, 0.25
    prepare = Prepare(Normalization((mean,) * 3, (std,) * 3), torch.device("cpu"))
    warps = None if batch.warps is None else torch.from_numpy(batch.warps)
    pixels = prepare(torch.from_numpy(images.copy()), warps, batch.changes)
    if batch.erased is not None:
        pixels = erase(pixels, batch.erased)
    if batch.mixing:
        pixels = mix(pixels, batch.mixing)
    levels = (pixels[0] * std + mean).mul(255).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(1, 2, 0).numpy()


if __name__ == "__main__":
    main()
