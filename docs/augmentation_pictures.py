"""Script that draws what each field of augmentation does: ``python docs/augmentation_pictures.py``.

A row per field, a column per draw, of two drawn scenes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from zoo_core import Batch, Normalization, Recipe
from zoo_core.data.augmentation.color_changes import draw_changes
from zoo_core.data.augmentation.mixing import draw_mixing
from zoo_core.data.augmentation.rectangles import draw_erased
from zoo_core.data.augmentation.warps import draw_warps
from zoo_torch.augment.mixing import erase, mix
from zoo_torch.families.recipes import PHOTO
from zoo_torch.normalize import Prepare

PICTURE = Path(__file__).parent / "pictures" / "augmentation.png"

SIZE, COLUMNS, GAP, TITLE = 80, 6, 3, 130

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
    images = np.stack([_house(), _boat()])
    height = (SIZE + GAP) * len(ROWS) + GAP
    sheet = Image.new("RGB", (TITLE + (SIZE + GAP) * COLUMNS, height), "white")
    pen = ImageDraw.Draw(sheet)
    for row, (title, fields) in enumerate(ROWS.items()):
        top = GAP + row * (SIZE + GAP)
        pen.text((6, top + SIZE // 2 - 6), title, "black")
        for column in range(COLUMNS):
            first, other = images if column % 2 == 0 else images[::-1]
            # Of a batch of the other ones, so that one of them is likely to be its partner.
            tile = _augmented(np.stack([first, *[other] * 7]), fields, step=column)
            sheet.paste(Image.fromarray(tile), (TITLE + column * (SIZE + GAP), top))
    # With few colors, because the file is a part of every copy of the project.
    sheet.quantize(64).save(PICTURE, optimize=True)


def _house() -> NDArray[np.uint8]:
    """Return a drawn house on a meadow, ``(3, H, W)``."""
    scene, pen = _sky((120, 180, 235), (215, 235, 250))
    pen.ellipse((225, 20, 275, 70), fill=(255, 215, 80))
    pen.ellipse((-120, 200, 330, 480), fill=(95, 160, 75))
    pen.ellipse((110, 220, 520, 480), fill=(75, 140, 65))
    pen.rectangle((60, 140, 180, 245), fill=(235, 220, 195))
    pen.polygon([(45, 145), (120, 80), (195, 145)], fill=(175, 65, 55))
    pen.rectangle((105, 185, 135, 245), fill=(110, 70, 45))
    for left in (72, 148):
        pen.rectangle((left, 165, left + 22, 190), fill=(90, 130, 170))
    pen.rectangle((232, 200, 244, 260), fill=(110, 75, 50))
    pen.ellipse((198, 120, 278, 215), fill=(50, 110, 60))
    return _pixels(scene)


def _boat() -> NDArray[np.uint8]:
    """Return a drawn boat in the evening, ``(3, H, W)``."""
    scene, pen = _sky((90, 60, 120), (250, 170, 110))
    pen.ellipse((190, 130, 250, 190), fill=(255, 225, 150))
    pen.rectangle((0, 190, 320, 320), fill=(40, 70, 120))
    for top in range(200, 320, 18):
        pen.line((0, top, 320, top), fill=(60, 95, 145), width=3)
    pen.polygon([(60, 215), (200, 215), (175, 250), (85, 250)], fill=(150, 50, 45))
    pen.rectangle((126, 60, 131, 215), fill=(80, 55, 40))
    pen.polygon([(136, 65), (136, 205), (205, 205)], fill=(245, 240, 230))
    pen.polygon([(121, 85), (121, 205), (70, 205)], fill=(225, 205, 180))
    return _pixels(scene)


def _sky(above: tuple[int, ...], below: tuple[int, ...]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return a sky of four times the size, and a pen for it."""
    share = np.linspace(0, 1, 4 * SIZE)[:, np.newaxis, np.newaxis]
    rows = (1 - share) * np.array(above) + share * np.array(below)
    sky = Image.fromarray(np.repeat(rows, 4 * SIZE, axis=1).astype(np.uint8))
    return sky, ImageDraw.Draw(sky)


def _pixels(scene: Image.Image) -> NDArray[np.uint8]:
    small = scene.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    return np.asarray(small).transpose(2, 0, 1)


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
